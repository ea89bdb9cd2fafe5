"""$expand: the codes of a value set (FHIR R4, ValueSet/$expand; properties of concepts as in R5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Final
from uuid import uuid4

from ardenne.standards.fhir.terminology import presentation, versions
from ardenne.standards.fhir.terminology.compose import Definition, Include, Reading
from ardenne.standards.fhir.terminology.concepts import Concept, Json, canonical, text_of
from ardenne.standards.fhir.terminology.membership import holds, is_excluded, not_understood
from ardenne.standards.fhir.terminology.messages import TerminologyError, finding, refusal
from ardenne.standards.fhir.terminology.parameters import Inputs, set_parameters
from ardenne.standards.fhir.terminology.presentation import Entry
from ardenne.standards.fhir.terminology.scope import Choice, Scope, unknown_system
from ardenne.standards.fhir.terminology.source import Source
from ardenne.standards.fhir.terminology.statuses import Doubt, doubt
from ardenne.standards.fhir.terminology.system import System, UnknownFilter, contains_words, words_match

MOST_COUNTED: Final = 1_000_000
"""Concepts that are looked at to tell the total of a paged expansion."""


class Expander:
    """One expansion."""

    def __init__(self, source: Source, inputs: Inputs, limit: int) -> None:
        self.scope = Scope(source, inputs)
        self.inputs = inputs
        self.limit = limit
        self.text = inputs.text("filter")
        self.active = inputs.flag("activeOnly") is True
        self.count = inputs.number("count")
        self.offset = inputs.number("offset")
        self.paged = self.count is not None or bool(self.offset)
        self.flat = inputs.flag("excludeNested") is True or self.paged
        self.used: dict[str, str] = {}
        """url|version of the code systems that were read -> content"""
        self.doubts: list[Doubt] = []
        self._value_set: Json = {}

    def expand(self, value_set: Json) -> Json:
        """The value set with its expansion. Raises TerminologyError."""
        self._value_set = value_set
        languages = self.inputs.languages(value_set)
        reading = Reading(self.scope)
        definition = reading.read(value_set)
        self.active = self.active or not definition.inactive
        self.doubts = reading.doubts
        entries, total = self._entries(definition)
        shown = presentation.Presentation(self.inputs, languages, _is_versioned(definition), self.flat)
        contains = shown.contains(entries)
        expansion: Json = {
            "identifier": f"urn:uuid:{uuid4()}",
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "total": total,
        }
        fragments = [name for name, content in self.used.items() if content == "fragment"]
        if fragments:
            expansion["extension"] = presentation.unclosed(fragments)
        if self.offset is not None:
            expansion["offset"] = self.offset
        expansion["parameter"] = self._parameters(reading.imported, fragments)
        if shown.properties:
            expansion["property"] = list(shown.properties.values())
        if contains:
            expansion["contains"] = contains
        return presentation.described(value_set, self.inputs.flag("includeDefinition") is True) | {
            "expansion": expansion
        }

    def _entries(self, definition: Definition) -> tuple[list[Entry], int]:
        """The entries of the page, and how many there are in all."""
        quick = self._single(definition)
        if quick is not None:
            return quick
        first = self.offset or 0
        found: list[Entry] = []
        total = 0
        for entry in self._all(definition, set()):
            if total >= first and (self.count is None or len(found) < self.count):
                found.append(entry)
            total += 1
            if total > (MOST_COUNTED if self.paged else self.limit):
                raise refusal("VALUESET_TOO_COSTLY", definition.label, self.limit)
        return found, total

    def _single(self, definition: Definition) -> tuple[list[Entry], int] | None:
        """A page of one code system, read by the code system itself; None when that is not possible."""
        if len(definition.includes) != 1 or definition.excludes or not self.paged:
            return None
        part = definition.includes[0]
        if not part.system or part.imports or part.concepts is not None or self._is_left_out(part):
            return None
        system = self._system(part, definition)
        if system.content == "not-present":
            return None
        try:
            total = system.count(part.filters, self.text, active=self.active)
            if total is None:
                return None
            concepts = system.select(
                part.filters, self.text, active=self.active, offset=self.offset or 0, limit=self.count
            )
            return [Entry(system, each, {}, False) for each in islice(concepts, self.limit)], total
        except UnknownFilter as error:
            raise not_understood(part.system, part.filters, error) from None

    def _all(self, definition: Definition, seen: set[tuple[str, str, str]]) -> Iterator[Entry]:
        for part in definition.excludes:
            if part.system:
                self._system(part, definition)
        for part in definition.includes:
            for entry in self._of_part(part, definition):
                key = (entry.system.url, entry.system.version, entry.concept.code)
                if key in seen or (self.active and entry.concept.inactive):
                    continue
                if is_excluded(self.scope, definition, entry.system, entry.concept):
                    continue
                seen.add(key)
                yield entry

    def _of_part(self, part: Include, definition: Definition) -> Iterator[Entry]:
        if part.system and self._is_left_out(part):
            return
        if part.system:
            found: Iterable[Entry] = self._of_system(part, definition)
            others = part.imports
        else:
            found = self._imported(part.imports[0])
            others = part.imports[1:]
        for entry in found:
            if all(holds(self.scope, other, entry.system, entry.concept) for other in others):
                yield entry

    def _is_left_out(self, part: Include) -> bool:
        """Whether the caller does not want this code system (exclude-system)."""
        for reference in self.inputs.texts("exclude-system"):
            url, version = versions.split(reference)
            if url == part.system and (not version or version == part.version):
                return True
        return False

    def _imported(self, definition: Definition) -> Iterator[Entry]:
        for entry in self._all(definition, set()):
            if definition.inactive or not entry.concept.inactive:
                yield entry._replace(nests=False)

    def _of_system(self, part: Include, definition: Definition) -> Iterator[Entry]:
        system = self._system(part, definition)
        if part.concepts is not None:
            yield from self._listed(part.concepts, system)
            return
        if system.content == "not-present":
            raise refusal("no-content", part.system, system.content)
        nests = not self.flat and not part.imports and (not self.text or bool(part.filters))
        try:
            for concept in system.select(part.filters, self.text, active=self.active):
                yield Entry(system, concept, {}, nests)
        except UnknownFilter as error:
            raise not_understood(part.system, part.filters, error) from None

    def _listed(self, listed: dict[str, Json], system: System) -> Iterator[Entry]:
        known = system.find_many(list(listed))
        for code, stated in listed.items():
            concept = known.get(code)
            if concept is None:
                if system.content not in ("not-present", "example"):
                    continue
                concept = Concept(code, text_of(stated.get("display")))
            words = self.text.casefold().split()
            if not words_match(concept, self.text) and not contains_words(
                text_of(stated.get("display")), words
            ):
                continue
            yield Entry(system, concept, stated, False)

    def _system(self, part: Include, definition: Definition) -> System:
        choice = self.scope.choose(part.system, part.version)
        if choice.system is None:
            raise TerminologyError(unknown_system(self.scope, part.system, choice.version, expanding=True))
        check_version(choice)
        system = choice.system
        name = canonical(system.url, system.version)
        if name not in self.used:
            self.used[name] = system.content
            found = doubt(system.header | {"resourceType": "CodeSystem"}, self._value_set)
            if found is not None:
                self.doubts.append(found)
        return system

    def _parameters(self, imported: list[str], fragments: list[str]) -> list[Json]:
        """What the expansion was made with: the caller's parameters and what was read."""
        found = [entry for entry in self.inputs.entries if entry["name"] in presentation.ECHOED]
        names = {entry["name"] for entry in found}
        for name, value in set_parameters(self._value_set):
            if name in presentation.ECHOED and name not in names and isinstance(value, str):
                found.append({"name": name, "valueCode": value})
                names.add(name)
        if "displayLanguage" not in names and self.inputs.languages(self._value_set).wanted:
            found.append(
                {"name": "displayLanguage", "valueCode": self.inputs.languages(self._value_set).text}
            )
        for rule, url, version in sorted(self.scope.used_rules):
            name = {"default": "system-version"}.get(rule, f"{rule}-system-version")
            found.append({"name": name, "valueUri": canonical(url, version)})
        for rule, url, version in sorted(self.scope.used_value_set_rules):
            found.append({"name": f"{rule}-valueset-version", "valueUri": canonical(url, version)})
        used = {
            "used-codesystem": list(self.used),
            "used-fragment": fragments,
            "used-supplement": list(self.scope.used_supplements),
            "used-valueset": imported,
        }
        found += [{"name": name, "valueUri": each} for name, all_used in used.items() for each in all_used]
        found += [{"name": f"warning-{each.status}", "valueUri": each.reference} for each in self.doubts]
        return found


