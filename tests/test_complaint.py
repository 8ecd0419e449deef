"""Bad input: one line that names the word, exit code 1, and nothing that looks like a result."""

import sys
from pathlib import Path
from unittest.mock import Mock

import imageio.v3 as iio
import numpy as np
import pytest
from hydra.errors import MissingConfigException

from tests.conftest import SMALL, TINY
from untrained.command.kind import line_about

UNKNOWN = ("degradation=unknown_blur", "stopping=[]")
CASES = {
    ("model=vae",): "model=vae does not exist; options: convdecoder, dd, dip",
    ("model=dpi",): "model=dpi does not exist; did you mean dip?; options: convdecoder, dd, dip",
    ("modle=dd",): "modle is not a setting; did you mean model?",
    ("modle.width=3",): "modle is not a setting; did you mean model?",
    ("noise.sigm=3",): "noise.sigm is not a setting; did you mean noise.sigma?",
    (
        "noise=none",
        "noise.sigma=3",
    ): "noise.sigma is a setting of noise=correlated or noise=gaussian",
    ("noise.sigma=lots",): "noise.sigma must be a number, got 'lots'",
    ("latent.seed=true",): "latent.seed must be a number, got True",
    ("model=dd", "model.upsample_first=1"): "model.upsample_first must be true or false, got 1",
    ("optimizer.betas={a:1}",): "optimizer.betas must be a list",
    ("optimizer=adam", "optimizer.betas=[0.9,0.9,0.9]"): "optimizer.betas must be a list of two",
    ("seed=10000000000000000000000",): "seed=10000000000000000000000: the number is too large",
    ("image.size=10000000000000",): "image.size=10000000000000: the number is too large",
    ("callbacks.stopping=false",): "callbacks.stopping=False must be a callback; ~callbacks.",
    ("stopping.blind=3",): "stopping.blind=3: it has settings of its own, stopping.blind.radius",
    ("trainer.logger=x y",): "trainer.logger=x y: type logger=tensorboard",
    ("+trainer.callbacks=3",): "trainer.callbacks is not read; +callbacks.name._target_=",
    ("+trainer.accumulate_grad_batches=2",): "trainer.accumulate_grad_batches=2 would repeat",
    (
        "+callbacks.own._target_=pytorch_lightning.callbacks.GradientAccumulationScheduler",
        "+callbacks.own.scheduling={0:2}",
    ): "callbacks: a GradientAccumulationScheduler would repeat each step",
    ("trainer.max_steps=50",): "trainer.max_steps=50 is not within steps=6; type steps=...",
    ("accelerator.precision=bf16-true",): "accelerator.precision=bf16-true keeps the weights",
    ("penalty.tv.weight=1",): "penalty.tv is a setting of penalty=tv, which is not chosen",
    ("penalty=tv", "penalty.tv=null"): "penalty.tv must be a Penalty, got None",
    ("lr=0.1",): "lr is not a setting; did you mean optimizer.lr?",
    ("size=64",): "size is not a setting; did you mean image.size or target.size or tile.size?",
    ("mask=m.png",): "mask is not a setting; did you mean degradation.mask of degradation=inpa",
    (
        "image=photo.jpg",
    ): "image=photo.jpg is not an option of image; did you mean image.path=photo",
    ("model._target_=unknown.Net",): "model._target_=unknown.Net: there is no unknown.py here",
    ("noise.sigma=nan",): "noise.sigma must be a number from 0 up, on the 0-255 scale, got nan",
    ("seed=-1",): "seed must be a whole number from 0 up, got -1",
    ("model.depth=9",): "model.depth must be at most 6 for an image of 32 x 32, got 9",
    ("steps=0",): "steps must be a whole number from 1 up, got 0",
    ("optimizer.lr=0",): "optimizer.lr must be a number over 0, got 0",
    ("optimizer.lr=fast",): "optimizer.lr must be a number, got 'fast'",
    ("log.every=0",): "log.every must be a whole number from 1 up, got 0",
    ("image=file",): "image.path is missing: type image.path=...",
    ("image.path=nowhere.png",): "image.path 'nowhere.png' does not exist",
    ("image.size=8",): "image.size must be",
    ("resume=nowhere",): "resume=nowhere is not the folder of a run",
    ("accelerator=gpu",): "accelerator=gpu: no GPU is found; accelerator=cpu needs none",
    ("steps",): "steps cannot be read",
    ("log.every=5", "checkpoint.every=0"): "checkpoint.every must be a whole number from 1 up",
    ("noise.seed=3", "latent.seed=-1"): "latent.seed must be a whole number from 0 up, got -1",
    ("noise.clip=no",): "noise.clip must be true or false, got 'no'",
    ("accelerator.tf32=no",): "accelerator.tf32 must be true or false, got 'no'",
    ("accelerator.compiled=fast",): "accelerator.compiled must be null, default or",
    ("optimizer.weight_decay=abc",): "optimizer.weight_decay must be a number, got 'abc'",
    ("optimizer.weight_decay=-1",): "optimizer.weight_decay must be a number from 0 up, got -1",
    ("optimizer.betas=0.9",): "optimizer.betas must be a list of two numbers",
    ("optimizer.betas=[0.9]",): "optimizer.betas must be a list of two numbers",
    ("objective=huber", "objective.delta=0"): "objective.delta must be a number over 0, got 0",
    ("objective=cell",): "objective=cell is for degradation=jpeg",
    ("optimizer.betas=null",): "optimizer.betas must have a value, got null",
    ("image.path=null",): "image does not fit: ",
    ("image.path=photo(1).jpg",): "image.path=photo(1).jpg cannot be read",
    ("resume=5",): "resume=5 is not the folder of a run",
    ("trainer.devices=-1",): "trainer.devices=-1: ",
    ("trainer.devices=abc",): "trainer.devices=abc: ",
    ("+trainer.max_time=soon",): "trainer.max_time=soon: ",
    ("+trainer.max_time=-5",): "trainer.max_time=-5: ",
    ("+trainer.x=1",): "trainer.x=1: ",
    ("accelerator.precision=fp8",): "accelerator.precision=fp8: Precision 'fp8' is invalid",
    ("noise=3",): "noise=3: choose one of its options",
    ("target=photo.jpg",): "target=photo.jpg: it has settings of its own, target.path, target.size",
    ("target.channel_axis=0",): "target.channel_axis=0 is for target.path; image.channel_axis=0 is",
    ("target.size=64",): "target.size=64 is for target.path; image.size=64 is for the image",
    ("metric.border=11",): "metric.border must leave 11 x 11 of 32 x 32 pixels, got 11",
    ("degradation=inpainting", "degradation.mask=m.png", "degradation.keep=0.3"): (
        "degradation.keep is for a random mask, and degradation.mask=m.png is a file; "
        "degradation.mask=null draws a random mask"
    ),
    ("degradation=inpainting", "degradation._target_=torch.nn.ReLU", "degradation.keep=0.3"): (
        "degradation.keep is not a setting of ReLU"
    ),
    ("degradation=blur", "degradation.size=4"): "degradation.size must be an odd number, so that",
    ("degradation=blur", "degradation.kernel=psf.png"): "degradation.kernel 'psf.png' does not exi",
    ("degradation=blur", "degradation.size=31"): "degradation.size=31: a kernel of 31 x 31 pixels",
    ("degradation=blur", "degradation.sigma=1e9"): "degradation.sigma must be a number up to 255, ",
    (
        *UNKNOWN,
        "degradation.size=31",
    ): "degradation.size=31: a kernel of 31 x 31 pixels leaves less",
    (*UNKNOWN, "degradation.hidden=1000000"): "degradation.size=31 and degradation.hidden=1000000",
    (*UNKNOWN, "degradation.size=5"): "degradation.size must be at least 11 x 11, as the kernel th",
    (*UNKNOWN, "degradation.lr=0"): "degradation.lr must be a number over 0, got 0",
    (*UNKNOWN, "degradation.size=11", "fits=2"): "fits must be 1 if the degradation is fitted too",
    (
        *UNKNOWN,
        "degradation.size=11",
        "tile.size=16",
    ): "tile.size cannot be used: degradation=unknow",
    (
        *UNKNOWN,
        "degradation.size=11",
        "baseline=wiener",
    ): "baseline.wiener cannot be used: it is for",
    (*UNKNOWN, "degradation.size=11", "optimizer=lbfgs"): "optimizer: LBFGS doesn't support per-",
    ("metric.shift=3",): "metric.shift must be at most border, 0: a shift brings in",
    (
        "degradation=mri",
        "noise=gaussian",
    ): "noise is for a picture in [0, 1], and the target of Mri",
    (
        "degradation=tomography",
        "noise.sigma=5",
        "stopping=bands",
    ): "stopping.bands cannot be used: the nois",
    ("degradation=mri", "degradation.mask=m.npy"): "degradation.mask 'm.npy' does not exist",
    ("degradation=compressed_sensing", "degradation.block=33"): "degradation.block must be at most",
    (
        "degradation=tomography",
        "tile.size=16",
    ): "tile.size cannot be used: degradation=tomography n",
    ("degradation=grayscale", "image=camera"): "image must have 3 colour channels for degradation",
    ("+stopping.bands.x=1",): "stopping.bands.x is not a setting of Bands",
    ("+model.x=1",): "model.x is not a setting of SkipHourglass",
    ("recipe=null",): "recipe=null: choose one of its options",
    ("logger=null",): "logger=null: choose one of its options",
    ("noise.sigma=${x.y}",): "x.y is not a setting here, and noise.sigma takes its value from it",
    ("~stopping.halt",): "stopping.halt is not a setting here, and stopping.choose takes its value",
}


