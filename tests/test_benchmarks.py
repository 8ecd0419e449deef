"""The programs in `benchmarks/`."""

import runpy
from pathlib import Path

import pytest

PROGRAMS = sorted((Path(__file__).parent.parent / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_it_loads(program: Path) -> None:
    """What it imports is still there: nothing else runs a benchmark before it is needed."""
    assert runpy.run_path(str(program))["__doc__"]
