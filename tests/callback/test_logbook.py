"""Every logger of Lightning, several at once, and loggers that fail."""

import csv
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from pytorch_lightning.loggers import Logger, TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.conftest import TINY
from tests.left import rows, summary
from untrained.callback.logbook import log_image
from untrained.image import as_jpeg
from untrained.record.name import CHECKPOINT, EVENTS, RECORD, RESULT

BARE = (*(word for word in TINY if word != "logger=none"), "hydra.run.dir=run")
WHOLE = ("summary.json", RESULT, "metrics.csv", CHECKPOINT)


def is_whole(folder="run"):
    found = json.loads(Path(folder, RESULT).read_text())
    return found["status"] == "finished" and all(Path(folder, name).exists() for name in WHOLE)


def assert_logged(path):
    """What a CSVLogger wrote holds the curves and the final figures."""
    with path.open() as file:
        logged = list(csv.DictReader(file))
    curve = [(int(row["step"]), row["psnr/average"]) for row in logged if row["psnr/average"]]
    assert curve == [(int(row["step"]), row["psnr/average"]) for row in rows()]
    assert float(logged[-1]["result/psnr_last"]) == summary()["psnr"]["last"]
    assert "model.width" in (path.parent / "hparams.yaml").read_text()


def test_csv_is_a_logger(run):
    code, _, err = run(*BARE, "logger=csv")
    assert code == 0
    assert "logger" not in err
    assert_logged(Path("run/record/csv/metrics.csv"))
    assert not list(Path("run").glob(EVENTS))


def test_two_loggers_have_all_that_each_has_alone(run):
    assert run(*BARE, "logger=[tensorboard,csv]")[0] == 0
    assert_logged(Path("run/record/csv/metrics.csv"))
    events = EventAccumulator(f"run/{RECORD}").Reload()
    assert len(events.Scalars("psnr/average")) == len(rows())
    assert events.Scalars("result/psnr_last")


def test_tensorboard_has_the_bytes_of_an_image_as_they_are(tmp_path):
    logger = TensorBoardLogger(tmp_path, name="", version="")
    trainer = SimpleNamespace(loggers=[logger])
    files = [as_jpeg(torch.rand(1, channels, 20, 30)) for channels in (1, 3)]
    for step, file in enumerate(files):
        log_image(trainer, "clean", file, step)
    logger.save()
    images = EventAccumulator(str(tmp_path)).Reload().Images("clean")
    assert [each.encoded_image_string for each in images] == files
    assert [(each.step, each.width, each.height) for each in images] == [(0, 30, 20), (1, 30, 20)]


@pytest.mark.parametrize("word", ["logger=none", "~logger", "trainer.logger=false"])
def test_a_run_needs_no_logger(run, word):
    assert run(*BARE, word)[0] == 0
    assert is_whole()
    assert not list(Path("run").glob(EVENTS))


def own_logger(header=""):
    folder = Path("mine/logger")
    folder.mkdir(parents=True)
    text = f"{header}_target_: pytorch_lightning.loggers.CSVLogger\n"
    (folder / "own.yaml").write_text(text + "save_dir: ${hydra:runtime.output_dir}\n")
    return f"hydra.searchpath=[file://{Path('mine').resolve()}]"


def test_a_logger_of_one_s_own_is_a_file(run):
    assert run(*BARE, own_logger(), "logger=own")[0] == 0
    assert_logged(Path("run/lightning_logs/version_0/metrics.csv"))


def test_a_logger_of_one_s_own_stands_beside_another(run):
    assert run(*BARE, own_logger("# @package logger.own\n"), "logger=[tensorboard,own]")[0] == 0
    assert_logged(Path("run/lightning_logs/version_0/metrics.csv"))
    assert list(Path("run").glob(EVENTS))


def test_the_words_of_tensorboard_are_those_of_its_class(run):
    assert run(*BARE, "logger.save_dir=other", "logger.name=mine")[0] == 0
    assert list(Path("other/mine").glob("events*"))


@pytest.mark.parametrize("name", ["wandb", "mlflow"])
def test_a_package_that_is_missing_is_named(run, monkeypatch, name):
    monkeypatch.setattr(
        f"pytorch_lightning.loggers.{name}._{name.upper()}_AVAILABLE",
        type("No", (), {"__bool__": lambda _: False, "__str__": lambda _: MISSING.format(name)})(),
    )
    code, out, err = run(*BARE, f"logger={name}")
    assert (code, out) == (1, "")
    assert err == f"logger needs {name}, which is not installed: pip install {name}\n"
    assert not Path("run").exists()


MISSING = "DistributionNotFound: HINT: Try running `pip install -U '{}>=1.0'`"


class Mute(Logger):
    """A logger of another kind, which takes metrics alone and fails as they come."""

    name = version = "mute"

    def log_metrics(self, metrics, step=None):
        if step == 2:
            raise ConnectionError("the network\nis down")

    def log_hyperparams(self, params):
        pass

    def finalize(self, status):
        raise ConnectionError("it is still down")


class Late(Mute):
    """The same, which fails only at the very end."""

    def log_metrics(self, metrics, step=None):
        pass


@pytest.mark.parametrize(("name", "reason"), [("Mute", "the network is"), ("Late", "it is still")])
def test_a_logger_that_fails_is_named_once_and_the_run_goes_on(run, name, reason):
    words = (f"+logger.mine._target_=tests.callback.test_logbook.{name}", "logger=csv")
    code, _, err = run(*BARE, *words)
    assert code == 0
    assert is_whole()
    line = (
        f"logger: {name} failed, and the run continues without it (ConnectionError: {reason} down)"
    )
    assert re.split("[\r\n]+", err).count(line) == 1
    assert err.count("logger") == 1
    assert_logged(Path("run/record/csv/metrics.csv"))


class Open(Mute):
    """A logger that holds something open, as that of W&B does."""

    closed = 0

    class Experiment:
        """What it holds."""

        def finish(self):
            Open.closed += 1

    experiment = Experiment()

    def log_metrics(self, metrics, step=None):
        pass

    def finalize(self, status):
        pass


@pytest.mark.usefixtures("undrawn")
def test_what_a_logger_holds_open_is_closed_after_each_run(run):
    word = "+logger.mine._target_=tests.callback.test_logbook.Open"
    before = Open.closed
    assert run("-m", *TINY, word, "seed=0,1", "hydra.sweep.dir=sweep")[0] == 0
    assert Open.closed == before + 2


@pytest.mark.usefixtures("undrawn")
def test_tensorboard_that_fails_ends_no_run(run, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(
        "tensorboard.summary.writer.event_file_writer.EventFileWriter.add_event", full
    )
    code, _, err = run(*(word for word in BARE if word != "~callbacks.pictures"))
    assert code == 0, err
    assert is_whole()
    assert err.count("logger: TensorBoardLogger failed") == 1
