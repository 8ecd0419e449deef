import gc
import io
import logging
import os
import pickle
import runpy
import shutil
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from copy import copy, deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

# The tests run side by side, one thread each; PyTorch reads this when it is first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import imageio.v3 as iio
import numpy as np
import omegaconf
import pytest
from hydra import compose, initialize_config_dir
from hydra._internal import config_loader_impl, defaults_list
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.defaults_list import Overrides
from hydra._internal.hydra import Hydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.core.utils import JobRuntime
from hydra.plugins.config_source import ConfigSource

import untrained.command.word  # noqa: F401 - the resolvers of conf/
from untrained import figure

ROOT = Path(__file__).parent.parent

DRAWINGS = {
    name: getattr(figure, name) for name in ("panel", "curves", "stopping", "bands", "comparison")
}
SAVE = figure.save
BLANK = iio.imwrite("<bytes>", np.zeros((1, 1), np.uint8), extension=".png")
# What most tests do not look at.
UNDRAWN = ("~callbacks.video", "~callbacks.pictures")
# A fit, where it does not matter which.
TINY = ("image.size=16", "model.width=4", "model.depth=2", "steps=4")
TINY = (*TINY, *UNDRAWN, "stopping=[]", "logger=none", "checkpoint.keep=0")
# One that has something to draw.
SMALL = ("image.size=32", "model.width=8", "model.depth=3", "steps=6", "checkpoint.keep=0")
SMALL = (*SMALL, "hydra.run.dir=run")
# The files that take longest, by `--durations`; they start first, so that none ends alone.
LONGEST = (
    "tests/test_process.py",
    "trainer/test_guard.py",
    "tests/test_train.py",
    "callback/test_stopping.py",
    "callback/test_run.py",
    "tests/test_sweep.py",
    "tests/test_conf.py",
    "callback/test_recommendation.py",
    "tests/test_complaint.py",
    "tests/test_folder.py",
    "callback/test_watch.py",
    "tests/test_resume.py",
    "report/test_record.py",
)


def pytest_collection_modifyitems(items):
    def place(item):
        name = f"{item.path.parent.name}/{item.path.name}"
        return LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=place)


def pytest_collection_finish():
    """Spare the garbage collector PyTorch: it would look through all of it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


def remembering_files(load):
    """Load each file of `conf/`, and of Hydra, once."""
    known = {}

    def load_config(self, config_path):
        place = self.path, config_path
        if not self.path.startswith((str(ROOT / "conf"), "hydra")):
            return load(self, config_path)
        if place not in known:
            known[place] = pickle.dumps(load(self, config_path))
        return pickle.loads(known[place])

    return load_config


def stands_still(repo):
    """Tell whether all files of a config are of `conf/` or of Hydra."""
    folders = str(ROOT / "conf"), "hydra"
    files = [source for source in repo.get_sources() if source.scheme() != "structured"]
    return all(source.path.startswith(folders) for source in files)


def remembering_options(create):
    """List the files of a config once for all words that choose the same option of each group."""
    known = {}

    def create_defaults_list(repo, config_name, overrides_list, **how):
        if not stands_still(repo):
            return create(repo, config_name, overrides_list, **how)
        values = Overrides(repo, overrides_list).config_overrides
        groups = [word for word in overrides_list if word not in values]
        chosen = (config_name, *how.items(), *(word.input_line for word in groups))
        if chosen not in known:
            known[chosen] = create(repo, config_name, groups, **how)
        return replace(known[chosen], config_overrides=values)

    return create_defaults_list


def mapping_where_it_matters(create):
    """Map the choices that were made for the files whose names hold one; it takes longest."""

    def create_map(overrides, files, self_added):
        if any(not each.is_self() and each.is_interpolation() for each in files):
            return create(overrides, files, self_added)
        return None

    return create_map


def remembering_configs(compose_files):
    """Put the same files together once."""
    known = {}

    def compose_config(self, defaults, repo):
        if not stands_still(repo):
            return compose_files(self, defaults, repo)
        files = tuple(map(str, defaults))
        if files not in known:
            known[files] = pickle.dumps(compose_files(self, defaults, repo))
        return pickle.loads(known[files])

    return compose_config


def remembering_words(parse):
    """Parse each word of a command line once."""
    known = {}

    def parse_rule(self, word, rule):
        if (word, rule) not in known:
            known[word, rule] = parse(self, word, rule)
        return deepcopy(known[word, rule])

    return parse_rule


def remembering_compositions(load):
    """Compose a config of the same words once: a run asks for that of no words too, and of some."""
    known = {}

    def load_configuration(self, config_name, overrides, run_mode, **how):
        is_searched = any("hydra.searchpath" in word for word in overrides)
        if is_searched or not stands_still(self.repository):
            return load(self, config_name, overrides, run_mode, **how)
        sources = [(each.provider, each.path) for each in self.repository.get_sources()]
        place = Path.cwd(), JobRuntime.instance().get("name")
        key = (config_name, *overrides), run_mode, tuple(how.items()), tuple(sources), place
        if key not in known:
            known[key] = pickle.dumps(load(self, config_name, overrides, run_mode, **how))
        return pickle.loads(known[key])

    return load_configuration


def asking_where_it_matters(get_mode):
    """Compose a config to learn `hydra.mode` where an experiment or that word may say it."""

    def mode(self, config_name, overrides):
        if any("experiment" in word or "hydra.mode" in word for word in overrides):
            return get_mode(self, config_name, overrides)
        return None

    return mode


@pytest.fixture(scope="session", autouse=True)
def quick_hydra():
    """Spare what Hydra does again and again for each run: half of the time of a tiny one.

    It parses the forty files of a config anew, lists them and puts them together, though neither
    `conf/` nor its own files change, and each interpolation and word. And it composes each config
    twice.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Hydra, "get_mode", asking_where_it_matters(Hydra.get_mode))
        parse = remembering_words(OverridesParser.parse_rule)
        patched.setattr(OverridesParser, "parse_rule", parse)
        for module in (omegaconf.base, omegaconf._utils):
            patched.setattr(module, "parse", cache(module.parse))
        # Hydra makes the classes anew as it looks for its plugins, which it does once.
        for source in Plugins.instance().discover(ConfigSource):
            patched.setattr(source, "load_config", remembering_files(source.load_config))
        create = mapping_where_it_matters(defaults_list._create_interpolation_map)
        patched.setattr(defaults_list, "_create_interpolation_map", create)
        create = remembering_options(config_loader_impl.create_defaults_list)
        patched.setattr(config_loader_impl, "create_defaults_list", create)
        loader = config_loader_impl.ConfigLoaderImpl
        compose_files = remembering_configs(loader._compose_config_from_defaults_list)
        patched.setattr(loader, "_compose_config_from_defaults_list", compose_files)
        load = remembering_compositions(loader._load_configuration_impl)
        patched.setattr(loader, "_load_configuration_impl", load)
        # Hydra copies it deeply for each config, to give the copy other folders.
        patched.setattr(ConfigRepository, "__deepcopy__", lambda self, _: copy(self), raising=False)
        yield


