"""Nobody loses a file: whose a folder is, and what is taken back; two at once: test_process.py."""

import json
import shutil
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from filelock import FileLock

from tests.conftest import TINY, contents
from tests.test_complaint import one_line
from untrained.record.name import CHECKPOINT, FRAMES, RESULT

pytestmark = pytest.mark.usefixtures("undrawn")


def photo(path="clean.png", seed=0):
    pixels = np.random.default_rng(seed).integers(0, 255, (40, 50, 3), np.uint8)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    iio.imwrite(path, pixels)


@pytest.fixture
def users(run):
    """A folder of a user, whose files have the names of a run's."""
    photo()
    for name in (
        "record/frames/00000001.png",
        "summary.json",
        "events.out.tfevents.1",
        "notes.txt",
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("the user's")
    Path("other/.hydra").mkdir(parents=True)
    Path("other/.hydra/config.yaml").write_text("model:\n  _target_: another.project.Net\n")
    Path("other/multirun.yaml").write_text("hydra: {}\n")
    return contents


@pytest.mark.parametrize(
    "words",
    [
        ("hydra.run.dir=.",),
        ("hydra.run.dir=other",),
        ("-m", "seed=0,1", "hydra.sweep.dir=."),
        ("-m", "seed=0,1", "hydra.sweep.dir=other"),
    ],
    ids=" ".join,
)
def test_a_folder_of_somebody_else_is_refused(users, run, words):
    before = users()
    line = one_line(*run(*words, *TINY, "image.path=clean.png"))
    kind = "sweep" if "-m" in words else "run"
    assert line.startswith(f"{words[-1]} holds files that are not a {kind}'s (")
    assert users() == before


def test_a_link_to_a_folder_of_somebody_else_is_refused(users, run):
    Path("link").symlink_to(Path("other").resolve())
    before = users()
    assert "not a run's (.hydra, multirun.yaml)" in one_line(*run(*TINY, "hydra.run.dir=link"))
    assert users() == before


@pytest.mark.parametrize("mode", [(), ("-m",)])
def test_resume_names_no_other_programs_folder(users, run, mode):
    before = users()
    line = one_line(*run(*mode, *TINY, "resume=other"))
    assert line == f"resume=other is not the folder of a {'sweep' if mode else 'run'}"
    assert users() == before


def test_a_trainer_writes_into_no_other_folder(users, run):
    before = users()
    line = one_line(*run(*TINY, "hydra.run.dir=run", "trainer.default_root_dir=."))
    assert line.startswith("trainer.default_root_dir=. is not the run's folder")
    assert users() == before


def test_an_empty_folder_is_taken_and_stays(run):
    Path("empty").mkdir()
    bad = (*TINY, "hydra.run.dir=empty", "image.path=nowhere.png")
    assert one_line(*run(*bad)) == "image.path 'nowhere.png' does not exist"
    assert contents() == {"empty": False}
    assert run(*TINY, "hydra.run.dir=empty")[0] == 0


def test_folders_that_were_made_for_a_run_that_did_not_begin_are_taken_back(run):
    Path("old").mkdir()
    for word in ("hydra.run.dir=old/new/run", "seed=0"):
        assert one_line(*run(*TINY, "image.path=nowhere.png", word)).startswith("image.path")
        assert contents() == {"old": False}


def test_what_a_killed_run_left_that_did_not_begin_is_no_obstacle(finished, run):
    assert one_line(*run(*TINY, "hydra.run.dir=run")) == (
        f"resume={Path('run').resolve()} is needed to continue the run in this folder"
    )
    shutil.copytree("run/.hydra", "begun/.hydra")
    Path("begun/record").mkdir()
    Path("begun/record/train.log").touch()
    assert run(*TINY, "hydra.run.dir=begun")[0] == 0


def test_a_users_file_in_the_folder_of_a_run_stays(run):
    words = (*(word for word in TINY if word != "~callbacks.pictures"), "hydra.run.dir=run")
    assert run(*words)[0] == 0
    mine = {Path("run/notes.txt"), Path("run/mine/.part-one"), Path("run", FRAMES, "notes.txt")}
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_text("the user's")
    assert run(*words, "steps=6", "resume=run")[0] == 0
    assert {path.read_text() for path in mine} == {"the user's"}
    assert one_line(*run(*words, "resume=run", "seed=1")).startswith(
        "resume=run has other settings"
    )
    assert {path.read_text() for path in mine} == {"the user's"}


def test_a_refused_run_leaves_the_words_and_the_result_of_the_first(finished, run):
    path = Path("run", RESULT)
    known = json.loads(path.read_text()) | {"status": "interrupted"}
    path.write_text(json.dumps(known))
    before = contents("run/.hydra")
    for words in (("resume=run", "seed=1"), ("resume=run", "trainer.devices=2")):
        line = one_line(*run(*TINY, *words))
        assert contents("run/.hydra") == before
        assert json.loads(path.read_text()) == known | {"refused": line}
    path.unlink()  # As a run that was killed.
    for words in (("resume=run", "seed=1"), ("hydra.run.dir=run",)):
        assert one_line(*run(*TINY, *words)).startswith("resume=")
        assert contents("run/.hydra") == before
        assert not path.exists()


def test_a_run_of_a_sweep_in_a_place_that_is_taken_fails_alone(run):
    words = ("-m", *TINY, "hydra.sweep.dir=sweep", "hydra.sweep.subdir=${seed}")
    assert run(*words, "seed=0")[0] == 0
    Path("sweep/1").mkdir()
    Path("sweep/1/train.log").write_text("the user's")
    code, _, err = run(*words, "seed=1,2")
    assert code == 1
    assert "1 failed: " in err
    assert "holds files that are not a run's (train.log)" in err
    assert contents("sweep/1") == {"sweep/1/train.log": b"the user's"}
    assert json.loads(Path("sweep/2", RESULT).read_text())["status"] == "finished"
    assert run(*words, "seed=2")[0] == 0


def test_a_sweep_whose_only_run_finds_its_place_taken_leaves_no_folder(run):
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("the user's")
    words = ("hydra.sweep.dir=sweep", "hydra.sweep.subdir=../mine")
    assert run("-m", *TINY, *words)[0] == 1
    assert list(contents()) == ["mine", "mine/notes.txt"]


def test_a_picture_in_the_folder_of_its_run_is_not_overwritten(finished, run):
    Path("run", CHECKPOINT).unlink()  # As if killed before the first checkpoint.
    photo("run/clean.png")
    before = Path("run/clean.png").read_bytes()
    line = one_line(*run(*TINY, "image.path=run/clean.png", "resume=run"))
    assert line == "image.path=run/clean.png is in the run's folder, and the run may overwrite it"
    assert Path("run/clean.png").read_bytes() == before


def test_a_tilde_is_the_home_of_the_user(run, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert run(*TINY, "hydra.run.dir='~/run'")[0] == 0
    assert run(*TINY, "resume='~/run'", "steps=6")[0] == 0
    assert run("-m", *TINY, "hydra.sweep.dir='~/sweep'")[0] == 0
    assert {path.name for path in Path("home").iterdir()} == {"run", "sweep"}
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_file_of_the_user_in_the_place_of_a_report_stays(run):
    words = ("-m", *TINY, "hydra.sweep.dir=sweep")
    assert run(*words, "seed=0")[0] == 0
    Path("sweep/results.csv").write_text("the user's")
    code, _, err = run(*words, "seed=0,1")
    assert code == 1
    assert "results.csv was edited or is your own: move it away" in err
    assert Path("sweep/results.csv").read_text() == "the user's"
    assert len(list(Path("sweep").glob(f"*/{RESULT}"))) == 2


def test_a_run_that_another_process_is_at_keeps_its_words(finished, run):
    before = contents("run")
    with FileLock("run/.lock"):
        for word in ("resume=run", "hydra.run.dir=run"):
            line = one_line(*run(*TINY, word, "steps=9"))
            assert line == f"{word} is in use by another process"
    assert contents("run") == before


def test_runs_that_start_within_a_second_have_a_folder_each(run):
    pattern = "${now:%Y}"  # A second that lasts.
    for seed in range(2):
        assert run(*TINY, f"seed={seed}", f"hydra.run.dir=outputs/{pattern}")[0] == 0
    code, _, err = run("-m", *TINY, "seed=7,8", f"hydra.sweep.dir=outputs/{pattern}")
    assert code == 0, err
    first, second, sweep = sorted(Path("outputs").iterdir())
    assert [second.name, sweep.name] == [f"{first.name}_{n}" for n in (2, 3)]
    for seed, folder in enumerate((first, second)):
        assert f"- seed={seed}\n" in (folder / ".hydra" / "overrides.yaml").read_text()
        assert json.loads((folder / RESULT).read_text())["config"]["seed"] == seed
    assert len(list(sweep.glob(f"*/{RESULT}"))) == 2


@pytest.mark.parametrize("word", ["hydra.run.dir=file", "hydra.run.dir=file/run"])
def test_a_folder_that_is_a_file_is_refused(run, word):
    Path("file").write_text("the user's")
    reason = "it" if word.endswith("file") else "file"
    line = f"{word} is no folder: {reason} is a file"
    assert one_line(*run(*TINY, word)) == line
    word, line = (text.replace("run.dir", "sweep.dir") for text in (word, line))
    assert one_line(*run("-m", "seed=0,1", *TINY, word)) == line
    assert Path("file").read_text() == "the user's"


def test_no_file_can_be_made_in_a_sweep_s_folder(run, monkeypatch):
    def refused(dir):
        raise OSError(30, "Read-only file system", f"{dir}/tmp123")

    monkeypatch.setattr("untrained.command.claim.TemporaryFile", refused)
    line = one_line(*run("-m", "seed=0,1", *TINY, "hydra.sweep.dir=sweep"))
    assert line == f"{Path('sweep').resolve()}: Read-only file system"


def test_without_callbacks_only_the_curves_are_written(run):
    words = [word for word in TINY if not word.startswith("~callbacks")]
    code, _, err = run(*words, "~callbacks", "hydra.run.dir=run")
    assert (code, err) == (0, "")
    assert {path.name for path in Path("run").iterdir()} == {
        *(".hydra", ".lock", "metrics.csv", "record")
    }


def test_an_empty_measurement_is_refused(run):
    np.save("sinogram.npy", np.zeros((1, 1, 30, 24), np.float32))
    words = [word for word in TINY if not word.startswith(("image", "noise"))]
    word = "target.path=sinogram.npy"
    line = one_line(*run(*words, "degradation=tomography", word, "hydra.run.dir=run"))
    assert line == f"{word} has the value 0 throughout: there is nothing to restore"
    assert not Path("run").exists()


FIRST_STEP = ("penalty=tv", "penalty.tv.weight=1e39", "hydra.run.dir=run")
OVERFLOW = "penalty.tv.weight=1e39: the number is too large"


def test_a_run_that_is_refused_at_its_first_step_leaves_nothing(run):
    words = [word for word in TINY if word not in ("logger=none", "~callbacks.pictures")]
    words = [*words, "logger=[tensorboard,csv]", "~callbacks.progress"]
    assert one_line(*run(*words, *FIRST_STEP)).startswith(OVERFLOW)
    assert not Path("run").exists()


def test_a_file_that_somebody_put_there_meanwhile_stays_and_so_does_what_was_written(run):
    Path("noting.py").write_text(
        "from pathlib import Path\nfrom pytorch_lightning import Callback\n"
        "class Note(Callback):\n"
        "    def on_train_start(self, trainer, prior):\n"
        "        Path(trainer.default_root_dir, 'record', 'notes.txt').write_text('mine')\n"
    )
    words = [word for word in TINY if word != "~callbacks.pictures"]
    run(*words, *FIRST_STEP, "+callbacks.note._target_=noting.Note")
    assert Path("run/record/notes.txt").read_text() == "mine"
    assert json.loads(Path("run", RESULT).read_text())["status"] == "failed"
    assert Path("run/record/target.png").exists()


def test_what_a_run_of_several_steps_has_logged_is_not_taken_back(run):
    Path("failing.py").write_text(
        "from pytorch_lightning import Callback\n"
        "class Fail(Callback):\n"
        "    def on_train_batch_end(self, trainer, *_):\n"
        "        if trainer.global_step == 3: raise ValueError('seed must be another')\n"
    )
    words = [word for word in TINY if word != "logger=none"]
    words = [*words, "~callbacks.progress", "hydra.run.dir=run"]
    line = one_line(*run(*words, "+callbacks.fail._target_=failing.Fail"))
    assert line.endswith("seed must be another")
    assert list(Path("run/record").glob("events*"))


def test_a_run_that_has_only_begun_is_in_use(run):
    """It has its lock, and has not written its words yet."""
    Path("run/.hydra").mkdir(parents=True)
    with FileLock("run/.lock"):
        line = one_line(*run(*TINY, "hydra.run.dir=run"))
    assert line == "hydra.run.dir=run is in use by another process"
