"""The direction of the imports, one table for the whole house.

torch <- check <- the ground floor <- problem <- step <- latent, stopping <- fit <- trainer <-
callback <- command, report <- conf.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "untrained"

# Each room with the rooms that it may import beside `check`. All of them stand above it here.
ARROWS = {
    "check": set(),
    "console": set(),
    "seed": set(),
    "tile": set(),
    "record": set(),
    "kernel": set(),
    "image": set(),
    "figure": {"record", "image"},
    "video": set(),
    "noise": set(),
    "average": set(),
    "metric": {"kernel"},
    "penalty": set(),
    "optimizer": {"seed"},
    "holdout": {"seed"},
    "twin": {"seed"},
    "degradation": {"image", "seed", "tile"},
    "objective": {"degradation", "kernel", "noise"},
    "baseline": {"degradation", "noise", "seed"},
    "generator": {"kernel"},
    "problem": {"degradation", "holdout", "noise", "objective", "penalty", "twin"},
    "step": {"metric", "problem"},
    "latent": {"image", "problem", "seed", "step"},
    "stopping": {"noise", "problem", "step"},
    "collaborative": set(),
    "refinement": {"collaborative", "degradation", "noise", "problem"},
    "fit": {"latent", "problem", "seed", "step"},
    "trainer": {"record", "degradation", "noise", "step", "fit"},
    "callback": {
        *("record", "kernel", "image", "figure", "video", "noise", "metric"),
        *("degradation", "baseline", "refinement"),
        *("problem", "step", "stopping", "trainer"),
    },
    "report": {"console", "record", "image", "figure", "video", "metric"},
    "command": {
        *("tile", "record", "kernel", "image", "metric", "degradation", "problem", "fit"),
        *("trainer", "callback", "report", "seed", "refinement"),
    },
    "reproduce": {"console", "record", "image", "figure", "metric", "report", "command"},
    "python": {
        *("seed", "record", "image", "degradation", "step", "latent", "fit"),
        *("callback", "command"),
    },
}
# Who may know a framework; all others know torch at most.
KNOWS = {
    "pytorch_lightning": {"trainer", "callback", "command"},
    "hydra": {"command", "python"},
    "omegaconf": {"command", "python"},
    "lightning": set(),  # one Lightning, not two
}
LATE = ("torch", "pytorch_lightning", "untrained.callback", "untrained.report", "untrained.trainer")


def room(path):
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(nodes):
    """Return the full names that are imported by some nodes of a syntax tree."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def crossings():
    """Return each file of the source with each full name that it imports, at whatever depth."""
    for path in sorted(SOURCE.rglob("*.py")):
        if path.parent == SOURCE and path.name == "__init__.py":
            continue
        for name in imports(ast.walk(ast.parse(path.read_text()))):
            yield path, name


def test_the_rooms_import_each_other_in_one_direction():
    wrong = []
    for path, name in crossings():
        here, (top, *inner) = room(path), name.split(".")
        there = inner[0] if inner else ""
        if top == "untrained" and there not in {here, "check", *ARROWS[here]}:
            wrong.append(f"{path.relative_to(SOURCE)} imports {name}: {here} may not know {there}")
    assert not wrong, "\n".join(wrong)
    for index, (here, known) in enumerate(ARROWS.items()):
        assert known <= set(list(ARROWS)[:index]), f"{here} may know a room that stands below it"


def test_lightning_and_hydra_are_known_where_they_have_to_be():
    wrong = []
    for path, name in crossings():
        allowed = KNOWS.get(name.partition(".")[0])
        if allowed is not None and room(path) not in allowed:
            wrong.append(f"{path.relative_to(SOURCE)} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_the_command_line_is_short_and_imports_torch_late():
    wrong = []
    for path in sorted((SOURCE / "command").rglob("*.py")):
        early = imports(ast.parse(path.read_text()).body)
        wrong += [f"{path.name} imports {name} early" for name in early if name.startswith(LATE)]
    assert not wrong, "\n".join(wrong)
    assert len((ROOT / "train.py").read_text().splitlines()) < 40


def test_nobody_imports_pyplot():
    """It looks for a display, and keeps each figure until it is told to close it."""
    found = [path.name for path, name in crossings() if name.startswith("matplotlib.pyplot")]
    assert not found
