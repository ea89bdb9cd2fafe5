"""Codes for profile validation: the terminology engine behind `profiles.CodeChecker`."""

from __future__ import annotations

from ardenne.standards.fhir.profiles.codes import PublishedCodes
from ardenne.standards.fhir.terminology import versions
from ardenne.standards.fhir.terminology.compose import Definition, Include, Reading, system_parts
from ardenne.standards.fhir.terminology.concepts import Concept
from ardenne.standards.fhir.terminology.membership import holds
from ardenne.standards.fhir.terminology.messages import TerminologyError
from ardenne.standards.fhir.terminology.parameters import Inputs
from ardenne.standards.fhir.terminology.scope import Scope
from ardenne.standards.fhir.terminology.source import Source
from ardenne.standards.fhir.terminology.system import System


class TerminologyCodes:
    """Answers about codes from a source; None where the source does not know enough."""

    def __init__(self, source: Source) -> None:
        self._scope = Scope(source, Inputs({}))
        self._definitions: dict[str, Definition | None] = {}
        self._published = PublishedCodes()

    def known(self, system: str, code: str, version: str = "") -> bool | None:
        """Whether the code system has the code."""
        found = self._system(system, version)
        if found is None:
            return self._published.known(system, code, version)
        if found.find(code) is not None:
            return True
        return False if found.content == "complete" else None

    def displays(self, system: str, code: str) -> tuple[str, ...] | None:
        """The names that the code may be shown by."""
        found = self._system(system, "")
        concept = found.find(code) if found is not None else None
        if concept is None or found is None or (concept.display == code and not concept.designations):
            return None
        names = (concept.display, *(each.value for each in concept.designations if each.is_active))
        return tuple(name for name in names if name) or None

    def member(self, value_set: str, system: str, code: str) -> bool | None:
        """Whether the value set has the code; `system` "" for bare codes."""
        definition = self._definition(value_set)
        if definition is None:
            return None
        parts = system_parts(definition)
        systems = [system] if system else list(dict.fromkeys(part.system for part in parts))
        try:
            verdicts = [self._in(definition, parts, each, code) for each in systems]
        except TerminologyError:
            return None
        if True in verdicts:
            return True
        return None if None in verdicts or _is_open(definition) else False

    def _in(self, definition: Definition, parts: list[Include], url: str, code: str) -> bool | None:
        own = [part for part in parts if part.system == url]
        system = self._system(url, own[0].version if own else "")
        if system is None or system.content in ("not-present", "example"):
            listed = [part for part in own if part.concepts is not None]
            if any(code in (part.concepts or {}) for part in listed):
                return True if not definition.excludes else None
            return False if len(listed) == len(own) else None
        concept = system.find(code)
        if concept is None:
            return False if system.content == "complete" else None
        return holds(self._scope, definition, system, concept) or (
            concept.inactive and holds(self._scope, definition, system, _revived(concept))
        )

    def _system(self, url: str, version: str) -> System | None:
        if not url:
            return None
        return self._scope.choose(url, version, version).system

    def _definition(self, value_set: str) -> Definition | None:
        if value_set not in self._definitions:
            try:
                found = self._scope.value_set(value_set)
                definition: Definition | None = Reading(self._scope, tolerant=True).read(found)
            except TerminologyError:
                definition = None
                url, version = versions.split(value_set)
                if version:
                    # bindings name the version that the profile was written with; codes outlive it
                    definition = self._definition(url)
            self._definitions[value_set] = definition
        return self._definitions[value_set]


def _revived(concept: Concept) -> Concept:
    """The concept as if it were active: data outlive the activity of their codes."""
    return Concept(concept.code, concept.display, properties=concept.properties, parents=concept.parents)


def _is_open(definition: Definition) -> bool:
    """Whether something that the value set builds on is not known."""
    return any(part.missing for part in definition.parts())
