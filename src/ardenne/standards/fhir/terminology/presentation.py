"""How the concepts of an expansion are shown: names, properties, extensions, nesting."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ardenne.standards.fhir.terminology import languages as tongues
from ardenne.standards.fhir.terminology.concepts import (
    PREFERRED,
    STANDARDS_STATUS,
    Concept,
    Designation,
    Json,
    designation,
    dicts,
    text_of,
    value_of,
)
from ardenne.standards.fhir.terminology.parameters import Inputs
from ardenne.standards.fhir.terminology.system import System

ECHOED: Final = frozenset({
    "activeOnly", "count", "date", "designation", "displayLanguage", "excludeNested", "excludeNotForUI",
    "excludePostCoordinated", "exclude-system", "filter", "includeDefinition", "includeDesignations",
    "limitedExpansion", "offset",
})  # fmt: skip
"""Parameters that the expansion repeats."""

_PROPERTIES: Final = "http://hl7.org/fhir/concept-properties#"
_EXTENSIONS: Final = "http://hl7.org/fhir/StructureDefinition/"
_URIS: Final = {"weight": _PROPERTIES + "itemWeight"}
_FROM_EXTENSIONS: Final = {
    _EXTENSIONS + "codesystem-conceptOrder": ("order", "valueDecimal"),
    _EXTENSIONS + "valueset-conceptOrder": ("order", "valueDecimal"),
    _EXTENSIONS + "codesystem-label": ("label", "valueString"),
    _EXTENSIONS + "valueset-label": ("label", "valueString"),
    _EXTENSIONS + "itemWeight": ("weight", "valueDecimal"),
}
_SHOWN: Final = frozenset({
    _EXTENSIONS + "rendering-style", _EXTENSIONS + "rendering-xhtml",
    _EXTENSIONS + "valueset-concept-definition", _EXTENSIONS + "valueset-deprecated",
})  # fmt: skip
_SHOWN_IN_NAMES: Final = frozenset({_EXTENSIONS + "coding-sctdescid", STANDARDS_STATUS})
_LEFT_OUT: Final = frozenset({
    "resourceType", "text", "meta", "compose", "expansion", "contained", "extension", "description", "purpose",
    "copyright", "contact", "useContext", "jurisdiction",
})  # fmt: skip
_LANGUAGE_TAGS: Final = "urn:ietf:bcp:47"


class Entry(NamedTuple):
    """A concept of the expansion."""

    system: System
    concept: Concept
    stated: Json
    """what the value set says about the code"""
    nests: bool
    """whether it may stand under its parent"""


class Presentation:
    """Turns entries into ValueSet.expansion.contains."""

    def __init__(self, inputs: Inputs, languages: tongues.Languages, versioned: bool, flat: bool) -> None:
        self.languages = languages
        self.versioned = versioned
        self.flat = flat
        self.wanted = inputs.texts("property")
        self.tags = [_tag(text) for text in inputs.texts("designation")]
        self.named = inputs.flag("includeDesignations") is True or bool(self.tags)
        self.properties: dict[str, Json] = {}
        """the properties that were shown: code -> ValueSet.expansion.property"""

    def contains(self, entries: list[Entry]) -> list[Json]:
        """The entries, each under its nearest ancestor among them where the hierarchy is shown."""
        top: list[Json] = []
        placed: dict[tuple[str, str, str], Json] = {}
        for entry in entries:
            shown = self._shown(entry)
            holder = None if self.flat or not entry.nests else self._holder(entry, placed)
            if holder is None:
                top.append(shown)
            else:
                holder.setdefault("contains", []).append(shown)
            if entry.nests:
                placed[(entry.system.url, entry.system.version, entry.concept.code)] = shown
        return top

    def _holder(self, entry: Entry, placed: dict[tuple[str, str, str], Json]) -> Json | None:
        system = entry.system
        left = list(entry.concept.parents)
        seen: set[str] = set()
        while left:
            code = left.pop(0)
            found = placed.get((system.url, system.version, code))
            if found is not None:
                return found
            if code not in seen:
                seen.add(code)
                above = system.find(code)
                left.extend(above.parents if above else ())
        return None

    def _shown(self, entry: Entry) -> Json:
        concept, stated = entry.concept, entry.stated
        extensions = self._extensions(entry)
        chosen = tongues.choose(concept, entry.system.language, self.languages)
        own = text_of(stated.get("display"))
        display = own if own and (not self.languages.wanted or chosen.designation is None) else chosen.text
        display, names = self._names(entry, display, chosen)
        properties = self._properties(entry)
        shown: Json = {"extension": extensions} if extensions else {}
        shown["system"] = entry.system.url
        if concept.abstract:
            shown["abstract"] = True
        if concept.inactive:
            shown["inactive"] = True
        if self.versioned and entry.system.version:
            shown["version"] = entry.system.version
        shown["code"] = concept.code
        if display:
            shown["display"] = display
        if names:
            shown["designation"] = names
        if properties:
            shown["property"] = properties
        return shown

    def _names(self, entry: Entry, display: str, chosen: tongues.Name) -> tuple[str, list[Json]]:
        """The display, and the other names as far as they were asked for."""
        stated = [designation(each) for each in dicts(entry.stated.get("designation"))]
        own = [each for each in stated if each is not None]
        if self.languages.wanted and chosen.designation is None:
            own_language = entry.system.language
            if not (own_language and self.languages.rank(own_language) is not None):
                fitting = (each for each in own if self.languages.rank(each.language or "-") is not None)
                display = next((each.value for each in fitting), display)
        if not self.named:
            return display, []
        names = [*entry.concept.designations, *own]
        main = entry.concept.display
        if main and main != display:
            names.insert(0, Designation(main, entry.system.language, PREFERRED))
        kept = [each for each in names if each is not chosen.designation and self._is_wanted(each)]
        return display, [_name(each) for each in kept]

    def _is_wanted(self, name: Designation) -> bool:
        if not self.tags:
            return True
        use = name.use or {}
        for system, code in self.tags:
            if system in ("", _LANGUAGE_TAGS) and name.language.lower() == code.lower() and code:
                return True
            if use.get("code") == code and system in ("", use.get("system")):
                return True
        return False

    def _extensions(self, entry: Entry) -> list[Json]:
        """What is shown as an extension: the value set's word counts before the code system's."""
        found: dict[str, Json] = {}
        stated = dicts(entry.stated.get("extension"))
        for extension in (*entry.concept.extensions, *stated):
            url = text_of(extension.get("url"))
            if url in _SHOWN:
                found[url] = extension
        for extension in stated:
            if extension.get("url") == STANDARDS_STATUS:
                found[STANDARDS_STATUS] = extension
        return list(found.values())

    def _properties(self, entry: Entry) -> list[Json]:
        concept = entry.concept
        found: dict[str, list[Json]] = {}
        stated = dicts(entry.stated.get("extension"))
        for extension in (*concept.extensions, *stated):
            place = _FROM_EXTENSIONS.get(text_of(extension.get("url")))
            if place is not None:
                found[place[0]] = [{"code": place[0], place[1]: value_of(extension)}]
        status = concept.status or ("inactive" if concept.inactive else "")
        if status:
            found["status"] = [{"code": "status", "valueCode": status}]
        for name in self.wanted:
            values = self._wanted(entry, name)
            if values:
                found[name] = values
        for name in found:
            if name not in self.properties:
                uri = entry.system.property_uris.get(name) or _URIS.get(name, _PROPERTIES + name)
                self.properties[name] = {"code": name, "uri": uri}
        return [each for values in found.values() for each in values]

    def _wanted(self, entry: Entry, name: str) -> list[Json]:
        """The values of a property that the caller asked for."""
        concept = entry.concept
        match name:
            case "definition":
                return [{"code": name, "valueString": concept.definition}] if concept.definition else []
            case "parent":
                return [{"code": name, "valueCode": code} for code in concept.parents]
            case "child":
                return [{"code": name, "valueCode": code} for code in entry.system.children(concept.code)]
            case "inactive":
                return [{"code": name, "valueBoolean": concept.inactive}]
        return [
            {key: value for key, value in held.items() if key == "code" or key.startswith("value")}
            for held in concept.properties
            if held.get("code") == name
        ]


def _tag(text: str) -> tuple[str, str]:
    system, bar, code = text.rpartition("|")
    return (system, code) if bar else ("", text)


def _name(each: Designation) -> Json:
    shown: Json = {}
    extensions = [extension for extension in each.extensions if extension.get("url") in _SHOWN_IN_NAMES]
    if extensions:
        shown["extension"] = extensions
    if each.language:
        shown["language"] = each.language
    if each.use:
        shown["use"] = each.use
    shown["value"] = each.value
    return shown


def described(value_set: Json, whole: bool) -> Json:
    """The value set as the answer shows it: all of it, or without its definition."""
    shown: dict[str, Any] = {"resourceType": "ValueSet"}
    for key, value in value_set.items():
        if key not in ("resourceType", "expansion", "text", "meta") and (whole or key not in _LEFT_OUT):
            shown[key] = value
    return shown


def unclosed(fragments: list[str]) -> list[Json]:
    """The extensions that say: the expansion is not all there is."""
    systems = ", ".join(name.partition("|")[0] for name in fragments)
    return [
        {"url": _EXTENSIONS + "valueset-unclosed", "valueBoolean": True},
        {
            "url": _EXTENSIONS + "valueset-unclosed-reason",
            "valueString": f"This extension is based on a fragment of the code system {systems}",
        },
    ]
