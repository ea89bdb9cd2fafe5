"""What the engine asks of a code system, whether it is a resource in memory or a table of 350,000 rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from ardenne.standards.fhir.terminology.concepts import Concept, Json


class Filter(msgspec.Struct, frozen=True):
    """One filter of a ValueSet include."""

    property: str
    operator: str
    value: str


class UnknownFilter(ValueError):
    """The code system has no such filter; the text says what there is."""


class System(Protocol):
    """One version of a code system.

    Concepts come in the order of their definition, parents before their children.
    """

    @property
    def url(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def header(self) -> Json:
        """The CodeSystem resource without its concepts."""

    @property
    def language(self) -> str:
        """Language of the displays, "" when not stated."""

    @property
    def case_sensitive(self) -> bool: ...
    @property
    def content(self) -> str:
        """complete, fragment, example, not-present (FHIR: codesystem-content-mode)."""

    @property
    def supplements(self) -> Sequence[str]:
        """The supplements that are part of this view, as url|version."""

    @property
    def property_uris(self) -> Mapping[str, str]:
        """The defined properties: code -> URI ("" when it has none)."""

    def find(self, code: str) -> Concept | None:
        """The concept; without regard to case when the system has none."""

    def find_many(self, codes: Sequence[str]) -> Mapping[str, Concept]:
        """The concepts of those codes that the system has, by the code as it was asked."""

    def select(
        self,
        filters: Sequence[Filter],
        text: str = "",
        *,
        active: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> Iterator[Concept]:
        """The concepts that pass all filters and have all words of `text`; only active ones when `active`.

        Raises UnknownFilter.
        """

    def count(self, filters: Sequence[Filter], text: str = "", *, active: bool = False) -> int | None:
        """How many `select` would give, when that is known without running it. Raises UnknownFilter."""

    def passes(self, concept: Concept, filters: Sequence[Filter]) -> bool:
        """Whether a concept of this system passes all filters. Raises UnknownFilter."""

    def subsumes(self, above: str, below: str) -> bool:
        """Whether one concept is a true ancestor of the other."""

    def children(self, code: str) -> Sequence[str]:
        """Codes of the direct descendants."""

    def related(self, code: str, *, upward: bool) -> Iterator[str]:
        """Codes of all ancestors or descendants, each once, without the code itself."""

    def with_supplements(self, supplements: Sequence[Json]) -> System:
        """The same system with what supplements add to it."""


def words_match(concept: Concept, text: str) -> bool:
    """Whether the code, the display or a designation holds every word of the text, in any order."""
    wanted = text.casefold().split()
    if not wanted:
        return True
    for name in (concept.code, concept.display, *(each.value for each in concept.designations)):
        if contains_words(name, wanted):
            return True
    return False


def contains_words(name: str, wanted: list[str]) -> bool:
    """Whether a name contains all (case-folded) words."""
    folded = name.casefold()
    return all(word in folded for word in wanted)
