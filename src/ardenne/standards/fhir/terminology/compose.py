"""A value set's definition, read and checked: includes, excludes and the value sets that they build on.

Source: FHIR R4, ValueSet.compose and "Value set expansion"; rules vsd-1 to vsd-3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from ardenne.standards.fhir.terminology.concepts import Json, canonical, dicts, strings, text_of
from ardenne.standards.fhir.terminology.messages import Finding, TerminologyError, finding, refusal
from ardenne.standards.fhir.terminology.scope import MOST_NESTED, Scope
from ardenne.standards.fhir.terminology.statuses import Doubt, doubt
from ardenne.standards.fhir.terminology.system import Filter

MOST_VALUE_SETS: Final = 1000


class Include(msgspec.Struct, frozen=True, eq=False):
    """One include or exclude."""

    system: str
    version: str
    concepts: dict[str, Json] | None
    """the codes listed, with what is said about each; None when none are listed"""
    filters: tuple[Filter, ...]
    imports: tuple[Definition, ...]
    """value sets that a code must be in as well"""
    missing: tuple[Finding, ...] = ()
    """value sets that are not known here"""


class Definition(msgspec.Struct, frozen=True, eq=False):
    """A value set, ready to be expanded or asked."""

    value_set: Json
    reference: str
    """url|version, "" for a value set without URL"""
    includes: tuple[Include, ...]
    excludes: tuple[Include, ...]
    inactive: bool
    """whether inactive concepts belong to it"""

    @property
    def label(self) -> str:
        """How messages name it."""
        return self.reference or "(unidentified)"

    def parts(self) -> tuple[Include, ...]:
        """Includes and excludes."""
        return self.includes + self.excludes


class Reading:
    """Reads a value set with everything that it builds on."""

    def __init__(self, scope: Scope, tolerant: bool = False) -> None:
        self.scope = scope
        self.tolerant = tolerant
        """whether an unknown imported value set is noted and not an error"""
        self.doubts: list[Doubt] = []
        self.imported: list[str] = []
        """canonical references of the value sets that were imported"""
        self._done: dict[int, Definition] = {}
        self._user: Json = {}

    def read(self, value_set: Json) -> Definition:
        """The definition. Raises TerminologyError for cycles, broken filters, what is not known."""
        self._user = value_set
        self.scope.use_supplements_of(value_set)
        found = doubt(value_set)
        if found is not None:
            self.doubts.append(found)
        return self._read(value_set, (), dicts(value_set.get("contained")))

    def _read(self, value_set: Json, above: tuple[str, ...], contained: Sequence[Json]) -> Definition:
        if id(value_set) in self._done:
            return self._done[id(value_set)]
        reference = canonical(text_of(value_set.get("url")), text_of(value_set.get("version")))
        if reference and reference in above:
            raise refusal("VALUESET_CIRCULAR_REFERENCE", reference, ", ".join((*above[1:], reference)))
        if len(above) > MOST_NESTED or len(self._done) > MOST_VALUE_SETS:
            raise refusal("too-deep", "value set", MOST_NESTED)
        path = (*above, reference or f"#{value_set.get('id', '')}")
        compose = value_set.get("compose")
        if not isinstance(compose, dict):
            definition = _from_expansion(value_set, reference)
        else:
            parts = []
            for name in ("include", "exclude"):
                stated = enumerate(dicts(compose.get(name)))
                parts.append(tuple(self._part(each, name, place, path, contained) for place, each in stated))
            inactive = compose.get("inactive") is not False
            definition = Definition(value_set, reference, parts[0], parts[1], inactive)
        self._done[id(value_set)] = definition
        return definition

    def _part(
        self, stated: Json, name: str, number: int, path: tuple[str, ...], contained: Sequence[Json]
    ) -> Include:
        place = f"ValueSet.compose.{name}[{number}]"
        system = text_of(stated.get("system"))
        references = strings(stated.get("valueSet"))
        if not system and not references:
            raise refusal("include-empty", path[-1], place=place)
        imports: list[Definition] = []
        missing: list[Finding] = []
        for reference in references:
            try:
                imports.append(self._import(reference, path, contained))
            except TerminologyError as error:
                if not self.tolerant or not error.is_missing:
                    raise
                missing.extend(error.findings)
        listed = dicts(stated.get("concept"))
        return Include(
            system,
            text_of(stated.get("version")),
            {text_of(each.get("code")): each for each in listed} if "concept" in stated else None,
            tuple(
                _filter(each, system, f"{place}.filter[{at}]")
                for at, each in enumerate(dicts(stated.get("filter")))
            ),
            tuple(imports),
            tuple(missing),
        )

    def _import(self, reference: str, path: tuple[str, ...], contained: Sequence[Json]) -> Definition:
        value_set = self.scope.value_set(reference, contained)
        if not reference.startswith("#"):
            contained = dicts(value_set.get("contained"))
            self.scope.use_supplements_of(value_set)
            name = canonical(text_of(value_set.get("url")), text_of(value_set.get("version")))
            if name not in self.imported:
                self.imported.append(name)
                found = doubt(value_set, self._user)
                if found is not None:
                    self.doubts.append(found)
        return self._read(value_set, path, contained)


def _filter(stated: Json, system: str, place: str) -> Filter:
    name, operator = text_of(stated.get("property")), text_of(stated.get("op"))
    value = stated.get("value")
    if not isinstance(value, str) or not value:
        raise TerminologyError(
            finding("UNABLE_TO_HANDLE_SYSTEM_FILTER_WITH_NO_VALUE", system, name, operator, place=place)
        )
    return Filter(name, operator, value)


def _from_expansion(value_set: Json, reference: str) -> Definition:
    """A value set that is known only by an expansion: its codes, as if they were listed."""
    expansion = value_set.get("expansion")
    if not isinstance(expansion, dict):
        raise refusal("no-definition", reference or "(unidentified)")
    groups: dict[tuple[str, str], dict[str, Json]] = {}
    left = list(reversed(dicts(expansion.get("contains"))))
    while left:
        each = left.pop()
        left.extend(reversed(dicts(each.get("contains"))))
        code = text_of(each.get("code"))
        if code and each.get("abstract") is not True:
            key = (text_of(each.get("system")), text_of(each.get("version")))
            kept: Json = {name: each[name] for name in ("code", "display", "designation") if name in each}
            groups.setdefault(key, {})[code] = kept
    parts = tuple(
        Include(system, version, listed, (), ()) for (system, version), listed in groups.items() if system
    )
    return Definition(value_set, reference, parts, (), True)


def system_parts(definition: Definition) -> list[Include]:
    """The includes that draw from code systems, of the value set and of those that it builds on."""
    found: list[Include] = []
    seen: set[int] = set()
    left = [definition]
    while left:
        current = left.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        for part in current.includes:
            if part.system:
                found.append(part)
            else:
                left.extend(part.imports)
    return found
