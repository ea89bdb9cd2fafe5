"""A code system whose concepts are listed in a CodeSystem resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

import msgspec

from ardenne.standards.fhir.terminology import filters as rules
from ardenne.standards.fhir.terminology.concepts import (
    Concept,
    Designation,
    Json,
    canonical,
    designation,
    dicts,
    standards_status,
    strings,
    text_of,
    value_of,
)
from ardenne.standards.fhir.terminology.messages import refusal
from ardenne.standards.fhir.terminology.system import Filter, System, words_match

DEEPEST: Final = 100
_MOST_TESTS: Final = 64
_CONCEPT_PROPERTIES: Final = "http://hl7.org/fhir/concept-properties#"
_PARENT_URIS: Final = frozenset({_CONCEPT_PROPERTIES + "parent"})
_CHILD_URIS: Final = frozenset({_CONCEPT_PROPERTIES + "child"})
_INACTIVE: Final = frozenset({"retired", "inactive", "withdrawn"})


class ListedSystem:
    """One CodeSystem resource, read once, with the supplements that are asked for."""

    def __init__(self, resource: Json, supplements: Sequence[Json] = ()) -> None:
        self._resource = resource
        self.header = {key: value for key, value in resource.items() if key not in ("concept", "text")}
        self.url = text_of(resource.get("url"))
        self.version = text_of(resource.get("version"))
        self.language = text_of(resource.get("language"))
        self.case_sensitive = resource.get("caseSensitive") is not False
        self.content = text_of(resource.get("content")) or "complete"
        self.supplements = tuple(
            canonical(text_of(each.get("url")), text_of(each.get("version"))) for each in supplements
        )
        self._properties: dict[str, str] = {}
        for holder in (resource, *supplements):
            for stated in dicts(holder.get("property")):
                self._properties.setdefault(text_of(stated.get("code")), text_of(stated.get("uri")))
        self._additions = _additions(supplements)
        self.concepts: dict[str, Concept] = {}
        self._read(resource)
        self._tests: dict[tuple[Filter, ...], rules.Test] = {}
        self._children: dict[str, list[str]] | None = None
        self._folded: dict[str, str] | None = None
        self._order: list[Concept] | None = None

    @property
    def property_uris(self) -> Mapping[str, str]:
        """The defined properties: code -> URI."""
        return self._properties

    def _role(self, name: str) -> frozenset[str]:
        """The codes of the properties that play a role of the standard ("notSelectable", "status")."""
        uri = _CONCEPT_PROPERTIES + name
        named = frozenset(code for code, found in self._properties.items() if found == uri)
        # a code that is declared to mean something else does not play the role
        return named or (frozenset() if self._properties.get(name) else frozenset({name}))

    def _read(self, resource: Json) -> None:
        status, inactive = self._role("status"), self._role("inactive")
        abstract = self._role("notSelectable")
        parent_codes = {"parent", "subsumedBy"} | _named(self._properties, _PARENT_URIS)
        child_codes = {"child"} | _named(self._properties, _CHILD_URIS)
        below: dict[str, list[str]] = {}
        stack = [(each, "", 0) for each in reversed(dicts(resource.get("concept")))]
        while stack:
            stated, parent, depth = stack.pop()
            if depth > DEEPEST:
                raise refusal("too-deep", f"code system {self.url}", DEEPEST)
            code = text_of(stated.get("code"))
            if not code:
                continue
            stack.extend((each, code, depth + 1) for each in reversed(dicts(stated.get("concept"))))
            parents = [parent] if parent else []
            for held in dicts(stated.get("property")):
                value = value_of(held)
                value = text_of(value.get("code")) if isinstance(value, dict) else value
                if held.get("code") in parent_codes and isinstance(value, str):
                    parents.append(value)
                elif held.get("code") in child_codes and isinstance(value, str):
                    below.setdefault(value, []).append(code)
            self._keep(_concept(stated, parents, (status, inactive, abstract), self._additions.get(code)))
        for code, extra in below.items():
            found = self.concepts.get(code)
            if found is not None:
                parents = list(dict.fromkeys((*found.parents, *extra)))
                self.concepts[code] = msgspec.structs.replace(found, parents=tuple(parents))

    def _keep(self, concept: Concept) -> None:
        before = self.concepts.get(concept.code)
        if before is not None:
            # listed twice: once under each parent
            concept = msgspec.structs.replace(
                before, parents=tuple(dict.fromkeys((*before.parents, *concept.parents)))
            )
        self.concepts[concept.code] = concept

    def find(self, code: str) -> Concept | None:
        """The concept; without regard to case when the system has none."""
        found = self.concepts.get(code)
        if found is not None or self.case_sensitive:
            return found
        if self._folded is None:
            self._folded = {each.casefold(): each for each in reversed(self.concepts)}
        return self.concepts.get(self._folded.get(code.casefold(), ""))

    def find_many(self, codes: Sequence[str]) -> Mapping[str, Concept]:
        """The concepts of those codes that the system has."""
        found = {code: self.find(code) for code in codes}
        return {code: concept for code, concept in found.items() if concept is not None}

    def _ordered(self) -> list[Concept]:
        """Definition order with parents first, also where parents are only named by a property."""
        if self._order is None:
            seen: set[str] = set()
            ordered: list[Concept] = []
            starts = [code for code, each in self.concepts.items() if not self._known(each.parents)]
            stack = [*reversed(self.concepts), *reversed(starts)]
            while stack:
                code = stack.pop()
                if code in seen:
                    continue
                seen.add(code)
                ordered.append(self.concepts[code])
                stack.extend(child for child in reversed(self.children(code)) if child not in seen)
            self._order = ordered
        return self._order

    def _known(self, codes: Sequence[str]) -> list[str]:
        return [code for code in codes if code in self.concepts]

    def select(
        self,
        filters: Sequence[Filter],
        text: str = "",
        *,
        active: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> Iterator[Concept]:
        """The concepts that pass all filters and have all words of `text`. Raises UnknownFilter."""
        found = self._passing(self._test(filters), text, active)
        return islice(found, offset, None if limit is None else offset + limit)

    def _passing(self, test: rules.Test, text: str, active: bool) -> Iterator[Concept]:
        for concept in self._ordered():
            if active and concept.inactive:
                continue
            if (not text or words_match(concept, text)) and test(concept):
                yield concept

    def count(self, filters: Sequence[Filter], text: str = "", *, active: bool = False) -> int | None:
        """The number of all concepts; a narrower question is answered by `select`."""
        return None if filters or text or active else len(self.concepts)

    def passes(self, concept: Concept, filters: Sequence[Filter]) -> bool:
        """Whether a concept passes all filters. Raises UnknownFilter."""
        return self._test(filters)(concept)

    def _test(self, filters: Sequence[Filter]) -> rules.Test:
        key = tuple(filters)
        found = self._tests.get(key)
        if found is None:
            if len(self._tests) >= _MOST_TESTS:
                self._tests.clear()
            found = self._tests[key] = rules.compiled(self, filters)
        return found

    def children(self, code: str) -> Sequence[str]:
        """Codes of the direct descendants."""
        if self._children is None:
            self._children = {}
            for each in self.concepts.values():
                for parent in each.parents:
                    self._children.setdefault(parent, []).append(each.code)
        return self._children.get(code, ())

    def related(self, code: str, *, upward: bool) -> Iterator[str]:
        """Codes of all ancestors or descendants, each once, without the code itself."""
        seen = {code}
        left = [code]
        while left:
            current = left.pop()
            concept = self.concepts.get(current)
            steps = (concept.parents if concept else ()) if upward else self.children(current)
            for step in steps:
                if step not in seen:
                    seen.add(step)
                    left.append(step)
                    yield step

    def subsumes(self, above: str, below: str) -> bool:
        """Whether one concept is a true ancestor of the other."""
        return above != below and above in self.related(below, upward=True)

    def with_supplements(self, supplements: Sequence[Json]) -> System:
        """The same system with what supplements add to it."""
        return ListedSystem(self._resource, supplements) if supplements else self


def _named(properties: Mapping[str, str], uris: frozenset[str]) -> set[str]:
    return {code for code, uri in properties.items() if uri in uris}


def _additions(supplements: Sequence[Json]) -> dict[str, list[tuple[Json, str]]]:
    """What supplements say by code, each with the supplement that says it."""
    found: dict[str, list[tuple[Json, str]]] = {}
    for supplement in supplements:
        name = canonical(text_of(supplement.get("url")), text_of(supplement.get("version")))
        left = dicts(supplement.get("concept"))
        while left:
            stated = left.pop()
            found.setdefault(text_of(stated.get("code")), []).append((stated, name))
            left.extend(dicts(stated.get("concept")))
    return found


Roles = tuple[frozenset[str], frozenset[str], frozenset[str]]
"""Codes of the properties for status, inactivity and abstractness."""


def _concept(
    stated: Json, parents: list[str], roles: Roles, additions: list[tuple[Json, str]] | None
) -> Concept:
    names: list[Designation | None] = [designation(each) for each in dicts(stated.get("designation"))]
    properties = dicts(stated.get("property"))
    extensions = dicts(stated.get("extension"))
    for addition, source in additions or ():
        names += [designation(each, source) for each in dicts(addition.get("designation"))]
        properties = properties + dicts(addition.get("property"))
        extensions = extensions + dicts(addition.get("extension"))
    status = standards_status(extensions)
    inactive = abstract = False
    for held in properties:
        code, value = held.get("code"), value_of(held)
        value = value.get("code") if isinstance(value, dict) else value
        if code in roles[0] and isinstance(value, str):
            status = value
            inactive = inactive or value in _INACTIVE
        elif code in roles[1]:
            inactive = inactive or value in (True, "true")
        elif code in roles[2]:
            abstract = abstract or value in (True, "true")
    return Concept(
        text_of(stated.get("code")),
        text_of(stated.get("display")),
        text_of(stated.get("definition")),
        tuple(name for name in names if name is not None),
        tuple(properties),
        tuple(extensions),
        tuple(dict.fromkeys(strings(parents))),
        status if status != "active" else "",
        inactive,
        abstract,
    )
