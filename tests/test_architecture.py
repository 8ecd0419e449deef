"""The direction of the imports: torch <- ground floor <- data, prior <- callback <- command."""

import ast
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "untrained"
MODULES = sorted(path.relative_to(SOURCE) for path in SOURCE.rglob("*.py"))

# What each room may import of the others; what is not named here is ground floor.
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


IMPORTS = {module: list(imported(module)) for module in MODULES}


def refuse(wrong):
    """Fail with each import, as `module: name`, of which `wrong(room, name)` says so."""
    found = [
        f"{module}: {name}"
        for module, names in IMPORTS.items()
        for name in names
        if wrong(room(module), name)
    ]
    assert not found, "\n".join(found)


def test_a_module_imports_only_what_lies_below_it():
    def lies_above(here, name):
        package, _, rest = name.partition(".")
        other, allowed = rest.partition(".")[0], ALLOWED.get(here, set())
        if package != "untrained" or other in {"", here, *allowed}:
            return False
        return other in ROOMS or "GROUND" not in allowed

    refuse(lies_above)


def test_hydra_is_known_to_the_command_line_alone():
    refuse(lambda here, name: here != "command" and name.startswith(("hydra", "omegaconf")))


def test_lightning_is_not_known_to_the_ground_floor():
    def is_too_much(here, name):
        known = here in ROOMS - {"report"}
        return name.startswith("lightning" if known else ("lightning", "pytorch_lightning"))

    refuse(is_too_much)  # Who knows it has the one that is called pytorch_lightning.


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
