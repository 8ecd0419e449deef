"""The documents say nothing that is not there."""

import re
import shlex
from pathlib import Path

import pytest
import torch

from untrained import image

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
# Pages whose commands may be wider than a screen that shows them.
WIDE = [*(ROOT / "docs/evidence").glob("*.md")]
TASKS = ("gallery", "photos", "restorations", "study", "sweeps")
USE = (*TASKS, "guard", "options", "output", "speed", "stopping")
COMMAND = r"(?:^|\| `)python train.py *((?:\\\n|[^#\n`])*)"


def commands():
    """Return what the pages for users type after `python train.py`, each once."""
    pages = [ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in USE)]
    found = [command for page in pages for command in re.findall(COMMAND, page.read_text(), re.M)]
    return list(dict.fromkeys(command.replace("\\\n", " ").strip() for command in found))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for link, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", page.read_text()):
        if link.startswith("https://"):
            continue
        place = page.parent / link if link else page
        assert place.exists(), link
        assert not anchor or anchor in anchors(place), f"{link}#{anchor}"


def anchors(page):
    """Return the names that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)", page.read_text(), re.M)
    return [re.sub(r"[^\w\- ]", "", each).lower().replace(" ", "-") for each in headings]


@pytest.mark.parametrize("page", PAGES)
def test_lines_fit_a_window(page):
    prose = [line for line in page.read_text().splitlines() if not line.startswith("|")]
    assert not [line for line in prose if len(line) > 120]


@pytest.mark.parametrize("page", [page for page in PAGES if page not in WIDE])
def test_code_is_read_without_scrolling(page):
    blocks = re.findall(r"^```\w*\n(.*?)^```", page.read_text(), re.M | re.DOTALL)
    wide = [line for line in "".join(blocks).splitlines() if len(line) > 96]
    assert not [line for line in wide if "bin/pytest" not in line]  # `.ci/run` reads that line.


@pytest.mark.parametrize("command", commands())
def test_commands_compose(command, configure):
    words = [word for word in shlex.split(command) if not is_of_hydra(word)]
    if "-m" not in words:
        configure(*words)
        return
    words.remove("-m")
    for end in (0, -1):
        configure(*[one_value(word, end) for word in words])


def is_of_hydra(word):
    """Whether a word is not of the config of a run, or a range that Optuna draws from."""
    return word in ("--help", "--cfg", "job") or bool(re.match("resume=|hydra|.*=tag", word))


def one_value(word, end):
    """Take the first or the last of the values of a sweep."""
    name, *values = word.split("=")
    return "=".join([name, *(value.split(",")[end] for value in values)])


def test_the_fit_of_ones_own_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    picture = torch.rand(1, 3, 32, 32)
    mask = (torch.rand(1, 1, 32, 32) > 0.5).float()
    image.write(tmp_path / "scratched.png", picture)
    image.write(tmp_path / "mask.png", mask)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text(), re.DOTALL)
    names = {}
    exec(blocks[-1].replace("range(3000)", "range(2)"), names)
    assert names["step"].number == 1
    assert names["step"].average.shape == picture.shape
