"""Pages, their files and their sizes."""

import imageio.v3 as imageio
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from tests.figure.drawing import picture, run_of
from untrained.figure import (
    Tile,
    curves,
    panel,
    render,
    save,
)


def test_the_same_input_gives_the_same_bytes_whatever_the_files_name(tmp_path):
    paths = [tmp_path / name for name in ("a.png", ".b.png.123.part")]
    for path in paths:
        save(curves([run_of()], 20.34), path)
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert first.startswith(b"\x89PNG")


def test_a_file_holds_what_is_rendered(tmp_path):
    figure = panel([Tile("Noisy", "20.34 dB", picture())])
    save(figure, tmp_path / "panel.png")
    assert (imageio.imread(tmp_path / "panel.png")[..., :3] == render(figure)).all()


def test_a_jpeg_keeps_the_colour_of_each_pixel_in_a_fraction_of_the_bytes(tmp_path):
    noise = np.random.default_rng(0).normal(0, 25, (64, 64, 3))
    figure = panel([Tile("Noisy", "", np.clip(128 + noise, 0, 255).astype(np.uint8))])
    for name in ("panel.jpg", "panel.png"):
        save(figure, tmp_path / name)
    shown, exact = (imageio.imread(tmp_path / f"panel.{end}") for end in ("jpg", "png"))
    error = (shown.astype(float) - exact)[exact.std(2) > 1]
    assert abs(error).mean() < 6
    assert (tmp_path / "panel.jpg").read_bytes().startswith(b"\xff\xd8\xff")


def test_a_file_without_pictures_has_a_palette_of_the_colours_that_are_rendered(tmp_path):
    figure = curves([run_of()], 20.34)
    save(figure, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as file:
        assert file.mode == "P"
        shown = np.asarray(file.convert("RGB"), int)
    assert abs(shown - render(figure)).max() < 8


def test_a_page_renders_larger_at_a_multiple_of_its_resolution():
    figure = panel([Tile("Noisy", "", picture())])
    assert render(figure, 144).shape[:2] == tuple(2 * side for side in render(figure).shape[:2])


def test_letters_that_the_font_lacks_are_no_warning(tmp_path, recwarn):
    figure = Figure()
    figure.text(0, 0, "\u5317")
    save(figure, tmp_path / "page.png")
    assert not list(recwarn)
