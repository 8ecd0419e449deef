"""The names of files and columns are spelled in `record/` alone, which knows no room above it."""

import ast
import re
from pathlib import Path

import untrained
from untrained.record import name

SOURCE = Path(untrained.__file__).parent
SPELLED = [value for word, value in vars(name).items() if word.isupper() and "." in value]
FILES = [Path(value).name for value in SPELLED]
COLUMN = re.compile(r"^(mse|psnr|ssim|stopping)/|/(last|average|against_target)$|^against_target$")


def modules(inside):
    found = sorted(SOURCE.rglob("*.py"))
    return [path for path in found if path.is_relative_to(SOURCE / "record") == inside]


def literals(path):
    """Return line and text of the strings of a module, without its docstrings and its sentences."""
    tree = ast.parse(path.read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in docstrings and " " not in node.value:
            yield node.lineno, node.value


def test_no_other_room_spells_a_file_or_a_column():
    offenders = [
        f"{path.relative_to(SOURCE)}:{line} {text!r}"
        for path in modules(inside=False)
        for line, text in literals(path)
        if COLUMN.search(text) or any(file in text for file in FILES)
    ]
    assert not offenders, "record/ has a name for each of these:\n" + "\n".join(offenders)


def test_the_record_knows_no_room_above_it():
    above = re.compile(r"untrained\.(figure|report|callback|trainer|command)\b")
    offenders = [path.name for path in modules(inside=True) if above.search(path.read_text())]
    assert not offenders, f"record/ reads and writes files only, but {offenders} import more"
