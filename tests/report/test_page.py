"""`report.html` in real browsers: sorted, filtered, slid, swiped, and without a network."""

import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from tests.report.folder import run_folder, sweep_folder
from tests.report.test_record import broken
from tests.report.test_target import masked, run_with
from untrained import image
from untrained.record.name import TARGET
from untrained.record.run import records
from untrained.report import report
from untrained.report.page import album, write

browsers = pytest.mark.browser

GALLERY = "[...document.querySelectorAll('#gallery img')]"
MARKER = "document.getElementById('plot').data.at(-1).x[0]"
STYLE = "getComputedStyle(document.querySelector('#pair .over'))"


def texts(page, selector):
    return page.locator(selector).all_text_contents()


def column(page, index):
    return texts(page, f"#table tbody td:nth-child({index})")


def choose(page, selector, value):
    """Move a slider, or choose from a menu."""
    field = page.locator(selector)
    if selector in ("#a", "#b", "#a-step", "#b-step", "#mode"):
        field.select_option(value)
    else:
        field.fill(str(value))


def sources(page):
    return page.evaluate(f"{GALLERY}.map((each) => each.src)")


def shot(page):
    """Return the pixels of the pair, without its round corners."""
    picture = Image.open(io.BytesIO(page.locator("#pair .view").screenshot())).convert("L")
    return np.asarray(picture)[9:-9, 9:-9]


@browsers
def test_what_a_page_does_wrong_is_heard(visit, tmp_path):
    path = tmp_path / "wrong.html"
    path.write_text("<img src='http://127.0.0.1:40009/x.png'><script>missing()</script>")
    visit.page.goto(path.as_uri())
    assert "missing is not defined" in " ".join(visit.logged)
    assert "http://127.0.0.1:40009/x.png" in visit.asked


@browsers
def test_the_table_is_sorted_and_filtered(opened, sweep):
    page = opened(sweep)
    assert page.title() == "my <sweep> \N{EN DASH} sweep report"
    assert column(page, 3) == ["8", "128", "16", "8", "128", "16", "64"]
    width = page.locator("#table th:nth-child(3) button")
    width.click()
    assert column(page, 3) == ["8", "8", "16", "16", "64", "128", "128"]
    width.click()
    assert column(page, 3) == ["128", "128", "64", "16", "16", "8", "8"]
    sorted_by = page.locator("#table th:nth-child(3)")
    assert sorted_by.get_attribute("aria-sort") == "descending"
    assert page.evaluate("document.activeElement.textContent") == "model.width"
    page.locator("#filter").fill("DIP width=8")
    assert (column(page, 2), column(page, 3)) == (["dip"], ["8"])
    assert "1 of 7 runs" in page.locator("#table-note").inner_text()
    page.locator("#filter").fill("stopped wmv")
    assert texts(page, "#table tbody .chip") == ["stopped by wmv"]
    gap = texts(page, "#table thead button").index("wmv gap") + 2
    assert column(page, gap) == ["0.00"]
    assert "6 finished, 1 stopped" in page.locator("#counts").inner_text()


@browsers
def test_the_slider_changes_each_image_and_moves_the_markers(opened, sweep):
    page = opened(sweep)
    last, end = sources(page), page.evaluate(MARKER)
    assert len(last) == 6  # clean, noisy, and the four runs that are selected at first
    assert all(page.evaluate(f"{GALLERY}.map((each) => each.alt)"))
    choose(page, "#step", 2)
    middle = sources(page)
    assert page.locator("#step-now").inner_text() == "10"
    assert [a == b for a, b in zip(last, middle, strict=True)] == [True] * 2 + [False] * 4
    assert (end, page.evaluate(MARKER)) == (39, 10)
    assert "step 10 · 26.00 dB" in texts(page, "#gallery figcaption")[2]
    page.locator("#play").click()
    page.wait_for_function("document.getElementById('step-now').textContent === '39'")


