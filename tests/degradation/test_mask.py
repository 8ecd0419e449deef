"""The masks that come with the project."""

import runpy
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageChops

import untrained.degradation
from untrained.degradation.inpainting import Inpainting

FOLDER = Path(untrained.degradation.__file__).parent / "mask"
PAINTER = Path(__file__).parent.parent.parent / "examples" / "paint_masks.py"
LOST = {"text": 0.11, "scratches": 0.095, "hole": 0.04}


@pytest.mark.parametrize("name", LOST)
def test_a_mask_loses_the_share_it_is_described_by(name):
    known = Inpainting(mask=FOLDER / f"{name}.png").known(torch.zeros(1, 3, 256, 256))
    assert 1 - known.float().mean().item() == pytest.approx(LOST[name], abs=0.005)


def test_every_mask_is_described():
    assert {path.stem for path in FOLDER.iterdir()} == set(LOST)


def test_the_program_paints_the_masks_that_are_there():
    painters = runpy.run_path(str(PAINTER))
    for name in LOST:
        saved = Image.open(FOLDER / f"{name}.png")
        change = ImageChops.difference(painters[name]().convert("L"), saved.convert("L"))
        # Another version of Pillow may draw an edge otherwise.
        assert change.histogram()[255] < 0.005 * 256**2
