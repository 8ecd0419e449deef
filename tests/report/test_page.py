"""`report.html` in a real browser: sorted, filtered, slid, swiped, and without a network."""

import io
import json
import os
import shutil
import sys
import time
import warnings

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
from untrained.report import page, report

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")


@pytest.fixture(scope="module")
def browser():
    if not (CHROMIUM and DRIVER):
        line = (
            "NO CHROMIUM: report.html is not tested in a browser; apt-get install chromium-driver"
        )
        sys.__stderr__.write(f"\n{line}\n")
        warnings.warn(line, stacklevel=1)
        pytest.skip(line)
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,1600"]
    words += ["--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows"]
    for word in words:
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    os.environ["SE_OFFLINE"] = "true"
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser):
    """Open a page, and find that it neither complained nor asked anybody for anything."""

    def open_page(path):
        browser.get_log("performance")
        browser.get(path.as_uri())
        return browser

    yield open_page
    assert browser.get_log("browser") == []
    sent = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [
        each["params"]["request"]["url"]
        for each in sent
        if each["method"] == "Network.requestWillBeSent"
    ]
    assert asked, "the log of requests is not kept"
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def texts(browser, selector):
    script = "return [...document.querySelectorAll(arguments[0])].map((each) => each.textContent)"
    return browser.execute_script(script, selector)


def one(browser, selector):
    return browser.find_element("css selector", selector)


def column(browser, index):
    return texts(browser, f"#table tbody td:nth-child({index})")


def type_in(browser, selector, value):
    """Move a slider or fill a field, as a person does."""
    script = (
        "const [field, value] = arguments; field.value = value;"
        "field.dispatchEvent(new Event(field.tagName === 'SELECT' ? 'change' : 'input'))"
    )
    browser.execute_script(script, one(browser, selector), value)


def test_the_table_is_sorted_and_filtered(opened, sweep):
    browser = opened(sweep)
    assert browser.title == "my <sweep> \N{EN DASH} sweep report"
    assert column(browser, 3) == ["8", "128", "16", "8", "128", "16", "64"]
    width = "#table th:nth-child(3) button"
    one(browser, width).click()
    assert column(browser, 3) == ["8", "8", "16", "16", "64", "128", "128"]
    one(browser, width).click()
    assert column(browser, 3) == ["128", "128", "64", "16", "16", "8", "8"]
    assert one(browser, "#table th:nth-child(3)").get_attribute("aria-sort") == "descending"
    assert browser.switch_to.active_element.text.startswith("model.width")
    one(browser, "#filter").send_keys("DIP width=8")
    assert (column(browser, 2), column(browser, 3)) == (["dip"], ["8"])
    assert "1 of 7 runs" in one(browser, "#table-note").text
    type_in(browser, "#filter", "stopped wmv")
    assert texts(browser, "#table tbody .chip") == ["stopped by wmv"]
    gap = texts(browser, "#table thead button").index("wmv gap") + 2
    assert column(browser, gap) == ["0.00"]
    assert "6 finished, 1 stopped" in one(browser, "#counts").text


def test_the_slider_changes_each_image_and_moves_the_markers(opened, sweep):
    browser = opened(sweep)
    gallery = (
        "return [...document.querySelectorAll('#gallery img')].map((each) => [each.src, each.alt])"
    )
    markers = "return document.getElementById('plot').data.at(-1).x[0]"
    last, end = browser.execute_script(gallery), browser.execute_script(markers)
    assert len(last) == 6  # clean, noisy, and the four runs that are selected at first
    assert all(alt for _, alt in last)
    type_in(browser, "#step", 2)
    middle = browser.execute_script(gallery)
    assert one(browser, "#step-now").text == "10"
    assert [a == b for a, b in zip(last, middle, strict=True)] == [True] * 2 + [False] * 4
    assert (end, browser.execute_script(markers)) == (39, 10)
    assert "step 10 · 26.00 dB" in texts(browser, "#gallery figcaption")[2]
    one(browser, "#play").click()
    seen = time.monotonic()
    while one(browser, "#step-now").text != "39" and time.monotonic() < seen + 5:
        time.sleep(0.05)
    assert one(browser, "#step-now").text == "39"


