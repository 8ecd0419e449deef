import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from untrained.degradation.inpainting import Inpainting, read_mask
from untrained.noise.gaussian import Gaussian
from untrained.tile import Window

ONES = torch.ones(1, 3, 64, 48)


@pytest.fixture
def save(tmp_path, monkeypatch):
    """Save a picture in the current folder, and give its name."""
    monkeypatch.chdir(tmp_path)

    def saved(array, name="m.png", mode=None, **options):
        picture = Image.fromarray(np.asarray(array, np.uint8))
        picture = picture if mode is None else picture.convert(mode)
        picture.save(name, **options)
        return name

    return saved


def left_half(height=64, width=48, channels=()):
    array = np.zeros((height, width, *channels), np.uint8)
    array[:, : width // 2] = 255
    return array


@pytest.mark.parametrize("keep", [0.02, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("each_channel", [False, True])
def test_the_share_that_is_kept_is_the_one_that_was_asked_for(keep, each_channel):
    kept = Inpainting(keep, each_channel=each_channel)(torch.ones(1, 3, 256, 256))
    deviation = (keep * (1 - keep) / 256**2) ** 0.5
    assert kept.mean().item() == pytest.approx(keep, abs=4 * deviation)


def test_a_pixel_is_lost_in_all_channels_unless_each_has_a_mask_of_its_own():
    together = Inpainting()(ONES)
    assert torch.equal(together, together[:, :1].expand_as(ONES))
    apart = Inpainting(each_channel=True)(ONES)
    assert not torch.equal(apart, apart[:, :1].expand_as(ONES))


@pytest.mark.parametrize("each_channel", [False, True])
def test_the_seed_alone_decides_the_mask(each_channel):
    torch.manual_seed(1)
    first = Inpainting(each_channel=each_channel)(ONES)
    torch.manual_seed(2)
    assert torch.equal(first, Inpainting(each_channel=each_channel)(2 * ONES) / 2)
    assert not torch.equal(first, Inpainting(seed=1, each_channel=each_channel)(ONES))


@pytest.mark.parametrize("each_channel", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_kept_pixel_has_the_noise_that_a_lost_one_has(each_channel, channels):
    image = torch.zeros(1, channels, 128, 128)
    noise = Gaussian(25, seed=0, clip=False)(image)
    operator = Inpainting(0.25, seed=0, each_channel=each_channel)
    kept = noise[operator.known(image).expand_as(noise)]
    assert 255 * kept.std().item() == pytest.approx(25, rel=0.04)


def test_another_size_has_another_mask_and_the_first_comes_back():
    operator = Inpainting()
    first = operator(ONES)
    assert operator(torch.ones(1, 1, 20, 30)).shape == (1, 1, 20, 30)
    assert torch.equal(operator(ONES), first)


def test_nothing_is_learnt_of_a_lost_pixel():
    operator = Inpainting()
    images = ONES.clone().requires_grad_()
    operator(images).sum().backward()
    assert torch.equal(images.grad, operator.known(ONES).expand_as(ONES).float())
    hidden = torch.where(operator.known(ONES), ONES, float("nan"))
    assert torch.equal(operator(hidden), operator(ONES))


def test_merging_puts_the_known_pixels_of_a_target_into_each_image():
    operator = Inpainting()
    target = operator(ONES)
    known = operator.known(target)
    merged = operator.merged(torch.full((2, 3, 64, 48), 0.5), target)
    assert torch.equal(merged.where(known, 1.0), ONES.expand(2, 3, 64, 48))
    assert merged.sub(1).abs().max() < 0.5, "an image that is too dark is so beside them too"


def test_what_is_merged_does_not_reach_into_the_middle_of_a_hole():
    hole = torch.ones(40, 40)
    hole[8:32, 8:32] = 0
    operator = Inpainting(mask=hole)
    image = torch.full((1, 3, 40, 40), 0.5)
    merged = operator.merged(image, torch.ones(1, 3, 40, 40))
    torch.testing.assert_close(
        merged[..., 18:22, 18:22], image[..., 18:22, 18:22], atol=0.02, rtol=0
    )


@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("m.png", "L", {}),
        ("m.png", "1", {}),
        ("m.png", "RGB", {}),
        ("m.png", "RGBA", {}),
        ("m.png", "P", {}),
        ("m.tif", "L", {}),
        ("m.jpg", "L", {"quality": 30}),
        ("m.jpg", "RGB", {"quality": 30}),
    ],
)
def test_a_mask_file_is_read_whatever_its_kind(save, name, mode, options):
    path = save(left_half(), name, mode, **options)
    expected = torch.from_numpy(left_half() > 0).expand(1, 3, 64, 48)
    assert torch.equal(Inpainting(mask=path)(ONES) > 0, expected)


def test_a_colour_of_a_mask_counts_by_its_luma(save):
    array = left_half(channels=(3,))
    array[:, :24] = (255, 255, 0)  # yellow is light
    array[:, 24:] = (0, 0, 255)  # blue is dark
    known = Inpainting(mask=save(array)).known(ONES)
    assert torch.equal(known[0, 0], torch.from_numpy(left_half() > 0))


@pytest.mark.parametrize(("grey", "known"), [(127, False), (128, True)])
def test_a_grey_of_a_mask_is_known_from_a_half_up(save, grey, known):
    array = left_half()
    array[0] = grey
    assert Inpainting(mask=save(array)).known(ONES)[0, 0, 0].all() == known


def test_the_alpha_channel_of_a_mask_is_not_looked_at(save):
    array = np.dstack([left_half()] * 3 + [255 - left_half()])
    known = Inpainting(mask=save(array)).known(ONES)
    assert torch.equal(known[0, 0], torch.from_numpy(left_half() > 0))


def refusal(call):
    with pytest.raises(ValueError, match="^[^\n]*$") as error:
        call()
    return str(error.value)


def test_a_mask_of_another_size_is_refused(save):
    operator = Inpainting(mask=save(left_half(300, 200)))
    message = "mask 'm.png' is 300 x 200 pixels and the image 64 x 48; both must be equal"
    assert refusal(lambda: operator(ONES)) == message
    assert refusal(lambda: operator.given(ONES)) == message


@pytest.mark.parametrize("axis", [0, 2])
@pytest.mark.parametrize("channels", [3, 5, 18])
def test_an_array_of_masks_has_one_for_each_channel(channels, axis, tmp_path):
    """Of 18 no axis is plain: the image says it. All rows of the picture may be alike."""
    known = torch.ones(channels, 20, 24, dtype=torch.bool)
    known[:, :, 3] = False
    known[-1, :, 7] = False
    path = tmp_path / "m.npy"
    np.save(path, known.movedim(0, axis).numpy())
    image = torch.rand(1, channels, 20, 24)
    assert torch.equal(Inpainting(mask=str(path)).known(image)[0], known)
    with pytest.raises(
        ValueError, match=rf"^mask '.*m\.npy' (has {channels} channels|is .* pixels)"
    ):
        Inpainting(mask=str(path)).known(torch.rand(1, channels + 1, 20, 24))


def test_pages_are_masks_of_channels_and_one_plane_is_for_all(tmp_path):
    known = torch.rand(5, 20, 24) < 0.5
    array = (255 * known).byte().numpy()
    tifffile.imwrite(tmp_path / "m.tif", array, photometric="minisblack", metadata=None)
    image = torch.rand(1, 5, 20, 24)
    assert torch.equal(Inpainting(mask=str(tmp_path / "m.tif")).known(image)[0], known)
    np.save(tmp_path / "one.npy", known[0].numpy())
    mask = Inpainting(mask=str(tmp_path / "one.npy")).known(image)
    assert torch.equal(mask, known[:1][None])


@pytest.mark.parametrize(("grey", "absent"), [(255, "black"), (0, "white")])
def test_a_mask_of_one_colour_is_refused(save, grey, absent):
    path = save(np.full((64, 48), grey))
    expected = f"mask 'm.png' has no {absent} pixel: white is known, black is lost"
    assert refusal(lambda: Inpainting(mask=path)) == expected


def test_a_mask_that_is_missing_or_no_picture_is_refused_in_one_line(save, tmp_path):
    save(left_half(), "mask.png")
    found = refusal(lambda: Inpainting(mask="mask.pgn"))
    assert found == "mask 'mask.pgn' does not exist; did you mean 'mask.png'?"
    (tmp_path / "text.png").write_text("text")
    assert refusal(lambda: Inpainting(mask="text.png")).startswith("mask 'text.png' is not a pict")
    assert refusal(lambda: Inpainting(mask=str(tmp_path))).startswith("mask ")


def test_a_user_s_own_target_needs_a_mask_and_loses_what_stands_in_the_holes(save):
    line = "mask is needed with a target of your own"
    assert refusal(lambda: Inpainting().given(ONES)).startswith(line)
    given = Inpainting(mask=save(left_half())).given(ONES)
    assert torch.equal(given[0, 0], torch.from_numpy(left_half() > 0).float())


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ({"keep": 0}, "keep"),
        ({"keep": 1}, "keep"),
        ({"keep": True}, "keep"),
        ({"keep": "half"}, "keep"),
        ({"seed": -1}, "seed"),
        ({"seed": True}, "seed"),
        ({"each_channel": "no"}, "each_channel"),
    ],
)
def test_words_out_of_their_range_are_refused(words, word):
    assert refusal(lambda: Inpainting(**words)).startswith(f"{word} must be ")


