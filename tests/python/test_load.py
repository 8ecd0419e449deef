import json
from pathlib import Path

import pytest
import torch

import untrained
from untrained.record.name import NETWORKS
from untrained.seed import DRAWS
from untrained.trainer.prior import ImagePrior

WORDS = (
    "image.size=24",
    "model.width=4",
    "model.depth=1",
    "steps=4",
    "hydra.run.dir=run",
    "~callbacks.video",
    "checkpoint.keep=0",
    "~callbacks.pictures",
    "baseline=[]",
    "stopping=[]",
    "refinement=none",
    "logger=none",
)


@pytest.mark.parametrize(
    "words",
    [
        ("model=dip", "latent.jitter=0.1", "accelerator.precision=bf16-mixed"),
        ("model=dd", "accelerator.precision=32-true"),
        ("fits=2", "accelerator.precision=32-true"),
    ],
)
def test_g_of_z_is_the_last_image(words, run):
    code, *_ = run(*WORDS, *words)
    assert code == 0
    loaded = untrained.load("run")
    images = torch.load("run/record/last.ckpt", weights_only=True)["images"]
    assert torch.equal(loaded.image, images["reconstruction"])
    single = torch.cat([network(loaded.code) for network in loaded.generators])
    assert torch.allclose(single.mean(0), loaded.image[0], atol=0.02)
    assert loaded.config["steps"] == 4


def test_g_of_z_is_the_last_image_after_a_rollback(run, monkeypatch):
    """The guard repeats steps with another jitter, and z of the last step has that jitter."""
    genuine = ImagePrior.training_step

    def spoilt(self, observation, index):
        if self.global_step == 1 and self.fit.latent.attempt == 0:
            with torch.no_grad():
                next(self.fit.generators.parameters()).fill_(float("nan"))
        return genuine(self, observation, index)

    monkeypatch.setattr(ImagePrior, "training_step", spoilt)
    code, *_ = run(*WORDS, "model=dip", "latent.jitter=0.1", "callbacks.guard.every=2")
    assert code == 0
    assert json.loads(Path("run", "summary.json").read_text())["restorations"] == 1
    images = torch.load("run/record/last.ckpt", weights_only=True)["images"]
    assert torch.equal(untrained.load("run").image, images["reconstruction"])


@pytest.mark.parametrize("group", ["trainer", "accelerator"])
@pytest.mark.parametrize("precision", ["64-true", "64", 64])
def test_networks_in_double_precision_are_refused_because_z_would_be_another(
    group, precision, tmp_path
):
    (tmp_path / NETWORKS).parent.mkdir(parents=True, exist_ok=True)
    config = {"draws": DRAWS, group: {"precision": precision}}
    torch.save({"config": config}, tmp_path / NETWORKS)
    with pytest.raises(ValueError, match="was fitted with precision=64-true"):
        untrained.load(tmp_path)


def test_a_photo_in_tiles_keeps_no_networks(tmp_path):
    (tmp_path / "record" / "tiles").mkdir(parents=True)
    (tmp_path / "record" / "tiles" / "words.json").write_text("{}")
    with pytest.raises(ValueError, match="holds a photo in tiles, which keeps no networks"):
        untrained.load(tmp_path)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(ValueError, match="has no networks: the run"):
        untrained.load(tmp_path)


def test_networks_that_are_damaged_or_of_another_program_are_refused_in_a_line(tmp_path):
    path = tmp_path / NETWORKS
    path.parent.mkdir()
    path.write_bytes(b"half a file")
    with pytest.raises(ValueError, match="has networks that are cut short or damaged$"):
        untrained.load(tmp_path)
    torch.save({"config": {"draws": DRAWS}}, path)
    with pytest.raises(ValueError, match="has networks that cannot be made anew: .*config.yaml"):
        untrained.load(tmp_path)
    torch.save({"config": {"draws": None}}, path)
    with pytest.raises(ValueError, match="was made by an older version"):
        untrained.load(tmp_path)
