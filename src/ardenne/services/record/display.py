"""Values of resources as short texts for readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]

_UNIT_SIGNS = {"mm[Hg]": "mmHg", "[degF]": "°F", "Cel": "°C", "10*3/uL": "10³/µl", "10*6/uL": "10⁶/µl"}


def concept(value: Json | None) -> str:
    """Return the words of a CodeableConcept: its text, else the first display, else the first code."""
    if not value:
        return ""
    if value.get("text"):
        return str(value["text"])
    codings = value.get("coding", [])
    for member in ("display", "code"):
        for coding in codings:
            if coding.get(member):
                return str(coding[member])
    return ""


def code_key(value: Json | None) -> str:
    """Return what tells one concept from another: system and code, else the text."""
    if not value:
        return ""
    for coding in value.get("coding", []):
        if coding.get("code"):
            return f"{coding.get('system', '')}|{coding['code']}"
    return str(value.get("text", "")).casefold()


def name(value: Json) -> str:
    """Return a HumanName as "Given Family"; the name of a Device as it stands."""
    parts = [*value.get("given", []), value.get("family", "")]
    return " ".join(part for part in parts if part) or str(value.get("text") or value.get("name", ""))


def person(resource: Json) -> str:
    """Return the usual or official name of a Patient or Practitioner; that of an organisation or device as it stands."""
    names = resource.get("name") or resource.get("deviceName") or []
    if isinstance(names, str):
        return names
    for use in ("official", "usual", None):
        for candidate in names:
            if candidate.get("use") == use and name(candidate):
                return name(candidate)
    return next((name(candidate) for candidate in names if name(candidate)), "")


def quantity(value: Json | None) -> str:
    """Return a Quantity as "5.4 mmol/l"."""
    if not value or "value" not in value:
        return ""
    unit = value.get("unit") or value.get("code", "")
    unit = _UNIT_SIGNS.get(unit, unit)
    return f"{value.get('comparator', '')}{value['value']} {unit}".strip()


def any_value(resource: Json) -> str:
    """Return the value of an Observation in words."""
    if "valueQuantity" in resource:
        return quantity(resource["valueQuantity"])
    if "valueCodeableConcept" in resource:
        return concept(resource["valueCodeableConcept"])
    if "valueBoolean" in resource:
        return "✓" if resource["valueBoolean"] else "–"
    for member in ("valueString", "valueInteger", "valueDateTime", "valueTime"):
        if member in resource:
            return str(resource[member])
    if "valueRange" in resource:
        found = resource["valueRange"]
        return f"{quantity(found.get('low'))} – {quantity(found.get('high'))}"
    if "valueRatio" in resource:
        found = resource["valueRatio"]
        return f"{quantity(found.get('numerator'))} / {quantity(found.get('denominator'))}"
    parts = [f"{concept(part.get('code'))} {any_value(part)}" for part in resource.get("component", [])]
    return ", ".join(parts) or concept(resource.get("dataAbsentReason"))


def reference_label(value: Json | None) -> str:
    """Return what a Reference shows of its target."""
    if not value:
        return ""
    if value.get("display"):
        return str(value["display"])
    identifier = value.get("identifier", {})
    return str(identifier.get("value", ""))


def first_date(resource: Json, *members: str) -> str:
    """Return the first date among members; of a Period its start."""
    for member in members:
        value = resource.get(member)
        if isinstance(value, str):
            return value
        if isinstance(value, Mapping) and (value.get("start") or value.get("end")):
            return str(value.get("start") or value["end"])
    return ""


def identifiers(resource: Json) -> list[tuple[str, str]]:
    """Return the numbers of a person: what kind and the number."""
    found = []
    for identifier in resource.get("identifier", []):
        if identifier.get("value"):
            found.append(
                (
                    concept(identifier.get("type")) or str(identifier.get("system", "")),
                    str(identifier["value"]),
                )
            )
    return found
