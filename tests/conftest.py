import logging
import os
import runpy
import sys
from pathlib import Path

# The tests run side by side, one thread each; PyTorch reads this when it is first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hydra import compose, initialize_config_dir

import untrained.command.word  # noqa: F401 - the resolvers of conf/

ROOT = Path(__file__).parent.parent


@pytest.fixture
def configure():
    """Compose the real `conf/`, as the command line would, but for Hydra's own folder."""

    def composed(*words):
        with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
            return compose("train", [*words])

    return composed


@pytest.fixture
def run(monkeypatch, tmp_path, capfd):
    """Run `train.py` with the words given, in `tmp_path`; give exit code and what it printed.

    In this process, since importing PyTorch anew takes seconds; `test_process.py` has real ones.
    """
    monkeypatch.chdir(tmp_path)

    def ran(*words):
        monkeypatch.setattr(sys, "argv", ["train.py", *words])
        code = 0
        try:
            runpy.run_path(str(ROOT / "train.py"), run_name="__main__")
        except SystemExit as end:
            code = end.code
        finally:
            close_logs()
        return code, *capfd.readouterr()

    return ran


def close_logs():
    """Forget the log of a run: it would be opened late, in a folder that is gone by then."""
    root = logging.getLogger()
    for handler in [each for each in root.handlers if type(each) is logging.FileHandler]:
        root.removeHandler(handler)
        handler.close()


SMALL = ("image.size=32", "model.width=8", "model.depth=3", "steps=12", "hydra.run.dir=run")