def one_line(code, out, err):
    assert code == 1
    lines = [line for line in err.splitlines() if line]
    assert len(lines) == 1, err
    assert out == ""
    return lines[0]


@pytest.mark.parametrize("words", CASES, ids=" ".join)
def test_bad_word(run, words):
    if "accelerator=gpu" in words and __import__("torch").cuda.is_available():
        pytest.skip("there is a GPU")
    small = [word for word in SMALL if word.split("=")[0] not in {w.split("=")[0] for w in words}]
    if words[0].startswith("resume="):
        small.remove("hydra.run.dir=run")
    if "tile.size=16" in words:
        small.remove("checkpoint.keep=0")
    assert one_line(*run(*small, *words)).startswith(CASES[words])
    assert not Path("run").exists(), "a folder is left that may be taken for a result"


def pictures():
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    truncated = iio.imwrite("<bytes>", noise, extension=".png")[:6000]
    nan = np.full((32, 32), np.nan, np.float32)
    return {
        "text.png": b"this is not a picture",
        "cut.png": truncated,
        "small.png": iio.imwrite("<bytes>", np.zeros((12, 40), np.uint8), extension=".png"),
        "nan.tiff": iio.imwrite("<bytes>", nan, extension=".tiff"),
    }


@pytest.mark.parametrize("name", pictures())
def test_bad_picture(run, name):
    Path(name).write_bytes(pictures()[name])
    line = one_line(*run(*SMALL[1:], f"image.path={name}"))
    assert line.startswith(f"image.path '{name}'")
    assert not Path("run").exists()


