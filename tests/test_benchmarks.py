"""The programs in `benchmarks/`."""

import runpy
from pathlib import Path

import pytest

PROGRAMS = sorted((Path(__file__).parent.parent / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_it_loads(program: Path) -> None:
    """What it imports is still there: nothing else runs a benchmark before it is needed."""
    assert runpy.run_path(str(program))["__doc__"]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_help_says_what_it_does_and_measures_nothing(program, monkeypatch, capsys):
    if "def main(" not in program.read_text():
        pytest.skip("it is imported by others")
    monkeypatch.setattr("sys.argv", [program.name, "--help"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(str(program), run_name="__main__")
    assert capsys.readouterr().out.startswith(f"usage: {program.name}")


def test_a_folder_without_pairs_is_refused_in_a_line(tmp_path, monkeypatch, capsys):
    words = ["quality.py", "--pairs", str(tmp_path), "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit, match="2"):
        runpy.run_path(str(PROGRAMS[0].parent / "quality.py"), run_name="__main__")
    assert capsys.readouterr().err.endswith(f"--pairs {tmp_path} has no NAME_GT.png\n")


def test_runs_are_gathered_of_a_finished_run_only(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["gather.py", str(tmp_path), "2", "16"])
    with pytest.raises(SystemExit, match="2"):
        runpy.run_path(str(PROGRAMS[0].parent / "gather.py"), run_name="__main__")
    assert capsys.readouterr().err.endswith(f"{tmp_path} is not the folder of a finished run\n")