def test_runs_are_selected_and_the_zoom_is_one(opened, sweep):
    browser = opened(sweep)
    one(browser, "#select-none").click()
    assert texts(browser, "#gallery figure") == []
    one(browser, "#table tbody tr:last-child input").click()
    assert texts(browser, "#gallery b") == ["Clean", "Noisy", "DIP width=64"]
    type_in(browser, "#zoom", 4)
    script = "const all = document.querySelectorAll('.view img');"
    script += "return [...all].map((image) => getComputedStyle(image).transform)"
    transforms = browser.execute_script(script)
    assert len({each.split(",")[0] for each in transforms}) == 1
    assert transforms[0].startswith("matrix(4,")
    one(browser, "#select-shown").click()
    assert len(texts(browser, "#gallery figure")) == 9


def test_two_images_are_swiped_and_subtracted(opened, sweep):
    browser = opened(sweep)
    cut = "return getComputedStyle(document.querySelector('#pair .over')).clipPath"
    half = browser.execute_script(cut)
    type_in(browser, "#swipe", 80)
    assert "50%" in half
    assert "80%" in browser.execute_script(cut)
    pair = "return [...document.querySelectorAll('#pair img')].map((each) => each.src)"
    both = browser.execute_script(pair)
    assert both[0] != both[1]
    type_in(browser, "#b-step", "1")
    assert browser.execute_script(pair)[1] != both[1]
    type_in(browser, "#mode", "difference")
    blend = "return getComputedStyle(document.querySelector('#pair .over')).mixBlendMode"
    assert browser.execute_script(blend) == "difference"
    assert one(browser, "#gain").is_displayed()
    assert not one(browser, "#swipe").is_displayed()
    type_in(browser, "#a", one(browser, "#b").get_attribute("value"))
    type_in(browser, "#a-step", "1")
    painted(browser, lambda pixels: pixels.max() == 0, "an image differs from itself")
    type_in(browser, "#a-step", "39")
    # A view that is not painted yet is white.
    painted(browser, lambda pixels: 0 < pixels.max() < 255, "two images do not differ")


def painted(browser, expected, message):
    """Wait until the pair is painted as expected: the browser paints when it has time.

    On a busy machine it may have none for a screenshot, again and again: then nothing is known.
    """
    from selenium.common.exceptions import TimeoutException

    end = time.monotonic() + 45
    while True:
        try:
            pixels = shot(one(browser, "#pair .view"))
        except TimeoutException:
            pixels = None
        if pixels is not None and expected(pixels):
            return
        if time.monotonic() > end:
            if pixels is None:
                pytest.skip("THE BROWSER GIVES NO SCREENSHOT: the difference view is not tested")
            raise AssertionError(message)


def shot(element):
    """Return the pixels of an element, without its round corners."""
    picture = Image.open(io.BytesIO(element.screenshot_as_png)).convert("L")
    return np.asarray(picture)[9:-9, 9:-9]


def test_every_metric_is_drawn_and_the_axes_turn(opened, sweep):
    browser = opened(sweep)
    for metric in texts(browser, "#metric option"):
        browser.find_element("xpath", f"//select[@id='metric']/option[text()='{metric}']").click()
        assert browser.execute_script("return document.getElementById('plot').data.length") > 4
    one(browser, "#log-values").click()
    one(browser, "#log-steps").click()
    axes = "const f = document.getElementById('plot').layout; return [f.xaxis.type, f.yaxis.type]"
    assert browser.execute_script(axes) == ["linear", "log"]


def test_broken_runs_are_shown_as_such(opened, tmp_path):
    report([broken(tmp_path / "sweep")], tmp_path)
    browser = opened(tmp_path / "report.html")
    one(browser, "#select-shown").click()
    assert "1 failed" in one(browser, "#counts").text
    assert any("lr must be positive" in text for text in texts(browser, "#table td.error"))
    assert any(
        "no image: lr must be positive" in text for text in texts(browser, "#gallery .missing")
    )
    assert any("metrics.csv is cut off" in text for text in texts(browser, "#details dd"))


