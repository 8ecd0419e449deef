"""The documents say nothing that is not there."""

import re
import shlex
from pathlib import Path

import pytest
import torch

from untrained import image

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
# Pages that still have long lines.
LONG = ["README.md", "options.md", "photos.md", "real_noise.md", "restorations.md", "sweeps.md"]
USE = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("gallery", "speed", "stopping")),
]
COMMAND = r"(?:^|\| `)python train.py *([^#\n`]*)"
COMMANDS = [
    command for page in USE for command in re.findall(COMMAND, (ROOT / page).read_text(), re.M)
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        assert link.startswith("https://") or (page.parent / link).exists(), link


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in LONG])
def test_lines_fit_a_window(page):
    prose = [line for line in page.read_text().splitlines() if not line.startswith("|")]
    assert not [line for line in prose if len(line) > 120]


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_compose(command, configure):
    words = [word for word in shlex.split(command) if not word.startswith("resume=")]
    if "-m" not in words:
        configure(*words)
        return
    words.remove("-m")
    for end in (0, -1):
        configure(*[one_value(word, end) for word in words])


def one_value(word, end):
    """Take the first or the last of the values of a sweep."""
    name, *values = word.split("=")
    return "=".join([name, *(value.split(",")[end] for value in values)])


def test_the_fit_in_the_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    picture = torch.rand(1, 3, 32, 32)
    mask = (torch.rand(1, 1, 32, 32) > 0.5).float()
    image.write(tmp_path / "scratched.png", picture)
    image.write(tmp_path / "mask.png", mask)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    names = {}
    exec(blocks[-1].replace("range(3000)", "range(2)"), names)
    assert names["step"].number == 1
    assert names["step"].average.shape == picture.shape
