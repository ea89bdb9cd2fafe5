"""From a resource to its label: the facts about it that access rules look at (pure).

Sources: R4 meta.security, DocumentReference.securityLabel, Composition.confidentiality (HL7 v3
Confidentiality); what is hidden from the patient for a time carries a label of our own, in the sense of
the French record's INVISIBLE_PATIENT and INVISIBLE_REPRESENTANTS_LEGAUX.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

from ardenne.standards.fhir import dates
from ardenne.standards.fhir.labels.categories import Category, Level

Json = dict[str, Any]

VISIBILITY = "https://ardenne.health/fhir/CodeSystem/visibility"
HIDDEN_FROM_PATIENT = "hidden-from-patient"
HIDDEN_FROM_REPRESENTATIVES = "hidden-from-representatives"
EMBARGO_UNTIL = "https://ardenne.health/fhir/StructureDefinition/embargo-until"
FOR_EVER = dates.MAX_US
"""The embargo of what stays hidden from the patient until somebody lifts it."""

_LEVELS = {"R": Level.RESTRICTED, "V": Level.SECRET}
CONFIDENTIALITY = frozenset(
    {
        "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
        "urn:oid:2.16.840.1.113883.5.25",
        "2.16.840.1.113883.5.25",
        "http://hl7.org/fhir/v3/Confidentiality",
    }
)
_AUTHOR_ELEMENTS = (
    "author", "performer", "requester", "recorder", "asserter", "sender", "attester", "enterer", "agent",
    "serviceProvider", "custodian", "reporter", "creator", "source", "operator", "resultsInterpreter", "provider",
)  # fmt: skip
_INNER = ("reference", "actor", "who", "onBehalfOf", "party")


class Label(NamedTuple):
    """What access rules know of a resource.

    ``embargo``: microseconds since 1970 from which the patient may read it (0: at once).
    ``authors``: references (``Type/id``) of those who wrote, ordered or performed it.
    """

    category: Category
    level: Level = Level.NORMAL
    embargo: int = 0
    from_representatives: bool = False
    authors: tuple[str, ...] = ()


def label(resource: Json) -> Label:
    """Return the label of a resource."""
    if resource.get("resourceType") == "Bundle":
        first = next((entry.get("resource") for entry in resource.get("entry", [])[:1]), None)
        if isinstance(first, dict) and first.get("resourceType") == "Composition":
            return label(first)
    authors = _authors(resource)
    level, embargo, hidden, sensitive = _security(resource)
    category = Category.SENSITIVE if sensitive else _category(resource, authors)
    return Label(category, level, embargo, hidden, authors)


def _category(resource: Json, authors: tuple[str, ...]) -> Category:
    kind = str(resource.get("resourceType", ""))
    by_patient = authors and all(author.startswith(("Patient/", "RelatedPerson/")) for author in authors)
    if by_patient and kind in ("DocumentReference", "QuestionnaireResponse", "Composition"):
        return Category.PATIENT_AREA
    rules, rest = _rules().get("DocumentReference" if kind == "Composition" else kind, ((), Category.NONE))
    for element, codes in rules:
        for code in _codes(resource.get(element)):
            if code in codes:
                return codes[code]
    return rest


def _codes(concept: object) -> list[str]:
    concepts = concept if isinstance(concept, list) else [concept]
    return [
        str(coding.get("code", ""))
        for one in concepts
        if isinstance(one, dict)
        for coding in one.get("coding", [])
        if isinstance(coding, dict)
    ]


def _security(resource: Json) -> tuple[Level, int, bool, bool]:
    """Return level, embargo, whether hidden from representatives, whether sensitive."""
    meta = resource.get("meta")
    codings = list(meta.get("security", [])) if isinstance(meta, dict) else []
    for concept in resource.get("securityLabel", []):
        if isinstance(concept, dict):
            codings += concept.get("coding", [])
    level = _LEVELS.get(str(resource.get("confidentiality", "")), Level.NORMAL)
    if not codings:
        return level, 0, False, False
    embargo, hidden, sensitive = 0, False, False
    for coding in codings:
        if not isinstance(coding, dict):
            continue
        system, code = coding.get("system", ""), coding.get("code", "")
        if system in CONFIDENTIALITY or not system:
            level = max(level, _LEVELS.get(code, Level.NORMAL))
        if system == VISIBILITY:
            hidden = hidden or code in (HIDDEN_FROM_REPRESENTATIVES, HIDDEN_FROM_PATIENT)
            if code == HIDDEN_FROM_PATIENT:
                embargo = max(embargo, _embargo(coding))
        sensitive = sensitive or code in _sensitivities()
    return level, embargo, hidden, sensitive


def _embargo(coding: Json) -> int:
    for extension in coding.get("extension", []):
        if isinstance(extension, dict) and extension.get("url") == EMBARGO_UNTIL:
            try:
                return dates.span(str(extension.get("valueDateTime", "")))[1]
            except ValueError:
                return FOR_EVER
    return FOR_EVER


def _authors(resource: Json) -> tuple[str, ...]:
    found: list[str] = []
    for element in _AUTHOR_ELEMENTS:
        value = resource.get(element)
        if value is None:
            continue
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, dict):
                _collect(one, found)
    return tuple(dict.fromkeys(found))


def _collect(value: Json, found: list[str]) -> None:
    for name in _INNER:
        inner = value.get(name)
        if isinstance(inner, str):
            if inner and not inner.startswith("#"):
                found.append(inner.partition("/_history/")[0])
        elif isinstance(inner, dict):
            _collect(inner, found)


@lru_cache(maxsize=1)
def _rules() -> dict[str, tuple[tuple[tuple[str, dict[str, Category]], ...], Category]]:
    rules: dict[str, dict[str, dict[str, Category]]] = {}
    rest: dict[str, Category] = {}
    for kind, element, code, category in _table("categories.tsv"):
        if element:
            rules.setdefault(kind, {}).setdefault(element, {})[code] = Category[category]
        else:
            rest[kind] = Category[category]
    return {kind: (tuple(rules.get(kind, {}).items()), found) for kind, found in rest.items()}


@lru_cache(maxsize=1)
def _sensitivities() -> frozenset[str]:
    return frozenset(code for code, _meaning in _table("sensitivities.tsv"))


def _table(name: str) -> list[list[str]]:
    text = (resources.files(__package__) / "data" / name).read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [line.split("\t") for line in lines[1:]]


def care_types() -> frozenset[str]:
    """Return the resource types that hold data about patients, whoever they belong to."""
    return frozenset(_rules())
