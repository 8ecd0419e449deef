"""The browsers, and what they are shown.

Playwright drives the browsers that are installed, and downloads none: Chromium by its own protocol,
and Firefox by WebDriver BiDi.
"""

import shutil
import sys
import warnings

import pytest

from tests.report.folder import run_folder, sweep_folder
from untrained.report import report

# Where Debian, Ubuntu and Fedora put each browser.
NAMES = {"chromium": ("chromium", "chromium-browser"), "firefox": ("firefox-esr", "firefox")}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    folder = sweep_folder(
        tmp_path_factory.mktemp("page") / "my <sweep>",
        **{"model": ["dip", "dd"], "model.width": [8, 128, 16]},
    )
    rules = {"wmv": {"step": 5, "psnr": 26.0, "ssim": 0.5, "gap_db": -0.004, "halted": True}}
    run_folder(folder / "ruled", "model=dip", "model.width=64", number=9, stopping=rules)
    report([folder], folder)
    return folder / "report.html"


@pytest.fixture(scope="session")
def playwright():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as found:
        yield found


@pytest.fixture(scope="module", params=list(NAMES))
def browser(request, playwright):
    path = next(filter(None, map(shutil.which, NAMES[request.param])), None)
    if path is None:
        line = f"NO {request.param.upper()}: report.html is not tested in it; apt-get install it"
        sys.__stderr__.write(f"\n{line}\n")
        warnings.warn(line, stacklevel=1)
        pytest.skip(line)
    if request.param == "firefox":
        # The channel of a Firefox as it is: else Playwright wants one of its own.
        found = playwright.firefox.launch(channel="moz-firefox", executable_path=path)
    else:
        found = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
    yield found
    found.close()


class Visit:
    """A page, with all that it complains of and asks for."""

    def __init__(self, page):
        self.page = page
        self.logged, self.asked = [], []
        page.on("console", lambda message: self.logged.append(message.text))
        page.on("pageerror", lambda error: self.logged.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))


@pytest.fixture
def visit(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    yield Visit(page)
    page.close()


@pytest.fixture
def opened(visit):
    """Open a page, and find that it neither complained nor asked anybody for anything."""

    def open_page(path):
        visit.page.goto(path.as_uri())
        return visit.page

    yield open_page
    assert visit.logged == []
    assert [url for url in visit.asked if not url.startswith(("file:", "data:", "blob:"))] == []
