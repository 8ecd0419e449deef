import pytest
import torch
from skimage import data

from untrained.noise.detail import without_impulses
from untrained.noise.gaussian import Gaussian
from untrained.noise.kind import is_impulsive
from untrained.noise.level import noise_level
from untrained.noise.poisson import Poisson
from untrained.noise.salt_and_pepper import SaltAndPepper


def smooth_of(image):
    return torch.linspace(-1, 1, image.shape[-1]).expand_as(image)


@pytest.mark.parametrize(
    "noise",
    [
        *(Gaussian(sigma, clip=clip) for sigma in (5, 25, 50) for clip in (False, True)),
        *(Poisson(peak) for peak in (10, 30, 100)),
        *(SaltAndPepper(amount) for amount in (0.02, 0.1, 0.3)),
    ],
)
def test_the_noise_level_is_estimated(noise):
    clean = smooth_of(torch.empty(1, 3, 128, 128)) / 2 + 0.5
    noisy = noise(clean)
    level = 255 * (noisy - clean).square().mean().sqrt()
    assert noise_level(noisy).item() == pytest.approx(level.item(), rel=0.05)


def test_saturated_areas_are_no_impulses():
    clean = (smooth_of(torch.empty(1, 3, 64, 64)) * 2).clamp(0, 1)
    assert noise_level(clean).item() < 1


@pytest.mark.parametrize(
    ("noise", "impulsive"),
    [
        *((SaltAndPepper(amount), True) for amount in (0.02, 0.1, 0.3)),
        *((Poisson(peak), False) for peak in (1, 2, 5, 10, 100)),
        *((Gaussian(sigma, clip=clip), False) for sigma in (5, 100) for clip in (False, True)),
    ],
)
def test_impulses_are_told_from_other_noise(noise, impulsive):
    clean = smooth_of(torch.empty(1, 3, 128, 128)) / 2 + 0.5
    assert is_impulsive(noise(clean)) == impulsive


def test_the_median_stands_where_impulses_were_and_nothing_else_is_touched():
    clean = smooth_of(torch.empty(1, 3, 64, 64)) / 4 + 0.5
    target = SaltAndPepper(0.05)(clean)
    filled = without_impulses(target)
    assert (filled - clean).square().mean() < 1e-3 * (target - clean).square().mean()
    assert torch.equal(filled[target == clean], clean[target == clean])


def text_like(shape):
    """Return a mask that loses thin strokes, a fifth of the pixels."""
    known = torch.ones(shape, dtype=torch.bool)
    known[..., 2::12, :] = False
    known[..., :, 5::9] = False
    return known


def random_mask(keep):
    def mask(shape):
        return torch.rand(shape, generator=torch.Generator().manual_seed(4)) < keep

    return mask


PICTURES = {
    "smooth": smooth_of(torch.empty(1, 3, 128, 128)) / 4 + 0.5,
    "camera": torch.from_numpy(data.camera()[::2, ::2].copy())[None, None] / 255,
}
# Some of a photograph's texture is taken for noise.
TEXTURE = {"smooth": 0.06, "camera": 0.12}


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("mask", [random_mask(0.5), random_mask(0.25), text_like])
@pytest.mark.parametrize("sigma", [10, 25])
def test_the_noise_level_of_known_pixels_is_estimated(picture, mask, sigma):
    clean = PICTURES[picture]
    noisy = Gaussian(sigma, clip=False)(clean)
    known = mask(clean.shape[2:])
    found = noise_level(noisy, known)
    assert found.shape == ()
    assert found.item() == pytest.approx(sigma, rel=TEXTURE[picture] * 25 / sigma)
    hidden = torch.where(known, noisy, float("nan"))
    assert torch.equal(noise_level(hidden, known), found)
    assert torch.equal(noise_level(hidden, known[None, None].float()), found)


@pytest.mark.parametrize("keep", [0.05, 0.1])
def test_pairs_tell_the_noise_level_where_hardly_a_block_is_known(keep):
    clean = PICTURES["smooth"]
    noisy = Gaussian(25, clip=False)(clean)
    known = random_mask(keep)(clean.shape[2:])
    assert (known[1:, 1:] & known[:-1, 1:] & known[1:, :-1] & known[:-1, :-1]).sum() < 400
    assert noise_level(noisy, known).item() == pytest.approx(25, rel=0.15)


def test_a_mask_of_each_channel_counts_for_it_alone():
    clean = PICTURES["smooth"]
    noisy = Gaussian(25, clip=False)(clean)
    noisy[:, 1] = 7 * noisy[:, 1]
    known = torch.ones_like(noisy, dtype=torch.bool)
    known[..., :40] = False
    levels = [noise_level(noisy[:, [c]], known[:, [c]]).item() for c in range(3)]
    mean = sum(level**2 for level in levels) / 3
    assert noise_level(noisy, known).item() == pytest.approx(mean**0.5, rel=1e-5)
    assert levels[1] == pytest.approx(7 * 25, rel=0.15)


def test_a_mask_that_knows_all_is_none():
    noisy = SaltAndPepper(0.1)(PICTURES["smooth"])
    assert torch.equal(noise_level(noisy, torch.ones(1, 1, 128, 128)), noise_level(noisy))


def test_without_known_neighbours_there_is_no_noise_level():
    known = torch.zeros(1, 1, 128, 128, dtype=torch.bool)
    known[..., ::2, ::2] = True
    assert noise_level(PICTURES["smooth"], known).isnan()


def test_a_texture_between_impulses_is_not_taken_for_noise():
    clean = torch.from_numpy(data.astronaut()[::4, ::4, 1] / 255).float()[None, None]
    noisy = SaltAndPepper(amount=0.02)(clean)
    level = 255 * (noisy - clean).square().mean().sqrt()
    assert noise_level(noisy).item() == pytest.approx(level.item(), rel=0.05)
