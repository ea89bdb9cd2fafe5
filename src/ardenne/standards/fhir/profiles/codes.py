"""Codes that can be judged without a terminology service: the code systems that R4 publishes whole, and systems
with a grammar (UCUM units, SNOMED CT identifiers, languages)."""

import re
from functools import lru_cache
from typing import Any

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.path import ucum

Json = dict[str, Any]

UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
_LANGUAGE = "urn:ietf:bcp:47"
_MIME = "urn:ietf:bcp:13"
_is_language = re.compile(
    r"[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?(?:-.+)?"
).fullmatch
# FHIR servers name their formats by these short codes too (FHIR R4, http: _format).
_is_mime = re.compile(r"[\w.+-]+/[\w.+*-]+(?:\s*;.*)?|xml|json|ttl").fullmatch

# Rows of the dihedral group D5, for the check digit of SNOMED CT identifiers (Verhoeff).
_TURN = ((0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4))
_MULTIPLY = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip


def is_snomed_identifier(code: str) -> bool:
    """Whether the digits can be an SCTID: 6 to 18 digits, the last of them the check digit."""
    if not (6 <= len(code) <= 18 and code.isascii() and code.isdigit()) or code[0] == "0":
        return False
    check = 0
    for position, digit in enumerate(reversed(code)):
        turned = int(digit)
        for _ in range(position % 8):
            turned = _TURN[1][turned]
        check = int(_MULTIPLY[check][turned])
    return check == 0


class PublishedCodes:
    """The code systems and value sets of R4, and others handed in (contained, supporting resources)."""

    def __init__(self, resources: list[Json] | None = None) -> None:
        self._own = {
            (resource["resourceType"], resource["url"]): resource
            for resource in resources or ()
            if resource.get("resourceType") in ("CodeSystem", "ValueSet") and "url" in resource
        }

    def known(self, system: str, code: str, version: str = "") -> bool | None:
        """Whether the code system has the code; of SNOMED CT, whether the identifier is possible."""
        if system == UCUM:
            return ucum.measure(code) is not None
        if system == SNOMED:
            return None if is_snomed_identifier(code) else False
        if system == _LANGUAGE:
            return bool(_is_language(code))
        if system == _MIME:
            return bool(_is_mime(code))
        concepts = self._concepts(system)
        return None if concepts is None else code in concepts

    def displays(self, system: str, code: str) -> tuple[str, ...] | None:
        """The display and designations of a concept of a published code system."""
        concept = (self._concepts(system) or {}).get(code)
        if concept is None:
            return None
        names = [concept.get("display"), *(d.get("value") for d in concept.get("designation", ()))]
        return tuple(name for name in names if name)

    def member(self, value_set: str, system: str, code: str) -> bool | None:
        """Whether the value set has the code, as far as its definition can be computed here."""
        return self._member(value_set.partition("|")[0], system, code, ())

    def _concepts(self, system: str) -> dict[str, Json] | None:
        own = self._own.get(("CodeSystem", system))
        if own is not None:
            return _listed(own) if own.get("content", "complete") == "complete" else None
        return published_concepts(system)

    def _member(self, url: str, system: str, code: str, above: tuple[str, ...]) -> bool | None:
        value_set = self._own.get(("ValueSet", url)) or _published_value_set(url)
        if value_set is None or url in above:
            return None
        compose = value_set.get("compose")
        if compose is None:
            return _in_expansion(value_set, system, code)
        verdicts = [self._matches(part, system, code, (*above, url)) for part in compose.get("include", ())]
        inside = True if True in verdicts else None if None in verdicts else False
        if inside is False:
            return False
        excluded = [self._matches(part, system, code, (*above, url)) for part in compose.get("exclude", ())]
        if True in excluded:
            return False
        return None if None in excluded else inside

    def _matches(self, part: Json, system: str, code: str, above: tuple[str, ...]) -> bool | None:
        """Whether an include or exclude has the code."""
        own = part.get("system")
        if own is not None and system and own != system:
            return False
        verdicts: list[bool | None] = [
            self._member(u.partition("|")[0], system, code, above) for u in part.get("valueSet", ())
        ]
        if "concept" in part:
            verdicts.append(any(concept.get("code") == code for concept in part["concept"]))
        elif own is not None:
            verdicts.append(self._in_system(own, part.get("filter", ()), code))
        if False in verdicts:
            return False
        return None if None in verdicts or not verdicts else True

    def _in_system(self, system: str, filters: Any, code: str) -> bool | None:
        known = self.known(system, code)
        if known is not True or not filters:
            return known
        concepts = self._concepts(system)
        if concepts is None:
            return None
        verdicts = [_passes(each, concepts, code) for each in filters]
        return False if False in verdicts else None if None in verdicts else True


@lru_cache(maxsize=256)
def published_concepts(system: str) -> dict[str, Json] | None:
    """Code -> concept (with `_parents`) of a code system that R4 publishes whole; None for others."""
    code_system = definitions.code_system(system)
    if code_system is None or code_system.get("content") != "complete" or "concept" not in code_system:
        return None
    return _listed(code_system)


@lru_cache(maxsize=256)
def _published_value_set(url: str) -> Json | None:
    return definitions.value_set(url)


def _listed(code_system: Json) -> dict[str, Json]:
    found: dict[str, Json] = {}

    def walk(concepts: list[Json], parents: frozenset[str]) -> None:
        for concept in concepts:
            stated = {
                p.get("valueCode")
                for p in concept.get("property", ())
                if p.get("code") in ("parent", "subsumedBy")
            }
            above = parents | {parent for parent in stated if parent}
            found[concept["code"]] = {**concept, "_parents": above}
            walk(concept.get("concept", []), parents | {concept["code"]})

    walk(code_system.get("concept", []), frozenset())
    return found


def _ancestors(concepts: dict[str, Json], code: str) -> set[str]:
    seen: set[str] = set()
    left = list(concepts.get(code, {}).get("_parents", ()))
    while left:
        parent = left.pop()
        if parent not in seen:
            seen.add(parent)
            left.extend(concepts.get(parent, {}).get("_parents", ()))
    return seen


def _passes(rule: Json, concepts: dict[str, Json], code: str) -> bool | None:
    """One filter of a ValueSet; None for operators and properties that are not computed here."""
    operator, value = rule.get("op"), rule.get("value", "")
    if rule.get("property") == "concept":
        above = _ancestors(concepts, code)
        match operator:
            case "is-a":
                return code == value or value in above
            case "descendent-of":
                return value in above
            case "is-not-a":
                return code != value and value not in above
            case "in":
                return code in value.split(",")
            case "not-in":
                return code not in value.split(",")
    return None


def _in_expansion(value_set: Json, system: str, code: str) -> bool | None:
    contains = value_set.get("expansion", {}).get("contains")
    if contains is None:
        return None
    left = list(contains)
    while left:
        entry = left.pop()
        if entry.get("code") == code and (not system or entry.get("system") == system):
            return True
        left.extend(entry.get("contains", ()))
    return False
