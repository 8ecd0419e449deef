"""What is made of the image that a run recommends."""

import pytest
import torch
from scipy.fft import dctn
from skimage import data

from tests.stopping.trajectory import problem
from untrained.collaborative import Filter, levels, transformed
from untrained.degradation.downsampling import Downsampling
from untrained.degradation.inpainting import Inpainting
from untrained.degradation.mosaic import Mosaic
from untrained.noise.correlated import Correlated
from untrained.noise.gaussian import Gaussian
from untrained.noise.salt_and_pepper import SaltAndPepper
from untrained.problem import Problem
from untrained.refinement import CollaborativeWiener, NoRefinement, along, axes_of_colours


def photo(channels=3):
    """Return a part of a photograph with fine texture, `1 c 60 50`."""
    picture = torch.from_numpy(data.astronaut()[100:160, 180:230]).permute(2, 0, 1)[None] / 255
    return picture[:, [0, 1, 2][:channels]]


def smoothed(image):
    """Return an image without its finest detail, as a network has it that is stopped early."""
    return torch.nn.functional.avg_pool2d(image, 5, 1, 2, count_include_pad=False)


def error(image, clean):
    return (image - clean).square().mean().item()


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize(("law", "most"), [(Gaussian(sigma=25), 0.8), (Correlated(sigma=25), 0.97)])
def test_it_brings_back_detail_and_takes_noise_away(channels, law, most):
    clean = photo(channels)
    noisy = law(clean)
    pilot = smoothed(clean) + 0.25 * (noisy - clean)
    assert error(CollaborativeWiener()(pilot, noisy), clean) < most * error(pilot, clean)


@pytest.mark.parametrize("size", [(16, 16), (17, 20), (33, 47)])
def test_any_size_keeps_its_shape_and_its_range(size):
    noisy = torch.rand(1, 3, *size)
    refined = CollaborativeWiener()(smoothed(noisy), noisy)
    assert refined.shape == noisy.shape
    assert 0 <= refined.min() <= refined.max() <= 1


def test_an_image_that_is_the_target_stays_what_it_is():
    image = photo()
    torch.testing.assert_close(CollaborativeWiener()(image, image), image, atol=1e-5, rtol=0)


@pytest.mark.parametrize("law", [Gaussian(sigma=25), Correlated(sigma=25)])
def test_brightness_is_the_networks_and_not_the_targets(law):
    clean = torch.full((1, 1, 40, 40), 0.5)
    brighter = law(clean) + 0.02
    refined = CollaborativeWiener()(clean, brighter)
    assert refined.mean().item() == pytest.approx(0.5, abs=0.005)


def test_a_spot_that_only_the_network_has_goes():
    clean = torch.full((1, 3, 60, 60), 0.4)
    pilot = clean.clone()
    pilot[:, 0, 20:36, 20:36] = 0.9
    refined = CollaborativeWiener()(pilot, Gaussian(sigma=25)(clean))
    middle = (slice(None), slice(None), slice(24, 32), slice(24, 32))
    assert error(refined[middle], clean[middle]) < 0.2 * error(pilot[middle], clean[middle])


@pytest.mark.parametrize("size", [7, 8])
def test_an_area_in_which_the_network_s_image_has_one_value_is_filtered(size):
    image = photo()[..., :24, :32].clone()
    image[..., 8:, :] = 0.5
    noisy = Gaussian(sigma=25)(image)
    refined = CollaborativeWiener(size=size)(image, noisy)
    assert (refined - image).square().mean() < (noisy - image).square().mean() / 4


def test_a_group_that_is_nearly_flat_has_components():
    generator = torch.Generator().manual_seed(5)
    image = torch.rand(1, 1, 24, 24, generator=generator) / 2
    image[..., 8:, :] = 1
    noisy = (image + 0.1 * torch.randn(image.shape, generator=generator)).clamp(0, 1)
    assert CollaborativeWiener()(image, noisy).isfinite().all()


def test_the_same_comes_again_whatever_the_global_seed():
    noisy = Gaussian(sigma=25)(photo()[..., :24, :24])
    first = CollaborativeWiener()(smoothed(noisy), noisy)
    torch.manual_seed(5)
    assert torch.equal(first, CollaborativeWiener()(smoothed(noisy), noisy))


def test_the_transform_is_the_orthonormal_cosine_transform():
    """That of a group less its mean, which is the first coefficient."""
    group = torch.rand(5, 8, 8)
    basis = Filter(size=8, alike=5).cosines()
    found = transformed(group.flatten(1), basis)
    expected = dctn(group.numpy(), norm="ortho")
    expected[0, 0, 0] = 0
    torch.testing.assert_close(
        found.reshape(5, 8, 8), torch.from_numpy(expected), atol=1e-5, rtol=0
    )
    back = transformed(found, basis, back=True) + group.mean()
    torch.testing.assert_close(back, group.flatten(1))


