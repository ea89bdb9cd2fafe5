"""Demonstration data as FHIR R4: transactions, document bundles (International Patient Summary), NDJSON."""

from __future__ import annotations

from html import escape
from typing import Any

import orjson

from ardenne.apps.demo import facts
from ardenne.apps.demo.facts import Measured
from ardenne.apps.demo.persons import Document, Person, professionals
from ardenne.standards.fhir import xml

Json = dict[str, Any]

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
_TITLES = {
    "fr": (
        "Problèmes",
        "Allergies et intolérances",
        "Traitement",
        "Vaccinations",
        "Résultats",
        "Aucune allergie connue",
    ),
    "de": ("Diagnosen", "Allergien", "Medikation", "Impfungen", "Ergebnisse", "Keine Allergien bekannt"),
    "en": ("Problems", "Allergies", "Medication", "Vaccinations", "Results", "No known allergies"),
}
_SECTIONS = ("11450-4", "48765-2", "10160-0", "11369-6", "30954-2")


def patient_id(person: Person) -> str:
    """Return the id that the person has in every bundle of ours."""
    return facts.identity("patient", person.key)


def _concept(system: str, code: str, text: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


def _status(name: str, code: str) -> Json:
    return {"coding": [{"system": _TERMINOLOGY + name, "code": code}]}


def patient(person: Person) -> Json:
    """The Patient."""
    names: list[Json] = [{"use": "official", "family": person.family, "given": list(person.given)}]
    if person.birth_name:
        names.append({"use": "maiden", "family": person.birth_name, "given": list(person.given)})
    numbers = [
        {
            "type": {"coding": [{"system": _TERMINOLOGY + "v2-0203", "code": facts.SYSTEMS[name].type}]},
            "system": facts.SYSTEMS[name].uri,
            "value": value,
        }
        for name, value in person.numbers.items()
    ]
    found: Json = {
        "resourceType": "Patient",
        "id": patient_id(person),
        "identifier": numbers,
        "name": names,
        "telecom": [{"system": "phone", "value": person.phone, "use": "mobile"}],
        "gender": person.gender,
        "birthDate": person.birth,
        "address": [
            {
                "use": "home", "line": [person.line], "city": person.city,
                "postalCode": person.postal, "country": person.country,
            }
        ],
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": person.language}]}}],
    }  # fmt: skip
    return found if numbers else {key: value for key, value in found.items() if key != "identifier"}


class _Writer:
    """Makes the resources of one document; references are full URLs."""

    def __init__(self, person: Person, document: Document) -> None:
        self._person = person
        self._document = document
        self._key = facts.document_number(person, document)
        self._subject = {"reference": f"urn:uuid:{patient_id(person)}"}
        self._who = {"display": professionals()[document.author].wording}

    def identity(self, name: str) -> str:
        return facts.identity(self._key, name)

    def groups(self) -> list[list[Json]]:
        """Problems, allergies, medication, vaccinations, results."""
        known = facts.known(self._person, self._document.date)
        values = facts.measured(self._person, self._document.collected) if self._document.collected else []
        allergies = [self._allergy(one) for one in known.allergies]
        if known.no_allergies and not allergies:
            allergies = [self._no_allergy()]
        return [
            [self._problem(one) for one in known.problems],
            allergies,
            [self._medication(one) for one in known.medications],
            [self._vaccination(one) for one in known.vaccinations],
            [observation(self._person, one, self._subject, facts.language(self._document)) for one in values],
        ]

    def _problem(self, found: Any) -> Json:
        state = "resolved" if found.until else "active"
        read: Json = {
            "resourceType": "Condition",
            "id": self.identity(f"problem/{found.code}"),
            "clinicalStatus": _status("condition-clinical", state),
            "verificationStatus": _status("condition-ver-status", "confirmed"),
            "category": [_status("condition-category", "problem-list-item")],
            "code": _concept(facts.ICD10, found.code, found.text),
            "subject": self._subject,
            "onsetDateTime": found.since,
            "recordedDate": facts.zoned(self._document.date),
            "recorder": self._who,
        }
        return read | ({"abatementDateTime": found.until} if found.until else {})

    def _allergy(self, found: Any) -> Json:
        read: Json = {
            "resourceType": "AllergyIntolerance",
            "id": self.identity(f"allergy/{found.code}"),
            "clinicalStatus": _status("allergyintolerance-clinical", "active"),
            "verificationStatus": _status("allergyintolerance-verification", "confirmed"),
            "type": "allergy",
            "category": [found.category],
            "criticality": "high" if found.severe else "low",
            "code": _concept(facts.ALLERGENS[found.system], found.code, found.text),
            "patient": self._subject,
            "onsetDateTime": found.since,
            "recordedDate": facts.zoned(self._document.date),
            "recorder": self._who,
        }
        if found.reaction:
            severity = "severe" if found.severe else "moderate"
            read["reaction"] = [
                {"manifestation": [_concept(facts.SNOMED, *found.reaction)], "severity": severity}
            ]
        return read

    def _no_allergy(self) -> Json:
        system = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
        text = _TITLES[facts.language(self._document)][5]
        return {
            "resourceType": "AllergyIntolerance",
            "id": self.identity("no-allergy"),
            "clinicalStatus": _status("allergyintolerance-clinical", "active"),
            "code": {"coding": [{"system": system, "code": "no-known-allergies"}], "text": text},
            "patient": self._subject,
            "recordedDate": facts.zoned(self._document.date),
        }

    def _medication(self, found: Any) -> Json:
        dosage: Json = {"text": found.dose}
        period, _, unit = found.every.partition(" ")
        bounds = {"start": found.start} | ({"end": found.end} if found.end else {})
        repeat: Json = {"boundsPeriod": bounds}
        if period:
            repeat |= {"frequency": 1, "period": int(period), "periodUnit": unit}
        dosage["timing"] = {"repeat": repeat}
        return {
            "resourceType": "MedicationRequest",
            "id": self.identity(f"medication/{found.code}"),
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": _concept(facts.ATC, found.code, found.text),
            "subject": self._subject,
            "authoredOn": facts.zoned(self._document.date),
            "requester": self._who,
            "dosageInstruction": [dosage],
        }

    def _vaccination(self, found: Any) -> Json:
        read: Json = {
            "resourceType": "Immunization",
            "id": self.identity(f"vaccination/{found.code}/{found.date}"),
            "status": "completed",
            "vaccineCode": _concept(facts.ATC, found.code, found.text),
            "patient": self._subject,
            "occurrenceDateTime": found.date,
            "lotNumber": found.lot,
        }
        return read | ({"protocolApplied": [{"doseNumberPositiveInt": found.dose}]} if found.dose else {})


def observation(person: Person, found: Measured, subject: Json, language: str) -> Json:
    """One measured value as an Observation; the same value has the same id in every document."""
    analysis = found.analysis
    read: Json = {
        "resourceType": "Observation",
        "id": facts.identity("observation", person.key, analysis.loinc, found.collected),
        "status": "final",
        "category": [_status("observation-category", "vital-signs" if analysis.vital else "laboratory")],
        "code": _concept(facts.LOINC, analysis.loinc, analysis.name(language)),
        "subject": subject,
        "effectiveDateTime": facts.zoned(found.collected),
        "valueQuantity": _quantity(found, found.value),
    }
    if found.flag:
        read["interpretation"] = [_status("v3-ObservationInterpretation", found.flag)]
        ends = {"low": analysis.low, "high": analysis.high}
        read["referenceRange"] = [
            {name: _quantity(found, end) for name, end in ends.items() if end is not None}
        ]
    return read


def _quantity(found: Measured, value: float) -> Json:
    number = int(value) if float(value).is_integer() else value
    unit = {"unit": found.analysis.unit} if found.analysis.unit else {}
    return {"value": number} | unit | {"system": facts.UCUM, "code": found.analysis.ucum}


def transaction(person: Person, document: Document) -> bytes:
    """A transaction bundle with the patient and everything known."""
    resources = [patient(person), *(one for group in _Writer(person, document).groups() for one in group)]
    entries = [
        {
            "fullUrl": f"urn:uuid:{one['id']}",
            "resource": one,
            "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"},
        }
        for one in resources
    ]
    return _json({"resourceType": "Bundle", "type": "transaction", "entry": entries})


