"""Messages as FHIR R4 resources: Patient, Encounter, DiagnosticReport with Observations and Specimens.

Ids are deterministic: made of the sender, the patient, the order number and the code of the result.
A corrected result (OBX-11 = C) therefore replaces the one it corrects, and a message that is sent
twice changes nothing. Rules: HL7 "Version 2 to FHIR".
"""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

from ardenne.standards.hl7v2 import fhir_types as ft
from ardenne.standards.hl7v2.documents import Content, contents
from ardenne.standards.hl7v2.er7 import Message
from ardenne.standards.hl7v2.fhir_types import Context
from ardenne.standards.hl7v2.fields import Coded, Number, Reading
from ardenne.standards.hl7v2.patients import Patient, merged, visit
from ardenne.standards.hl7v2.results import Observation, Order, Specimen
from ardenne.standards.hl7v2.tables import tables

_NAMESPACE = uuid.UUID("0f6b3a0c-2f64-5f0e-8f2b-0f1f62a3f4b1")
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
_TEXT_TYPES = frozenset({"TX", "FT"})
_LAB, _IMAGING, _VITAL = "11502-2", "18748-4", "8716-3"
_CATEGORIES = {_LAB: "laboratory", _IMAGING: "imaging", _VITAL: "vital-signs"}


def patient(found: Patient, context: Context) -> dict[str, Any]:
    """A Patient without id."""
    read: dict[str, Any] = {
        "identifier": [ft.identifier(one, context) for one in found.numbers],
        "name": [ft.human_name(one) for one in found.names],
        "telecom": [point for one, use in found.telecoms if (point := ft.contact_point(one, use))],
        "gender": tables().sex.get(found.sex, ""),
        "birthDate": found.birth_time.date() if found.birth_time else "",
        "address": [place for one in found.addresses if (place := ft.address(one))],
        "maritalStatus": _marital(found.marital_status, context),
    }
    patient = {"resourceType": "Patient"} | {name: part for name, part in read.items() if part}
    if found.death_time:
        patient["deceasedDateTime"] = context.time(found.death_time)
    elif found.dead:
        patient["deceasedBoolean"] = True
    return patient


def _marital(found: Coded | None, context: Context) -> dict[str, Any]:
    """Table 0002; its codes are those of the version 3 system where they exist there."""
    if found is None:
        return {}
    if not found.system and found.code in ("A", "D", "I", "L", "M", "P", "S", "T", "U", "W"):
        return {"coding": [{"system": _TERMINOLOGY + "v3-MaritalStatus", "code": found.code}]}
    return ft.codeable_concept(found, context)


def replaced(message: Message, context: Context) -> list[dict[str, Any]]:
    """The identifiers that a merge message (ADT^A40) gives up for those of its patient."""
    return [ft.identifier(one, context) for one in merged(message)]


def encounter(message: Message, subject: str, context: Context, reading: Reading) -> dict[str, Any] | None:
    """The visit as an Encounter; None without a visit number, which alone could identify it."""
    found = visit(message, reading)
    if found is None or found.number is None:
        return None
    event = message.get("MSH-9.2")
    ended = found.discharged or event == "A03"
    read: dict[str, Any] = {
        "resourceType": "Encounter",
        "id": _identity(context, "visit", _number(found.number)),
        "identifier": [ft.identifier(found.number, context)],
        "status": "cancelled" if event == "A11" else "finished" if ended else "in-progress",
        "class": {
            "system": _TERMINOLOGY + "v3-ActCode",
            "code": tables().encounter_class.get(found.patient_class, "AMB"),
        },
        "subject": {"reference": subject},
    }
    if found.attending and found.attending.wording:
        read["participant"] = [{"individual": {"display": found.attending.wording}}]
    ends = {"start": found.admitted, "end": found.discharged}
    if period := {name: context.time(end) for name, end in ends.items() if end}:
        read["period"] = period
    if found.location:
        read["location"] = [{"location": {"display": found.location}}]
    return read


def _identity(context: Context, *parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join((context.sender, *parts))))


def _number(found: Number | None) -> str:
    if found is None:
        return ""
    authority = found.authority
    return f"{found.value}^{authority.universal or authority.namespace}"