def test_a_mistyped_word_in_an_experiment_is_refused(run, tmp_path):
    folder = tmp_path / "conf" / "experiment"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("# @package _global_\nstesp: 5\n")
    (folder / "deep.yaml").write_text("# @package _global_\nnoise:\n  sigam: 5\n")
    place = f"hydra.searchpath=[file://{tmp_path}/conf]"
    assert one_line(*run(*SMALL, place, "experiment=mine")) == (
        "stesp in experiment=mine is not a setting; did you mean steps?"
    )
    assert one_line(*run(*SMALL, place, "experiment=deep")) == (
        "noise.sigam in experiment=deep is not a setting; did you mean noise.sigma?"
    )


STEP = "scheduler:\n  _target_: torch.optim.lr_scheduler.StepLR\n"
MINE = {
    "good": f"noise:\n  sigma: 5\ntrainer:\n  gradient_clip_val: 0.5\n{STEP}  step_size: 2\n"
    "callbacks:\n  mine:\n    _target_: pytorch_lightning.callbacks.Timer\n",
    "clap": "trainer:\n  gradient_clap_val: 0.5\n",
    "typo": f"{STEP}  step_siz: 2\n",
}
REFUSED = {
    "clap": "trainer.gradient_clap_val in experiment=clap is not a setting; did you mean "
    "trainer.gradient_clip_val?",
    "typo": "scheduler.step_siz in experiment=typo is not a setting; did you mean "
    "scheduler.step_size?",
}


