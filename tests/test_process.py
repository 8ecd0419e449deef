"""Real processes: killed, interrupted, out of disk, and asked for help."""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parent.parent
COMMAND = (sys.executable, str(ROOT / "train.py"))
# Slow enough a step that a signal arrives in the middle of the fit.
WORDS = (
    "model=dip",
    "model.width=8",
    "image.size=96",
    "steps=80",
    "checkpoint.every=15",
    "~callbacks.video",
)


def start(*words, **kwargs):
    return subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kwargs
    )


def finish(*words, **kwargs):
    process = start(*words, **kwargs)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def wait_for(path, process, seconds=60):
    end = time.monotonic() + seconds
    while not path.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    assert path.exists(), process.communicate()


def weights(folder):
    state = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    return {key: value for key, value in state.items() if torch.is_tensor(value)}


def assert_same(one, other):
    for name in ("metrics.csv", "reconstruction.png", "curves.png", "panel.png"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    assert sorted(p.name for p in (one / "frames").iterdir()) == sorted(
        p.name for p in (other / "frames").iterdir()
    )
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert len(list(other.glob("events.out.tfevents.*"))) == 1, "a step may be logged twice"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing interrupts."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    code, _, err = finish(*WORDS, f"hydra.run.dir={folder}")
    assert code == 0, err
    assert "Warning" not in err, "a normal run is quiet"
    return folder


def killed_and_resumed(folder, whole, pause, file="target.png"):
    """Kill a run `pause` seconds after `file` is there, resume it, and say whether it was alive."""
    process = start(*WORDS, f"hydra.run.dir={folder}")
    wait_for(folder / file, process)
    time.sleep(pause)
    process.kill()
    if process.wait() == 0:
        return False
    code, _, err = finish(*WORDS, f"resume={folder}")
    if "has all of its" not in err:  # Killed after its last file was written.
        assert code == 0, (pause, err)
    assert_same(whole, folder)
    assert json.loads((folder / "summary.json").read_text())["status"] == "finished"
    return True


def test_a_killed_run_is_resumed_bit_for_bit(tmp_path, whole):
    assert killed_and_resumed(tmp_path / "run", whole, 0.1, "checkpoints/last.ckpt")


def test_a_run_killed_while_it_draws_is_resumed_bit_for_bit(tmp_path, whole):
    assert killed_and_resumed(tmp_path / "run", whole, 0, "reconstruction.png")


@pytest.mark.slow
def test_a_run_killed_at_ten_random_moments_is_resumed_bit_for_bit(tmp_path, whole):
    seconds = json.loads((whole / "summary.json").read_text())["seconds"]
    draw = random.Random(0)
    pauses = [draw.uniform(0, seconds) for _ in range(10)]
    killed = [killed_and_resumed(tmp_path / str(p), whole, p) for p in pauses]
    assert sum(killed) >= 8, "too few were killed in time"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_the_run_and_draws_it(tmp_path, whole, number):
    folder = tmp_path / "run"
    process = start(*WORDS, "steps=100000", f"hydra.run.dir={folder}")
    wait_for(folder / "frames" / "00000019.png", process)
    process.send_signal(number)
    sent = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - sent < 20
    assert process.returncode == 128 + number, err
    assert "Traceback" not in err
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "interrupted"
    assert "interrupted" in out
    for name in ("reconstruction.png", "panel.png", "curves.png", "metrics.csv"):
        assert (folder / name).stat().st_size > 0
    if number == signal.SIGINT:
        code, _, err = finish(*WORDS, f"resume={folder}")
        assert code == 0, err
        assert_same(whole, folder)


def test_a_run_of_other_words_is_not_resumed(whole, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    code, _, err = finish(*WORDS, "steps=90", "optimizer.lr=0.5", f"resume={folder}")
    assert code == 1
    assert err.startswith(f"resume={folder} is of other words: optimizer")
    assert len(err.splitlines()) == 1


def test_a_folder_belongs_to_one_process(tmp_path):
    folder = tmp_path / "run"
    first = start(*WORDS, "steps=100000", f"hydra.run.dir={folder}")
    wait_for(folder / "target.png", first)
    try:
        for word in (f"hydra.run.dir={folder}", f"resume={folder}"):
            code, _, err = finish(*WORDS, word)
            assert (code, err) == (1, f"resume={folder} is in use by another process\n")
        assert first.poll() is None
    finally:
        first.kill()
        first.communicate()


def test_a_full_disk_ends_in_one_line_and_spoils_no_file(tmp_path):
    def small_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    folder = tmp_path / "run"
    code, _, err = finish(*WORDS, f"hydra.run.dir={folder}", preexec_fn=small_disk)
    assert code == 1
    assert "Traceback" not in err
    assert "outputs" in err.splitlines()[-1] or str(folder) in err.splitlines()[-1]
    assert not (folder / "summary.json").exists()
    assert not (folder / "checkpoints" / "last.ckpt").exists()
    assert not list(folder.rglob(".part*"))


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("--help",), "noise: correlated, gaussian, none, poisson, salt_and_pepper"),
        (("--cfg", "job"), "sigma: 25"),
        (("-sc", "query=bash"), "noise.sigma="),
    ],
)
def test_help_config_and_completion_need_no_torch(words, shown, tmp_path):
    env = os.environ | {"COMP_LINE": "train.py noise.", "PYTHONPROFILEIMPORTTIME": "1"}
    code, out, err = finish(*words, env=env, cwd=tmp_path)
    assert code == 0
    assert shown in out
    imported = {line.rpartition("|")[2].strip() for line in err.splitlines()}
    assert "hydra" in imported
    assert not imported & {"torch", "pytorch_lightning", "matplotlib", "skimage"}


@pytest.mark.slow
def test_a_generator_is_compiled_only_where_there_is_a_compiler(tmp_path):
    words = ("image.size=32", "model.width=8", "model.depth=2", "steps=5", "~callbacks.video")
    words = (*words, "accelerator.compiled=default", f"hydra.run.dir={tmp_path / 'run'}")
    code, _, err = finish(*words, env=os.environ | {"PATH": "", "CXX": "/nowhere/g++"})
    assert code == 1
    line = err.splitlines()[-1]
    assert line.startswith("accelerator.compiled does not work here: ")
    assert "No working C++ compiler" in line
    assert "Traceback" not in err
