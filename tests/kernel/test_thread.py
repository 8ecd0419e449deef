"""How OpenMP's threads wait: real processes, since the libraries read it when they are loaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from untrained.kernel.thread import CHOICES, wait_briefly

ROOT = Path(__file__).parent.parent.parent
# In the place of PyTorch, which takes seconds to import.
OPENMP_ALONE = "import ctypes\nctypes.CDLL({!r})\nraise SystemExit\n"


@pytest.fixture
def unset(monkeypatch):
    for name in CHOICES:
        monkeypatch.delenv(name, raising=False)


def test_waiting_threads_are_told_to_sleep_soon(unset, monkeypatch):
    monkeypatch.setattr(os, "environ", dict(os.environ))
    assert wait_briefly()
    assert os.environ["GOMP_SPINCOUNT"] == "3000"
    assert os.environ["KMP_BLOCKTIME"] == "0"


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_of_ones_own_stands(unset, monkeypatch, name):
    monkeypatch.setattr(os, "environ", {name: "7"})
    assert not wait_briefly()
    assert os.environ == {name: "7"}


def test_the_module_is_loaded_without_torch():
    code = "import sys, untrained.kernel.thread; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_run_sets_it_before_torch_is_loaded(unset, tmp_path):
    gnu = next(Path(torch.__file__).parent.glob("lib/libgomp*"), None)
    if gnu is None:
        pytest.skip("this build of torch has another OpenMP than GNU's")
    (tmp_path / "torch.py").write_text(OPENMP_ALONE.format(str(gnu)))
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    # GNU's OpenMP prints its variables as it is loaded, and so what it was told.
    env = {**os.environ, "OMP_DISPLAY_ENV": "VERBOSE", "PYTHONPATH": path}
    command = [sys.executable, str(ROOT / "train.py")]
    shown = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True).stderr
    assert "Traceback" not in shown
    assert "GOMP_SPINCOUNT = '3000'" in shown
