import pytest
import torch

from untrained.penalty import Autoencoder, TotalVariation

IMAGE = torch.rand(1, 3, 17, 20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def by_hand(image, kind):
    """Loop over the pixels; differences to the next one, 0 at the border."""
    _, channels, height, width = image.shape
    total = 0.0
    for c in range(channels):
        for i in range(height):
            for j in range(width):
                here = image[0, c, i, j]
                down = (image[0, c, i + 1, j] - here).item() if i + 1 < height else 0.0
                along = (image[0, c, i, j + 1] - here).item() if j + 1 < width else 0.0
                isotropic = (down**2 + along**2) ** 0.5
                total += isotropic if kind == "isotropic" else abs(down) + abs(along)
    return total / image.numel()


@pytest.mark.parametrize("kind", ["isotropic", "anisotropic"])
def test_it_is_the_mean_of_the_gradients_size(kind):
    found = TotalVariation(kind=kind, epsilon=1e-9)(IMAGE, None).item()
    assert found == pytest.approx(by_hand(IMAGE, kind), abs=1e-8)


def test_the_weight_of_dip_s_sum_is_its_weight_times_the_numbers_of_the_image():
    """Its sum leaves the last row and column out, which have half of a gradient."""
    down = IMAGE.diff(dim=2)[..., :-1]
    along = IMAGE.diff(dim=3)[:, :, :-1]
    authors = 1e-7 * (down.square() + along.square()).sqrt().sum()
    ours = 1e-7 * IMAGE.numel() * TotalVariation(epsilon=1e-9)(IMAGE, None)
    assert ours.item() == pytest.approx(authors.item(), rel=0.12)


@pytest.mark.parametrize("kind", ["isotropic", "anisotropic"])
def test_a_flat_image_costs_nothing_and_has_a_gradient(kind):
    image = torch.full((1, 1, 8, 8), 0.3, requires_grad=True)
    value = TotalVariation(kind=kind)(image, None)
    value.backward()
    assert value.item() == pytest.approx(0, abs=1e-9)
    assert image.grad.abs().max() == 0


def test_a_turned_image_costs_the_same():
    for kind in ("isotropic", "anisotropic"):
        one, other = (TotalVariation(kind=kind)(each, None) for each in (IMAGE, IMAGE.mT))
        torch.testing.assert_close(one, other)


def test_an_image_that_is_its_code_costs_nothing():
    penalty = Autoencoder()
    assert penalty(IMAGE, IMAGE) == 0
    assert penalty(IMAGE, IMAGE + 0.5).item() == pytest.approx(0.25)
    with pytest.raises(ValueError, match="^penalty=autoencoder needs a code of the image's shape"):
        penalty(IMAGE, IMAGE[:, :1])


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("weight", -1),
        ("weight", True),
        ("weight", float("nan")),
        ("kind", "huber"),
        ("epsilon", 0),
        ("epsilon", "small"),
    ],
)
def test_bad_words_are_refused(word, value):
    with pytest.raises(ValueError, match=f"^{word} must be"):
        TotalVariation(**{word: value})
