"""OmegaConf without what it does again and again for each config.

It parses each interpolation, copies a config node by node, looks whether a class is registered as
one of its own, and imports what a function needs whenever that is called.
"""

import ast
from abc import ABCMeta
from collections import defaultdict
from copy import deepcopy
from functools import cache
from inspect import getsource
from textwrap import dedent

import omegaconf
from omegaconf import DictConfig, ListConfig
from omegaconf.base import Box, Container, Node
from omegaconf.basecontainer import BaseContainer

# They import what they need at each call.
IMPORTING = (
    omegaconf._utils.is_dataclass,
    omegaconf._utils.is_attr_class,
    omegaconf._utils._is_missing_value,
    omegaconf._utils._is_none,
    omegaconf._utils._is_interpolation,
    omegaconf._utils._get_value,
    omegaconf._utils.get_type_hint,
    omegaconf.omegaconf._select_one,
    DictConfig._validate_set,
    Container._invalidate_flags_cache,
    BaseContainer._set_item_impl,
    BaseContainer._map_merge,
)


def copied(node, parent):
    """Copy a node of a config and all nodes below, in a tenth of the time that OmegaConf takes.

    As with OmegaConf, a value itself is not copied.
    """
    inner = node.__dict__
    known = inner["_metadata"]
    metadata = object.__new__(type(known))
    resolved = known.resolver_cache
    metadata.__dict__ = {
        **known.__dict__,
        "flags": known.flags.copy(),
        "resolver_cache": deepcopy(resolved) if resolved else defaultdict(dict),
    }
    new = object.__new__(type(node))
    new.__dict__.update(inner, _metadata=metadata, _parent=parent, _flags_cache=None)
    content = inner.get("_content")
    if content is None:
        return new
    if isinstance(content, dict):
        new.__dict__["_content"] = {key: copied(value, new) for key, value in content.items()}
    elif isinstance(content, list):
        new.__dict__["_content"] = [copied(value, new) for value in content]
    elif isinstance(content, Node):
        new.__dict__["_content"] = copied(content, new)
    return new


def copied_whole(self, memo):
    """Copy a container; its parent is kept, and not copied."""
    return copied(self, self.__dict__["_parent"])


def re_parent(self):
    """Tell all nodes of a container who their parents are; most know, as one was merged before."""
    content = self.__dict__["_content"]
    if isinstance(content, dict):
        content = content.values()
    if isinstance(content, str) or content is None:
        return
    for each in [content] if isinstance(content, Node) else content:
        if each is None:
            continue
        if each.__dict__["_parent"] is not self:
            each._set_parent(self)
        elif each.__dict__["_flags_cache"] is not None:
            each._invalidate_flags_cache()
        if "_content" in each.__dict__:
            re_parent(each)


class Plain(ABCMeta):
    """A class whose instances are those of its subclasses: none is registered."""

    __instancecheck__ = type.__instancecheck__
    __subclasscheck__ = type.__subclasscheck__


def classes_of(base):
    """Return a class, and all that are made of it."""
    return [base, *(each for child in base.__subclasses__() for each in classes_of(child))]


def importing_once(function):
    """Return the code of a function of OmegaConf without its own imports, which are done here.

    Python looks up each of them at each call, a million times in these tests.
    """
    tree = ast.parse(dedent(getsource(function)))
    (made,) = tree.body
    made.decorator_list = []
    imports = [each for each in made.body if isinstance(each, ast.ImportFrom)]
    made.body = [each for each in made.body if each not in imports]
    known = function.__globals__
    exec(compile(ast.Module(imports, []), __file__, "exec"), known)
    found = {}
    exec(compile(tree, function.__code__.co_filename, "exec"), known, found)
    return found[made.name].__code__


def quicken(patch):
    """Put what remembers in the place of what does all anew.

    Args:
        patch: Sets an attribute: `setattr`, or one that takes it back.
    """
    for each in classes_of(Node):
        each.__class__ = Plain
    for function in IMPORTING:
        function.__code__ = importing_once(function)
    for module in (omegaconf.base, omegaconf._utils):
        patch(module, "parse", cache(module.parse))
    for container in (DictConfig, ListConfig):
        patch(container, "__deepcopy__", copied_whole)
    patch(Box, "_re_parent", re_parent)
