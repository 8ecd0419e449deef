import gc
import io
import logging
import os
import runpy
import shutil
import signal
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from copy import deepcopy
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

# The tests run side by side, one thread each; PyTorch reads this when it is first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

# Looking for cycles again and again, through all of PyTorch, took an eighth of the time. Without it
# each of two processes grows to 2.7 GB.
gc.disable()

# All else is imported late: the process that hands the tests out to the others needs none of it,
# and they wait for it.

ROOT = Path(__file__).parent.parent

FIGURES = ("panel", "curves", "stopping", "bands", "comparison")
# What most tests do not look at.
UNDRAWN = ("~callbacks.video", "~callbacks.pictures")
# A fit of any model, and one where it does not matter which: of the smallest.
ANY = ("image.size=16", "model.width=4", "model.depth=1", "steps=4")
ANY = (*ANY, *UNDRAWN, "stopping=[]", "baseline=[]", "logger=none", "refinement=none")
ANY = (*ANY, "optimizer=adam", "checkpoint.keep=0")
TINY = (*ANY, "model=dd")
# One that has something to draw.
SMALL = ("image.size=32", "model.width=8", "model.depth=2", "steps=6", "checkpoint.keep=0")
SMALL = (*SMALL, "hydra.run.dir=run")
# The files that take longest, by `--durations`; they start first, so that none ends alone.
LONGEST = (
    "tests/test_process.py",
    "tests/test_train.py",
    "trainer/test_guard.py",
    "callback/test_stopping.py",
    "tests/test_complaint.py",
    "conf/test_baseline.py",
    "tests/test_sweep.py",
    "command/test_tile.py",
    "python/test_restore.py",
    "conf/test_model.py",
    "tests/test_resume.py",
    "tests/test_folder.py",
    "callback/test_run.py",
    "tests/test_refinement.py",
    "report/test_record.py",
    "command/test_foresight.py",
    "callback/test_logbook.py",
)


def pytest_collection_modifyitems(items):
    def place(item):
        name = f"{item.path.parent.name}/{item.path.name}"
        return LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=place)


def pytest_collection_finish():
    """Leave PyTorch out where a test looks for cycles itself."""
    gc.freeze()


def pytest_sessionfinish():
    """Leave nothing to look through to pytest, which collects five times at its end."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def quick():
    """Spare what each run does again and again: most of the time of a tiny one."""
    from tests import quick_hydra, quick_omegaconf, quick_run

    with pytest.MonkeyPatch.context() as patched:
        for module in (quick_omegaconf, quick_hydra, quick_run):
            module.quicken(partial(patched.setattr, raising=False))
        yield


@pytest.fixture(scope="session")
def configure():
    """Compose the real `conf/`, as the command line would, but for Hydra's own folder."""
    from hydra import compose, initialize_config_dir

    import untrained.command.word  # noqa: F401 - the resolvers of conf/

    @cache
    def composed(*words):
        with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
            return compose("train", [*words])

    return lambda *words: deepcopy(composed(*words))


def train(*words):
    """Run `train.py` with the words given, in this process, and return its exit code.

    Importing PyTorch anew would take seconds; `test_process.py` has real processes.
    """
    handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    with patch.object(sys, "argv", ["train.py", *words]):
        try:
            runpy.run_path(str(ROOT / "train.py"), run_name="__main__")
        except SystemExit as end:
            return end.code
        finally:
            close_logs()
            for number, handler in handlers.items():
                signal.signal(number, handler)
    return 0


def close_logs():
    """Forget the log of a run: it would be opened late, in a folder that is gone by then.

    A run may disable all loggers: `hydra/job_logging=disabled`. They are enabled anew.
    """
    root = logging.getLogger()
    for name in list(root.manager.loggerDict):
        logging.getLogger(name).disabled = False
    for handler in [each for each in root.handlers if isinstance(each, logging.FileHandler)]:
        root.removeHandler(handler)
        handler.close()


@pytest.fixture
def run(monkeypatch, tmp_path, capfd):
    """Run `train.py` with the words given, in `tmp_path`; give exit code and what it printed."""
    monkeypatch.chdir(tmp_path)

    def ran(*words):
        code = train(*words)
        return code, *capfd.readouterr()

    return ran


class Logged(logging.Handler):
    """The warnings that are logged."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.records = []

    def emit(self, record):
        self.records.append(record)

    @property
    def messages(self):
        return [record.getMessage() for record in self.records]

    @property
    def text(self):
        return "\n".join(self.messages)


@pytest.fixture
def logged():
    """Collect what is logged. (pytest's own plugin looks at all loggers around each test.)"""
    handler = Logged()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


@pytest.fixture(scope="session")
def drawn_and_blank():
    """Return what draws each figure, and what writes one blank pixel in its place."""
    import imageio.v3 as iio
    import numpy as np

    from untrained import figure

    pixel = iio.imwrite("<bytes>", np.zeros((1, 1), np.uint8), extension=".png")
    drawn = {name: getattr(figure, name) for name in (*FIGURES, "save")}
    blank = {name: lambda *_: "a figure" for name in FIGURES}
    blank["save"] = lambda _, path: path.write_bytes(pixel)
    return figure, drawn, blank


@pytest.fixture
def undrawn(monkeypatch, drawn_and_blank):
    """Write one blank pixel in the place of each figure: the test looks at other files."""
    figure, _, blank = drawn_and_blank
    for name, draw in blank.items():
        monkeypatch.setattr(figure, name, draw)


class Fitted(NamedTuple):
    """A run that several tests read: where it stands, and what it printed."""

    folder: Path
    out: str
    err: str


def contents(folder="."):
    """Return each file of a folder, and each empty folder, with its bytes."""
    paths = sorted(Path(folder).rglob("*"))
    return {str(path): path.is_file() and path.read_bytes() for path in paths}


@pytest.fixture(scope="session")
def fitted(tmp_path_factory, drawn_and_blank):
    """Run `train.py` once in a session with the words given, for all who only read the result.

    The words name its folder. A test that changes a file takes a copy, and one that patches
    `untrained` asks for the run before it does. `undrawn=True` draws no figures.
    """
    before = {}
    figure, drawn, blank = drawn_and_blank

    @cache
    def fit(words, undrawn):
        place = tmp_path_factory.mktemp("fitted")
        out, err = io.StringIO(), io.StringIO()
        chosen = blank if undrawn else drawn  # Whoever asks first.
        figures = patch.multiple(figure, **chosen)
        with chdir(place), redirect_stdout(out), redirect_stderr(err), figures:
            assert train(*words) == 0, err.getvalue()
        (folder,) = place.iterdir()
        before[folder] = contents(folder)
        return Fitted(folder, out.getvalue(), err.getvalue())

    yield lambda *words, undrawn=False: fit(words, undrawn)
    for folder, files in before.items():
        assert contents(folder) == files, "a test has changed a run that others read"


@pytest.fixture
def finished(run, fitted):
    """Stand beside `run`, the finished run of the words `TINY`."""
    shutil.copytree(fitted(*TINY, "hydra.run.dir=run").folder, "run")
