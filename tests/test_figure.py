import itertools
import math
import subprocess
import sys

import imageio.v3 as imageio
import numpy as np
import pytest
import torch
from matplotlib.text import Text

from untrained.figure import (
    Pick,
    Run,
    Tile,
    bands,
    curves,
    film,
    panel,
    render,
    save,
    stopping,
)
from untrained.figure.film import Stage
from untrained.figure.label import spread

STEPS = [0, 1, 2, 4, 8, 16, 100, 1000, 1336, 2000, 2999]
RISING_AND_FALLING = [9.0, 10, 11, 13, 15, 17, 24, 28, 28.4, 25, 23]
RISING = [8.0, 8.1, 9, 10, 11, 13, 20, 26, 26.5, 26.8, 26.9]


def picture(height=32, width=48, channels=3, seed=0):
    shape = (height, width, channels) if channels else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def curve_of(last, average=math.nan, steps=STEPS):
    columns = {"step": steps, "loss": [0.1] * len(steps)}
    target = np.linspace(8, 27, len(steps))
    for name, values in {"last": last, "average": average, "against_target": target}.items():
        psnr = np.broadcast_to(np.asarray(values, float), len(steps))
        columns |= {f"psnr/{name}": psnr, f"mse/{name}": 10 ** (-psnr / 10)}
    return columns


def run_of(name="DIP", last=RISING_AND_FALLING, frames=None, **columns):
    return Run(name, curve_of(last, **columns), frames or {})


def kept(folder, *steps, shape=(32, 48, 3)):
    """Keep an image of each step, as a run does."""
    folder.mkdir()
    paths = {step: folder / f"{step:08d}.png" for step in steps}
    for step, path in paths.items():
        imageio.imwrite(path, picture(*shape, seed=100 + step))
    return paths


def texts(figure):
    """Give the words that are drawn; an axis also holds the labels of ticks outside of its view."""
    unseen = {
        tick.label1
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    }
    found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    return [text for text in found if text not in unseen]


def words(figure):
    return " | ".join(text.get_text() for text in texts(figure))


def overlapping(figure):
    figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(figure)]
    pairs = itertools.combinations(boxes, 2)
    return [(a, b) for (a, one), (b, two) in pairs if one.overlaps(two)]


def crossing(figure, word):
    """Name the curves that pass through a label."""
    figure.draw_without_rendering()
    box = next(text for text in texts(figure) if word in text.get_text()).get_window_extent()
    across = np.linspace(box.x0, box.x1, 200)
    curves_drawn = [
        line for axes in figure.axes for line in axes.lines if len(line.get_xdata()) > 2
    ]
    points = [line.get_transform().transform(line.get_xydata()).T for line in curves_drawn]
    heights = [np.interp(across, *line, left=-1, right=-1) for line in points]
    return [line for line in heights if ((line > box.y0) & (line < box.y1)).any()]


def shows(page, image):
    """Tell whether a page holds an image, pixel for pixel."""
    height, width = image.shape[:2]
    colours = np.broadcast_to(image.reshape(height, width, -1), (height, width, 3))
    inner = page[: len(page) - height + 1, : page.shape[1] - width + 1]
    starts = np.argwhere((inner == colours[0, 0]).all(-1))
    return any((page[y : y + height, x : x + width] == colours).all() for y, x in starts)


def displayed(figure, axes):
    """Give the pixels of a page that lie under axes."""
    page = render(figure)
    left, bottom, right, top = (round(edge) for edge in axes.bbox.extents)
    return page[len(page) - top : len(page) - bottom, left:right]


def size(figure):
    return tuple(int(length) for length in figure.bbox.size)


def test_nothing_imports_pyplot():
    code = "import sys, untrained.figure; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


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


def test_a_page_renders_larger_at_a_multiple_of_its_resolution():
    figure = panel([Tile("Noisy", "", picture())])
    assert render(figure, 144).shape[:2] == tuple(2 * side for side in render(figure).shape[:2])


@pytest.mark.parametrize("channels", [0, 1, 3])
def test_a_panel_shows_whole_pixels(channels):
    image = picture(256, 256, channels)
    figure = panel([Tile("Clean", "", image)] * 2)
    whole, detail = (displayed(figure, axes) for axes in figure.axes[2:4])
    expected = np.broadcast_to(image.reshape(256, 256, -1), (256, 256, 3))
    # All but the thin frame around the detail.
    assert (whole == expected.repeat(2, 0).repeat(2, 1)).mean() > 0.98
    assert (detail == detail[::8, ::8].repeat(8, 0).repeat(8, 1)).all()
    assert shows(expected, detail[::8, ::8])