@browsers
def test_runs_are_selected_and_the_zoom_is_one(opened, sweep):
    page = opened(sweep)
    page.locator("#select-none").click()
    assert texts(page, "#gallery figure") == []
    page.locator("#table tbody tr:last-child input").click()
    assert texts(page, "#gallery b") == ["Clean", "Noisy", "DIP width=64"]
    choose(page, "#zoom", 4)
    views = "[...document.querySelectorAll('.view img')]"
    transforms = page.evaluate(f"{views}.map((each) => getComputedStyle(each).transform)")
    assert len({each.split(",")[0] for each in transforms}) == 1
    assert transforms[0].startswith("matrix(4,")
    page.locator("#select-shown").click()
    assert len(texts(page, "#gallery figure")) == 9


@browsers
def test_a_double_click_zooms_and_a_drag_moves(opened, sweep):
    page = opened(sweep)
    view = page.locator("#gallery .view").first
    box = view.bounding_box()
    # An event of the page's own: Firefox makes none of two clicks of WebDriver BiDi.
    view.dispatch_event("dblclick", {"clientX": box["x"] + 50, "clientY": box["y"] + 50})
    assert page.locator("#zoom-now").inner_text() == "4\N{MULTIPLICATION SIGN}"
    left = "document.documentElement.style.getPropertyValue('--x')"
    before = page.evaluate(left)
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 80, box["y"] + 50)
    page.mouse.up()
    assert page.evaluate(left) != before


@browsers
def test_two_images_are_swiped_and_subtracted(opened, sweep):
    page = opened(sweep)
    assert "50%" in page.evaluate(f"{STYLE}.clipPath")
    choose(page, "#swipe", 80)
    assert "80%" in page.evaluate(f"{STYLE}.clipPath")
    pair = "[...document.querySelectorAll('#pair img')].map((each) => each.src)"
    both = page.evaluate(pair)
    assert both[0] != both[1]
    choose(page, "#b-step", "1")
    assert page.evaluate(pair)[1] != both[1]
    choose(page, "#mode", "difference")
    assert page.evaluate(f"{STYLE}.mixBlendMode") == "difference"
    assert page.locator("#gain").is_visible()
    assert not page.locator("#swipe").is_visible()
    choose(page, "#a", page.locator("#b").input_value())
    choose(page, "#a-step", "1")
    assert shot(page).max() == 0, "an image differs from itself"
    choose(page, "#a-step", "39")
    assert 0 < shot(page).max() < 255, "two images do not differ"


@browsers
def test_every_metric_is_drawn_and_the_axes_turn(opened, sweep):
    page = opened(sweep)
    for metric in texts(page, "#metric option"):
        page.locator("#metric").select_option(label=metric)
        assert page.evaluate("document.getElementById('plot').data.length") > 4
    page.locator("#log-values").click()
    page.locator("#log-steps").click()
    types = page.evaluate("['xaxis', 'yaxis'].map((axis) => plot.layout[axis].type)")
    assert types == ["linear", "log"]


@browsers
def test_broken_runs_are_shown_as_such(opened, tmp_path):
    report([broken(tmp_path / "sweep")], tmp_path)
    page = opened(tmp_path / "report.html")
    page.locator("#select-shown").click()
    assert "1 failed" in page.locator("#counts").inner_text()
    assert any("lr must be positive" in text for text in texts(page, "#table td.error"))
    assert any("no image: lr must be positive" in text for text in texts(page, "#gallery .missing"))
    assert any("metrics.csv is cut off" in text for text in texts(page, "#details dd"))


@browsers
def test_a_run_without_a_clean_image_claims_nothing(opened, tmp_path):
    run_folder(tmp_path / "run", "noise=none", clean=False)
    report([tmp_path], tmp_path)
    page = opened(tmp_path / "report.html")
    assert "against the noisy image" in page.locator("#gallery figure:last-child").inner_text()
    assert texts(page, "#metric option")[0] == "PSNR, dB against the noisy image"
    assert "best" not in "".join(texts(page, "#table th"))


