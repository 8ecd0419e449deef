"""Each launcher, started for real, on a sweep of tiny runs."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from hydra.utils import get_class

from tests.conftest import ANY
from tests.process import COMMAND
from untrained.record.name import RESULT

pytestmark = pytest.mark.launcher

WORDS = ("-m", "model=dip,dd", *ANY, "hydra.sweep.dir=sweep")


def launched(tmp_path, *words, code=0, runs=2):
    """Run the sweep with a launcher, in a folder of its own; give the result of each run."""
    command = [*COMMAND, *WORDS, *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=400)
    assert done.returncode == code, done.stdout + done.stderr
    sweep = tmp_path / "sweep"
    assert (sweep / "report.html").exists()
    found = [json.loads(path.read_text()) for path in sorted(sweep.glob(f"*/{RESULT}"))]
    assert len(found) == runs
    return found, done.stdout + done.stderr


def all_finish(found):
    return {each["status"] for each in found} == {"finished"}


def test_joblib_shares_out_the_cores_and_goes_on_past_a_run_that_fails(tmp_path):
    words = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "seed=0,-1")
    found, _ = launched(tmp_path, *words, code=1, runs=4)
    assert sorted(each["status"] for each in found) == ["failed"] * 2 + ["finished"] * 2
    cores = found[0]["machine"]["cores"]
    assert {each["machine"]["threads"] for each in found} == {max(1, cores // 2)}
    again = launched(tmp_path, *words[:2], "seed=0", runs=4)[1]
    assert "2 of them finished" in again


def test_ray_on_this_machine(tmp_path):
    found, _ = launched(tmp_path, "hydra/launcher=ray")
    assert all_finish(found)
    assert {each["machine"]["threads"] for each in found} == {1}


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A Ray that runs, on loopback, in another folder than the sweep's, as a node is.

    Ray's own `start` asks for a token: one of this test's own, which the sweep is given too.
    """
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text(secrets.token_hex(32))
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(token))
    temporary = Path("/tmp") / f"ray-{os.getpid()}"  # A socket's path must be short.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["start", "--head", "--block", f"--port={port}", "--node-ip-address=127.0.0.1"]
    words += ["--num-cpus=2", "--include-dashboard=false", "--disable-usage-stats"]
    ray = [Path(sys.executable).with_name("ray"), *words, f"--temp-dir={temporary}"]
    head = subprocess.Popen(ray, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 90
        while socket.socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < end:
            assert head.poll() is None
            time.sleep(0.5)
        yield f"127.0.0.1:{port}"
    finally:
        head.terminate()  # `ray stop` would end every Ray of the machine.
        head.wait(60)
        shutil.rmtree(temporary, ignore_errors=True)


def test_ray_on_a_cluster_that_runs(tmp_path, cluster):
    loopback = "+hydra.launcher.ray.init._node_ip_address=127.0.0.1"
    found, _ = launched(
        tmp_path,
        "hydra/launcher=ray_cluster",
        f"hydra.launcher.ray.init.address={cluster}",
        loopback,
    )
    assert all_finish(found)


def test_submitit_on_this_machine(tmp_path):
    found, _ = launched(tmp_path, "hydra/launcher=submitit_local")
    assert all_finish(found)


def test_the_slurm_preset_is_one_that_submitit_takes():
    """There is no SLURM here: its launcher is built, and its words are looked at."""
    from hydra_plugins.hydra_submitit_launcher.config import SlurmQueueConf

    words = ("hydra/launcher=slurm", "--cfg", "hydra", "-p", "hydra.launcher")
    done = subprocess.run([*COMMAND, *words], check=True, capture_output=True, text=True)
    preset = yaml.safe_load(done.stdout)
    launcher = get_class(preset.pop("_target_"))
    known = {field.name for field in fields(SlurmQueueConf)}
    assert set(preset) <= known
    assert launcher(**preset).params["cpus_per_task"] == 4