def series(person: Person, document: Document) -> bytes:
    """NDJSON: the patient, then values that the person measured at home or at a visit."""
    subject = {"reference": f"Patient/{patient_id(person)}"}
    lines = [patient(person)]
    for collected in document.series:
        for one in facts.measured(person, collected):
            lines.append(observation(person, one, subject, facts.language(document)))
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def summary(person: Person, document: Document) -> Json:
    """A document bundle: Composition, Patient, author, and the facts its sections point to."""
    writer = _Writer(person, document)
    groups = writer.groups()
    author = professionals()[document.author]
    who = {
        "resourceType": "Practitioner",
        "id": writer.identity("author"),
        "identifier": [{"system": facts.SYSTEMS[author.number[0]].uri, "value": author.number[1]}],
        "name": [{"family": author.family, "given": [author.given]} | ({"prefix": [author.prefix]} if author.prefix else {})],
    }  # fmt: skip
    sections = [
        _section(place, title, group)
        for place, (title, group) in enumerate(zip(_TITLES[document.language][:5], groups, strict=True))
        if group
    ]
    number = facts.document_number(person, document)
    composition = {
        "resourceType": "Composition",
        "id": writer.identity("composition"),
        "language": document.language,
        "identifier": {"system": f"urn:oid:{facts.EXAMPLES}.3", "value": number},
        "status": "final",
        "type": _concept(facts.LOINC, "60591-5", "Patient summary Document"),
        "subject": {"reference": f"urn:uuid:{patient_id(person)}"},
        "date": facts.zoned(document.date),
        "author": [{"reference": f"urn:uuid:{who['id']}", "display": author.wording}],
        "title": document.title,
        "confidentiality": document.confidentiality,
        "section": sections,
    }
    resources = [composition, patient(person), who, *(one for group in groups for one in group)]
    return {
        "resourceType": "Bundle",
        "id": writer.identity("bundle"),
        "identifier": {"system": f"urn:oid:{facts.EXAMPLES}.8", "value": number},
        "type": "document",
        "timestamp": facts.zoned(document.date),
        "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources],
    }


