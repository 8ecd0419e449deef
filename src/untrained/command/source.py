"""What our classes say of themselves, read off their files: their import waits for PyTorch."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from untrained import check
from untrained.command.vocabulary import PACKAGE

OURS = "untrained."
CHECKS = ("whole", "number", "flag", "choice", "positive_or_null", "one_a_scale")

# A class or a constant, and the module where it stands.
Place = tuple[str, ast.ClassDef | ast.Assign | ast.AnnAssign]


@cache
def tree_of(module: str) -> ast.Module:
    """Return the syntax tree of a module of ours; an empty one where there is no such module."""
    path = PACKAGE.joinpath(*module.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8") if path.is_file() else "")


def definition(module: str, name: str) -> Place | None:
    """Return where a class or a constant of a module is written, there or in one that it imports.

    Example:
        >>> definition("untrained.generator.dd", "UPSAMPLINGS")[0]
        'untrained.generator.layer'
    """
    for node in tree_of(module).body:
        match node:
            case ast.ClassDef() if node.name == name:
                return module, node
            case ast.Assign(targets=[ast.Name(id)]) | ast.AnnAssign(target=ast.Name(id)):
                if id == name:
                    return module, node
            case ast.ImportFrom(module=str(other)) if other.startswith(OURS):
                if any(each.name == name for each in node.names):
                    return definition(other, name)
    return None


def lineage(module: str, name: str) -> Iterator[tuple[str, ast.ClassDef]]:
    """Yield a class, and the classes of ours that it is made of, each with its module."""
    match definition(module, name):
        case place, ast.ClassDef() as node:
            yield place, node
            for base in node.bases:
                if isinstance(base, ast.Name):
                    yield from lineage(place, base.id)


def attribute(target: str, name: str) -> Any:  # noqa: ANN401
    """Return an attribute of a class of ours that is a literal; None where there is none.

    Example:
        >>> attribute("untrained.degradation.mri.Mri", "is_kspace")
        True
        >>> attribute("untrained.degradation.identity.Identity", "is_kspace")
        False
    """
    module, _, class_name = target.rpartition(".")
    for _, node in lineage(module, class_name):
        for each in node.body:
            match each:
                case ast.Assign(targets=[ast.Name(id)]) | ast.AnnAssign(target=ast.Name(id)):
                    if id == name and each.value is not None:
                        return ast.literal_eval(each.value)
    return None


def check_value(target: str, name: str, words: Mapping[str, Any]) -> None:
    """Refuse a value that the class of its word refuses by a check that can be read off its file.

    A value that passes may still be refused by the class. So is null, which some take.

    Args:
        target: The class, one of ours.
        name: The word, as it was typed: its last part is a parameter of the class.
        words: The words of the class, with their values.

    Raises:
        ValueError: If it does; the message begins with the word.

    Example:
        >>> check_value("untrained.noise.gaussian.Gaussian", "noise.sigma", {"sigma": -1})
        Traceback (most recent call last):
            ...
        ValueError: noise.sigma must be a number from 0 up, on the 0-255 scale, got -1
    """
    module, _, class_name = target.rpartition(".")
    word = name.rpartition(".")[2]
    value = words.get(word)
    if value is None:
        return
    for place, node in lineage(module, class_name):
        for call, checked in checks_of(node):
            if checked == word:
                try:
                    limits = [literal(place, each, words) for each in call.args[2:]]
                    named = {
                        str(each.arg): literal(place, each.value, words) for each in call.keywords
                    }
                except ValueError:  # It is computed.
                    continue
                getattr(check, name_of_check(call))(name, value, *limits, **named)


def checks_of(node: ast.ClassDef) -> Iterator[tuple[ast.Call, str]]:
    """Yield each check that a class makes of a parameter, whatever the others, and its word."""
    for method in node.body:
        match method:
            case ast.FunctionDef(name="__init__", body=body):
                for statement in body:
                    yield from checks_in(statement)


def checks_in(statement: ast.stmt) -> Iterator[tuple[ast.Call, str]]:
    """Yield each check of a statement of `__init__`, unless others decide whether it is made."""
    if not isinstance(statement, ast.Assign | ast.Expr):
        return
    for call in ast.walk(statement):
        match call:
            case ast.Call(args=[ast.Constant(str(word)), ast.Name(id), *_]):
                if id == word and name_of_check(call) in CHECKS:
                    yield call, word


def name_of_check(call: ast.Call) -> str:
    """Return the name of the function that is called, without its module."""
    return ast.unparse(call.func).removeprefix("check.")


def literal(module: str, node: ast.expr, words: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Return the value of an expression of a module: a literal, a constant, or another parameter.

    Raises:
        ValueError: If it is none of these.
    """
    match node:
        case ast.Name(id) if id in words:
            return words[id]
        case ast.Name(id):
            node = value_of_constant(module, id) or node
    return ast.literal_eval(node)


def value_of_constant(module: str, name: str) -> ast.expr | None:
    """Return what a constant of a module is set to; None where there is no such constant."""
    match definition(module, name):
        case _, ast.Assign(value=value) | ast.AnnAssign(value=value):
            return value
    return None
