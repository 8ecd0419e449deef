"""The streams that fail no run; test_process.py has real consoles."""

import os
import sys
from pathlib import Path

from untrained.console import Steady, steady_output


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
