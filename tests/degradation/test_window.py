"""A part of the image is degraded as the whole is."""

import pytest
import torch
from hydra.utils import instantiate

from untrained.degradation.function import Function
from untrained.degradation.operator import Degradation
from untrained.tile import Window

from ..conftest import ROOT

OPTIONS = sorted(path.stem for path in (ROOT / "conf" / "degradation").glob("*.yaml"))
WINDOW = Window(8, 16, 16, 24)


@pytest.mark.parametrize("option", OPTIONS)
def test_a_of_a_part_is_the_part_of_a_of_the_whole(option, configure):
    degradation = instantiate(configure(f"degradation={option}").degradation)
    image = torch.rand(1, 3, 160, 240)
    target = degradation(degradation.cropped(image))
    if type(degradation).windowed is Degradation.windowed:
        with pytest.raises(ValueError, match=r"tile\.size cannot be used: degradation="):
            degradation.windowed(target, WINDOW)
        return
    factor = image.shape[-1] // target.shape[-1]
    inner, part = degradation.windowed(target, WINDOW)
    height, width = inner.shape(part)[2:]
    made = inner(WINDOW.enlarged(factor)._replace(height=height, width=width).of(image))
    # At the border of the part a kernel does not see what is beyond it.
    inside = (..., slice(3, -3), slice(3, -3)) if factor > 1 else ...
    assert torch.allclose(made[inside], part[inside], atol=1e-5)


def test_a_function_of_somebody_sees_the_whole_image():
    with pytest.raises(ValueError, match=r"tile\.size cannot be used"):
        Function(torch.fft.fft2).windowed(torch.rand(1, 1, 32, 32), WINDOW)
