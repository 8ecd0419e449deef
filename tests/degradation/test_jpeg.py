import numpy as np
import pytest
import torch
from PIL import Image
from skimage.data import astronaut
from torch.nn.functional import avg_pool2d

from untrained.degradation.jpeg import Cell, JpegFile
from untrained.degradation.jpeg_file import decoded_planes

COLOURS = torch.from_numpy(astronaut()[100:196, 180:308] / 255).permute(2, 0, 1)[None]


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_numbers_of_a_file_are_found(subsampling, channels):
    operator = JpegFile(10, subsampling)
    image = COLOURS[:, :channels]
    luma, *chroma = decoded_planes(operator.saved(image), operator.halved)
    for plane, table in [(luma, 0), *((each, 1) for each in chroma)]:
        found = operator.coefficients(plane - 128, table)
        assert (found - found.round()).abs().quantile(0.99) < 0.1
    picture, _ = operator.view(operator.observe(image))
    read = np.atleast_3d(np.array(Image.open(operator.saved(image))))
    expected = torch.from_numpy(read).permute(2, 0, 1)[None] / 255
    smoothed = 0.03 if subsampling == "4:2:0" and channels == 3 else 0.005
    assert (picture - expected).abs().mean() < smoothed


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
@pytest.mark.parametrize("quality", [5, 10, 30])
def test_the_image_itself_lies_in_the_cells_of_its_file(subsampling, quality):
    operator = JpegFile(quality, subsampling)
    outside = (operator(COLOURS) - operator.observe(COLOURS)).abs() - 0.5
    assert (outside > 0.05).double().mean() < 0.01
    loss = Cell()(operator(COLOURS), operator.observe(COLOURS))
    assert loss < 1e-4 < Cell()(operator(0 * COLOURS), operator.observe(COLOURS))


@pytest.mark.parametrize("quality", [10, 20])
def test_a_file_of_black_lines_on_white_has_the_numbers_that_clipping_hides(quality):
    image = torch.ones(1, 1, 64, 64, dtype=torch.float64)
    image[..., 10:62:13, 5:60] = image[..., 3:50, 20:64:17] = 0
    operator = JpegFile(quality)
    outside = (operator(image) - operator.observe(image)).abs() - 0.5
    assert (outside > 0.1).double().mean() < 0.005


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_is_moved_into_the_cells_and_no_further(subsampling, channels):
    operator = JpegFile(10, subsampling)
    image = COLOURS[:, :channels].float()
    target = operator.observe(image)
    blurred = avg_pool2d(image, 3, 1, 1)
    moved = operator.merged(blurred, target)
    before, after = operator(blurred) - target, operator(moved) - target
    assert before.abs().max() > 1
    torch.testing.assert_close(after, before.clamp(-0.5, 0.5), rtol=0, atol=1e-3)
    torch.testing.assert_close(operator.merged(moved, target), moved)


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
def test_a_file_of_one_s_own_has_its_tables_read_and_is_cropped(tmp_path, subsampling, logged):
    path = str(tmp_path / "bad.jpg")
    own = JpegFile(20, subsampling)
    (tmp_path / "bad.jpg").write_bytes(own.saved(COLOURS[..., :90, :120]).getvalue())
    operator = JpegFile()
    target = operator.given(operator.read(path))
    assert torch.equal(operator.tables, own.tables)
    assert operator.halved == own.halved
    step = 16 if own.halved else 8
    assert target.shape == (1, 3, 90 // step * step, 120 // step * step)
    assert "is cropped to whole blocks" in logged.text
    assert (operator(operator.view(target)[0]) - target).abs().mean() < 0.02


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.png", "path '.*a.png' is not a JPEG file"),
        ("text.jpg", "path '.*text.jpg' is not a JPEG file"),
        ("nowhere.jpg", "path '.*nowhere.jpg' does not exist"),
        ("422.jpg", "path '.*422.jpg' has colour subsampling other than 4:4:4 or 4:2:0"),
        ("small.jpg", "path '.*small.jpg' is 12 x 40 pixels; 16 x 16 are needed"),
        ("turned.jpg", "path '.*turned.jpg' is turned by its EXIF"),
    ],
)
def test_a_file_whose_numbers_are_not_found_is_refused(tmp_path, name, line):
    picture = Image.fromarray(np.zeros((32, 32, 3), np.uint8))
    picture.save(tmp_path / "a.png")
    picture.save(tmp_path / "422.jpg", subsampling="4:2:2")
    picture.resize((40, 12)).save(tmp_path / "small.jpg")
    exif = Image.Exif()
    exif[274] = 6
    picture.save(tmp_path / "turned.jpg", exif=exif)
    (tmp_path / "text.jpg").write_text("text")
    with pytest.raises(ValueError, match=f"^{line}"):
        JpegFile().read(str(tmp_path / name))


def test_bad_words_and_sides_are_refused():
    with pytest.raises(ValueError, match="^quality must be a whole number from 1 to 100, got 0"):
        JpegFile(0)
    with pytest.raises(ValueError, match="^subsampling must be 4:4:4 or 4:2:0, got '4:2:2'"):
        JpegFile(10, "4:2:2")
    with pytest.raises(
        ValueError, match="^image must have 1 or 3 channels and sides that 16 divid"
    ):
        JpegFile()(torch.zeros(1, 3, 24, 16))


def test_the_adjoint_is_the_adjoint_where_the_chroma_is_half_the_size():
    operator = JpegFile(10, "4:2:0")
    other = torch.randn_like(COLOURS) * operator.known(COLOURS)
    inner = (operator(COLOURS) * other).sum().item()
    assert (COLOURS * operator.adjoint(other)).sum().item() == pytest.approx(inner, rel=1e-9)
    assert not operator(COLOURS)[~operator.known(COLOURS)].any()
