"""One request's view of the definitions: versions chosen by its rules, supplements that it uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ardenne.standards.fhir.terminology import versions
from ardenne.standards.fhir.terminology.concepts import Json, canonical, dicts, text_of
from ardenne.standards.fhir.terminology.implicit import implicit
from ardenne.standards.fhir.terminology.messages import Finding, finding, refusal
from ardenne.standards.fhir.terminology.parameters import Inputs
from ardenne.standards.fhir.terminology.source import Layers, Resources, Source, find_value_set
from ardenne.standards.fhir.terminology.system import System

MOST_NESTED: Final = 50
_SUPPLEMENT: Final = "http://hl7.org/fhir/StructureDefinition/valueset-supplement"


class Choice(NamedTuple):
    """The code system that an include means."""

    system: System | None
    version: str
    """the version asked for, perhaps with wildcards; "" for any"""
    rule: str
    """"force", "default" or "check" when a rule of the caller chose the version, "" otherwise"""
    expected: str
    """the version that the caller checks for, "" for none"""

    @property
    def is_refused(self) -> bool:
        """Whether the version found is not the one that the caller checks for."""
        return self.system is not None and not versions.matches(self.expected, self.system.version)


class Scope:
    """Finds what a request refers to."""

    def __init__(self, source: Source, inputs: Inputs) -> None:
        sent = inputs.resources("tx-resource")
        self.source: Source = Layers(Resources(sent), source) if sent else source
        self.system_rules = inputs.system_rules()
        self.value_set_rules = inputs.value_set_rules()
        self.used_rules: set[tuple[str, str, str]] = set()
        self.used_value_set_rules: set[tuple[str, str, str]] = set()
        self.used_supplements: dict[str, str] = {}
        """canonical of a supplement that was used -> URL of what it supplements"""
        self._supplements: dict[str, list[Json]] = {}
        self._systems: dict[tuple[str, str], System | None] = {}
        for reference in inputs.texts("useSupplement"):
            self.use_supplement(reference)

    def use_supplement(self, reference: str) -> None:
        """Apply a supplement from here on. Raises TerminologyError when it is not known."""
        url, version = versions.split(reference)
        fitting = {
            text_of(each.get("version")): each
            for each in self.source.supplements(url)
            if versions.matches(version, text_of(each.get("version")))
        }
        if not fitting:
            raise refusal("VALUESET_SUPPLEMENT_MISSING", reference)
        found = fitting[versions.latest(fitting)]
        target, _ = versions.split(text_of(found.get("supplements")))
        chosen = self._supplements.setdefault(target, [])
        if found not in chosen:
            chosen.append(found)
            self._systems.clear()

    def use_supplements_of(self, value_set: Json) -> None:
        """Apply the supplements that a value set requires. Raises TerminologyError."""
        for extension in dicts(value_set.get("extension")):
            if extension.get("url") == _SUPPLEMENT:
                self.use_supplement(text_of(extension.get("valueCanonical")))

    def versions(self, url: str) -> list[str]:
        """The known versions of a code system, oldest first."""
        return sorted(self.source.system_versions(url), key=versions.order)

    def exact(self, url: str, version: str) -> System | None:
        """One version of a code system, with the supplements in use."""
        key = (url, version)
        if key not in self._systems:
            found = self.source.system(url, version)
            chosen = self._chosen(url, version)
            if found is not None and chosen:
                found = found.with_supplements(chosen)
            self._systems[key] = found
        found = self._systems[key]
        for name in found.supplements if found else ():
            self.used_supplements[name] = url
        return found

    def _chosen(self, url: str, version: str) -> Sequence[Json]:
        return [
            each
            for each in self._supplements.get(url, ())
            if versions.matches(versions.split(text_of(each.get("supplements")))[1], version)
        ]

    def choose(self, url: str, stated: str, preferred: str = "") -> Choice:
        """The code system that `url` with the `stated` version means.

        `preferred` is the version that the value itself names: it is taken where it fits.
        """
        wanted, rule = self.system_rules.apply(url, stated)
        if rule:
            self.used_rules.add((rule, url, wanted))
        known = self.versions(url)
        fitting = [version for version in known if versions.matches(wanted, version)]
        expected = self.system_rules.check.get(url, "")
        if not fitting:
            return Choice(None, wanted, rule, expected)
        if preferred and preferred in fitting:
            return Choice(self.exact(url, preferred), wanted, rule, expected)
        return Choice(self._newest(url, fitting), wanted, rule, expected)

    def _newest(self, url: str, fitting: list[str]) -> System | None:
        """The newest version whose concepts are known; else the newest that is only described."""
        newest = self.exact(url, fitting[-1])
        for version in reversed(fitting):
            found = self.exact(url, version)
            if found is not None and found.content != "not-present":
                return found
        return newest

    def value_set(self, reference: str, contained: Sequence[Json] = ()) -> Json:
        """The value set of a canonical reference or "#id". Raises TerminologyError."""
        if reference.startswith("#"):
            for each in contained:
                if each.get("id") == reference[1:] and each.get("resourceType") == "ValueSet":
                    return each
            raise refusal("Unable_to_resolve_value_Set_", reference)
        url, stated = versions.split(reference)
        version, rule = self.value_set_rules.apply(url, stated)
        if rule:
            self.used_value_set_rules.add((rule, url, version))
        found = find_value_set(self.source, url, version) or implicit(url, version)
        if found is None:
            raise refusal("Unable_to_resolve_value_Set_", canonical(url, version))
        return found


def unknown_system(scope: Scope, url: str, version: str, place: str = "", expanding: bool = False) -> Finding:
    """What to say about a code system (or a version of it) that is not known."""
    suffix = "_EXP" if expanding else ""
    if not version:
        return finding("UNKNOWN_CODESYSTEM" + suffix, url, place=place)
    known = scope.versions(url)
    if not known:
        return finding(f"UNKNOWN_CODESYSTEM_VERSION{suffix}_NONE", url, version, place=place)
    return finding("UNKNOWN_CODESYSTEM_VERSION" + suffix, url, version, " or ".join(known), place=place)