def class_of(order: Order) -> tuple[str, bool]:
    """(LOINC class of the report, whether the sender said so) by OBR-24 or the device codes of OBR-4."""
    known = tables().section.get(order.section.upper())
    if known:
        return known, True
    return (_VITAL, True) if order.service.system == "MDC" else (_LAB, False)


def reports(
    orders: tuple[Order, ...], control_id: str, who: str, subject: str, context: Context, reading: Reading
) -> tuple[list[dict[str, Any]], list[Content]]:
    """The resources of all orders (each DiagnosticReport before its results) and the files among them.

    `control_id` (MSH-10) identifies an order that has no number of its own; `who` is the patient's
    first number, which keeps equal order numbers of two patients apart.
    """
    resources: list[dict[str, Any]] = []
    files: list[Content] = []
    seen: Counter[tuple[str, ...]] = Counter()
    for order in orders:
        number = _number(order.filler or order.placer) or f"{control_id}#{order.index}"
        key = (who, number, order.service.code or order.service.text)
        seen[key] += 1
        builder = _Report(order, (*key, str(seen[key])), subject, context, reading)
        resources += builder.resources()
        files += builder.files
    return resources, files


class _Report:
    def __init__(
        self, order: Order, key: tuple[str, ...], subject: str, context: Context, reading: Reading
    ) -> None:
        self._order = order
        self._context = context
        self._reading = reading
        self._subject = {"reference": subject}
        self._key = key
        self._category = _CATEGORIES.get(class_of(order)[0], "")
        self._seen: Counter[str] = Counter()
        self.files: list[Content] = []

    def resources(self) -> list[dict[str, Any]]:
        specimens = [self._specimen(one, n) for n, one in enumerate(self._order.specimens, 1)]
        observations = []
        for found in _joined(self._order.observations):
            files = contents(found, self._reading)
            self.files.extend(files)
            if not files and found.type not in ("ED", "RP") and (read := self._observation(found)):
                if specimens:
                    read["specimen"] = {"reference": f"Specimen/{specimens[0]['id']}"}
                observations.append(read)
        report = self._report(observations, specimens)
        return [report, *observations, *specimens]

    def _report(self, observations: list[dict[str, Any]], specimens: list[dict[str, Any]]) -> dict[str, Any]:
        order, context = self._order, self._context
        read: dict[str, Any] = {
            "resourceType": "DiagnosticReport",
            "id": _identity(context, *self._key, "report"),
            "identifier": [
                ft.identifier(one, context) | {"type": _type(kind)}
                for one, kind in ((order.placer, "PLAC"), (order.filler, "FILL"))
                if one
            ],
            "status": tables().report_status.get(order.status, "unknown"),
            "category": [_section(order.section)] if order.section else [],
            "code": ft.codeable_concept(order.service, context) or {"text": "unspecified service"},
            "subject": self._subject,
            "effectiveDateTime": context.time(order.time) if order.time else "",
            "issued": _instant(order, context),
            "resultsInterpreter": [{"display": order.interpreter.wording}] if order.interpreter else [],
            "specimen": [{"reference": f"Specimen/{one['id']}"} for one in specimens],
            "result": [{"reference": f"Observation/{one['id']}"} for one in observations],
            "conclusion": "\n".join(order.notes),
        }
        return {name: part for name, part in read.items() if part}

    def _specimen(self, found: Specimen, index: int) -> dict[str, Any]:
        read: dict[str, Any] = {
            "resourceType": "Specimen",
            "id": _identity(self._context, *self._key, "specimen", str(index)),
            "type": ft.codeable_concept(found.type, self._context),
            "subject": self._subject,
        }
        if found.number:
            read["accessionIdentifier"] = {"value": found.number}
        if found.collected:
            read["collection"] = {"collectedDateTime": self._context.time(found.collected)}
        return read

    def _observation(self, found: Observation) -> dict[str, Any] | None:
        code = ft.codeable_concept(found.code, self._context)
        if not code or not (found.type or found.values):
            return None
        place = f"{found.code.code or found.code.text}^{found.sub_id}"
        self._seen[place] += 1
        read: dict[str, Any] = {
            "resourceType": "Observation",
            "id": _identity(self._context, *self._key, place, str(self._seen[place])),
            "status": tables().observation_status.get(found.status, "unknown"),
            "category": [_category(self._category)] if self._category else [],
            "code": code,
            "subject": self._subject,
        }
        if time := found.time or self._order.time:
            read["effectiveDateTime"] = self._context.time(time)
        if found.performer:
            read["performer"] = [{"display": found.performer}]
        value = _value(found, self._context)
        if value:
            read |= value
        elif read["status"] in ("cancelled", "registered") or not found.values:
            read["dataAbsentReason"] = {
                "coding": [{"system": _TERMINOLOGY + "data-absent-reason", "code": "unknown"}]
            }
        if found.flags:
            read["interpretation"] = [ft.interpretation(flag) for flag in found.flags]
        if found.method and found.method.wording:
            read["method"] = ft.codeable_concept(found.method, self._context)
        if found.range:
            read["referenceRange"] = [ft.reference_range(found.range, found.unit)]
        if notes := "\n".join(found.notes).strip():
            read["note"] = [{"text": notes}]
        return {name: part for name, part in read.items() if part}


