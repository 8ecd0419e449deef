"""Real processes: killed, interrupted, out of disk, two at once, and with no console."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import TINY, contents
from tests.left import same, state
from tests.process import COMMAND, LONG, Process, finish
from untrained.command.quit import leave, leave_if_told, quit_on_signal
from untrained.record.frame import frame_path
from untrained.record.name import CHECKPOINT, EVENTS, FRAMES, RESULT, TARGET

WORDS = (
    "model=dip",
    "model.width=4",
    "model.depth=1",
    "checkpoint.keep=0",
    "image.size=16",
    "steps=24",
    "checkpoint.every=10",
    "stopping=[emv]",
    "baseline=[tv]",
    "~callbacks.video",
    "+callbacks.pause._target_=tests.pause.Pause",
)
PAUSE = {"env": os.environ | {"PAUSE": "1"}}


def wait_for(path, process, seconds=LONG):
    end = time.monotonic() + seconds
    while not path.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    assert path.exists(), process.communicate()


def assert_same(one, other):
    for name in ("metrics.csv", "reconstruction.png", "curves.png", "panel.jpg"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    assert sorted(p.name for p in (one / FRAMES).iterdir()) == sorted(
        p.name for p in (other / FRAMES).iterdir()
    )
    assert same(state(one), state(other))
    assert len(list(other.glob(EVENTS))) == 1, "a step may be logged twice"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing interrupts."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    code, _, err = finish(*WORDS, f"hydra.run.dir={folder}", tidy=True)
    assert code == 0, err
    assert "Warning" not in err, "a normal run is quiet"
    return folder


def killed(process, file, pause):
    """Kill a process `pause` seconds after `file` is there, and say whether it was alive."""
    wait_for(file, process)
    time.sleep(pause)
    process.kill()
    return process.wait() != 0


def assert_resumed(folder, whole):
    """Resume a run that was killed: then it is what the whole run is."""
    code, _, err = finish(*WORDS, f"resume={folder}")
    if "has all of its" not in err:  # Killed after its last file was written.
        assert code == 0, err
    assert_same(whole, folder)
    assert json.loads((folder / "summary.json").read_text())["status"] == "finished"


def test_a_run_killed_as_it_fits_and_again_as_it_draws_is_resumed_bit_for_bit(tmp_path, whole):
    folder = tmp_path / "run"
    process = Process(*WORDS, f"hydra.run.dir={folder}", **PAUSE)
    assert killed(process, folder / CHECKPOINT, 0.1)
    assert killed(Process(*WORDS, f"resume={folder}"), folder / "reconstruction.png", 0)
    assert_resumed(folder, whole)


@pytest.mark.slow
def test_a_run_killed_at_ten_random_moments_is_resumed_bit_for_bit(tmp_path, whole):
    seconds = json.loads((whole / "summary.json").read_text())["seconds"]
    draw = random.Random(0)
    in_time = 0
    for pause in [draw.uniform(0, seconds) for _ in range(10)]:
        folder = tmp_path / str(pause)
        process = Process(*WORDS, f"hydra.run.dir={folder}", **PAUSE)
        if killed(process, folder / TARGET, pause):
            assert_resumed(folder, whole)
            in_time += 1
    assert in_time >= 8, "too few were killed in time"


def assert_interrupted(process, folder, number):
    """Send a signal to a process that fits: it saves all and ends with the code of the signal.

    All of its 100,000 steps would take longer.
    """
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 128 + number, err
    assert "Traceback" not in err
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "interrupted"
    assert "interrupted" in out


def test_a_signal_saves_the_run(tmp_path):
    words = (*TINY, "steps=100000", "checkpoint.every=10", "hydra.run.dir=run")
    process = Process(*words, cwd=tmp_path)
    wait_for(tmp_path / "run" / CHECKPOINT, process)
    assert_interrupted(process, tmp_path / "run", signal.SIGTERM)
    assert (tmp_path / "run" / "metrics.csv").stat().st_size > 0


def test_a_signal_draws_the_run_which_goes_on_to_be_the_whole_one(tmp_path, whole):
    folder = tmp_path / "run"
    process = Process(*WORDS, "steps=100000", f"hydra.run.dir={folder}", **PAUSE)
    wait_for(frame_path(folder, 19), process)
    assert_interrupted(process, folder, signal.SIGINT)
    for name in ("reconstruction.png", "panel.jpg", "curves.png", "metrics.csv"):
        assert (folder / name).stat().st_size > 0
    code, _, err = finish(*WORDS, f"resume={folder}")
    assert code == 0, err
    assert_same(whole, folder)


def test_a_run_of_other_words_is_not_resumed(whole, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    code, _, err = finish(*WORDS, "steps=90", "optimizer.lr=0.5", f"resume={folder}")
    assert code == 1
    assert err.startswith(f"resume={folder} has other settings: optimizer")
    assert len(err.splitlines()) == 1


def test_a_folder_belongs_to_one_process(tmp_path):
    folder = tmp_path / "run"
    first = Process(*WORDS, "steps=100000", f"hydra.run.dir={folder}")
    wait_for(folder / TARGET, first)
    first.send_signal(signal.SIGSTOP)  # It takes no time from the others.
    try:
        for word in (f"hydra.run.dir={folder}", f"resume={folder}"):
            code, _, err = finish(*WORDS, word)
            assert (code, err) == (1, f"{word} is in use by another process\n")
        assert first.poll() is None
    finally:
        first.kill()
        first.communicate()


@pytest.mark.slow  # When Python is ready for the signal depends on the machine.
@pytest.mark.parametrize("seconds", [0.6, 1.5])
def test_ctrl_c_before_a_fit_ends_in_one_line_and_leaves_nothing(tmp_path, seconds):
    """Starts of Python itself, which takes seconds to import."""
    command = [*COMMAND, *WORDS, "hydra.run.dir=run"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=100)[1] == "interrupted\n"
    assert process.returncode == 130
    assert not list(tmp_path.iterdir())


def test_a_signal_that_is_ignored_stays_ignored():
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        quit_on_signal()
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) == leave
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def test_an_exit_that_python_has_dropped_comes_later(monkeypatch, capsys):
    monkeypatch.setattr("untrained.command.quit.arrived", [])
    leave_if_told()
    for _ in range(2):
        with pytest.raises(SystemExit, match="130"):
            leave(signal.SIGINT, None)
    assert capsys.readouterr().err == "interrupted\n"
    with pytest.raises(SystemExit, match="130"):
        leave_if_told()


@pytest.mark.parametrize("words", [WORDS, (*TINY, "model.width=128")], ids=["all", "networks"])
def test_a_full_disk_ends_in_one_line_and_spoils_no_file(tmp_path, words):
    folder = tmp_path / "run"
    code, _, err = finish(*words, f"hydra.run.dir={folder}", largest_file=20_000)
    assert code == 1
    assert "Traceback" not in err
    assert "outputs" in err.splitlines()[-1] or str(folder) in err.splitlines()[-1]
    assert not (folder / "summary.json").exists()
    assert not (folder / CHECKPOINT).exists()
    assert not list(folder.rglob(".part*"))


def test_a_sweep_of_which_no_run_begins_leaves_nothing(tmp_path):
    (tmp_path / "old").mkdir()
    for words in ((), ("hydra.sweep.dir=old",), ("hydra.sweep.dir=new",)):
        code, _, err = finish("-m", "seed=0,1", "model=vae", *words, cwd=tmp_path)
        assert code == 1
        assert (
            err.splitlines()[-1]
            == "model=vae does not exist; options: convdecoder, dd, dip, pixels, siren, unet"
        )
        assert contents(tmp_path) == {str(tmp_path / "old"): False}


def test_processes_that_start_at_once_lose_no_run(tmp_path):
    started = [Process(*TINY, f"seed={seed}", cwd=tmp_path) for seed in range(2)]
    assert [process.wait(100) for process in started] == [0, 0]
    folders = list(tmp_path.glob("outputs/*"))
    seeds = [json.loads((each / RESULT).read_text())["config"]["seed"] for each in folders]
    assert sorted(seeds) == [0, 1]
    for each, seed in zip(folders, seeds, strict=True):
        assert f"- seed={seed}\n" in (each / ".hydra" / "overrides.yaml").read_text()


def test_of_two_processes_in_one_folder_one_is_refused(tmp_path):
    words = (*TINY, "hydra.run.dir=run", "steps=40")
    started = [Process(*words, f"seed={seed}", cwd=tmp_path) for seed in range(2)]
    said = [process.communicate()[1] for process in started]
    assert sorted(process.returncode for process in started) == [0, 1]
    winner = next(n for n, process in enumerate(started) if process.returncode == 0)
    assert said[1 - winner].startswith(("hydra.run.dir=run is in use", "resume="))
    assert f"- seed={winner}\n" in (tmp_path / "run/.hydra/overrides.yaml").read_text()


def test_nothing_is_written_before_a_run_begins(tmp_path):
    code, _, err = finish("--cfg", "hydra", cwd=tmp_path)
    assert code == 0, err
    assert contents(tmp_path) == {}


def test_a_process_that_hangs_is_killed_and_fails_its_test(tmp_path):
    """Of tests/process.py, which is what all these tests stand on."""
    process = Process(*TINY, "steps=1000000", cwd=tmp_path)
    with pytest.raises(AssertionError, match="^train.py took over 0.1 s and said:\n"):
        process.wait(0.1)
    assert process.returncode == -signal.SIGKILL


@pytest.fixture
def left():
    """A pipe whose reader has left."""
    source, end = os.pipe()
    os.close(source)
    with os.fdopen(end, "w") as file:
        yield file


@pytest.fixture
def full():
    """A full disk."""
    with Path("/dev/full").open("w") as file:
        yield file


CONSOLE = (*TINY, "hydra.run.dir='für_später'")


def assert_whole(folder):
    assert json.loads((folder / RESULT).read_text())["status"] == "finished"
    for name in ("summary.json", "metrics.csv", CHECKPOINT):
        assert (folder / name).exists(), name


@pytest.mark.parametrize("consoles", [("left", None), ("full", "left"), ("left", "full")])
def test_a_run_is_whole_whatever_the_console(tmp_path, request, consoles):
    out, err = (name and request.getfixturevalue(name) for name in consoles)
    code, *said = finish(*CONSOLE, cwd=tmp_path, out=out, err=err, tidy=True)
    assert code == 0, said
    assert_whole(tmp_path / "für_später")


def test_a_console_of_few_signs_is_shown_their_escapes(tmp_path):
    env = os.environ | {"PYTHONIOENCODING": "ascii"}
    code, out, err = finish(*CONSOLE, cwd=tmp_path, env=env, tidy=True)
    assert code == 0, err
    assert_whole(tmp_path / "für_später")
    assert out.endswith("f\\xfcr_sp\\xe4ter\n")
    assert "Error" not in err


def test_a_run_is_whole_without_a_console(tmp_path):
    code, out, err = finish(*CONSOLE, cwd=tmp_path, console=False, tidy=True)
    assert (code, out, err) == (0, "", "")
    assert_whole(tmp_path / "für_später")


def test_without_a_console_all_is_imported_that_a_run_begins_with(tmp_path):
    """A start of Python itself, which has no `sys.stdout` then; PyTorch is imported later."""
    line = " ".join(f'"{each}"' for each in (*COMMAND, "--cfg", "job"))
    found = subprocess.run(["bash", "-c", f"{line} >&- 2>&-"], cwd=tmp_path)
    assert found.returncode == 0


WITHOUT_TORCH = """
import runpy, sys
path = sys.argv[1]
for words in (["--help"], ["--cfg", "job"], ["-sc", "query=bash"]):
    sys.argv = [path, *words]
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as ended:
        assert not ended.code, words
    heavy = {"torch", "pytorch_lightning", "matplotlib", "skimage"} & set(sys.modules)
    assert not heavy, (words, heavy)
"""


def test_help_config_and_completion_need_no_torch(tmp_path):
    """A start of Python itself, which imports nothing that the server has."""
    env = os.environ | {"COMP_LINE": "train.py noise."}
    command = [sys.executable, "-c", WITHOUT_TORCH, COMMAND[1]]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for shown in (
        "or correlated, jpeg, none, poisson, salt_and_pepper",
        "sigma: 25",
        "noise.sigma=",
    ):
        assert shown in done.stdout


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
