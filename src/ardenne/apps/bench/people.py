"""Synthetic resources of the size and mix that a hospital's export has, always the same for a seed."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

PER_PATIENT = 131
"""Resources of one patient: 1 Patient, 12 encounters, 90 observations, 12 conditions, 16 others."""

_FAMILIES = (
    "Weber",
    "Muller",
    "Schmit",
    "Hoffmann",
    "Lambert",
    "Dubois",
    "Martin",
    "Silva",
    "Santos",
    "Thill",
)
_GIVEN = ("Anna", "Marie", "Luc", "Paul", "Léa", "Tom", "Sofia", "João", "Claire", "Marc")
_ANALYSES = (
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 12.0, 17.0),
    ("2345-7", "Glucose [Mass/volume] in Serum or Plasma", "mg/dL", 70.0, 130.0),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 0.6, 1.4),
    ("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "mg/dL", 120.0, 280.0),
    ("8480-6", "Systolic blood pressure", "mm[Hg]", 100.0, 170.0),
    ("8867-4", "Heart rate", "/min", 50.0, 110.0),
    ("29463-7", "Body weight", "kg", 45.0, 110.0),
    ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 4.5, 9.0),
)
_PROBLEMS = (
    ("38341003", "Hypertensive disorder"),
    ("44054006", "Diabetes mellitus type 2"),
    ("195967001", "Asthma"),
)


def patients(count: int, seed: int = 1) -> Iterator[list[dict[str, Any]]]:
    """Yield the resources of each patient; the first is the Patient."""
    for number in range(count):
        yield list(_patient(random.Random(seed * 1_000_003 + number), number))  # noqa: S311 - not for secrets


def lines(count: int, seed: int = 1) -> Iterator[bytes]:
    """Yield the resources of ``count`` patients as JSON."""
    for person in patients(count, seed):
        for resource in person:
            yield orjson.dumps(resource)


def long_record(patient_id: str, count: int) -> Iterator[bytes]:
    """Yield a patient with ``count`` observations, over twenty years, as JSON."""
    chance = random.Random(count)  # noqa: S311 - not for secrets
    yield orjson.dumps({"resourceType": "Patient", "id": patient_id, "name": [{"family": "Long"}]})
    subject, begin = {"reference": f"Patient/{patient_id}"}, datetime(2005, 1, 1, tzinfo=UTC)
    for _number in range(count):
        when = (begin + timedelta(minutes=chance.randrange(20 * 525_600))).isoformat()
        yield orjson.dumps(_observation(_uuid(chance), subject, None, when, chance))


def _uuid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _patient(chance: random.Random, number: int) -> Iterator[dict[str, Any]]:
    patient_id = _uuid(chance)
    subject = {"reference": f"Patient/{patient_id}"}
    family, given = chance.choice(_FAMILIES), chance.choice(_GIVEN)
    born = datetime(1930, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(34_000))
    yield {
        "resourceType": "Patient",
        "id": patient_id,
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{given} {family}, {born:%Y-%m-%d}</div>',
        },
        "identifier": [{"system": "urn:oid:1.3.182.4.4", "value": f"{born:%Y%m%d}{number:05d}"}],
        "name": [{"use": "official", "family": f"{family}{number % 97}", "given": [given]}],
        "telecom": [{"system": "phone", "value": f"+352 621 {number:06d}", "use": "mobile"}],
        "gender": chance.choice(("female", "male")),
        "birthDate": f"{born:%Y-%m-%d}",
        "address": [
            {
                "line": [f"{number % 200} rue du Moulin"],
                "city": "Arlon",
                "postalCode": "6700",
                "country": "BE",
            }
        ],
        "maritalStatus": _concept("http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "M", "Married"),
    }
    day = datetime(2015, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(300))
    for _visit in range(12):
        day += timedelta(days=chance.randrange(40, 300))
        encounter_id = _uuid(chance)
        context = {"reference": f"Encounter/{encounter_id}"}
        when = day.strftime("%Y-%m-%dT%H:%M:%SZ")
        yield _encounter(encounter_id, subject, day)
        for _analysis in range(7):
            yield _observation(_uuid(chance), subject, context, when, chance)
        code, words = chance.choice(_PROBLEMS)
        yield {
            "resourceType": "Condition",
            "id": _uuid(chance),
            "clinicalStatus": _concept(
                "http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"
            ),
            "code": _concept("http://snomed.info/sct", code, words),
            "subject": subject,
            "encounter": context,
            "onsetDateTime": when,
            "recordedDate": when,
        }
    for _other in range(16):
        day += timedelta(days=5)
        yield {
            "resourceType": "Immunization",
            "id": _uuid(chance),
            "status": "completed",
            "vaccineCode": _concept("http://hl7.org/fhir/sid/cvx", "140", "Influenza, seasonal"),
            "patient": subject,
            "occurrenceDateTime": day.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "primarySource": True,
        }
    for _more in range(6):
        day += timedelta(days=5)
        yield _observation(_uuid(chance), subject, None, day.strftime("%Y-%m-%dT%H:%M:%SZ"), chance)


def _encounter(encounter_id: str, subject: dict[str, str], day: datetime) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": encounter_id,
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [_concept("http://snomed.info/sct", "185345009", "Encounter for symptom")],
        "subject": subject,
        "period": {
            "start": day.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "end": (day + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    }


def _observation(
    observation_id: str,
    subject: dict[str, str],
    context: dict[str, str] | None,
    when: str,
    chance: random.Random,
) -> dict[str, Any]:
    code, words, unit, low, high = chance.choice(_ANALYSES)
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "id": observation_id,
        "status": "final",
        "category": [
            _concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory", "Laboratory")
        ],
        "code": _concept("http://loinc.org", code, words),
        "subject": subject,
        "effectiveDateTime": when,
        "issued": when,
        "valueQuantity": {
            "value": round(chance.uniform(low, high), 1),
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
    }
    if context:
        found["encounter"] = context
    return found


def _concept(system: str, code: str, words: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": words}], "text": words}