@pytest.mark.parametrize(("keep", "outcome"), [(1e-9, "keeps none"), (1 - 1e-9, "loses none")])
def test_a_share_that_leaves_one_kind_of_pixel_alone_is_refused(keep, outcome):
    operator = Inpainting(keep)
    for _ in range(2):
        assert refusal(lambda: operator(ONES)).startswith(f"keep {outcome} of 64 x 48 pixels")


def test_a_mask_array_tells_known_from_lost():
    for known in (np.eye(20) > 0, np.eye(20), 255 * np.eye(20, dtype=np.uint8)):
        assert torch.equal(Inpainting(mask=known).mask[0, 0], torch.eye(20) > 0)
    values = np.arange(400.0).reshape(20, 20)
    assert "more than two values" in refusal(lambda: Inpainting(mask=values))
    assert "more than two values" in refusal(lambda: Inpainting(mask=np.full((20, 20), np.nan)))
    assert refusal(lambda: Inpainting(mask=np.zeros((20, 20)))) == "mask has no pixel that is known"


@pytest.mark.parametrize("number", ["bool", "uint8", "int64", "float32"])
def test_a_mask_file_of_0_and_one_other_value_is_black_and_white(save, tmp_path, number):
    known = np.random.default_rng(0).random((20, 20)) > 0.5
    np.save(tmp_path / "m.npy", known.astype(number))
    for path in (save(known.astype(np.uint8)), save(9 * known), "m.npy"):
        assert np.array_equal(read_mask(path)[0, 0].numpy(), known)


