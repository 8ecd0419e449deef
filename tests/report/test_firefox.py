"""`report.html` in Firefox.

Debian ships it without the driver that Selenium needs, so it is spoken to in WebDriver BiDi (a W3C
standard), which it understands itself.
"""

import itertools
import json
import re
import shutil
import subprocess
import sys
import time
import warnings

import pytest
from websocket import create_connection

pytestmark = pytest.mark.browser

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One tab of a headless Firefox, and all that its pages log or ask for."""

    def __init__(self, folder):
        command = [FIREFOX, "--headless", "--remote-debugging-port=0", "--profile", str(folder)]
        self.numbers = itertools.count()
        self.logged, self.asked = [], []
        said = folder / "said"
        with said.open("w") as file:
            self.process = subprocess.Popen(command, stderr=file)
        try:
            address = f"{address_in(said)}/session"
            self.socket = create_connection(address, timeout=60, suppress_origin=True)
            self.command("session.new", capabilities={})
            self.tab = self.command("browsingContext.getTree")["contexts"][0]["context"]
            self.command(
                "session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"]
            )
            size = {"width": 1280, "height": 1600}
            self.command("browsingContext.setViewport", context=self.tab, viewport=size)
        except BaseException:
            self.close()
            raise

    def command(self, method, **words):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": words}))
        while (message := json.loads(self.socket.recv())).get("id") != number:
            if message.get("method") == "log.entryAdded":
                self.logged.append(message["params"]["text"])
            elif message.get("method") == "network.beforeRequestSent":
                self.asked.append(message["params"]["request"]["url"])
        assert message["type"] == "success", message
        return message["result"]

    def open(self, path):
        self.logged.clear()
        self.asked.clear()
        self.command(
            "browsingContext.navigate", context=self.tab, url=path.as_uri(), wait="complete"
        )

    def run(self, script):
        """Give what an expression is worth in the page."""
        found = self.command(
            "script.evaluate",
            expression=f"Promise.resolve({script}).then(JSON.stringify)",
            target={"context": self.tab},
            awaitPromise=True,
        )
        assert found["type"] == "success", found
        return json.loads(found["result"].get("value", "null"))

    def type_in(self, selector, value):
        field = f"document.querySelector('{selector}')"
        event = "change" if self.run(f"{field}.tagName === 'SELECT'") else "input"
        self.run(f"({field}.value = {value!r}, {field}.dispatchEvent(new Event('{event}')))")

    def close(self):
        self.process.terminate()  # It takes its own children along.
        self.process.wait(30)


def address_in(said, seconds=60):
    """Wait for the address that Firefox says it listens at."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := re.search(r"ws://\S+", said.read_text()):
            return found[0]
        time.sleep(0.05)
    raise TimeoutError(said.read_text())


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    if not FIREFOX:
        line = "NO FIREFOX: report.html is not tested in it; apt-get install firefox-esr"
        sys.__stderr__.write(f"\n{line}\n")
        warnings.warn(line, stacklevel=1)
        pytest.skip(line)
    browser = Firefox(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


def test_what_a_page_does_wrong_is_heard(firefox, tmp_path):
    page = tmp_path / "wrong.html"
    page.write_text("<img src='http://127.0.0.1:40009/x.png'><script>missing()</script>")
    firefox.open(page)
    assert "missing is not defined" in " ".join(firefox.logged)
    assert "http://127.0.0.1:40009/x.png" in firefox.asked


def test_the_report_works(firefox, sweep):
    firefox.open(sweep)
    widths = "[...document.querySelectorAll('#table tbody td:nth-child(3)')]"
    widths += ".map((cell) => cell.textContent)"
    firefox.run("document.querySelector('#table th:nth-child(3) button').click()")
    assert firefox.run(widths) == ["8", "8", "16", "16", "64", "128", "128"]
    firefox.type_in("#filter", "DIP width=8")
    assert firefox.run(widths) == ["8"]

    gallery = "[...document.querySelectorAll('#gallery img')].map((each) => each.src)"
    marker = "document.getElementById('plot').data.at(-1).x[0]"
    last = firefox.run(gallery)
    assert firefox.run(marker) == 39
    firefox.type_in("#step", 2)
    middle = firefox.run(gallery)
    assert [a == b for a, b in zip(last, middle, strict=True)] == [True] * 2 + [False] * 4
    assert firefox.run(marker) == 10

    style = "getComputedStyle(document.querySelector('#pair .over'))"
    firefox.type_in("#swipe", 80)
    assert "80%" in firefox.run(f"{style}.clipPath")
    firefox.type_in("#mode", "difference")
    assert firefox.run(f"{style}.mixBlendMode") == "difference"
    decoded = "Promise.all([...document.images].map((image) => image.decode().then(() => true)))"
    assert set(firefox.run(decoded)) == {True}
    assert firefox.logged == []
    assert firefox.asked, "the log of requests is not kept"
    assert [url for url in firefox.asked if not url.startswith(("file:", "data:", "blob:"))] == []
