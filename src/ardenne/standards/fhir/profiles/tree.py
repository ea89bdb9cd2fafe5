"""A snapshot as a tree: what a profile asks of each element, and of each slice of it."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

Json = dict[str, Any]


class Node:
    """One element of a profile, with its children by name and its slices in order."""

    def __init__(self, element: Json, name: str, slice_name: str = "") -> None:
        self.element = element
        self.name = name
        self.slice_name = slice_name
        self.children: dict[str, Node] = {}
        self.slices: dict[str, Node] = {}

    @property
    def min(self) -> int:
        """The least number of occurrences."""
        return int(self.element.get("min", 0))

    @property
    def max(self) -> int | None:
        """The largest number of occurrences, None for any."""
        high = self.element.get("max", "*")
        return None if high == "*" else int(high)

    @property
    def types(self) -> list[Json]:
        """The types that the profile allows, with their profiles."""
        types: list[Json] = self.element.get("type", [])
        return types

    @cached_property
    def fixed(self) -> tuple[bool, Any]:
        """(True, value) when the element has a fixed value."""
        return self._stated("fixed")

    @cached_property
    def pattern(self) -> tuple[bool, Any]:
        """(True, value) when the element has a pattern."""
        return self._stated("pattern")

    def _stated(self, word: str) -> tuple[bool, Any]:
        for key, value in self.element.items():
            if key.startswith(word) and key[len(word) : len(word) + 1].isupper():
                return True, value
        return False, None

    def descendants(self) -> Iterator["Node"]:
        """This node and all below it, slices included."""
        yield self
        for below in (*self.children.values(), *self.slices.values()):
            yield from below.descendants()


def build(elements: list[Json]) -> Node:
    """The tree of a snapshot. Elements whose parents are missing hang on the nearest one."""
    root = Node(elements[0], elements[0]["path"])
    for element in elements[1:]:
        parts = str(element.get("id") or element["path"]).split(".")[1:]
        node = root
        for depth, part in enumerate(parts):
            last = depth == len(parts) - 1
            node = _step(node, part, element if last else None)
    _share(root)
    return root


def _step(node: Node, part: str, element: Json | None) -> Node:
    name, _, slice_name = part.partition(":")
    child = node.children.get(name)
    if child is None:
        child = node.children[name] = Node(element or {"path": name}, name)
    elif element is not None and not slice_name:
        child.element = element
    if slice_name:
        if slice_name not in child.slices:
            child.slices[slice_name] = Node(element or child.element, name, slice_name)
        elif element is not None:
            child.slices[slice_name].element = element
        return child.slices[slice_name]
    return child


def _share(node: Node) -> None:
    """A slice that does not spell out its children has those of its element."""
    for child in node.children.values():
        for piece in child.slices.values():
            for name, inner in child.children.items():
                piece.children.setdefault(name, inner)
            _share(piece)
        _share(child)
