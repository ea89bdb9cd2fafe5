"""Steps of a path: names, `$this` and its kin, the indexer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .coercion import EMPTY, Evaluate
from .equality import type_name
from .errors import FhirPathExecutionError
from .nodes import Collection, Element
from .scope import Scope


def start(name: str) -> Callable[[Collection], Collection]:
    """The first name of a path: the type of the context (`Patient`), or one of its elements."""
    member = members((name,))
    if not name[:1].isupper():
        return member

    def run(items: Collection) -> Collection:
        out: Collection = []
        for item in items:
            if type(item) is Element and item.type.is_a(name):
                out.append(item)
            else:
                out.extend(member([item]))
        return out

    return run


def members(names: tuple[str, ...]) -> Callable[[Collection], Collection]:
    """The elements reached by one name after the other."""

    def run(items: Collection) -> Collection:
        for name in names:
            out: Collection = []
            for item in items:
                if type(item) is Element:
                    read = item.type.readers[name]
                    if read is not None:
                        read(item, out)
            if not out:
                return EMPTY
            items = out
        return items

    return run


def _index(this: Collection, scope: Scope) -> Collection:
    return [scope.index or 0]


def _total(this: Collection, scope: Scope) -> Collection:
    if scope.total is None:
        raise FhirPathExecutionError("$total has a meaning inside aggregate() only")
    return scope.total


SPECIALS: Final[dict[str, Evaluate]] = {"this": lambda this, scope: this, "index": _index, "total": _total}


def at(items: Collection, place: Any) -> Collection:
    if place is None:
        return EMPTY
    if not isinstance(place, int) or type(place) is bool:
        raise FhirPathExecutionError(f"an index is an Integer, not a {type_name(place)}")
    return [items[place]] if 0 <= place < len(items) else EMPTY