@pytest.mark.parametrize("name", MINE)
def test_an_experiment_of_one_s_own_takes_what_the_classes_take(run, tmp_path, name):
    folder = tmp_path / "mine" / "experiment"
    folder.mkdir(parents=True)
    (folder / f"{name}.yaml").write_text(f"# @package _global_\n{MINE[name]}")
    code, _, err = run(*TINY, "--config-dir", "mine", f"experiment={name}")
    assert code == (1 if name in REFUSED else 0), err
    assert name not in REFUSED or err == f"{REFUSED[name]}\n"


def test_a_folder_without_write_permission(run):
    Path("file").write_text("in the way")
    line = one_line(*run(*SMALL[:-1], "hydra.run.dir=file/run"))
    assert "file" in line


def test_a_run_is_not_overwritten(finished, run):
    before = Path("run/summary.json").read_bytes()
    assert one_line(*run(*TINY, "hydra.run.dir=run")).startswith("resume=")
    for words in ((), ("steps=3",)):
        assert one_line(*run(*TINY, *words, "resume=run")) == (
            "resume=run has all of its 4 steps; type more by steps=..."
        )
    assert Path("run/summary.json").read_bytes() == before


def test_a_loss_that_is_not_a_number_ends_the_run(run):
    code, _, err = run(*TINY, "hydra.run.dir=run", "optimizer=sgd", "optimizer.lr=1e30")
    assert code == 1
    assert err.splitlines()[-1].startswith("optimizer.lr must be lower: the loss is nan at step 1")
    assert not Path("run/summary.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("optimizer=lbfgs", "optimizer.line_search_fn=x"), "optimizer.line_search_fn=x: only '"),
        (("+trainer.detect_anomaly=1",), "trainer.detect_anomaly=1: "),
        (
            ("+callbacks.a._target_=pytorch_lightning.callbacks.LearningRateMonitor",),
            "callbacks.a._target_=pytorch_lightning.callbacks.LearningRateMonitor: Cannot use ",
        ),
    ],
)
def test_what_a_library_finds_in_the_first_step_is_said_in_a_line(run, words, said):
    code, _, err = run(*TINY, *words)
    assert code == 1
    assert said in err.splitlines()[-1]
    assert "Traceback" not in err


def test_a_defect_of_ours_keeps_its_traceback(run, monkeypatch):
    monkeypatch.setattr("untrained.command.fit.quieten", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(*SMALL)


def test_a_package_that_is_missing_is_named(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "pytorch_optimizer", None)
    monkeypatch.delitem(sys.modules, "untrained.kernel.soap", raising=False)
    monkeypatch.delattr("untrained.kernel.soap", raising=False)
    code, _, said = run("optimizer=soap", "image.size=16", "steps=2")
    assert code == 1
    assert said == (
        "optimizer._target_=untrained.kernel.soap.SOAP needs pytorch_optimizer, "
        "which is not installed\n"
    )


ALLOCATOR = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 49152000000 bytes"
NUMPY = "Unable to allocate 3.00 MiB for an array with shape (3, 512, 512) and data type float32"


@pytest.mark.parametrize(
    "error",
    [RuntimeError(ALLOCATOR), MemoryError(NUMPY), MemoryError()],
    ids=["torch", "numpy", "python"],
)
def test_too_large_a_picture_is_said_in_a_line(run, monkeypatch, error):
    monkeypatch.setattr("untrained.command.fit.quieten", Mock(side_effect=error))
    assert one_line(*run(*SMALL)).startswith("out of memory: a smaller image.size or")


def test_the_word_that_says_what_is_white_is_named_by_the_picture_it_is_of(run):
    iio.imwrite("twelve.png", np.full((32, 32), 4000, np.uint16))
    for word in ("image", "target"):
        line = one_line(*run(*SMALL[1:], f"{word}.path=twelve.png"))
        assert line.startswith(f"{word}.path 'twelve.png' has values up to 4000 of 65535: ")
        assert f" {word}.white=4095 if this is white, or {word}.white=65535 if" in line
    line = one_line(*run(*SMALL, "target.white=3"))
    assert line == "target.white=3 is for target.path; image.white=3 is for the image"


@pytest.mark.parametrize(
    ("choice", "extra"), [("launcher/joblib", "joblib"), ("sweeper/optuna", "optuna")]
)
def test_an_option_of_hydra_that_is_not_installed_says_how(choice, extra):
    error = MissingConfigException("not there", f"hydra/{choice}", ["basic"])
    word = choice.replace("/", "=")
    said = f'hydra/{word} is not installed: type pip install -e ".[{extra}]"'
    assert line_about(error) == said
