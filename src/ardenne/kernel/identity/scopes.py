"""SMART scopes, version 2 (SMART App Launch 2.2, "Scopes for requesting FHIR resources"), version 1 mapped.

``patient|user|system / Type|* . cruds [? query]``, for example ``patient/Observation.rs?category=laboratory``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

import msgspec

LETTERS = "cruds"
"""create, read (with vread), update (with patch), delete, search (with history), always in this order."""
FREE = frozenset(
    {
        "openid",
        "fhirUser",
        "profile",
        "launch",
        "launch/patient",
        "launch/encounter",
        "offline_access",
        "online_access",
    }
)
"""Scopes that are not about resources."""
_FORM = re.compile(r"(patient|user|system)/([A-Z][A-Za-z]{1,63}|\*)\.([a-z*]{1,10})(?:\?([^\s\"\\]{1,500}))?")
_WORDS = {
    "read": "rs",
    "write": "cud",
    "*": LETTERS,
    "create": "c",
    "update": "u",
    "delete": "d",
    "search": "s",
}
"""Version 1, and the single words that the European interface specification writes."""
_MOST = 100


class ScopeError(ValueError):
    """A scope that is not written as it must be."""


class Scope(msgspec.Struct, frozen=True):
    """A scope over resources. ``type`` "*" is any; ``query`` limits to resources that match all its pairs."""

    level: str
    type: str
    letters: str
    query: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.query)
        return f"{self.level}/{self.type}.{self.letters}{'?' if query else ''}{query}"


def parse(text: str) -> Scope | str:
    """Return one scope: a Scope over resources, or the name of a free one. Raises ScopeError."""
    if text in FREE:
        return text
    found = _FORM.fullmatch(text)
    if found is None:
        raise ScopeError(f"the scope '{text[:100]}' is not known here")
    letters = _WORDS.get(found[3], found[3])
    # the letters stand in a fixed order and each once ("dus" is no scope)
    if letters != "".join(one for one in LETTERS if one in letters):
        raise ScopeError(f"the scope '{text[:100]}': letters of {LETTERS} in this order")
    query = tuple(sorted(parse_qsl(found[4], keep_blank_values=True))) if found[4] else ()
    if found[4] and not query:
        raise ScopeError(f"the scope '{text[:100]}': its query is empty")
    return Scope(found[1], found[2], letters, query)


def split(text: str) -> list[str]:
    """Return the scopes of a request in their order, each once. Raises ScopeError."""
    found = list(dict.fromkeys(text.split()))
    if len(found) > _MOST:
        raise ScopeError(f"more than {_MOST} scopes")
    for one in found:
        parse(one)
    return found


def within(asked: str, allowed: Iterable[str]) -> tuple[str, ...]:
    """Return what remains of a scope under a list of allowed ones: empty, itself, or narrower ones."""
    wanted = parse(asked)
    if isinstance(wanted, str):
        return (wanted,) if wanted in set(allowed) else ()
    found: dict[str, None] = {}
    for one in allowed:
        limit = parse(one)
        if isinstance(limit, Scope):
            common = _common(wanted, limit)
            if common is not None:
                found[str(common)] = None
    return _widest(found)


def narrowed(asked: Iterable[str], allowed: Iterable[str]) -> tuple[str, ...]:
    """Return what remains of a list of scopes under a list of allowed ones."""
    limits = tuple(allowed)
    return tuple(dict.fromkeys(part for one in asked for part in within(one, limits)))


def covered(asked: Iterable[str], allowed: Iterable[str]) -> bool:
    """Tell whether nothing in ``asked`` goes beyond ``allowed``."""
    limits = tuple(allowed)
    return all(_covered(one, limits) for one in asked)


def permits(
    scopes: Iterable[str], level: str, resource_type: str, letter: str
) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return the queries under which scopes of a level open an interaction with a type.

    Empty: it is not open. An empty query among them: without limit. Else a resource must match one of
    the queries, all pairs of it.
    """
    found = []
    for text in scopes:
        scope = parse(text)
        if (
            isinstance(scope, Scope)
            and scope.level == level
            and scope.type in ("*", resource_type)
            and letter in scope.letters
        ):
            found.append(scope.query)
    return ((),) if () in found else tuple(found)


def _common(one: Scope, other: Scope) -> Scope | None:
    if one.level != other.level or (one.type != other.type and "*" not in (one.type, other.type)):
        return None
    letters = "".join(letter for letter in one.letters if letter in other.letters)
    if not letters:
        return None
    chosen = one.type if other.type == "*" else other.type
    return Scope(one.level, chosen, letters, tuple(sorted({*one.query, *other.query})))


def _widest(found: Iterable[str]) -> tuple[str, ...]:
    """Leave out what another one contains."""
    parsed = [scope for scope in map(parse, found) if isinstance(scope, Scope)]
    kept = [one for one in parsed if not any(other != one and _contains(other, one) for other in parsed)]
    return tuple(str(one) for one in kept)


def _contains(wide: Scope, narrow: Scope) -> bool:
    return (
        wide.level == narrow.level
        and wide.type in ("*", narrow.type)
        and set(narrow.letters) <= set(wide.letters)
        and set(wide.query) <= set(narrow.query)
    )


def _covered(asked: str, allowed: tuple[str, ...]) -> bool:
    wanted = parse(asked)
    if isinstance(wanted, str):
        return wanted in allowed
    limits = [scope for scope in map(parse, allowed) if isinstance(scope, Scope)]
    return all(
        any(_contains(limit, Scope(wanted.level, wanted.type, letter, wanted.query)) for limit in limits)
        for letter in wanted.letters
    )
