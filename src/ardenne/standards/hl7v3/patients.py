"""A patient of HL7 v3 (PRPA_MT201301UV02, 303, 304, 310) as FHIR Patient, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lxml import etree

from ardenne.standards import naming, timestamps
from ardenne.standards.cda import elements as el
from ardenne.standards.cda import fhir_types as ft
from ardenne.standards.cda import parties
from ardenne.standards.hl7v3.wrapper import Id, add, write_id
from ardenne.standards.refusal import Refused, excerpt

Json = dict[str, Any]
Number = tuple[str, str]
"""A number of a person as FHIR names it: system and value."""
_SEX = {"M": "male", "F": "female", "UN": "other", "O": "other"}
_CODE = {"male": "M", "female": "F", "other": "UN"}
_USES = {"official": "L", "nickname": "P"}
_PLACES = (("city", "city"), ("state", "state"), ("postalCode", "postalCode"), ("country", "country"))
_SCHEMES = {"phone": "tel", "email": "mailto", "fax": "fax"}
_TELECOM_USES = {"home": "HP", "work": "WP", "mobile": "MC"}


def number(found: etree._Element, sender: str) -> Number | None:
    """Return an II as system and value; None when it says nothing.

    ``sender``: who names an authority without OID (``assigningAuthorityName`` alone).
    """
    root, value = el.attribute(found, "root"), el.attribute(found, "extension")
    if not value or el.attribute(found, "nullFlavor"):
        return None
    system, value = naming.identifier(root, value)
    authority = el.attribute(found, "assigningAuthorityName")
    if not system:
        system = naming.local_system(sender, root or authority or "patients")
    return system, value


def authority(system: str) -> Id:
    """Return the domain of a system as II: its OID, else the URI as it stands."""
    return Id(system.removeprefix("urn:oid:").removeprefix("urn:uuid:"))


def written(one: Number) -> Id:
    """Return a number as II."""
    return Id(authority(one[0]).root, one[1])


def patient(role: etree._Element, sender: str) -> Json:
    """Return the FHIR Patient of a patient role, its own numbers first. Raises Refused for a date that is none."""
    person = el.child(role, "patientPerson")
    others = [node for name in ("asOtherIDs", "asCitizen", "asMember") for node in el.children(person, name)]
    ids = [*el.children(role, "id"), *el.children(person, "id")]
    ids += [node for other in others for node in el.children(other, "id")]
    numbers = dict.fromkeys(one for node in ids if (one := number(node, sender)) is not None)
    read: Json = {
        "identifier": [{"system": system, "value": value} for system, value in numbers],
        "name": [
            one for one in ft.human_names(parties.names(person)) if one.get("family") or one.get("given")
        ],
        "telecom": [ft.contact_point(one) for one in (*parties.telecoms(person), *parties.telecoms(role))],
        "gender": sex(el.child(person, "administrativeGenderCode")),
        "birthDate": date(el.child(person, "birthTime")),
        "address": [ft.address(one) for one in (*parties.addresses(person), *parties.addresses(role))],
    }
    found: Json = {"resourceType": "Patient"} | {name: part for name, part in read.items() if part}
    return found | _death(person) | _birth_order(person)


def sex(node: etree._Element | None) -> str:
    """Return an administrative sex as FHIR names it; empty when it is not told."""
    return _SEX.get(el.attribute(node, "code"), "")


def date(node: etree._Element | None) -> str:
    """Return a TS as FHIR date; empty when it is not there. Raises Refused."""
    text = el.attribute(node, "value")
    if node is None or not text:
        return ""
    try:
        return timestamps.read(text).date()
    except ValueError as error:
        raise Refused(
            rule="v3-time",
            found=f"“{excerpt(text)}” is not a point in time: {error}",
            mend="Write YYYYMMDD, as many digits as are known",
            where=el.path_of(node),
        ) from None


def _death(person: etree._Element | None) -> Json:
    when = date(el.child(person, "deceasedTime"))
    if when:
        return {"deceasedDateTime": when}
    told = el.attribute(el.child(person, "deceasedInd"), "value")
    return {"deceasedBoolean": told == "true"} if told in ("true", "false") else {}


def _birth_order(person: etree._Element | None) -> Json:
    order = el.attribute(el.child(person, "multipleBirthOrderNumber"), "value")
    return (
        {"multipleBirthInteger": int(order)} if order.isascii() and order.isdigit() and len(order) < 3 else {}
    )


def write(
    parent: etree._Element,
    found: Json,
    numbers: Sequence[Number],
    others: Iterable[Number],
    absent: Iterable[str],
) -> etree._Element:
    """Add the patient role of an answer and return it. An empty Patient gives the numbers alone.

    ``numbers`` are those of the role, ``others`` stand as other ids, ``absent`` are domains asked for in which the
    person has no number (IHE PDQV3: nullFlavor NA).
    """
    role = add(parent, "patient", classCode="PAT")
    for one in numbers:
        write_id(role, "id", written(one))
    add(role, "statusCode", code="active")
    person = add(role, "patientPerson", classCode="PSN", determinerCode="INSTANCE")
    for name in found.get("name", []):
        _name(person, name)
    if not found.get("name"):
        add(person, "name", nullFlavor="NA")
    for telecom in found.get("telecom", []):
        scheme = _SCHEMES.get(str(telecom.get("system", "")))
        if scheme and telecom.get("value"):
            use = _TELECOM_USES.get(str(telecom.get("use", "")), "")
            add(person, "telecom", value=f"{scheme}:{telecom['value']}", use=use)
    if found.get("gender") in _CODE:
        add(person, "administrativeGenderCode", code=_CODE[found["gender"]])
    if found.get("birthDate"):
        add(person, "birthTime", value=str(found["birthDate"]).replace("-", ""))
    _write_death(person, found)
    for address in found.get("address", []):
        _address(person, address)
    for one in others:
        _other(person, written(one), authority(one[0]))
    for system in absent:
        _other(person, Id(), authority(system))
    return role


def _name(person: etree._Element, name: Json) -> None:
    use = str(name.get("use", ""))
    node = add(person, "name", use=_USES.get(use, ""))
    for part in name.get("prefix", []):
        add(node, "prefix", str(part))
    for part in name.get("given", []):
        add(node, "given", str(part))
    family = str(name.get("family", "") or ("" if name.get("given") else name.get("text", "")))
    if family:
        add(node, "family", family, qualifier="BR" if use == "maiden" else "")


def _write_death(person: etree._Element, found: Json) -> None:
    when = str(found.get("deceasedDateTime", ""))
    if when or "deceasedBoolean" in found:
        add(person, "deceasedInd", value="true" if when or found.get("deceasedBoolean") else "false")
    if when:
        add(person, "deceasedTime", value=when[:10].replace("-", ""))
    if isinstance(found.get("multipleBirthInteger"), int):
        add(person, "multipleBirthInd", value="true")
        add(person, "multipleBirthOrderNumber", value=str(found["multipleBirthInteger"]))


def _address(person: etree._Element, address: Json) -> None:
    node = add(person, "addr")
    for line in address.get("line", []):
        add(node, "streetAddressLine", str(line))
    for name, tag in _PLACES:
        if address.get(name):
            add(node, tag, str(address[name]))


def _other(person: etree._Element, value: Id, scope: Id) -> None:
    other = add(person, "asOtherIDs", classCode="PAT")
    write_id(other, "id", value)
    organisation = add(other, "scopingOrganization", classCode="ORG", determinerCode="INSTANCE")
    write_id(organisation, "id", scope)