def check_version(choice: Choice) -> None:
    """Raise TerminologyError when the version is not the one that the caller checks for."""
    if choice.is_refused and choice.system is not None:
        system = choice.system
        raise TerminologyError(finding("VALUESET_VERSION_CHECK", system.version, system.url, choice.expected))


def _is_versioned(definition: Definition) -> bool:
    """Whether codes must name their version: the definition speaks of several versions of a code system."""
    stated: dict[str, set[str]] = {}
    left = [definition]
    seen: set[int] = set()
    while left:
        current = left.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        for part in current.parts():
            if part.system and any(part is own for own in current.includes):
                stated.setdefault(part.system, set()).add(part.version)
            left.extend(part.imports)
    return any(len(each) > 1 for each in stated.values())


def expand(source: Source, parameters: Json, value_set: Json | None = None, *, header: str = "",
           limit: int = 10_000) -> Json:  # fmt: skip
    """The value set with its expansion.

    `value_set` is the one that the operation is called on; otherwise `parameters` names or holds it.
    `header` is the caller's Accept-Language; `limit` the most codes that are given without paging.
    Raises TerminologyError.
    """
    inputs = Inputs(parameters, header)
    expander = Expander(source, inputs, limit)
    return expander.expand(value_set or asked_for(expander.scope, inputs))


def asked_for(scope: Scope, inputs: Inputs) -> Json:
    """The value set that the parameters hold or name. Raises TerminologyError."""
    sent = inputs.resource("valueSet")
    if sent is not None:
        return sent
    url = inputs.text("url")
    if not url:
        raise refusal("parameter-missing", "name a value set (url) or send one (valueSet)")
    version = inputs.text("valueSetVersion")
    return scope.value_set(canonical(url, version) if version and "|" not in url else url)