@pytest.fixture(scope="session")
def configure():
    """Compose the real `conf/`, as the command line would, but for Hydra's own folder."""

    @cache
    def composed(*words):
        with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
            return compose("train", [*words])

    return lambda *words: deepcopy(composed(*words))


def train(*words):
    """Run `train.py` with the words given, in this process, and return its exit code.

    Importing PyTorch anew would take seconds; `test_process.py` has real processes.
    """
    with patch.object(sys, "argv", ["train.py", *words]):
        try:
            runpy.run_path(str(ROOT / "train.py"), run_name="__main__")
        except SystemExit as end:
            return end.code
        finally:
            close_logs()
    return 0


def close_logs():
    """Forget the log of a run: it would be opened late, in a folder that is gone by then."""
    root = logging.getLogger()
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


@pytest.fixture
def undrawn(monkeypatch):
    """Write one blank pixel in the place of each figure: the test looks at other files."""
    for name in DRAWINGS:
        monkeypatch.setattr(figure, name, lambda *_: "a figure")
    monkeypatch.setattr(figure, "save", lambda _, path: path.write_bytes(BLANK))


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
def fitted(tmp_path_factory):
    """Run `train.py` once in a session with the words given, for all who only read the result.

    The words name its folder. A test that changes a file takes a copy, and one that patches
    `untrained` asks for the run before it does.
    """
    before = {}

    @cache
    def fit(*words):
        place = tmp_path_factory.mktemp("fitted")
        out, err = io.StringIO(), io.StringIO()
        drawn = patch.multiple(figure, save=SAVE, **DRAWINGS)  # Whoever asks for it first.
        with chdir(place), redirect_stdout(out), redirect_stderr(err), drawn:
            assert train(*words) == 0, err.getvalue()
        (folder,) = place.iterdir()
        before[folder] = contents(folder)
        return Fitted(folder, out.getvalue(), err.getvalue())

    yield fit
    for folder, files in before.items():
        assert contents(folder) == files, "a test has changed a run that others read"


@pytest.fixture
def finished(run, fitted):
    """Stand beside `run`, the finished run of the words `TINY`."""
    shutil.copytree(fitted(*TINY, "hydra.run.dir=run").folder, "run")
