"""Codes that a modifier stands for: ``:in``, ``:not-in``, ``:above``, ``:below``.

A query is translated without waiting. Where it needs codes that are not known yet, translation stops with
CodesWanted; the searcher asks terminology and translates again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ardenne.kernel.search.errors import SearchError

Pairs = list[tuple[str, str]]


class Wanted(NamedTuple):
    """What codes are wanted: the members of a value set, or a code with its kin."""

    value_set: str = ""
    system: str = ""
    code: str = ""
    upward: bool = False


class CodesWanted(SearchError):
    """The codes must be looked up first."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(
            wanted.value_set or f"{wanted.system}|{wanted.code}",
            "modifiers that need terminology are not answered here",
            "not-supported",
        )
        self.wanted = wanted


class KnownCodes:
    """The codes that were looked up for one query; an error stands for what could not be."""

    def __init__(self, found: Mapping[Wanted, Pairs | LookupError] | None = None) -> None:
        self._found = found or {}

    def in_value_set(self, url: str) -> Pairs:
        """Return system and code of every member. Raises LookupError with a reason, CodesWanted."""
        return self._known(Wanted(value_set=url))

    def subsumed(self, system: str, code: str, *, upward: bool) -> Pairs:
        """Return the code with its descendants (or ancestors). Raises LookupError, CodesWanted."""
        return self._known(Wanted("", system, code, upward))

    def _known(self, wanted: Wanted) -> Pairs:
        found = self._found.get(wanted)
        if found is None:
            raise CodesWanted(wanted)
        if isinstance(found, LookupError):
            raise found
        return found
