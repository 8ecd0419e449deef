import json

import numpy as np
import pytest
import torch

from untrained import figure, image
from untrained.command.sweep import named, short
from untrained.comparison import compare, tiles_of


def run_of(tmp_path, psnr):
    frames = {}
    for step in range(0, 10 * len(psnr), 10):
        frames[step] = tmp_path / f"{step}.png"
        image.write(frames[step], torch.full((1, 1, 16, 16), step / 255))
    steps = list(frames)
    curve = {"step": steps, "psnr/last": psnr, "ssim/last": [0.5] * len(psnr)}
    return figure.Run("DIP", curve, frames)


def test_a_run_that_overfits_is_shown_at_its_best_too(tmp_path):
    best, last = tiles_of(run_of(tmp_path, [10.0, 26.0, 24.0]))
    assert best.title == "DIP, step 10"
    assert best.caption == "26.00 dB · SSIM 0.500"
    assert np.all(best.image == 10)
    assert last.title == "DIP, step 20"
    assert np.all(last.image == 20)


def test_a_run_that_does_not_overfit_is_shown_once(tmp_path):
    (tile,) = tiles_of(run_of(tmp_path, [10.0, 26.0, 25.8]))
    assert (tile.title, tile.caption) == ("DIP, step 20", "25.80 dB · SSIM 0.500")


def test_without_a_clean_image_the_last_is_shown_and_nothing_claimed(tmp_path):
    run = run_of(tmp_path, [10.0, 26.0, 24.0])
    (tile,) = tiles_of(run._replace(curve={"step": [0, 10, 20]}))
    assert (tile.title, tile.caption) == ("DIP, step 20", "")


def test_runs_of_different_targets_are_not_compared(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "summary.json").write_text(json.dumps({"target_sha256": name}))
    with pytest.raises(ValueError, match="same target"):
        compare(tmp_path, {name: tmp_path / name for name in ("one", "two")})


def test_runs_are_named_by_what_differs_in_the_order_of_the_sweep(tmp_path):
    for number, words in enumerate((["model=dip", "steps=5"], ["model=dd", "steps=5"])):
        folder = tmp_path / words[0] / ".hydra"
        folder.mkdir(parents=True)
        hydra = {"job": {"num": number}, "overrides": {"task": words}}
        (folder / "hydra.yaml").write_text(json.dumps({"hydra": hydra}))
    found = named(sorted(tmp_path.iterdir()))
    assert list(found.items()) == [("DIP", tmp_path / "model=dip"), ("DD", tmp_path / "model=dd")]


def test_a_word_is_shortened_to_its_last_part():
    assert short("optimizer.lr=0.1") == "lr=0.1"
