"""A sweep: failing runs, the same command again, a changed config, two at once."""

import atexit
import csv
import fcntl
import hashlib
import json
import random
import re
import shutil
import subprocess
import time
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import torch
import yaml
from hydra.core.hydra_config import HydraConfig

from tests.conftest import ANY, TINY, UNDRAWN
from tests.left import same, state
from tests.process import COMMAND
from tests.test_folder import photo
from untrained.command.sweep import Sweep, likely
from untrained.record.name import RESULT, SWEEP_WORDS
from untrained.trainer import checkpoint

FOUR = ("-m", "model=dip,dd", "seed=0,1", *ANY, "checkpoint.every=2")
WORDS = (*FOUR, "hydra.sweep.dir=sweep")
DRAWN = ("-m", "model=dip,dd", *(word for word in ANY if "pictures" not in word), WORDS[-1])

undrawn = pytest.mark.usefixtures("undrawn")


@pytest.fixture
def finished(run, fitted):
    """Stand beside `sweep`, the finished sweep of the words `WORDS`."""
    shutil.copytree(fitted(*WORDS).folder, "sweep")


def results(folder="sweep"):
    return {
        path.parents[1]: json.loads(path.read_text()) for path in Path(folder).glob(f"*/{RESULT}")
    }


def table(folder="sweep"):
    with Path(folder, "results.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def times(folder="sweep"):
    return {path: path.stat().st_mtime_ns for path in Path(folder).glob("*/summary.json")}


def assert_same(one, other):
    one, other = Path(one), Path(other)
    folders = {path.parents[1].name for path in one.glob(f"*/{RESULT}")}
    assert folders == {path.parents[1].name for path in other.glob(f"*/{RESULT}")}
    assert len(folders) == 4
    for folder in folders:
        for name in ("metrics.csv", "reconstruction.png", "panel.jpg", "curves.png"):
            first, second = (sweep / folder / name for sweep in (one, other))
            assert first.exists() == second.exists()
            assert not first.exists() or first.read_bytes() == second.read_bytes(), name
        assert same(state(one / folder), state(other / folder))
    assert numbers(one) == numbers(other)


def numbers(folder):
    """Return the table without what no two runs have alike."""
    differing = ("seconds", "seconds_per_step", "peak_memory_mb")
    return [
        {name: value for name, value in row.items() if name.rpartition(".")[2] not in differing}
        for row in table(folder)
    ]


def test_a_sweep_leaves_its_report(fitted):
    folder, _, err = fitted(*DRAWN)
    assert "sweep of 2 runs; the time is known after the first run" in err
    assert "run 2 of 2: model=dd image.size=16" in err
    assert err.count("left\n") >= 1
    assert len(table(folder)) == 2
    assert {row["status"] for row in table(folder)} == {"finished"}
    for name in ("comparison.png", "panel.jpg", "report.html"):
        assert (folder / name).stat().st_size > 0
    assert {each.name for each in results(folder)} == {
        f"model={model},baseline=[],checkpoint.keep=0,image.size=16,logger=none,model.depth=1,model.width=4,"
        "optimizer=adam,refinement=none,steps=4,stopping=[],~callbacks.video=null"
        for model in ("dip", "dd")
    }


@undrawn
def test_the_same_command_repeats_nothing(finished, run):
    before = times()
    code, _, err = run(*WORDS)
    assert code == 0
    assert "sweep of 4 runs, 4 of them finished; about 0 s left" in err
    assert err.count(" is finished\n") == 4
    assert times() == before


@undrawn
def test_a_finished_run_keeps_its_name_whatever_the_order_of_its_words(run, fitted):
    shutil.copytree(fitted(*DRAWN).folder, "sweep")
    for path in results():
        words = yaml.safe_load((path / ".hydra/overrides.yaml").read_text())
        path.rename(path.with_name(",".join(sorted(words))))  # As older versions named it.
    before = times()
    code, _, err = run("-m", *reversed(DRAWN[1:]))
    assert (code, err.count(" is finished\n")) == (0, 2)
    assert times() == before


@undrawn
@pytest.mark.parametrize(
    ("error", "line"),
    [
        (KeyError("width"), "KeyError: 'width'"),
        (OSError(28, "No space left", "page"), "page: the disk is full"),
    ],
)
def test_a_report_that_fails_is_told_and_costs_no_run(finished, run, monkeypatch, error, line):
    def report(*_, **__):
        raise error

    monkeypatch.setattr("untrained.report.report", report)
    before = times()
    code, _, err = run(*WORDS)
    assert code == 1
    said = f"{line}; no report was written, but the runs are kept: python -m untrained.report "
    assert err.splitlines()[-1].startswith(said)
    assert "Traceback" not in err
    assert before
    assert times() == before


@pytest.fixture
def unfitted(monkeypatch):
    """Fit no run of a sweep; return the config and the choices that each would have."""
    found = []

    def attempt(config, folder):
        found.append((config, dict(HydraConfig.get().runtime.choices)))

    monkeypatch.setattr("untrained.command.job.attempt", attempt)
    return found


def test_recipes_are_swept_beside_models(run, unfitted):
    tiny = [word for word in ANY if not word.startswith("optimizer")]
    words = ("recipe=fast,authors", "model=dip,dd", *tiny, "hydra.sweep.dir=sweep")
    assert run("-m", *words)[0] == 0
    assert {
        (chosen["recipe"], chosen["model"]): config.optimizer._target_.rpartition(".")[2]
        for config, chosen in unfitted
    } == {
        (recipe, model): kind
        for recipe, kind in (("fast", "SOAP"), ("authors", "Adam"))
        for model in ("dip", "dd")
    }


@pytest.fixture
def sweep():
    """Return a sweep's folder in which no run has begun."""
    folder = Path("sweep")
    folder.mkdir()
    (folder / SWEEP_WORDS).write_text("_target_: untrained.command.sweep.Sweep")
    return folder


def names(sweep):
    return {path.name for path in sweep.iterdir() if path.is_dir()}


def test_a_folder_s_name_begins_with_what_was_swept(run, unfitted, sweep):
    words = ("image.size=16", "steps=4", "model.width=8,16", "optimizer.lr=choice(0.1,0.2)")
    assert run("-m", *words, "model=glob(d?)", f"hydra.sweep.dir={sweep}")[0] == 0
    assert names(sweep) == {
        f"model.width={width},optimizer.lr={rate},model=dd,image.size=16,steps=4"
        for width in (8, 16)
        for rate in (0.1, 0.2)
    }


def test_a_long_name_shows_what_was_swept_and_keeps_its_digest(run, unfitted, sweep):
    long = f"model.width=[{','.join(['16'] * 70)}]"
    words = ("-m", "image.size=16", long, f"hydra.sweep.dir={sweep}")
    assert run(*words, "seed=0,1", "steps=4,5")[0] == 0
    (one,) = (name for name in names(sweep) if name.startswith("seed=1,steps=4,image.size=16,"))
    whole = f"image.size=16,{long},seed=1,steps=4"
    assert one.endswith(f"...{hashlib.sha256(whole.encode()).hexdigest()[:8]}")
    older = f"{whole[:150]}{one[-11:]}"
    (sweep / one).rename(sweep / older)
    before = names(sweep)
    assert run(*words, "steps=5,4", "seed=1,0")[0] == 0
    assert names(sweep) == before


def test_a_long_name_is_cut_in_bytes(run, unfitted, sweep):
    folder = Path(*5 * ["日" * 60])
    photo(folder / "a.png")
    words = ("-m", f"image.path={folder}/a.png", "image.size=16", "steps=4,5")
    assert run(*words, f"hydra.sweep.dir={sweep}")[0] == 0
    assert [name[:7] for name in sorted(names(sweep))] == ["steps=4", "steps=5"]


@pytest.fixture
def earlier(run, fitted):
    """Stand beside a run that has ended; it is asked for before another fixture fits none."""
    shutil.copytree(fitted(*TINY, "hydra.run.dir=run").folder, "outputs/one")
    return Path("outputs/one", RESULT)


def test_a_sweep_is_judged_by_earlier_runs_before_it_begins(run, earlier, unfitted):
    found = json.loads(earlier.read_text())
    earlier.write_text(json.dumps(found | {"seconds": 100.0}))
    Path("outputs/foreign").mkdir()
    Path("outputs/foreign/result.json").write_text('{"status": "finished"}')
    _, _, err = run("-m", *TINY, "seed=0,1", "hydra.sweep.dir=outputs/two")
    assert "sweep of 2 runs; about 3 min one after the other, as earlier runs took" in err
    _, _, err = run("-m", *TINY, "fits=1,2", "hydra.sweep.dir=outputs/three")
    assert "sweep of 2 runs; the time is known after the first run" in err
    assert len(unfitted) == 4


@undrawn
def test_a_run_that_fails_does_not_end_the_others(run):
    words = (
        "-m",
        "optimizer.lr=-1,0.01",
        "model.width=4,0",
        "model=dip",
        *(word for word in ANY if not word.startswith("model.width")),
        "hydra.sweep.dir=sweep",
    )
    code, _, err = run(*words)
    assert code == 1
    assert "Traceback" not in err
    found = {tuple(each["words"][:2]): each for each in results().values()}
    assert {words: each["status"] for words, each in found.items()} == {
        ("optimizer.lr=-1", "model.width=4"): "failed",
        ("optimizer.lr=-1", "model.width=0"): "failed",
        ("optimizer.lr=0.01", "model.width=4"): "finished",
        ("optimizer.lr=0.01", "model.width=0"): "failed",
    }
    line = found["optimizer.lr=0.01", "model.width=0"]["error"]
    assert line.startswith("model.width must")
    assert f"failed: {line}\n" in err
    assert re.search(r"^\d of 4 runs failed; a line of each is above$", err, re.MULTILINE)
    assert line in Path("sweep/report.html").read_text()
    assert [row["error"] == line for row in table()] == [False, False, False, True]
    before = times()
    assert run(*words)[0] == 1
    assert times() == before


@undrawn
def test_a_changed_config_is_not_taken_for_a_finished_run(run):
    hidden = "hydra.job.config.override_dirname.exclude_keys=[resume,optimizer.lr]"
    words = ("-m", "model=dd,dip", *ANY, hidden, "hydra.sweep.dir=sweep")
    assert run(*words)[0] == 0
    before, known = times(), results()
    code, _, err = run(*words, "optimizer.lr=0.5")
    assert code == 1
    assert err.count("has other settings: optimizer") == 2
    assert times() == before, "what was finished is left alone"
    for folder, found in results().items():
        assert "has other settings: optimizer" in found["refused"]
        assert found | {"refused": None} == known[folder]
    assert run(*words)[0] == 0
    assert results() == known


class Killed(BaseException):
    """Ends a sweep as a kill does: nothing of ours is asked."""


@undrawn
def test_a_sweep_that_was_killed_goes_on(run, fitted, monkeypatch):
    whole, *_ = fitted(*WORDS)
    left = iter(range(4))  # Two a run: the third one is killed in its middle.
    save = checkpoint.save

    def killed(trainer):
        save(trainer)
        if next(left, None) is None:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save", killed)
        patch.setattr(atexit, "register", lambda _: None)
        with pytest.raises(Killed):
            run(*WORDS)
    assert len(results()) == 2
    code, _, err = run(*WORDS[:-1], f"resume={Path('sweep').resolve()}")
    assert code == 0
    assert err.count(" is finished\n") == 2
    assert_same("sweep", whole)


@undrawn
def test_a_run_that_another_process_is_at_is_left_to_it(finished, run):
    busy = next(iter(results()))
    (busy / RESULT).unlink()
    with (busy / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        code, _, err = run(*WORDS)
    assert code == 0
    assert f"{busy.name} is left to the process that runs it" in err
    assert len(results()) == 3


def test_resume_names_the_folder_of_a_sweep(run):
    Path("run/.hydra").mkdir(parents=True)
    code, _, err = run("-m", "model=dd,dip", "resume=run")
    assert (code, err) == (1, "resume=run is not the folder of a sweep\n")


def test_a_run_tells_what_became_of_it(fitted):
    folder, *_ = fitted(*TINY, "hydra.run.dir=run")
    (found,) = results(folder.parent).values()
    assert list(found) == [
        "status",
        "error",
        "refused",
        "words",
        "seconds",
        "fingerprint",
        "config",
        "machine",
        "steps",
        "halted",
    ]
    assert (found["steps"], found["halted"]) == (4, None)
    assert (found["status"], found["config"]["model"]["width"]) == ("finished", 4)
    assert found["words"] == [*TINY]
    assert found["machine"]["threads"] == torch.get_num_threads()


@undrawn
def test_a_search_looks_at_a_score_that_needs_no_clean_image(run):
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper")
    words = ("experiment=search", "hydra.sweeper.n_trials=2", "image.size=16", "model.depth=1")
    words = (*words, "model.width=choice(4,8)", "steps=1", *UNDRAWN, "hydra.sweep.dir=sweep")
    code, _, err = run(*words)
    assert code == 0, err
    assert "sweep of 2 runs" in err
    assert len(table()) == 2
    assert all(folder.name.startswith("model.width=") for folder in results())
    best = Path("sweep/optimization_results.yaml").read_text()
    (value,) = [float(line.split(":")[1]) for line in best.splitlines() if "best_value:" in line]
    residual = []
    for folder in results():
        with (folder / "metrics.csv").open() as file:
            mse = float(list(csv.DictReader(file))[-1]["mse/against_target"])
        residual.append(abs(255 * mse**0.5 - 25))
    assert value == pytest.approx(min(residual))


@undrawn
def test_two_pictures_whose_names_look_the_same_in_a_folder_have_a_run_each(run):
    Path("a").mkdir()
    for path, value in (("a/b.png", 0), ("a_b.png", 128)):
        picture = np.full((16, 16), value, np.uint8)
        picture[4:8] = 255
        iio.imwrite(path, picture)
    words = ("-m", "target.path=a/b.png,a_b.png", "steps=1", "model.width=4", "model.depth=2")
    words = (*words, *UNDRAWN, "stopping=[]", "refinement=none")
    code, _, err = run(*words, "hydra.sweep.dir=sweep")
    assert code == 0, err
    paths = sorted(found["config"]["target"]["path"] for found in results().values())
    assert paths == ["a/b.png", "a_b.png"]
    code, _, err = run("resume=sweep")
    assert code == 0, err
    assert "2 of them finished" in err
    assert len(results()) == 2


def test_the_time_left_is_that_of_the_runs_most_like_those_ahead():
    words = [frozenset(each.split()) for each in ("dip w=32 s=0", "dip w=64 s=0", "dd w=64 s=0")]
    known = dict(zip(words, (10.0, 40.0, 4.0), strict=True))
    assert likely(frozenset({"dip", "w=64", "s=1"}), known) == 40
    assert likely(frozenset({"dip", "w=128", "s=1"}), known) == 25
    assert likely(frozenset(), known) == 18
    assert Sweep().jobs == []


@pytest.mark.slow
def test_a_sweep_killed_at_five_random_moments_equals_one_that_was_not(tmp_path):
    """`kill -9` of the real process, each time the same command again."""
    words = ("-m", "model=dip,dd", "seed=0,1", "model.width=8", "image.size=64", "steps=60")
    words = (*COMMAND, *words, "checkpoint.every=10", "checkpoint.keep=0", "~callbacks.video")
    whole = [*words, f"hydra.sweep.dir={tmp_path / 'whole'}"]
    started = time.monotonic()
    subprocess.run(whole, check=True, capture_output=True)
    seconds = time.monotonic() - started
    command = [*words, f"hydra.sweep.dir={tmp_path / 'sweep'}"]
    draw = random.Random(0)
    killed = 0
    for _ in range(5):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            process.communicate(timeout=draw.uniform(0.2, 0.6) * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            killed += 1
    assert killed >= 3
    subprocess.run(command, check=True, capture_output=True)
    assert_same(tmp_path / "sweep", tmp_path / "whole")
