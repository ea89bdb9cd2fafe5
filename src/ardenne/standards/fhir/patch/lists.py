"""Putting values into elements and lists, with the `_name` siblings of primitives kept in step."""

from __future__ import annotations

from typing import Any

from .content import Content


def _pair(owner: dict[str, Any], key: str) -> tuple[list[Any], list[Any]]:
    """Values and siblings of a list, of equal length."""
    values, extras = list(owner.get(key) or ()), list(owner.get("_" + key) or ())
    length = max(len(values), len(extras))
    values.extend([None] * (length - len(values)))
    extras.extend([None] * (length - len(extras)))
    return values, extras


def _store(owner: dict[str, Any], key: str, values: list[Any], extras: list[Any]) -> None:
    for name, items in ((key, values), ("_" + key, extras)):
        if any(item is not None for item in items):
            owner[name] = items
        else:
            owner.pop(name, None)


def insert_at(owner: dict[str, Any], key: str, index: int, content: Content) -> None:
    """Insert before `index` of a list, which is made when it does not exist."""
    values, extras = _pair(owner, key)
    values.insert(index, content.value)
    extras.insert(index, content.extra)
    _store(owner, key, values, extras)


def delete_at(owner: dict[str, Any], key: str, index: int | None) -> None:
    """Delete an element, or one item of a list; an empty list disappears."""
    if index is None:
        owner.pop(key, None)
        owner.pop("_" + key, None)
        return
    values, extras = _pair(owner, key)
    del values[index], extras[index]
    _store(owner, key, values, extras)


def move_within(owner: dict[str, Any], key: str, source: int, destination: int) -> None:
    """Take the item at `source` out and insert it at `destination`."""
    values, extras = _pair(owner, key)
    values.insert(destination, values.pop(source))
    extras.insert(destination, extras.pop(source))
    _store(owner, key, values, extras)


def put(owner: dict[str, Any], key: str, content: Content, index: int | None = None) -> None:
    """Set an element, or one item of a list."""
    if index is not None:
        values, extras = _pair(owner, key)
        values[index], extras[index] = content.value, content.extra
        _store(owner, key, values, extras)
        return
    for name, value in ((key, content.value), ("_" + key, content.extra)):
        if value is None:
            owner.pop(name, None)
        else:
            owner[name] = value


def without_empty(value: Any) -> Any:
    """The value without empty objects and arrays, which FHIR does not know: what a deletion
    leaves empty disappears with its content."""
    if isinstance(value, dict):
        kept = ((key, without_empty(one)) for key, one in value.items())
        return {key: one for key, one in kept if one != {} and one != []}
    if isinstance(value, list):
        return [one for one in map(without_empty, value) if one != {} and one != []]
    return value