def test_the_components_of_a_group_are_orthonormal_and_few():
    """Stripes in one direction: all of the group is in as many components as a block has rows."""
    stripes = torch.rand(16, 4).repeat_interleave(4, 1)[None, None]
    basis = Filter(size=4, alike=16, adapted=True).basis(stripes)[0]
    torch.testing.assert_close(basis.T @ basis, torch.eye(16), atol=1e-5, rtol=0)
    energy = transformed(stripes, basis).square().sum((0, 1, 2))
    assert (energy.sort(descending=True).values[4:] < 1e-6 * energy.sum()).all()


def test_noise_of_each_brightness_has_its_own_level():
    """In the dark half there is no noise: what is there is detail, and it stays."""
    clean = 0.05 * photo(1)
    clean[..., 25:] += 0.6
    noisy = clean.clone()
    noisy[..., 25:] += 0.1 * torch.randn(60, 25, generator=torch.manual_seed(0))
    pilot = smoothed(clean)
    refined = CollaborativeWiener(size=4, alike=16)(pilot, noisy)
    dark, bright = slice(0, 20), slice(30, None)
    assert error(refined[..., dark], clean[..., dark]) < 0.2 * error(
        pilot[..., dark], clean[..., dark]
    )
    assert error(refined[..., bright], clean[..., bright]) < 0.1 * error(
        noisy[..., bright], clean[..., bright]
    )


def test_the_level_of_a_shade_is_the_median_of_its_groups():
    brightness = torch.arange(256) / 256
    energy = 1 + brightness.round()[None]
    energy[0, ::5] = 100  # detail that the image lacks
    found = levels(brightness, energy)
    torch.testing.assert_close(found[0, [0, 50, 200, 255]], torch.tensor([1.0, 1.0, 2.0, 2.0]))


def test_detail_that_the_image_lacks_comes_back():
    """A texture in one corner, of which the image knows nothing."""
    clean = torch.full((1, 64, 64), 0.5)
    clean[:, :20, :20] += 0.3 * (torch.rand(20, 20, generator=torch.manual_seed(1)) - 0.5)
    noisy = clean + 0.05 * torch.randn(64, 64, generator=torch.manual_seed(0))
    pilot = torch.full_like(clean, 0.5) + 0.1 * (noisy - 0.5)
    with_, without = (Filter(5, 16, margin=margin)(pilot, noisy) for margin in (0.1, None))
    corner = (slice(None), slice(4, 16), slice(4, 16))
    assert error(with_[corner], clean[corner]) < 0.8 * error(without[corner], clean[corner])


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_the_axes_of_colours_keep_lengths_and_come_back(channels):
    image = torch.rand(channels, 5, 6)
    axes = axes_of_colours(image)
    there = along(axes, image)
    torch.testing.assert_close(there.norm(), image.norm())
    torch.testing.assert_close(along(axes.T, there), image)
    if channels != 3:  # Of three the first is the brightness, whatever the image.
        assert there[0].std() == there.std((1, 2)).max()


def test_bands_are_filtered_along_their_principal_components():
    """Nine bands that are mixed of three colours: filtered one by one they would be worse."""
    mix = torch.rand(9, 3, generator=torch.Generator().manual_seed(0))
    clean = along(mix / mix.sum(1, keepdim=True), photo()[0, :, :28, :28])[None]
    noisy = Gaussian(sigma=25)(clean)
    within, _ = torch.linalg.qr(mix)  # A network's noise is mixed as its image is.
    pilot = smoothed(clean) + 0.25 * along(within @ within.T, (noisy - clean)[0])
    together = CollaborativeWiener()(pilot, noisy)
    alone = [CollaborativeWiener()(pilot[:, i : i + 1], noisy[:, i : i + 1]) for i in range(9)]
    assert error(together, clean) < 0.5 * error(pilot, clean)
    assert error(together, clean) < 0.8 * error(torch.cat(alone, 1), clean)


def test_it_is_left_out_where_it_would_be_wrong():
    noisy = Gaussian(sigma=25)(photo())
    assert CollaborativeWiener().suits(problem(), noisy) is None
    assert "no noise" in CollaborativeWiener().suits(problem(noisy=False), noisy)
    assert "impulses" in CollaborativeWiener().suits(problem(), SaltAndPepper(amount=0.3)(photo()))
    assert "16 x 16" in CollaborativeWiener().suits(problem(), noisy[..., :10, :10])
    small = Problem(Downsampling(2), torch.nn.MSELoss())
    assert "not consist of pixels" in CollaborativeWiener().suits(small, noisy)
    assert NoRefinement().suits(small, noisy) is None