def _section(place: int, title: str, resources: list[Json]) -> Json:
    rows = "".join(f"<li>{escape(_words(one))}</li>" for one in resources)
    return {
        "title": title,
        "code": {"coding": [{"system": facts.LOINC, "code": _SECTIONS[place]}]},
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><ul>{rows}</ul></div>',
        },
        "entry": [{"reference": f"urn:uuid:{one['id']}"} for one in resources],
    }


def _words(resource: Json) -> str:
    """One line of the narrative."""
    concept = next(resource[name] for name in _CONCEPTS if name in resource)
    words = str(concept["text"])
    if "valueQuantity" in resource:
        value = resource["valueQuantity"]
        words += f" : {value['value']} {value.get('unit', '')}".rstrip()
    if resource.get("dosageInstruction"):
        words += f" – {resource['dosageInstruction'][0]['text']}"
    if resource.get("reaction"):
        words += f" – {resource['reaction'][0]['manifestation'][0]['text']}"
    starts = (
        one["timing"]["repeat"]["boundsPeriod"]["start"] for one in resource.get("dosageInstruction", [])
    )
    date = next((resource[name] for name in _DATES if name in resource), next(starts, ""))
    return f"{words} ({date[:10]})" if date else words


_CONCEPTS = ("medicationCodeableConcept", "vaccineCode", "code")
_DATES = ("onsetDateTime", "occurrenceDateTime", "effectiveDateTime")


def summary_json(person: Person, document: Document) -> bytes:
    """The document bundle in JSON."""
    return _json(summary(person, document))


def summary_xml(person: Person, document: Document) -> bytes:
    """The document bundle in XML."""
    return xml.dump(summary(person, document))


def _json(content: Json) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)