def test_a_panel_shows_the_same_detail_of_every_picture_where_the_first_has_most():
    first, second = np.full((2, 64, 96, 3), 128, np.uint8)
    first[40:60, 10:30] = picture(20, 20)
    second[40:60, 10:30] = 0
    figure = panel([Tile("Clean", "", first), Tile("DIP", "", second)])
    details = [displayed(figure, axes) for axes in figure.axes[1::2]]
    assert len(np.unique(details[0])) > 100
    assert (details[1] == 0).mean() > 0.8


def test_a_panel_finds_the_detail_through_noise():
    clean = np.full((128, 128, 3), 128, np.uint8)
    clean[80:112, 16:48] = 255 * (np.indices((32, 32)).sum(0) // 4 % 2)[..., None]
    noisy = np.clip(clean + np.random.default_rng(0).normal(0, 25, clean.shape), 0, 255)
    figure = panel([Tile("Noisy", "", noisy.astype(np.uint8))])
    assert displayed(figure, figure.axes[1]).std() > 100


def test_a_panel_shows_every_picture_at_the_size_of_the_first():
    tiles = [Tile("Clean", "", picture(64, 96)), Tile("Low resolution", "", picture(16, 24))]
    boxes = [tuple(axes.bbox.size.round()) for axes in panel(tiles).axes]
    assert len(set(boxes)) == 1


@pytest.mark.parametrize(
    ("shape", "count"),
    [((600, 2000, 3), 3), ((2000, 1301, 0), 5), ((1, 1, 3), 1), ((7, 300, 1), 2)],
)
def test_a_panel_is_no_wider_than_a_page(shape, count):
    width, height = size(panel([Tile("Noisy", "20.34 dB", picture(*shape))] * count))
    assert width <= 2250
    assert height <= 1600


def test_a_panel_shrinks_a_large_picture_smoothly():
    board = 255 * (np.indices((1000, 1500)).sum(0) % 2).astype(np.uint8)
    figure = panel([Tile("Clean", "", board)] * 3)
    assert size(figure)[0] <= 1800
    assert abs(float(displayed(figure, figure.axes[0])[:50].mean()) - 127.5) < 2


def test_a_panel_of_more_than_five_pictures_is_wrapped():
    five, six = (panel([Tile("DIP", "", picture())] * count) for count in (5, 6))
    tops = [{axes.bbox.y1 for axes in figure.axes[::2]} for figure in (five, six)]
    assert [len(rows) for rows in tops] == [1, 2]


@pytest.mark.parametrize("count", [1, 4, 6])
def test_the_words_of_a_panel_do_not_overlap(count):
    tile = Tile("optimizer.lr=0.001,model.width=64", "20.34 dB · SSIM 0.337", picture(256, 256))
    figure = panel([tile] * count)
    assert not overlapping(figure)
    assert words(figure).count("20.34 dB · SSIM 0.337") == count


def test_a_panel_takes_tensors():
    image = picture()
    pages = [render(panel([Tile("", "", each)])) for each in (image, torch.from_numpy(image))]
    assert (pages[0] == pages[1]).all()


def test_a_panel_of_nothing_is_refused():
    with pytest.raises(ValueError, match="^tiles must"):
        panel([])


def test_the_best_step_and_the_noisy_image_are_named():
    drawn = words(curves([run_of()], 20.34))
    assert "28.4 dB at step 1336" in drawn
    assert "noisy image 20.3 dB" in drawn
    assert "against the clean image" in drawn
    assert "against the noisy image" in drawn
    assert "moving average" not in drawn


def test_every_run_has_its_name_and_best_step():
    drawn = words(curves([run_of(), run_of("DD", RISING, average=25.0)], 20.34))
    for word in ("DIP", "best 28.4 dB at step 1336", "DD", "best 26.9 dB at step 2999"):
        assert word in drawn
    assert "moving average" in drawn


@pytest.mark.parametrize("count", [1, 2, 8])
def test_nothing_is_said_of_a_clean_image_that_is_not_known(count):
    runs = [run_of(last=math.nan)] * count
    absent = [
        Run("", {name: run.curve[name] for name in run.curve if "last" not in name}, {})
        for run in runs
    ]
    for drawn in (words(curves(runs, None)), words(curves(absent, None))):
        assert "against the noisy image" in drawn
        for claim in ("clean", "best", "step 1", "average", "noisy image 2"):
            assert claim not in drawn


@pytest.mark.parametrize(
    ("count", "noisy"), [(1, 24.4), (1, None), (2, 8.0), (2, math.inf), (8, 24.4)]
)
def test_the_words_of_curves_do_not_overlap(count, noisy):
    lasts = [RISING_AND_FALLING, RISING, *([24.5] * 6)]
    runs = [run_of(f"width={n}", last, average=23.1) for n, last in enumerate(lasts[:count])]
    figure = curves(runs, noisy)
    assert not overlapping(figure)
    assert ("noisy image" in words(figure).replace("the noisy image", "")) == (
        noisy is not None and math.isfinite(noisy)
    )


@pytest.mark.parametrize(("peak", "average"), [(0, math.nan), (3, 22.0), (10, 30.0)])
def test_no_curve_passes_through_the_label_of_the_best_step(average, peak):
    last = np.full(11, 20.0)
    last[peak] = 28.4
    figure = curves([run_of(last=last, average=average)], 28.2)
    assert not crossing(figure, f"28.4 dB at step {STEPS[peak]}")


def test_step_zero_stands_at_the_left_end_of_the_axis():
    for axes in curves([run_of()], None).axes:
        assert axes.get_xlim() == (0, 2999)
        assert [tick.get_text() for tick in axes.get_xticklabels()] == [
            "0",
            "1",
            "10",
            "100",
            "1000",
        ]


@pytest.mark.parametrize("steps", [[], [0], [0, 1]])
def test_a_run_that_has_hardly_begun_has_curves(steps):
    run = Run("", curve_of(9.0, steps=steps), {})
    assert size(curves([run], 20.34)) == size(curves([run_of()], 20.34))


def test_an_infinite_value_is_left_out():
    last = [*RISING_AND_FALLING[:-1], math.inf]
    assert "28.4 dB at step 1336" in words(curves([run_of(last=last)], 20.34))


def test_curves_of_nothing_are_refused():
    with pytest.raises(ValueError, match="^runs must"):
        curves([], None)


@pytest.mark.parametrize("count", range(1, 9))
def test_labels_are_moved_apart_in_their_order(count):
    random = np.random.default_rng(count)
    wished, heights = random.uniform(40, 60, count), random.uniform(5, 10, count)
    middles = spread(wished, heights, 100)
    order = np.argsort(wished)
    assert (np.diff(middles[order]) >= (heights[order][1:] + heights[order][:-1]) / 2 - 1e-9).all()
    assert (middles - heights / 2 >= -1e-9).all()
    assert (middles + heights / 2 <= 100 + 1e-9).all()


def test_a_film_has_a_frame_for_each_step_of_any_run(tmp_path):
    runs = [
        run_of("DIP", frames=kept(tmp_path / "dip", 0, 1, 2, 2999)),
        run_of("DD", RISING, frames=kept(tmp_path / "dd", 0, 2, 16)),
    ]
    frames = list(film(runs, picture(), picture(seed=1), 20.34))
    assert len(frames) == 5
    assert {frame.dtype for frame in frames} == {np.dtype(np.uint8)}
    assert len({frame.shape for frame in frames}) == 1
    assert len({frame.tobytes() for frame in frames}) == 5


def test_a_frame_shows_the_latest_image_of_each_run(tmp_path):
    shape = (256, 256, 3)
    dip = kept(tmp_path / "dip", 0, 2, shape=shape)
    dd = kept(tmp_path / "dd", 0, 1, shape=shape)
    target, clean = picture(256, 256), picture(256, 256, seed=1)
    runs = [run_of(frames=dip), run_of("DD", RISING, frames=dd)]
    first, second, third = film(runs, target, clean, 20.34)
    for frame, steps in ((first, (0, 0)), (second, (0, 1)), (third, (2, 1))):
        assert shows(frame, target)
        assert shows(frame, clean)
        for paths, step in zip((dip, dd), steps, strict=True):
            assert shows(frame, imageio.imread(paths[step]))


@pytest.mark.parametrize(
    ("shape", "count", "known"),
    [((33, 47, 0), 1, True), ((900, 1301, 3), 2, False), ((1301, 900, 1), 6, True)],
)
def test_frames_are_even_and_no_wider_than_a_screen(tmp_path, shape, count, known):
    paths = kept(tmp_path / "frames", 0, shape=(33, 47, 3))
    runs = [run_of(last=RISING if known else math.nan, frames=paths)] * count
    clean = picture(*shape, seed=1) if known else None
    (frame,) = film(runs, picture(*shape), clean, 20.34 if known else None)
    height, width, channels = frame.shape
    assert (height % 2, width % 2, channels) == (0, 0, 3)
    assert width <= 1750


def test_a_film_is_the_same_twice(tmp_path):
    runs = [run_of("", frames=kept(tmp_path / "frames", 0, 1))]
    first, second = (list(film(runs, picture(), None, None)) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_a_frame_tells_its_step_and_quality(tmp_path):
    runs = [run_of("", frames=kept(tmp_path / "frames", 0, 1336))]
    stage = Stage(runs, picture(), picture(seed=1), 20.34)
    stage.at(1336)
    drawn = words(stage.figure)
    for word in ("step 1336", "28.40 dB", "20.34 dB", "against the clean image", "Reconstruction"):
        assert word in drawn
    assert not overlapping(stage.figure)


def test_a_film_says_nothing_of_a_clean_image_that_is_not_known(tmp_path):
    runs = [run_of("", math.nan, frames=kept(tmp_path / "frames", 0))]
    stage = Stage(runs, picture(), None, None)
    stage.at(0)
    drawn = words(stage.figure)
    assert "clean" not in drawn.lower()
    assert "8.00 dB against noisy" in drawn


@pytest.mark.parametrize("count", [2, 6])
def test_the_words_of_a_frame_do_not_overlap(tmp_path, count):
    paths = kept(tmp_path / "frames", 0)
    runs = [run_of(f"model.width={2**n}", last=24.5 + n / 10, frames=paths) for n in range(count)]
    stage = Stage(runs, picture(), picture(seed=1), 24.4)
    stage.at(0)
    assert not overlapping(stage.figure)


def test_a_film_without_images_is_refused():
    for runs in ([], [run_of()]):
        with pytest.raises(ValueError, match="^runs must"):
            film(runs, picture(), None, None)


def watched_run(last=RISING_AND_FALLING, average=29.0):
    curve = curve_of(last, average)
    high = np.linspace(0, 0.3, len(STEPS))
    for name, values in {
        "wmv": [math.nan] * 6 + [1e-2, 1e-4, 2e-5, 3e-5, 4e-5],
        "whiteness": np.linspace(0.1, 0.01, len(STEPS)),
        "bands": 1 - high,
        **{f"bands/{band}": high * (6 - band) / 2 for band in range(1, 6)},
        "sure": [math.nan] * len(STEPS),
    }.items():
        curve[f"stopping/{name}"] = values
    picks = {"wmv": Pick(1336, True), "whiteness": Pick(1400, True)}
    return Run("", curve, {}, picks | {"bands": Pick(2999, False), "sure": Pick(0, False)})


@pytest.mark.parametrize(("last", "average"), [(RISING_AND_FALLING, 29.0), (math.nan, math.nan)])
def test_each_rule_has_a_panel_with_its_pick(last, average):
    figure = stopping(watched_run(last, average))
    drawn = words(figure)
    for word in ("wmv · step 1336 |", "whiteness · step 1400 |", "bands · step 2999 so far"):
        assert word in drawn
    assert ("PSNR" in drawn) == (average == 29.0)
    assert not overlapping(figure)


def test_the_bands_are_drawn_with_the_rule_s_pick():
    figure = bands(watched_run())
    assert "band 1, lowest" in words(figure)
    assert "band 5, highest" in words(figure)
    assert not overlapping(figure)
    (axes,) = figure.axes
    assert len([line for line in axes.lines if len(line.get_xdata()) > 2]) == 5
    assert [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1] == [2999]


def test_what_no_rule_watched_is_not_drawn():
    assert stopping(run_of()) is None
    assert bands(run_of()) is None


def test_curves_name_each_rule_at_its_step():
    figure = curves([watched_run()], 20.34)
    for rule in ("wmv", "whiteness", "bands", "sure"):
        assert rule in words(figure)
    assert not overlapping(figure)
    unknown = curves([watched_run(math.nan, math.nan)], None)
    assert "wmv" not in words(unknown), "there is no PSNR on which to mark it"
