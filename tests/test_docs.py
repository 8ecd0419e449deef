"""The documents say nothing that is not there."""

import re
from pathlib import Path

import pytest
import torch

from untrained import image

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = re.findall(r"^python train.py *([^#\n]*)", (ROOT / "README.md").read_text(), re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        assert link.startswith("https://") or (page.parent / link).exists(), link


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_compose(command, configure):
    for words in swept(command):
        configure(*[word for word in words if word != "-m"])


def swept(command):
    """Take the first of each list of values, and the last."""
    words = [word.split("=") for word in command.split() if not word.startswith("resume=")]
    for end in (0, -1):
        yield ["=".join([name, *(v.split(",")[end] for v in value)]) for name, *value in words]


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
