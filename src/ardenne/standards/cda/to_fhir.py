"""Fill a record from a document: the patient and the entries as FHIR R4 resources.

Every resource has a deterministic id, made of the document's identity, the patient, the place of the
entry in the document and what it says: importing the same document again writes the same resources
again, and a careless sender who gives two documents one id never overwrites a fact of the first.
`meta.source` names the document, for Provenance.

Mapping rules: HL7 "C-CDA on FHIR" and the International Patient Summary's way of stating absence.
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from ardenne.standards import naming
from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda import fhir_types as ft
from ardenne.standards.cda.demographics import patient
from ardenne.standards.cda.entries import entries
from ardenne.standards.cda.facts import (
    Allergy,
    Entry,
    Immunization,
    Medication,
    Problem,
    Procedure,
    Result,
)
from ardenne.standards.cda.fhir_types import Zone
from ardenne.standards.cda.meanings import ABSENT
from ardenne.standards.cda.read import ClinicalDocument
from ardenne.standards.cda.statements import Product, ReferenceRange, Schedule

__all__ = ["patient", "resources"]

_NAMESPACE = uuid.UUID("5d1c9c52-38a3-5b1e-9f0c-6f7a0f0f6c0a")
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
_PERIOD_UNITS = {"s": "s", "min": "min", "h": "h", "d": "d", "wk": "wk", "mo": "mo", "a": "a"}
_TIMING_EVENTS = frozenset(
    {"HS", "WAKE", "C", "CM", "CD", "CV", "AC", "ACM", "ACD", "ACV", "PC", "PCM", "PCD", "PCV"}
)
_OBSERVATION_STATUSES = {"active": "preliminary", "aborted": "cancelled", "cancelled": "cancelled"}
_PROCEDURE_STATUSES = {
    "active": "in-progress",
    "completed": "completed",
    "aborted": "stopped",
    "cancelled": "not-done",
    "suspended": "on-hold",
}
_MEDICATION_STATUSES = {"active": "active", "suspended": "on-hold", "aborted": "stopped", "held": "on-hold"}
_CATEGORIES = {"result": "laboratory", "vital-sign": "vital-signs", "social-history": "social-history"}
_IMAGING = "18748-4"
_ABSENT_REASONS = {
    "UNK": "unknown",
    "ASKU": "asked-unknown",
    "NASK": "not-asked",
    "NAV": "temp-unknown",
    "NA": "not-applicable",
    "MSK": "masked",
}
_DISPLAYS = {
    "no-known-allergies": "No known allergies",
    "no-known-medication-allergies": "No known medication allergies",
    "no-known-food-allergies": "No known food allergies",
    "no-known-environmental-allergies": "No known environmental allergies",
    "no-known-problems": "No known problems",
    "no-known-medications": "No known medications",
    "no-known-immunizations": "No known immunizations",
    "no-known-procedures": "No known procedures",
}


def resources(document: ClinicalDocument, subject: str, zone: Zone = None) -> list[dict[str, Any]]:
    """The entries as resources about `subject` (a reference such as "Patient/123")."""
    builder = _Builder(document, subject, zone)
    return [builder.resource(entry) for entry in entries(document)]


def _absent(code: dt.Code) -> dict[str, Any]:
    """A CodeableConcept for an absence: a bare code belongs to the absent-unknown system."""
    if code.system:
        return ft.codeable_concept(code)
    display = _DISPLAYS[code.code]
    return {"coding": [{"system": ABSENT, "code": code.code, "display": display}], "text": display}


def _status(name: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": _TERMINOLOGY + name, "code": code}]}


class _Builder:
    """Builds the resources of one document."""

    def __init__(self, document: ClinicalDocument, subject: str, zone: Zone) -> None:
        self._subject = {"reference": subject}
        self._zone = zone
        self._source = ft.uri_of(document.identifier)
        who = ",".join(f"{one.root}^{one.extension}" for one in document.patient.identifiers)
        self._key = f"{document.identifier.root}^{document.identifier.extension}|{who}"
        self._author = document.authors[0] if document.authors else None
        self._recorded = document.time.fhir(zone)

    def resource(self, entry: Entry) -> dict[str, Any]:
        found = self._resource(entry)
        said = {name: part for name, part in found.items() if name not in ("subject", "patient")}
        content = msgspec.json.encode(said, order="deterministic").decode()
        identity = uuid.uuid5(_NAMESPACE, f"{self._key}|{entry.path}|{content}")
        return {"resourceType": found.pop("resourceType"), "id": str(identity), **found}

    def _resource(self, entry: Entry) -> dict[str, Any]:
        match entry:
            case Problem():
                return self._condition(entry)
            case Allergy():
                return self._allergy(entry)
            case Medication() if entry.prescribed and not entry.absence:
                return self._medication_request(entry)
            case Medication():
                return self._medication_statement(entry)
            case Immunization():
                return self._immunization(entry)
            case Result():
                return self._observation(entry)
            case Procedure():
                return self._procedure(entry)
        raise TypeError(f"no FHIR form for {type(entry).__name__}")

    def _base(self, kind: str, entry: Entry) -> dict[str, Any]:
        found: dict[str, Any] = {"resourceType": kind, "meta": {"source": self._source}}
        identifiers = [
            ft.identifier(one)
            for one in entry.identifiers
            if one.extension or naming.oid_or_uuid_uri(one.root).startswith("urn:uuid:")
        ]
        if identifiers:
            found["identifier"] = identifiers
        return found

    def _code(self, entry: Entry) -> dict[str, Any]:
        code = entry.code or dt.Code(text=entry.text)
        return _absent(code) if entry.absence in ("known-absent", "unknown") else ft.codeable_concept(code)

    def _time(self, name: str, time: dt.Interval | None) -> dict[str, Any]:
        """`name`DateTime or `name`Period; {} without a time."""
        if time is None:
            return {}
        if time.point:
            return {f"{name}DateTime": time.point.fhir(self._zone)}
        read = ft.period(time, self._zone)
        return {f"{name}Period": read} if read else {}

    def _recorder(self, entry: Entry) -> dict[str, str]:
        party = entry.authors[0] if entry.authors else self._author
        return {"display": party.wording} if party and party.wording else {}

    def _condition(self, entry: Problem) -> dict[str, Any]:
        found = self._base("Condition", entry)
        if entry.absence == "refuted":
            found["verificationStatus"] = _status("condition-ver-status", "refuted")
        else:
            found["clinicalStatus"] = _status("condition-clinical", entry.clinical_status)
            found["category"] = [_status("condition-category", "problem-list-item")]
        if entry.severity and (severity := ft.codeable_concept(entry.severity)):
            found["severity"] = severity
        found["code"] = self._code(entry)
        found["subject"] = self._subject
        if entry.time and not entry.absence:
            if entry.time.start:
                found["onsetDateTime"] = entry.time.start.fhir(self._zone)
            if entry.time.high:
                found["abatementDateTime"] = entry.time.high.fhir(self._zone)
        return self._recorded_by(found, entry, "recordedDate", "recorder")

    def _recorded_by(self, found: dict[str, Any], entry: Entry, date: str, recorder: str) -> dict[str, Any]:
        own = entry.authors[0].time if entry.authors else None
        found[date] = own.fhir(self._zone) if own else self._recorded
        if who := self._recorder(entry):
            found[recorder] = who
        return found

    def _allergy(self, entry: Allergy) -> dict[str, Any]:
        found = self._base("AllergyIntolerance", entry)
        refuted = entry.absence == "refuted"
        clinical = "inactive" if refuted else entry.clinical_status
        found["clinicalStatus"] = _status("allergyintolerance-clinical", clinical)
        verification = "refuted" if refuted else entry.verification
        if verification:
            found["verificationStatus"] = _status("allergyintolerance-verification", verification)
        if entry.type and not entry.absence:
            found["type"] = entry.type
        if entry.category and not entry.absence:
            found["category"] = [entry.category]
        if entry.criticality:
            found["criticality"] = entry.criticality
        found["code"] = self._code(entry)
        found["patient"] = self._subject
        if entry.time and entry.time.start and not entry.absence:
            found["onsetDateTime"] = entry.time.start.fhir(self._zone)
        self._recorded_by(found, entry, "recordedDate", "recorder")
        reactions = [
            {"manifestation": [ft.codeable_concept(one.manifestation)]}
            | ({"severity": one.severity} if one.severity else {})
            for one in entry.reactions
        ]
        if reactions and not entry.absence:
            found["reaction"] = reactions
        return found

    def _medicine(self, entry: Medication) -> dict[str, Any]:
        concept = self._code(entry)
        if entry.product and not entry.absence:
            concept["text"] = _medicine_words(entry.product) or concept.get("text", entry.text)
        return concept

    def _medication_statement(self, entry: Medication) -> dict[str, Any]:
        found = self._base("MedicationStatement", entry)
        ended = entry.time is not None and entry.time.high is not None
        if entry.absence == "refuted":
            found["status"] = "not-taken"
        elif entry.absence:
            found["status"] = "unknown" if entry.absence == "unknown" else "active"
        elif entry.status == "completed" or ended:
            found["status"] = "completed" if ended else "unknown"
        else:
            found["status"] = _MEDICATION_STATUSES.get(entry.status.lower(), "unknown")
        found["medicationCodeableConcept"] = self._medicine(entry)
        found["subject"] = self._subject
        found |= {} if entry.absence else self._time("effective", entry.time)
        self._recorded_by(found, entry, "dateAsserted", "informationSource")
        return self._dosed(found, "dosage", entry)

    def _medication_request(self, entry: Medication) -> dict[str, Any]:
        found = self._base("MedicationRequest", entry)
        found["status"] = {"aborted": "stopped", "suspended": "on-hold"}.get(entry.status, "active")
        found["intent"] = "order"
        found["medicationCodeableConcept"] = self._medicine(entry)
        found["subject"] = self._subject
        self._recorded_by(found, entry, "authoredOn", "requester")
        return self._dosed(found, "dosageInstruction", entry)

    def _dosed(self, found: dict[str, Any], name: str, entry: Medication) -> dict[str, Any]:
        dosage: dict[str, Any] = {}
        if timing := _timing(entry.schedule):
            dosage["timing"] = timing
        if entry.route and (route := ft.codeable_concept(entry.route)):
            dosage["route"] = route
        if isinstance(entry.dose, dt.Quantity) and ft.number(entry.dose.value) is not None:
            dosage["doseAndRate"] = [{"doseQuantity": ft.quantity(entry.dose)}]
        elif isinstance(entry.dose, dt.Range) and (dose := ft.quantity_range(entry.dose)):
            dosage["doseAndRate"] = [{"doseRange": dose}]
        if dosage and not entry.absence:
            found[name] = [dosage]
        return found

    def _immunization(self, entry: Immunization) -> dict[str, Any]:
        found = self._base("Immunization", entry)
        stopped = entry.status in ("aborted", "cancelled")
        found["status"] = "not-done" if entry.absence or stopped else "completed"
        if entry.reason and (reason := ft.codeable_concept(entry.reason)) and found["status"] == "not-done":
            found["statusReason"] = reason
        found["vaccineCode"] = self._code(entry)
        found["patient"] = self._subject
        start = entry.time.start if entry.time else None
        found |= {"occurrenceDateTime": start.fhir(self._zone)} if start else {"occurrenceString": "unknown"}
        found["recorded"] = self._recorded
        product = entry.product
        if product and product.manufacturer:
            found["manufacturer"] = {"display": product.manufacturer}
        if product and product.lot:
            found["lotNumber"] = product.lot
        if entry.site and (site := ft.codeable_concept(entry.site)):
            found["site"] = site
        if entry.route and (route := ft.codeable_concept(entry.route)):
            found["route"] = route
        if isinstance(entry.dose, dt.Quantity) and ft.number(entry.dose.value) is not None:
            found["doseQuantity"] = ft.quantity(entry.dose)
        performers = [{"actor": {"display": one.wording}} for one in entry.performers if one.wording]
        if performers:
            found["performer"] = performers
        if entry.dose_number.isdigit() and int(entry.dose_number) > 0:
            found["protocolApplied"] = [{"doseNumberPositiveInt": int(entry.dose_number)}]
        return found

    def _observation(self, entry: Result) -> dict[str, Any]:
        found = self._base("Observation", entry)
        found["status"] = _OBSERVATION_STATUSES.get(entry.status, "final")
        category = _CATEGORIES.get(entry.kind, "")
        if entry.panel and entry.panel.code == _IMAGING:
            category = "imaging"
        if category:
            found["category"] = [_status("observation-category", category)]
        found["code"] = self._code(entry)
        found["subject"] = self._subject
        found |= self._time("effective", entry.time)
        performers = [{"display": one.wording} for one in entry.performers if one.wording]
        if performers:
            found["performer"] = performers
        value = next((v for one in entry.values if (v := ft.value("value", one, self._zone))), {})
        reason = _ABSENT_REASONS.get(entry.value_null, "unknown")
        found |= value or {"dataAbsentReason": _status("data-absent-reason", reason)}
        interpretations = [ft.codeable_concept(_interpretation(one)) for one in entry.interpretation]
        if interpretations:
            found["interpretation"] = interpretations
        for name, code in (("bodySite", entry.site), ("method", entry.method)):
            if code and (concept := ft.codeable_concept(code)):
                found[name] = concept
        ranges = [read for one in entry.ranges if (read := _range(one))]
        if ranges:
            found["referenceRange"] = ranges
        return found

    def _procedure(self, entry: Procedure) -> dict[str, Any]:
        found = self._base("Procedure", entry)
        if entry.absence == "refuted":
            found["status"] = "not-done"
        elif entry.absence:
            found["status"] = "unknown"
        else:
            found["status"] = _PROCEDURE_STATUSES.get(entry.status, "unknown")
        found["code"] = self._code(entry)
        found["subject"] = self._subject
        found |= {} if entry.absence else self._time("performed", entry.time)
        if who := self._recorder(entry):
            found["recorder"] = who
        performers = [{"actor": {"display": one.wording}} for one in entry.performers if one.wording]
        if performers:
            found["performer"] = performers
        if entry.site and (site := ft.codeable_concept(entry.site)):
            found["bodySite"] = [site]
        return found


def _interpretation(code: dt.Code) -> dt.Code:
    """Interpretation codes are often written without their system."""
    return code if code.system else dt.Code(code.code, "2.16.840.1.113883.5.83", code.display)


def _range(found: ReferenceRange) -> dict[str, Any]:
    """The normal range; the ranges of "high", "low" and the like are left out."""
    if found.interpretation and found.interpretation.code not in ("", "N"):
        return {}
    read: dict[str, Any] = ft.quantity_range(found.range) if found.range else {}
    if found.text:
        read["text"] = found.text
    return read


def _timing(schedule: Schedule | None) -> dict[str, Any]:
    if schedule is None:
        return {}
    repeat: dict[str, Any] = {}
    unit = _PERIOD_UNITS.get(schedule.period.unit, "") if schedule.period else ""
    if schedule.period and unit and ft.number(schedule.period.value):
        repeat |= {"frequency": 1, "period": ft.number(schedule.period.value), "periodUnit": unit}
    events = [event for event in schedule.events if event in _TIMING_EVENTS]
    if events:
        repeat["when"] = events
    return {"repeat": repeat} if repeat else {}


def _medicine_words(product: Product) -> str:
    """Brand name and what is in it: "Eutirox (levothyroxine sodium 100 ug)"."""
    inside = []
    for ingredient in product.ingredients:
        words = (ingredient.code.wording if ingredient.code else "") or ingredient.name
        if words and ingredient.strength:
            strength, per = ingredient.strength.numerator, ingredient.strength.denominator
            words += f" {strength.value} {strength.unit}"
            if per.unit not in ("", "1") or per.value != "1":
                words += f"/{per.value} {per.unit}"
        if words:
            inside.append(words.strip())
    if not product.name:
        return ", ".join(inside)
    return f"{product.name} ({', '.join(inside)})" if inside else product.name