@pytest.mark.parametrize(
    ("degradation", "most"),
    [(Inpainting(keep=0.5), 0.9), (Inpainting(keep=0.9), 0.8), (Mosaic(), 0.95)],
)
def test_lost_pixels_are_refined_with_the_known_ones(degradation, most):
    clean = photo(3)
    image = smoothed(clean)
    noisy = Gaussian(sigma=25)(clean)
    target = degradation(noisy)
    pixels, known = degradation.pixels(target)
    assert torch.equal(pixels, torch.where(known, noisy, 0))
    assert CollaborativeWiener().suits(Problem(degradation, torch.nn.MSELoss()), target) is None
    refined = CollaborativeWiener()(image, pixels, known)
    assert error(refined, clean) < most * error(image, clean)
    lost = ~known.expand_as(clean)
    assert error(refined[lost], clean[lost]) < error(image[lost], clean[lost])
    again = CollaborativeWiener()(image, torch.where(known, pixels, 0.7), known)
    assert error(again, refined) < 1e-4, "what stands in the lost pixels is not looked at"


@pytest.mark.parametrize("amount", [0.1, 0.3])
@pytest.mark.parametrize(
    "degradation", [Inpainting(0.3), Inpainting(0.9), Mosaic()], ids=["few", "most", "mosaic"]
)
def test_impulses_among_lost_pixels_are_left_alone(degradation, amount):
    """An image that has learnt some of them is not drawn closer to them."""
    clean = photo()
    impulses = SaltAndPepper(amount=amount)(clean)
    image = smoothed(clean) + 0.3 * (impulses - clean)
    pixels, known = degradation.pixels(degradation(impulses))
    assert CollaborativeWiener()(image, pixels, known) is image


def test_a_target_without_a_lost_pixel_is_refined_as_without_a_mask():
    clean = photo()
    noisy = Gaussian(sigma=25)(clean)
    known = torch.ones_like(clean, dtype=torch.bool)
    expected = CollaborativeWiener()(smoothed(clean), noisy)
    torch.testing.assert_close(CollaborativeWiener()(smoothed(clean), noisy, known), expected)


def test_a_block_has_a_size():
    with pytest.raises(ValueError, match="^size must be a whole number from 2 to 16, got 1"):
        CollaborativeWiener(size=1)
    with pytest.raises(ValueError, match="^size must be a whole number from 2 to 16, got 17"):
        CollaborativeWiener(size=17)


def test_a_group_has_blocks():
    with pytest.raises(ValueError, match="^alike must be a whole number from 1 to 64, got 0"):
        CollaborativeWiener(alike=0)
    with pytest.raises(ValueError, match="^alike must be a whole number from 1 to 64, got 65"):
        CollaborativeWiener(alike=65)


def test_a_group_is_of_the_blocks_that_are_closest():
    """Where a picture repeats itself each 8 pixels, they are a multiple of 8 pixels apart."""
    tile = torch.rand(8, 8)
    starts = Filter(size=8, alike=4).matched(tile.repeat(5, 5))
    apart = starts - starts[:, :1]
    rows, columns = starts // 40 - starts[:, :1] // 40, starts % 40 - starts[:, :1] % 40
    assert apart.any()
    assert not (rows % 8).any()
    assert not (columns % 8).any()


def test_groups_find_more_noise_than_blocks_alone():
    clean = photo()
    noisy = Gaussian(sigma=25)(clean)
    pilot = smoothed(clean)
    alone, together = (CollaborativeWiener(alike=k)(pilot, noisy) for k in (1, 16))
    assert error(together, clean) < 0.95 * error(alone, clean)


def test_the_memory_is_bounded_by_what_is_filtered_at_a_time(monkeypatch):
    noisy = Gaussian(sigma=25)(photo()[..., :40, :40])
    whole = CollaborativeWiener()(smoothed(noisy), noisy)
    monkeypatch.setattr("untrained.collaborative.TOGETHER", 50000)
    in_parts = CollaborativeWiener()(smoothed(noisy), noisy)
    # Beside the mirrored border blocks are equally close, and others of them may be taken.
    assert (in_parts - whole).abs().mean() < 1e-3
    assert (in_parts - whole).abs().max() < 0.01


def test_a_block_is_at_most_half_of_the_target():
    target = Gaussian(25, seed=0)(photo()[..., :20, :31])
    assert CollaborativeWiener(size=10).suits(problem(), target) is None
    assert CollaborativeWiener(size=10)(target, target).shape == target.shape
    with pytest.raises(ValueError, match=r"^refinement.size must be at most 10 with .* got 11"):
        CollaborativeWiener(size=11).suits(problem(), target)