def _joined(observations: tuple[Observation, ...]) -> list[Observation]:
    """Lines of one text that were sent as consecutive OBX become one observation again."""
    found: list[Observation] = []
    for one in observations:
        last = found[-1] if found else None
        same = last and (last.code, last.sub_id, last.type, last.status) == (
            one.code,
            one.sub_id,
            one.type,
            one.status,
        )
        if last and same and one.type in _TEXT_TYPES:
            found[-1] = _with_values(last, one)
        else:
            found.append(one)
    return found


def _with_values(first: Observation, more: Observation) -> Observation:
    fields = {name: getattr(first, name) for name in first.__struct_fields__}
    fields |= {"values": first.values + more.values, "notes": first.notes + more.notes}
    return Observation(**fields)


def _value(found: Observation, context: Context) -> dict[str, Any]:
    """value[x] by the type in OBX-2; several numbers in one field stay a text, as none is the result."""
    values = [one for one in found.values if one.text.strip()]
    if not values:
        return {}
    joiner = "\n" if found.type in _TEXT_TYPES else "; "
    text = joiner.join(one.text for one in values).strip()
    if len(values) > 1:
        return {"valueString": text}
    if found.type in ("NM", "SI") and (quantity := ft.quantity(text, found.unit)):
        return {"valueQuantity": quantity}
    if found.type == "SN" and (structured := _structured(found, context)):
        return structured
    if found.type in ("CE", "CWE", "CNE", "CF"):
        concept = ft.codeable_concept(_coded(found), context)
        return {"valueCodeableConcept": concept} if concept else {}
    unit = f" {found.unit.wording}" if found.unit.wording and found.type in ("NM", "SN", "ST") else ""
    return {"valueString": text + unit}


def _coded(found: Observation) -> Coded:
    return Coded(*(found.values[0].get(component).strip() for component in range(1, 7)))


def _structured(found: Observation, context: Context) -> dict[str, Any]:
    """SN: comparator ^ number ^ separator ^ number (HL7 v2.5.1 chapter 2A.67)."""
    comparator, first, separator, second = (found.values[0].get(n).strip() for n in range(1, 5))
    low, high = ft.quantity(first, found.unit), ft.quantity(second, found.unit)
    if low and not second:
        sign = {"comparator": comparator} if comparator in ("<", "<=", ">", ">=") else {}
        return {"valueQuantity": low | sign} if comparator in ("", "=", "<", "<=", ">", ">=") else {}
    if low and high and separator == "-":
        return {"valueRange": {"low": low, "high": high}}
    if low and high and separator in (":", "/"):
        return {"valueRatio": {"numerator": low, "denominator": high}}
    return {}


def _type(code: str) -> dict[str, Any]:
    return {"coding": [{"system": _TERMINOLOGY + "v2-0203", "code": code}]}


def _section(code: str) -> dict[str, Any]:
    return {"coding": [{"system": _TERMINOLOGY + "v2-0074", "code": code}]}


def _category(code: str) -> dict[str, Any]:
    return {"coding": [{"system": _TERMINOLOGY + "observation-category", "code": code}]}


def _instant(order: Order, context: Context) -> str:
    """DiagnosticReport.issued is an instant: only a time with zone will do."""
    text = context.time(order.reported) if order.reported else ""
    return text if "T" in text else ""