def test_a_run_without_a_clean_image_claims_nothing(opened, tmp_path):
    run_folder(tmp_path / "run", "noise=none", clean=False)
    report([tmp_path], tmp_path)
    browser = opened(tmp_path / "report.html")
    assert "against the noisy image" in one(browser, "#gallery figure:last-child").text
    assert texts(browser, "#metric option")[0] == "PSNR, dB against the noisy image"
    assert "best" not in "".join(texts(browser, "#table th"))


def test_baselines_have_a_column_and_a_picture_each(opened, tmp_path):
    nlm = {"name": "NLM", "psnr": 28.0, "ssim": 0.8, "seconds": 0.1}
    bicubic = {"name": "Bicubic", "seconds": 0.1}
    run_folder(tmp_path / "one", "model=dip", baselines={"nlm": nlm, "bicubic": bicubic})
    run_folder(tmp_path / "two", "model=dd", number=1)
    browser = opened(report([tmp_path], tmp_path))
    headings = texts(browser, "#table thead button")
    assert "bicubic" not in headings, "nothing is measured of it"
    assert column(browser, headings.index("nlm") + 2) == ["28.00", "\N{EN DASH}"]
    captions = texts(browser, "#gallery figcaption")
    assert "NLM28.00 dB · SSIM 0.800" in captions
    assert "Bicubic" in captions


def test_targets_of_several_kinds_are_called_by_their_names(opened, tmp_path):
    run_folder(tmp_path / "a", "degradation=identity")
    masked(tmp_path / "b")
    report([tmp_path], tmp_path)
    browser = opened(tmp_path / "report.html")
    one(browser, "#select-shown").click()
    assert texts(browser, "#gallery b")[:3] == ["Clean", "Noisy", "Masked"]
    assert texts(browser, "#gallery b")[-2:] == [
        "degradation=inpainting, known pixels in place",
        "degradation=inpainting, the network's own image",
    ]
    assert "target" in texts(browser, "#table thead button")
    title = one(browser, "#table thead button[title^='PSNR of the target']").text
    assert title == "target"


def test_a_small_target_is_shown_as_large_as_the_others(opened, tmp_path):
    folder = run_with(tmp_path / "run", view="Low resolution")
    image.write(folder / TARGET, torch.rand(1, 3, 4, 4))
    report([tmp_path], tmp_path)
    browser = opened(tmp_path / "report.html")
    time.sleep(0.3)
    script = "const all = [...document.querySelectorAll('#gallery img')];"
    script += "return all.map((i) => [i.naturalWidth, i.width, i.height,"
    script += " getComputedStyle(i).imageRendering])"
    clean, target, _ = browser.execute_script(script)
    assert (clean[0], target[0]) == (16, 4)
    assert clean[1:] == target[1:]
    assert target[3] == "pixelated"
    assert texts(browser, "#gallery b")[1] == "Low resolution"


def test_a_phone_scrolls_down_only(opened, sweep):
    browser = opened(sweep)
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        time.sleep(0.3)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_many_pictures_lie_beside_the_page(opened, tmp_path, monkeypatch):
    sweep_folder(tmp_path, model=["dip", "dd"])
    monkeypatch.setattr(page, "LARGEST", 1000)
    page.write_page(tmp_path / "report.html", records([tmp_path]))
    assert len(list((tmp_path / "report_images").glob("*.jpg"))) > 8
    browser = opened(tmp_path / "report.html")
    loaded = (
        "return [...document.querySelectorAll('#gallery img')].every((i) => i.naturalWidth === 16)"
    )
    time.sleep(0.3)
    assert browser.execute_script(loaded)


@pytest.mark.parametrize(("runs", "expected"), [(5, (1, 75)), (50, (2, 40)), (500, (1, 75))])
def test_the_more_pictures_the_less_of_each(monkeypatch, runs, expected):
    class Kept:
        frames = dict.fromkeys(range(50), "frame.png")

    monkeypatch.setattr(page, "area", lambda _: 256 * 256)
    assert page.thinning([Kept()] * runs) == expected
