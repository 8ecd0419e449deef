"""The direction of the imports: torch <- ground floor <- data, prior <- callback <- command."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "untrained"
MODULES = sorted(path.relative_to(SOURCE) for path in SOURCE.rglob("*.py"))

# Below the ground floor: every room may import it.
BELOW = {"check"}
# What a room of the ground floor may import of the others, beside `check`.
READS = {"degradation": {"image"}, "stopping": {"noise"}}
# What each room above it may import of the others; what is not named here is ground floor.
ALLOWED = {
    "data": set(),
    "prior": {"data", "generator", "latent", "stopping"},
    "report": {"figure", "file", "metric", "video"},
    "callback": {"callback", "data", "prior", "GROUND"},
    "command": {"callback", "command", "file", "memory", "report", "thread"},
}
ROOMS = set(ALLOWED)


def room(module):
    return module.parts[0].removesuffix(".py")


def imported(module):
    """Give the full names that a module imports."""
    for node in ast.walk(ast.parse((SOURCE / module).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def siblings(module):
    return {name.split(".")[1] for name in imported(module) if name.startswith("untrained.")}


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_imports_only_what_lies_below_it(module):
    here = room(module)
    found = siblings(module) - {here} - BELOW
    allowed = ALLOWED.get(here, READS.get(here, set()))
    if "GROUND" in allowed:
        found = {each for each in found if each in ROOMS}
    assert found <= allowed


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_hydra_is_known_to_the_command_line_alone(module):
    if room(module) != "command":
        assert not [name for name in imported(module) if name.startswith(("hydra", "omegaconf"))]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_lightning_is_not_known_to_the_ground_floor(module):
    names = list(imported(module))
    assert not [name for name in names if name.startswith("lightning")], "one Lightning, not two"
    if room(module) not in ROOMS or room(module) == "report":
        assert not [name for name in names if name.startswith("pytorch_lightning")]


def test_the_command_line_imports_torch_late():
    for module in MODULES:
        if room(module) == "command":
            tree = ast.parse((SOURCE / module).read_text())
            top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
            names = [getattr(node, "module", None) or node.names[0].name for node in top]
            late = ("torch", "pytorch_lightning", "untrained.callback", "untrained.report")
            assert not [name for name in names if name.startswith(late)]


def test_the_entry_point_is_short():
    assert len((SOURCE.parent.parent / "train.py").read_text().splitlines()) < 40
