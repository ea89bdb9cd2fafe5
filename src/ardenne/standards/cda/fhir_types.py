"""HL7 version 3 data types as FHIR R4 data types (dicts)."""

from __future__ import annotations

import datetime
import math
import urllib.parse
from typing import Any

from ardenne.standards import naming
from ardenne.standards.cda import datatypes as dt

UCUM = "http://unitsofmeasure.org"
_NAME_USES = {
    "L": "official",
    "C": "official",
    "OR": "official",
    "P": "nickname",
    "A": "nickname",
    "ASGN": "usual",
}
_ADDRESS_USES = {
    "H": "home",
    "HP": "home",
    "HV": "home",
    "WP": "work",
    "DIR": "work",
    "TMP": "temp",
    "BAD": "old",
}
_TELECOM_USES = {
    "H": "home",
    "HP": "home",
    "HV": "home",
    "WP": "work",
    "DIR": "work",
    "MC": "mobile",
    "TMP": "temp",
}
_TELECOM_SYSTEMS = {
    "tel": "phone",
    "mailto": "email",
    "fax": "fax",
    "http": "url",
    "https": "url",
    "sms": "sms",
}

Zone = datetime.tzinfo | None


def codeable_concept(code: dt.Code) -> dict[str, Any]:
    """Codings of the code and its translations, and the words to show."""
    codings = [coding for one in (code, *code.translations) if (coding := _coding(one)) is not None]
    found: dict[str, Any] = {"coding": codings} if codings else {}
    if code.wording:
        found["text"] = code.wording
    return found


def _coding(code: dt.Code) -> dict[str, str] | None:
    system = naming.code_system(code.system)
    if not code.code or (code.null and not system):
        return None
    found = {"system": system} if system else {}
    found["code"] = " ".join(code.code.split())
    if code.display:
        found["display"] = code.display
    return found


def identifier(found: dt.Identifier) -> dict[str, Any]:
    """An Identifier; a root without extension is itself the value (FHIR R4, Identifier, v3 mapping)."""
    uri = naming.oid_or_uuid_uri(found.root)
    if not found.extension:
        return {"system": "urn:ietf:rfc:3986", "value": uri or found.root}
    system, value = naming.identifier(found.root, found.extension)
    known = naming.identifier_system(found.root)
    read: dict[str, Any] = {}
    if known and known.type:
        read["type"] = {"coding": [{"system": naming.code_system("HL70203"), "code": known.type}]}
    read["system"] = system or naming.local_system(found.root)
    read["value"] = value
    if found.authority:
        read["assigner"] = {"display": found.authority}
    return read


def uri_of(found: dt.Identifier) -> str:
    """One URI for a whole instance identifier: urn:oid, urn:uuid, or urn:hl7ii with the extension."""
    if not found.extension:
        return naming.oid_or_uuid_uri(found.root) or naming.local_system(found.root)
    return f"urn:hl7ii:{urllib.parse.quote(found.root)}:{urllib.parse.quote(found.extension, safe='')}"


def number(text: str) -> int | float | None:
    """A JSON number; None when it is too large to be one."""
    try:
        found = float(text)
    except ValueError:
        return None
    if not math.isfinite(found):
        return None
    return int(text) if text.lstrip("-").isdigit() and abs(found) < 1e15 else found


def quantity(found: dt.Quantity) -> dict[str, Any]:
    read: dict[str, Any] = {"value": number(found.value)}
    if found.unit and found.unit != "1":
        read |= {"unit": found.unit, "system": UCUM, "code": found.unit}
    return read


def quantity_range(found: dt.Range) -> dict[str, Any]:
    read = {"low": found.low, "high": found.high}
    return {name: quantity(end) for name, end in read.items() if end}


def period(found: dt.Interval, zone: Zone) -> dict[str, str]:
    read = {"start": found.low, "end": found.high}
    return {name: end.fhir(zone) for name, end in read.items() if end}


def value(name: str, found: dt.Value, zone: Zone) -> dict[str, Any]:
    """`found` as the choice element `name`[x]; {} when FHIR has no place for it."""
    match found:
        case dt.Code():
            concept = codeable_concept(found)
            return {f"{name}CodeableConcept": concept} if concept else {}
        case dt.Quantity() if number(found.value) is None:
            return {f"{name}String": f"{found.value} {found.unit}".strip()} if found.value else {}
        case dt.Quantity():
            return {f"{name}Quantity": quantity(found)}
        case dt.Range():
            return _range_value(name, found)
        case dt.Ratio():
            ends = {"numerator": quantity(found.numerator), "denominator": quantity(found.denominator)}
            return {f"{name}Ratio": ends}
        case dt.Interval() if found.point:
            return {f"{name}DateTime": found.point.fhir(zone)}
        case dt.Interval():
            read = period(found, zone)
            return {f"{name}Period": read} if read else {}
        case dt.Text():
            return {f"{name}String": found.text}
        case dt.Truth():
            return {f"{name}Boolean": found.value}
    return {}


def _range_value(name: str, found: dt.Range) -> dict[str, Any]:
    """A half-open range is a quantity with a comparator: "< 5 mg/L" is a result, not a range."""
    if found.low and found.high:
        return {f"{name}Range": quantity_range(found)}
    if found.high:
        return {f"{name}Quantity": quantity(found.high) | {"comparator": "<=" if found.high_closed else "<"}}
    if found.low:
        return {f"{name}Quantity": quantity(found.low) | {"comparator": ">=" if found.low_closed else ">"}}
    return {}


def human_name(name: dt.Name) -> dict[str, Any]:
    use = next((_NAME_USES[one] for one in name.use if one in _NAME_USES), "")
    family = " ".join(name.family)
    read: dict[str, Any] = {"use": use} if use else {}
    if name.text:
        read["text"] = name.text
    if family:
        read["family"] = family
    for key, parts in (("given", name.given), ("prefix", name.prefix), ("suffix", name.suffix)):
        if parts:
            read[key] = list(parts)
    return read


def human_names(names: tuple[dt.Name, ...]) -> list[dict[str, Any]]:
    """The names, and each birth name as a name of its own with use "maiden"."""
    read = [human_name(name) for name in names if name.wording]
    births = [" ".join(name.birth_family) for name in names if name.birth_family]
    return read + [{"use": "maiden", "family": family} for family in births]


def address(found: dt.Address) -> dict[str, Any]:
    use = next((_ADDRESS_USES[one] for one in found.use if one in _ADDRESS_USES), "")
    read = {
        "use": use,
        "text": found.text,
        "line": list(found.lines),
        "city": found.city,
        "state": found.state,
        "postalCode": found.postal_code,
        "country": found.country,
    }
    return {name: part for name, part in read.items() if part}


def contact_point(found: dt.Telecom) -> dict[str, Any]:
    scheme, _, rest = found.value.partition(":")
    system = _TELECOM_SYSTEMS.get(scheme.lower(), "")
    use = next((_TELECOM_USES[one] for one in found.use if one in _TELECOM_USES), "")
    number = rest if system and system != "url" else found.value
    read = {"system": system or ("phone" if not rest else "other"), "value": number.strip(), "use": use}
    return {name: part for name, part in read.items() if part}
