import pytest
import torch

from untrained.generator.siren import Siren
from untrained.latent import Grid


def coordinates(size=(48, 40)):
    latent = Grid(2, scale=1.0)
    latent.place(size)
    return latent(0)


def test_it_is_sines_of_maps_of_the_coordinates_from_minus_one_to_one():
    network, code = Siren(2, 3, (48, 40), width=16, depth=2), coordinates()
    x = (2 * code - 1).permute(0, 2, 3, 1)
    for layer in network.layers:
        x = torch.sin(30 * (x @ layer.weight[:, :, 0, 0].T + layer.bias))
    image = (x @ network.last.weight[:, :, 0, 0].T + network.last.bias).sigmoid()
    torch.testing.assert_close(network(code), image.permute(0, 3, 1, 2))


def test_the_layers_of_a_deep_network_have_the_paper_s_distribution():
    """What goes into each sine but the first is near N(0, 1), so that no layer dies or explodes."""
    torch.manual_seed(0)
    network, seen = Siren(2, 3, (48, 40), width=256, depth=8), []
    for layer in network.layers:
        torch.nn.init.zeros_(layer.bias)
        layer.register_forward_hook(lambda _, __, out: seen.append(30 * out.std().item()))
    network(coordinates())
    assert all(0.7 < each < 1.3 for each in seen[1:]), seen


def test_a_pixel_is_computed_for_itself():
    network, code = Siren(2, 3, (48, 40), width=16), coordinates()
    torch.testing.assert_close(network(code)[..., :9, :7], network(code[..., :9, :7]))


def test_autocast_leaves_it_in_single_precision():
    network, code = Siren(2, 3, (48, 40), width=16), coordinates()
    expected = network(code)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(network(code), expected)


@pytest.mark.parametrize(
    ("word", "value"),
    [("width", 0), ("depth", 0), ("omega", 0), ("omega", "fast"), ("activation", None)],
)
def test_bad_words_are_refused(word, value):
    with pytest.raises(ValueError, match=f"^{word} must be"):
        Siren(2, 3, (48, 40), **{word: value})