@browsers
def test_baselines_have_a_column_and_a_picture_each(opened, tmp_path):
    nlm = {"name": "NLM", "psnr": 28.0, "ssim": 0.8, "seconds": 0.1}
    bicubic = {"name": "Bicubic", "seconds": 0.1}
    run_folder(tmp_path / "one", "model=dip", baselines={"nlm": nlm, "bicubic": bicubic})
    run_folder(tmp_path / "two", "model=dd", number=1)
    page = opened(report([tmp_path], tmp_path))
    headings = texts(page, "#table thead button")
    assert "bicubic" not in headings, "nothing is measured of it"
    assert column(page, headings.index("nlm") + 2) == ["28.00", "\N{EN DASH}"]
    captions = texts(page, "#gallery figcaption")
    assert "NLM28.00 dB · SSIM 0.800" in captions
    assert "Bicubic" in captions


@browsers
def test_targets_of_several_kinds_are_called_by_their_names(opened, tmp_path):
    run_folder(tmp_path / "a", "degradation=identity")
    masked(tmp_path / "b")
    report([tmp_path], tmp_path)
    page = opened(tmp_path / "report.html")
    page.locator("#select-shown").click()
    assert texts(page, "#gallery b")[:3] == ["Clean", "Noisy", "Masked"]
    assert texts(page, "#gallery b")[-2:] == [
        "degradation=inpainting, known values in place",
        "degradation=inpainting, the network's own image",
    ]
    assert texts(page, "#table thead button[title^='PSNR of the target']") == ["target"]


@browsers
def test_a_small_target_is_shown_as_large_as_the_others(opened, tmp_path):
    folder = run_with(tmp_path / "run", view="Low resolution")
    image.write(folder / TARGET, torch.rand(1, 3, 4, 4))
    report([tmp_path], tmp_path)
    page = opened(tmp_path / "report.html")
    page.wait_for_function(f"{GALLERY}.every((each) => each.naturalWidth > 0)")
    sizes = page.evaluate(f"{GALLERY}.map((each) => [each.naturalWidth, each.width, each.height])")
    clean, target, _ = sizes
    assert (clean[0], target[0]) == (16, 4)
    assert clean[1:] == target[1:]
    rendering = page.evaluate(f"{GALLERY}.map((each) => getComputedStyle(each).imageRendering)")
    assert rendering[1] == "pixelated"
    assert texts(page, "#gallery b")[1] == "Low resolution"


@browsers
def test_a_phone_scrolls_down_only(opened, sweep):
    page = opened(sweep)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.documentElement.scrollWidth <= 390")


@browsers
def test_many_pictures_lie_beside_the_page(opened, tmp_path, monkeypatch):
    sweep_folder(tmp_path, model=["dip", "dd"])
    monkeypatch.setattr(album, "LARGEST", 1000)
    write.write_page(tmp_path / "report.html", records([tmp_path]))
    assert len(list((tmp_path / "report_images").glob("*.jpg"))) > 8
    page = opened(tmp_path / "report.html")
    page.wait_for_function(f"{GALLERY}.every((each) => each.naturalWidth === 16)")


def test_the_script_is_one_module_of_names_that_do_not_meet():
    script = write.script()
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    names = re.findall(r"^(?:const|let|function) ([$\w]+)", script, re.MULTILINE)
    assert len(names) == len(set(names)) > 50
    folder = set(write.files("untrained.report.page").glob("*.js"))
    assert {path.stem for path in folder} == set(write.MODULES)


@pytest.mark.parametrize(("runs", "expected"), [(5, (1, 75)), (50, (2, 40)), (500, (1, 75))])
def test_the_more_pictures_the_less_of_each(monkeypatch, runs, expected):
    class Kept:
        frames = dict.fromkeys(range(50), "frame.png")

    monkeypatch.setattr(album, "area", lambda _: 256 * 256)
    assert album.thinning([Kept()] * runs) == expected