def test_a_photo_or_a_picture_of_labels_is_no_mask(save):
    photo = save(np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8))
    with pytest.raises(ValueError, match=r"^mask .* is mostly grey: a mask is black and white"):
        read_mask(photo)
    labels = save(np.random.default_rng(0).integers(0, 4, (20, 20), np.uint8))
    with pytest.raises(ValueError, match=r"has values up to 3 of 255; a mask is black and white$"):
        read_mask(labels)


@pytest.mark.parametrize("name", ["mask.tif", "mask.NPY"])
def test_three_pages_are_three_masks_and_no_colours(tmp_path, name):
    pages = np.full((3, 20, 24), 255, np.uint8)
    pages[0, :, 3:5] = 0
    tifffile.imwrite(tmp_path / "mask.tif", pages, photometric="minisblack")
    with (tmp_path / "mask.NPY").open("wb") as file:
        np.save(file, pages)
    mask = read_mask(tmp_path / name)
    assert mask.shape == (1, 3, 20, 24)
    assert (mask.numpy()[0] == (pages > 0)).all()


def test_a_tile_needs_a_known_pixel_in_each_channel():
    mask = torch.ones(3, 40, 40, dtype=torch.bool)
    mask[0, 10:30, 10:30] = False
    target = torch.rand(1, 3, 40, 40)
    Inpainting(mask=mask).windowed(target, Window(0, 0, 20, 20))
    with pytest.raises(ValueError, match=r"^tile.size is too small: a tile of 8 x 8 pixels"):
        Inpainting(mask=mask).windowed(target, Window(12, 12, 8, 8))


def test_a_mask_may_be_a_tensor_that_is_fitted():
    assert Inpainting(mask=torch.eye(16, requires_grad=True)).known(torch.rand(1, 1, 16, 16)).any()
