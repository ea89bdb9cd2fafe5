"""A code system with supplements, where its concepts are too many to be read at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ardenne.standards.fhir.terminology.concepts import Concept, Json, canonical, designation, dicts, text_of
from ardenne.standards.fhir.terminology.system import Filter, System


class Supplemented:
    """Adds names, properties and extensions to concepts as they are given out.

    Filters and the hierarchy stay those of the code system itself.
    """

    def __init__(self, system: System, supplements: Sequence[Json]) -> None:
        self._system = system
        self.url, self.version, self.language = system.url, system.version, system.language
        self.header, self.case_sensitive, self.content = system.header, system.case_sensitive, system.content
        self.supplements: Sequence[str] = tuple(
            canonical(text_of(each.get("url")), text_of(each.get("version"))) for each in supplements
        )
        self.property_uris: Mapping[str, str] = dict(system.property_uris)
        self._additions: dict[str, list[tuple[Json, str]]] = {}
        for supplement, name in zip(supplements, self.supplements, strict=True):
            own = {
                text_of(each.get("code")): text_of(each.get("uri"))
                for each in dicts(supplement.get("property"))
            }
            self.property_uris = own | dict(self.property_uris)
            left = dicts(supplement.get("concept"))
            while left:
                stated = left.pop()
                self._additions.setdefault(text_of(stated.get("code")), []).append((stated, name))
                left.extend(dicts(stated.get("concept")))

    def _more(self, concept: Concept) -> Concept:
        for stated, source in self._additions.get(concept.code, ()):
            names = (designation(each, source) for each in dicts(stated.get("designation")))
            concept = msgspec.structs.replace(
                concept,
                designations=(*concept.designations, *(name for name in names if name is not None)),
                properties=(*concept.properties, *dicts(stated.get("property"))),
                extensions=(*concept.extensions, *dicts(stated.get("extension"))),
            )
        return concept

    def find(self, code: str) -> Concept | None:
        """The concept with what the supplements say about it."""
        found = self._system.find(code)
        return None if found is None else self._more(found)

    def find_many(self, codes: Sequence[str]) -> Mapping[str, Concept]:
        """The concepts of those codes that the system has."""
        return {code: self._more(found) for code, found in self._system.find_many(codes).items()}

    def select(
        self,
        filters: Sequence[Filter],
        text: str = "",
        *,
        active: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> Iterator[Concept]:
        """The concepts that pass all filters. Raises UnknownFilter."""
        found = self._system.select(filters, text, active=active, offset=offset, limit=limit)
        return (self._more(concept) for concept in found)

    def count(self, filters: Sequence[Filter], text: str = "", *, active: bool = False) -> int | None:
        """How many `select` would give, when that is known without running it."""
        return self._system.count(filters, text, active=active)

    def passes(self, concept: Concept, filters: Sequence[Filter]) -> bool:
        """Whether a concept passes all filters. Raises UnknownFilter."""
        return self._system.passes(concept, filters)

    def subsumes(self, above: str, below: str) -> bool:
        """Whether one concept is a true ancestor of the other."""
        return self._system.subsumes(above, below)

    def children(self, code: str) -> Sequence[str]:
        """Codes of the direct descendants."""
        return self._system.children(code)

    def related(self, code: str, *, upward: bool) -> Iterator[str]:
        """Codes of all ancestors or descendants, each once, without the code itself."""
        return self._system.related(code, upward=upward)

    def with_supplements(self, supplements: Sequence[Json]) -> System:
        """The same system with further supplements."""
        return Supplemented(self, supplements) if supplements else self
