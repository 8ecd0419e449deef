"""What is printed fails no run: real processes whose console is closed, full, or of few signs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_process import COMMAND
from untrained.command.output import Steady, steady_output

WORDS = (
    "image.size=16",
    "model.width=4",
    "model.depth=2",
    "steps=3",
    "~callbacks.video",
    "~callbacks.pictures",
    "hydra.run.dir='für_später'",
)
CONSOLES = {
    "a pipe that nobody reads": "{} 2>err | true; exit ${{PIPESTATUS[0]}}",
    "two of them": "{} 2>&1 | true; exit ${{PIPESTATUS[0]}}",
    "closed": "{} >&- 2>&-",
    "a full disk": "{} >/dev/full 2>/dev/full",
    "ASCII": "PYTHONIOENCODING=ascii {} >out 2>err",
}


@pytest.mark.parametrize("line", CONSOLES.values(), ids=CONSOLES)
def test_a_run_is_whole_whatever_the_console(tmp_path, line):
    command = line.format(" ".join(f'"{each}"' for each in (*COMMAND, *WORDS)))
    found = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    folder = tmp_path / "für_später"
    assert json.loads((folder / "result.json").read_text())["status"] == "finished"
    for name in ("summary.json", "metrics.csv", "checkpoints/last.ckpt"):
        assert (folder / name).exists(), name
    if (tmp_path / "out").exists():
        assert (tmp_path / "out").read_text().endswith("f\\xfcr_sp\\xe4ter\n")
        assert "Error" not in (tmp_path / "err").read_text()


class Full:
    """A stream onto a full disk."""

    def __init__(self, number):
        self.number = number

    def write(self, text):
        raise OSError(28, "No space left on device")

    def fileno(self):
        return self.number


def test_what_follows_a_failure_goes_nowhere(tmp_path):
    with Path(tmp_path, "file").open("w") as file:
        steady = Steady(Full(file.fileno()))
        assert steady.write("lost") == 4
        os.write(file.fileno(), b"lost too")
    assert Path(tmp_path, "file").read_text() == ""


def test_the_streams_are_given_back():
    before = sys.stdout, sys.stderr
    with steady_output(), steady_output():
        assert isinstance(sys.stdout, Steady)
        assert sys.stdout.stream is before[0]
    assert (sys.stdout, sys.stderr) == before
