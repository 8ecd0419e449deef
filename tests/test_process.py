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
    assert finish(*WORDS, f"hydra.run.dir={folder}")[0] == 0
    return folder


def killed_and_resumed(folder, whole, pause):
    process = start(*WORDS, f"hydra.run.dir={folder}")
    wait_for(folder / "target.png", process)
    time.sleep(pause)
    process.kill()
    process.wait()
    if (folder / "summary.json").exists():
        return  # It had ended already.
    code, _, err = finish(*WORDS, f"resume={folder}")
    assert code == 0, err
    assert_same(whole, folder)


def test_a_killed_run_is_resumed_bit_for_bit(tmp_path, whole):
    killed_and_resumed(tmp_path / "run", whole, pause=0.6)


@pytest.mark.slow
def test_a_run_killed_at_ten_random_moments_is_resumed_bit_for_bit(tmp_path, whole):
    seconds = json.loads((whole / "summary.json").read_text())["seconds"]
    for moment in range(10):
        killed_and_resumed(tmp_path / str(moment), whole, random.uniform(0, seconds + 1.5))


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
    (folder / "summary.json").unlink()
    code, _, err = finish(*WORDS, "optimizer.lr=0.5", f"resume={folder}")
    assert code == 1
    assert err.startswith(f"resume={folder} is of other words: optimizer")
    assert len(err.splitlines()) == 1


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


@pytest.mark.parametrize("words", [("--help",), ("--cfg", "job"), ("-sc", "query=bash")])
def test_help_config_and_completion_need_no_torch(words, tmp_path):
    env = os.environ | {"COMP_LINE": "train.py noise.", "PYTHONPROFILEIMPORTTIME": "1"}
    words = words if words[0] != "-sc" else ("-sc", "install=bash")
    code, out, err = finish(*words, env=env, cwd=tmp_path)
    assert code == 0
    assert out
    imported = {line.rpartition("|")[2].strip() for line in err.splitlines()}
    assert "hydra" in imported
    assert not imported & {"torch", "pytorch_lightning", "matplotlib", "skimage"}
