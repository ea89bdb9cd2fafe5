"""Code systems that are defined by a grammar and not by a list: UCUM, languages (BCP 47), media types (BCP 13)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from ardenne.standards.fhir.path import ucum
from ardenne.standards.fhir.terminology.concepts import Concept, Json
from ardenne.standards.fhir.terminology.system import Filter, System, UnknownFilter

UCUM: Final = "http://unitsofmeasure.org"
_LANGUAGE: Final = re.compile(
    r"[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(?:-[A-Za-z0-9]-[A-Za-z0-9-]+)*"
)
_MEDIA_TYPE: Final = re.compile(r"[\w.+*-]{1,127}/[\w.+*-]{1,127}(?:\s*;.{0,500})?")
_LONGEST: Final = 500


class GrammarSystem:
    """A code system of all texts that its grammar accepts. It has no order, no hierarchy and no list."""

    def __init__(self, url: str, name: str, accepts: Callable[[str], bool], case_sensitive: bool) -> None:
        self.url = url
        self.version = ""
        self.language = ""
        self.case_sensitive = case_sensitive
        self.content = "complete"
        self.supplements: Sequence[str] = ()
        self.property_uris: Mapping[str, str] = {}
        self.header: Json = {"resourceType": "CodeSystem", "url": url, "name": name, "status": "active"}
        self._accepts = accepts

    def find(self, code: str) -> Concept | None:
        """The concept of a text that the grammar accepts; its name is the text itself."""
        if not code or len(code) > _LONGEST or not self._accepts(code):
            return None
        return Concept(code, code)

    def find_many(self, codes: Sequence[str]) -> Mapping[str, Concept]:
        """Those of the codes that the grammar accepts."""
        found = {code: self.find(code) for code in codes}
        return {code: concept for code, concept in found.items() if concept is not None}

    def select(
        self,
        filters: Sequence[Filter],
        text: str = "",
        *,
        active: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> Iterator[Concept]:
        """Raises UnknownFilter: there is no list of all codes."""
        raise UnknownFilter("the code system is a grammar: its codes cannot be listed, only checked")

    def count(self, filters: Sequence[Filter], text: str = "", *, active: bool = False) -> int | None:
        """Raises UnknownFilter: there is no end of codes."""
        raise UnknownFilter("the code system is a grammar: its codes cannot be counted")

    def passes(self, concept: Concept, filters: Sequence[Filter]) -> bool:
        """Whether a code passes; of UCUM by the dimension that it shares ("canonical" = "m")."""
        return all(self._passes(concept.code, each) for each in filters)

    def _passes(self, code: str, asked: Filter) -> bool:
        if asked.property in ("code", "concept") and asked.operator in ("=", "in"):
            return code in asked.value.split(",")
        if self.url == UCUM and asked.property == "canonical" and asked.operator == "=":
            one, other = ucum.measure(code), ucum.measure(asked.value)
            return one is not None and other is not None and one.dimensions == other.dimensions
        raise UnknownFilter(f"the code system has no filter '{asked.property} {asked.operator}'")

    def subsumes(self, above: str, below: str) -> bool:
        """No code is above another."""
        return False

    def children(self, code: str) -> Sequence[str]:
        """No code is below another."""
        return ()

    def related(self, code: str, *, upward: bool) -> Iterator[str]:
        """No code is above or below another."""
        return iter(())

    def with_supplements(self, supplements: Sequence[Json]) -> System:
        """The same system: a grammar takes no supplements."""
        return self


GRAMMARS: Final[dict[str, System]] = {
    each.url: each
    for each in (
        GrammarSystem(UCUM, "UCUM", lambda code: ucum.measure(code) is not None, True),
        GrammarSystem(
            "urn:ietf:bcp:47", "Languages", lambda code: _LANGUAGE.fullmatch(code) is not None, False
        ),
        GrammarSystem(
            "urn:ietf:bcp:13", "MediaTypes", lambda code: _MEDIA_TYPE.fullmatch(code) is not None, False
        ),
    )
}
