"""Questions: PRPA_IN201305UV02 (who is this?), 309 (other numbers of a person), QUQI_IN000003UV01 (go on, or stop)."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from ardenne.standards import naming
from ardenne.standards.cda import elements as el
from ardenne.standards.cda import fhir_types as ft
from ardenne.standards.cda import parties
from ardenne.standards.hl7v3.patients import Json, Number, date, number, sex
from ardenne.standards.hl7v3.wrapper import Head, Id, id_of
from ardenne.standards.refusal import Refused, excerpt

FIND, CROSS, CONTINUE = "PRPA_IN201305UV02", "PRPA_IN201309UV02", "QUQI_IN000003UV01"
CANCEL = f"{CONTINUE}_Cancel"
_NARROW = {
    "livingSubjectAdministrativeGender", "livingSubjectBirthTime", "livingSubjectId", "livingSubjectName",
    "patientAddress", "patientTelecom", "otherIDsScopingOrganization",
}  # fmt: skip
Pair = tuple[str, str]


class Find(NamedTuple):
    """Who is this? ``patient`` is who was described, ``pairs`` the same as search parameters of FHIR.

    ``numbers`` are what livingSubjectId names.

    ``domains``: the systems whose numbers are wanted, each with its place; ``first``: how many persons at once
    (0: all); ``degree``: the least degree of match in percent.
    """

    id: Id
    parameters: etree._Element
    patient: Json
    pairs: tuple[Pair, ...]
    numbers: tuple[Number, ...]
    domains: tuple[tuple[str, str], ...]
    first: int
    degree: int


class Cross(NamedTuple):
    """Which other numbers has the person of ``number``? ``domains`` as in Find; ``place``: where the number stands."""

    id: Id
    parameters: etree._Element
    number: Number
    place: str
    domains: tuple[tuple[str, str], ...]


class Continuation(NamedTuple):
    """Go on with a question, or stop it. ``quantity`` 0: as many as before; ``start``: from 1, 0 where it stopped."""

    id: Id
    quantity: int
    start: int
    cancelled: bool


def find(root: etree._Element, head: Head) -> Find:
    """Read PRPA_IN201305UV02. Raises Refused: with rule ``v3-parameter`` for what is not searched here."""
    query, listed = _query(root)
    strange = [el.local(one) for one in listed if el.local(one) not in _NARROW]
    if strange:
        known = ", ".join(sorted(_NARROW))
        raise Refused(
            rule="v3-parameter", found=f"{excerpt(strange[0], 60)} is not searched here", mend=f"There are {known}",
            where=_place(listed, strange[0]),
        )  # fmt: skip
    sender = head.sender.organisation.root or head.sender.device.root
    numbers = tuple(
        one for value in _values(listed, "livingSubjectId") if (one := number(value, sender)) is not None
    )
    described = _patient(listed, numbers)
    degree = el.child(query, "matchCriterionList", "minimumDegreeMatch", "value")
    return Find(
        id_of(el.child(query, "queryId")), query, described, tuple(_pairs(listed, described)), numbers,
        domains(listed), _count(el.child(query, "initialQuantity")),
        min(_count(degree), 100),
    )  # fmt: skip


def cross(root: etree._Element, head: Head) -> Cross:
    """Read PRPA_IN201309UV02. Raises Refused."""
    query, listed = _query(root)
    found = _values(listed, "patientIdentifier")
    one = number(found[0], head.sender.device.root) if found else None
    if one is None:
        raise Refused(
            rule="v3-required", found="the query names no number", mend="Send patientIdentifier",
            where=_place(listed, "patientIdentifier"),
        )  # fmt: skip
    place = f"{_place(listed, 'patientIdentifier')}/value"
    return Cross(id_of(el.child(query, "queryId")), query, one, place, _domains(listed, "dataSource"))


def continuation(root: etree._Element) -> Continuation:
    """Read QUQI_IN000003UV01. Raises Refused."""
    found = el.child(root, "controlActProcess", "queryContinuation")
    own = id_of(el.child(found, "queryId"))
    if found is None or not own.root:
        raise Refused(
            rule="v3-required", found="the message names no query", mend="Send queryContinuation with queryId",
            where="/controlActProcess/queryContinuation",
        )  # fmt: skip
    state = el.attribute(el.child(found, "statusCode"), "code")
    cancelled = state == "aborted" or el.local(root) == CANCEL
    quantity, start = (
        _count(el.child(found, "continuationQuantity")),
        _count(el.child(found, "startResultNumber")),
    )
    return Continuation(own, quantity, start, cancelled)


def _query(root: etree._Element) -> tuple[etree._Element, etree._Element]:
    query = el.child(root, "controlActProcess", "queryByParameter")
    listed = el.child(query, "parameterList")
    if query is None or listed is None:
        raise Refused(
            rule="v3-required", found="the message asks nothing", mend="Send queryByParameter with parameterList",
            where="/controlActProcess/queryByParameter/parameterList",
        )  # fmt: skip
    return query, listed


def _values(listed: etree._Element, name: str) -> list[etree._Element]:
    return [value for one in el.children(listed, name) for value in el.children(one, "value")]


def _place(listed: etree._Element, name: str) -> str:
    """Return the path of a parameter from the message on, without the envelope around it."""
    path = f"{el.path_of(listed)}/{name}"
    return path[path.find("/PRPA_") :]


def _count(node: etree._Element | None) -> int:
    text = el.attribute(node, "value")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def domains(listed: etree._Element) -> tuple[tuple[str, str], ...]:
    """Return the systems whose numbers a kept question (PRPA_IN201305UV02) wants, each with its place."""
    return _domains(listed, "otherIDsScopingOrganization")


def _domains(listed: etree._Element, name: str) -> tuple[tuple[str, str], ...]:
    """Return the systems of some authorities, each with the place where it stands."""
    found = []
    for number_of, value in enumerate(_values(listed, name), 1):
        system = naming.identifier(el.attribute(value, "root"), "")[0]
        found.append((system or el.attribute(value, "root"), f"{_place(listed, name)}[{number_of}]/value"))
    return tuple(found)


def _patient(listed: etree._Element, numbers: tuple[Number, ...]) -> Json:
    """Return who is described, as a FHIR Patient; several values of one trait are alternatives."""
    names = []
    for value in _values(listed, "livingSubjectName"):
        family, given = (
            [el.squeeze(el.content(part)) for part in el.children(value, tag)] for tag in ("family", "given")
        )
        names.append({"family": next(iter(family), ""), "given": [one for one in given if one]})
    addresses = [
        ft.address(address)
        for node in el.children(listed, "patientAddress")
        for address in parties.addresses(_renamed(node))
    ]
    telecoms = [el.attribute(value, "value").partition(":")[2] for value in _values(listed, "patientTelecom")]
    days = [date(value) for value in _values(listed, "livingSubjectBirthTime")]
    sexes = [sex(value) for value in _values(listed, "livingSubjectAdministrativeGender")]
    read: Json = {
        "identifier": [{"system": system, "value": value} for system, value in numbers],
        "name": [{key: part for key, part in one.items() if part} for one in names if any(one.values())],
        "gender": next((one for one in sexes if one), ""),
        "birthDate": next((one for one in days if one), ""),
        "address": addresses,
        "telecom": [{"system": "phone", "value": one} for one in telecoms if one],
    }
    return {"resourceType": "Patient"} | {name: part for name, part in read.items() if part}


_ADDRESS = {
    "city": "address-city", "state": "address-state", "postalCode": "address-postalcode", "country": "address-country",
}  # fmt: skip


def _pairs(listed: etree._Element, patient: Json) -> list[Pair]:
    """Return who is described as search parameters of FHIR; several values of one trait are alternatives."""
    found: dict[str, list[str]] = {}
    if patient.get("gender"):
        found["gender"] = [patient["gender"]]
    for name in patient.get("name", []):
        found.setdefault("family", []).extend([name["family"]] if name.get("family") else [])
        found.setdefault("given", []).extend(name.get("given", [])[:1])
    for address in patient.get("address", []):
        for part, parameter in _ADDRESS.items():
            found.setdefault(parameter, []).extend([address[part]] if address.get(part) else [])
        found.setdefault("address", []).extend(address.get("line", [])[:1])
    for telecom in patient.get("telecom", []):
        found.setdefault("telecom", []).append(telecom["value"])
    numbers = [f"{one['system']}|{one['value']}" for one in patient.get("identifier", [])]
    pairs = [(name, ",".join(_escaped(one) for one in values)) for name, values in found.items() if values]
    pairs += [("identifier", ",".join(numbers))] if numbers else []
    for value in _values(listed, "livingSubjectBirthTime"):
        for node, prefix in ((value, ""), (el.child(value, "low"), "ge"), (el.child(value, "high"), "le")):
            when = date(node)
            pairs += [("birthdate", f"{prefix}{when}")] if when else []
    return pairs


def _renamed(node: etree._Element) -> etree._Element:
    """Return the values of a parameter as addresses, as they stand in a person."""
    copy = etree.Element("addresses")
    for value in el.children(node, "value"):
        address = etree.SubElement(copy, f"{{{el.CDA}}}addr")
        for part in value:
            etree.SubElement(address, part.tag).text = el.content(part)
    return copy


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(",", "\\,").replace("$", "\\$").replace("|", "\\|")
