"""Supporting data as a tree, whatever it is written in: XML as the CDC publishes it, or the same names in JSON or TOML.

A tree is a dict of lists (XML does not say which elements repeat, so everything is a list); texts are leaves.
"""

from __future__ import annotations

import json
import tomllib
from typing import Any

from lxml import etree

Tree = dict[str, list[Any]]


class ShapeError(ValueError):
    """A file that is no supporting data; the message says where."""


def read_tree(name: str, content: bytes) -> tuple[str, Tree]:
    """Name of the outermost element and its tree, from the bytes of one file."""
    try:
        if name.endswith(".json"):
            return _outermost(name, json.loads(content))
        if name.endswith(".toml"):
            return _outermost(name, tomllib.loads(content.decode()))
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
        root = etree.fromstring(content, parser)
    except (ValueError, etree.XMLSyntaxError) as error:
        raise ShapeError(f"{name}: {error}") from None
    found = _of_element(root)
    return str(root.tag), found if isinstance(found, dict) else {}


def _outermost(name: str, value: Any) -> tuple[str, Tree]:
    if isinstance(value, dict) and len(value) != 1:
        # JSON has been published with and without the outermost element.
        for name_, sign in (
            ("antigenSupportingData", "series"),
            ("scheduleSupportingData", "cvxToAntigenMap"),
        ):
            if sign in value:
                value = {name_: value}
                break
    if not isinstance(value, dict) or len(value) != 1:
        raise ShapeError(f"{name}: one outermost element is expected, such as antigenSupportingData")
    ((key, inner),) = value.items()
    found = _of_value(inner)
    return key, found if isinstance(found, dict) else {}


def _of_element(element: Any) -> Tree | str:
    children: Tree = {}
    for child in element:
        children.setdefault(str(child.tag), []).append(_of_element(child))
    return children or (element.text or "").strip()


def _of_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: [_of_value(one) for one in inner] if isinstance(inner, list) else [_of_value(inner)]
            for key, inner in value.items()
        }
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)


def many(tree: Any, *path: str) -> list[Any]:
    """All elements at a path, in order; empty ones (texts without content) are left out."""
    found = [tree]
    for name in path:
        found = [one for outer in found if isinstance(outer, dict) for one in outer.get(name, [])]
    return [one for one in found if one != "" and one != {}]


def one(tree: Any, *path: str) -> Any:
    """The first element at a path, or an empty tree."""
    return next(iter(many(tree, *path)), {})


def text(tree: Any, *path: str) -> str:
    """The text at a path, or an empty one."""
    found = next(iter(many(tree, *path)), "")
    return found if isinstance(found, str) else ""
