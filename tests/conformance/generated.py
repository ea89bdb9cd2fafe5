"""Resources and searches made by chance, small in vocabulary so that searches find something."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import quote

Json = dict[str, Any]

LOINC, UCUM, OWN = "http://loinc.org", "http://unitsofmeasure.org", "urn:own"
CODES = ("718-7", "2345-7", "8480-6", "85354-9")
WORDS = ("Weber", "Wébér", "weber-thill", "Müller", "Muller", "da Silva", "O'Neil", "Li", "100%", "a_b")
DATES = (
    "2019", "2020", "2020-02", "2020-02-29", "2020-03-01", "2021-06-15T10:30:00Z", "2021-06-15T23:59:59.999+02:00",
    "2021-06-16", "2022-12-31T23:00:00-05:00",
)  # fmt: skip
NUMBERS = (0, 1, 5, 5.4, 5.40, 99.5, 100, 100.4, -3, 0.001)
PREFIXES = ("", "", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb")
UNITS = (("mg", "mg"), ("g", "g"), ("mm[Hg]", "mmHg"))


def resources(chance: random.Random, count: int) -> list[Json]:
    """Return resources that refer to each other; ids are unique within their type."""
    patients = [_patient(chance, number) for number in range(max(3, count // 6))]
    organizations: list[Json] = [
        {
            "resourceType": "Organization",
            "id": f"org{n}",
            "name": chance.choice(WORDS),
            "active": chance.random() < 0.5,
        }
        for n in range(3)
    ]
    organizations[1]["partOf"] = {"reference": "Organization/org0"}
    makers = (
        _observation,
        _observation,
        _observation,
        _condition,
        _encounter,
        _medication,
        _document,
        _value_set,
        _sequence,
    )
    others = [chance.choice(makers)(chance, number) for number in range(count)]
    return [*organizations, *patients, *others]


def _maybe(chance: random.Random, share: float = 0.6) -> bool:
    return chance.random() < share


def _concept(chance: random.Random) -> Json:
    codings = [
        {"system": chance.choice((LOINC, OWN)), "code": chance.choice(CODES), "display": chance.choice(WORDS)}
        for _ in range(chance.choice((1, 1, 2)))
    ]
    if _maybe(chance, 0.1):
        del codings[0]["system"]
    return {"coding": codings} | ({"text": chance.choice(WORDS)} if _maybe(chance, 0.3) else {})


def _identifier(chance: random.Random) -> Json:
    found: Json = {"value": str(chance.randrange(8))}
    if _maybe(chance, 0.8):
        found["system"] = chance.choice((OWN, "urn:other"))
    if _maybe(chance, 0.3):
        found["type"] = {"coding": [{"system": "urn:types", "code": chance.choice(("MR", "NI"))}]}
    return found


def _subject(chance: random.Random) -> Json:
    choice = chance.random()
    if choice < 0.8:
        return {"reference": f"Patient/p{chance.randrange(4)}"}
    if choice < 0.9:
        return {"identifier": _identifier(chance), "type": "Patient"}
    return {"reference": f"http://elsewhere.example/fhir/Patient/p{chance.randrange(4)}"}


def _quantity(chance: random.Random) -> Json:
    code, unit = chance.choice(UNITS)
    found: Json = {"value": chance.choice(NUMBERS)}
    if _maybe(chance, 0.8):
        found |= {"unit": unit, "system": UCUM, "code": code}
    return found


def _when(chance: random.Random, name: str) -> Json:
    if _maybe(chance, 0.6):
        return {f"{name}DateTime": chance.choice(DATES)}
    ends = sorted(chance.sample(("2019", "2020-02-10", "2021", "2023-01-01"), 2))
    period = {"start": ends[0], "end": ends[1]}
    if _maybe(chance, 0.3):
        del period[chance.choice(("start", "end"))]
    return {f"{name}Period": period}


def _patient(chance: random.Random, number: int) -> Json:
    found: Json = {"resourceType": "Patient", "id": f"p{number}"}
    if _maybe(chance, 0.9):
        given = chance.sample(WORDS, chance.choice((1, 2)))
        found["name"] = [{"family": chance.choice(WORDS), "given": given}]
    if _maybe(chance):
        found["birthDate"] = chance.choice(("1980", "1980-02", "1980-02-28", "1999-12-31"))
    if _maybe(chance):
        found["gender"] = chance.choice(("male", "female", "unknown"))
    if _maybe(chance):
        found["active"] = _maybe(chance, 0.5)
    if _maybe(chance):
        found["identifier"] = [_identifier(chance) for _ in range(chance.choice((1, 2)))]
    if _maybe(chance):
        found["telecom"] = [
            {"system": chance.choice(("phone", "email")), "value": chance.choice(("123", "a@b.lu"))}
        ]
    if _maybe(chance, 0.4):
        found["managingOrganization"] = {"reference": f"Organization/org{chance.randrange(3)}"}
    if _maybe(chance, 0.3):
        found["deceasedBoolean" if _maybe(chance, 0.5) else "deceasedDateTime"] = True
        if "deceasedDateTime" in found:
            found["deceasedDateTime"] = chance.choice(DATES)
    if _maybe(chance, 0.3):
        found["meta"] = {
            "tag": [{"system": OWN, "code": chance.choice("xy")}],
            "profile": ["http://example.org/p|1"],
        }
    return found


def _observation(chance: random.Random, number: int) -> Json:
    found: Json = {
        "resourceType": "Observation", "id": f"o{number}", "status": chance.choice(("final", "preliminary")),
        "code": _concept(chance),
    }  # fmt: skip
    if _maybe(chance, 0.9):
        found["subject"] = _subject(chance)
    if _maybe(chance, 0.8):
        found |= _when(chance, "effective")
    if _maybe(chance, 0.3):
        found["encounter"] = {"reference": f"Encounter/e{chance.randrange(6)}"}
    match chance.randrange(5):
        case 0 | 1:
            found["valueQuantity"] = _quantity(chance)
        case 2:
            found["valueCodeableConcept"] = _concept(chance)
        case 3:
            found["valueString"] = chance.choice(WORDS)
    if _maybe(chance, 0.3):
        found["component"] = [
            {"code": _concept(chance), "valueQuantity": _quantity(chance)}
            for _ in range(chance.choice((1, 2)))
        ]
    if _maybe(chance, 0.4):
        found["category"] = [_concept(chance)]
    return found


def _condition(chance: random.Random, number: int) -> Json:
    found: Json = {"resourceType": "Condition", "id": f"c{number}", "subject": _subject(chance)}
    if _maybe(chance, 0.8):
        found["code"] = _concept(chance)
    match chance.randrange(5):
        case 0:
            found |= _when(chance, "onset")
        case 1:
            found["onsetAge"] = {"value": chance.choice((3, 12, 60)), "system": UCUM, "code": "a"}
        case 2:
            found["onsetString"] = chance.choice(WORDS)
    if _maybe(chance, 0.3):
        found["recordedDate"] = chance.choice(DATES)
    return found


def _encounter(chance: random.Random, number: int) -> Json:
    found: Json = {
        "resourceType": "Encounter", "id": f"e{number}", "status": chance.choice(("finished", "planned")),
        "class": {"system": OWN, "code": chance.choice(("AMB", "IMP"))},
    }  # fmt: skip
    if _maybe(chance, 0.8):
        found["subject"] = _subject(chance)
    if _maybe(chance):
        found |= {"period": _when(chance, "x").get("xPeriod", {"start": "2020"})}
    if _maybe(chance, 0.3):
        found["length"] = {"value": chance.choice((5, 30)), "unit": "min", "system": UCUM, "code": "min"}
    if _maybe(chance, 0.3):
        found["serviceProvider"] = {"reference": f"Organization/org{chance.randrange(3)}"}
    return found


def _medication(chance: random.Random, number: int) -> Json:
    found: Json = {
        "resourceType": "MedicationRequest", "id": f"m{number}", "status": "active", "intent": "order",
        "subject": _subject(chance), "medicationCodeableConcept": _concept(chance),
    }  # fmt: skip
    if _maybe(chance):
        found["authoredOn"] = chance.choice(DATES)
    return found


def _document(chance: random.Random, number: int) -> Json:
    found: Json = {
        "resourceType": "DocumentReference", "id": f"d{number}", "status": "current",
        "content": [{"attachment": {"contentType": "text/plain"}}], "type": _concept(chance),
    }  # fmt: skip
    if _maybe(chance):
        found["subject"] = _subject(chance)
    if _maybe(chance):
        found["description"] = chance.choice(WORDS)
    if _maybe(chance, 0.4):
        target = {"reference": f"DocumentReference/d{chance.randrange(20)}"}
        found["relatesTo"] = [{"code": chance.choice(("replaces", "appends")), "target": target}]
    return found


def _value_set(chance: random.Random, number: int) -> Json:
    url = f"http://example.org/fhir/{chance.choice(('a', 'a/b', 'c'))}/{number % 4}"
    return {"resourceType": "ValueSet", "id": f"v{number}", "status": "active", "url": url, "version": "1"}


def _sequence(chance: random.Random, number: int) -> Json:
    found: Json = {"resourceType": "MolecularSequence", "id": f"s{number}", "coordinateSystem": 0}
    if _maybe(chance, 0.9):
        found["referenceSeq"] = {
            "chromosome": _concept(chance),
            "windowStart": chance.choice((0, 5)),
            "windowEnd": 9,
        }
    if _maybe(chance, 0.9):
        starts = [chance.randrange(8) for _ in range(chance.choice((1, 2, 3)))]
        found["variant"] = [{"start": start, "end": start + chance.randrange(4)} for start in starts]
    return found


def _date(chance: random.Random) -> str:
    return chance.choice(PREFIXES) + chance.choice(DATES)


def _token(chance: random.Random) -> str:
    code = chance.choice(CODES)
    return chance.choice((code, f"{LOINC}|{code}", f"{OWN}|{code}", f"|{code}", f"{LOINC}|"))


def _number(chance: random.Random) -> str:
    return chance.choice(PREFIXES) + chance.choice(
        ("0", "1", "5", "5.4", "5.40", "99.5", "100", "1e2", "-3", "0.0010")
    )


def _quantity_text(chance: random.Random) -> str:
    unit = chance.choice(("", "", f"|{UCUM}|mg", f"|{UCUM}|mm[Hg]", "||mg", "||mmHg"))
    return _number(chance) + unit


def _person_number(chance: random.Random) -> str:
    number = str(chance.randrange(8))
    return chance.choice((number, f"{OWN}|{number}", f"|{number}", f"{OWN}|"))


def _word(chance: random.Random) -> str:
    word = chance.choice(WORDS)
    return chance.choice((word, word[:3], word.upper(), word[1:4]))


def _patient_link(chance: random.Random) -> str:
    number = chance.randrange(5)
    return chance.choice(
        (f"Patient/p{number}", f"p{number}", f"http://elsewhere.example/fhir/Patient/p{number}")
    )


def _uri(chance: random.Random) -> str:
    return f"http://example.org/fhir/{chance.choice(('a', 'a/b', 'c'))}" + chance.choice(
        ("", f"/{chance.randrange(4)}")
    )


def _place(chance: random.Random) -> str:
    return chance.choice(PREFIXES) + str(chance.randrange(10))


def _span(chance: random.Random) -> str:
    code = chance.choice(CODES)
    return f"{chance.choice((code, f'{LOINC}|{code}'))}${_place(chance)}${_place(chance)}"


_STRING, _TOKEN, _REFERENCE = ("", "", ":exact", ":contains"), ("", "", ":not"), ("", "")
QUERIES: dict[str, tuple[tuple[str, tuple[str, ...], Any], ...]] = {
    "Patient": (
        ("name", _STRING, _word), ("family", _STRING, _word), ("given", _STRING, _word),
        ("birthdate", ("",), lambda c: c.choice(PREFIXES) + c.choice(("1980", "1980-02", "1980-02-28", "1999"))),
        ("gender", _TOKEN, lambda c: c.choice(("male", "female", "unknown"))), ("active", _TOKEN, lambda c: c.choice(("true", "false"))),
        ("identifier", _TOKEN, _person_number), ("identifier", (":of-type",), lambda c: f"urn:types|{c.choice(('MR', 'NI'))}|{c.randrange(8)}"),
        ("telecom", _TOKEN, lambda c: c.choice(("123", "a@b.lu"))), ("organization", _REFERENCE, lambda c: f"Organization/org{c.randrange(3)}"),
        ("_tag", _TOKEN, lambda c: c.choice(("x", f"{OWN}|y"))), ("_id", ("",), lambda c: f"p{c.randrange(5)},p{c.randrange(5)}"),
        ("deceased", _TOKEN, lambda c: c.choice(("true", "false"))), ("death-date", ("",), _date),
        ("organization.name", ("",), _word), ("_has:Observation:patient:code", ("",), _token),
        ("_has:Condition:subject:onset-date", ("",), _date), ("_has:Encounter:patient:class", ("",), lambda c: c.choice(("AMB", "IMP"))),
    ),
    "Observation": (
        ("code", _TOKEN, _token), ("combo-code", _TOKEN, _token), ("component-code", _TOKEN, _token), ("category", _TOKEN, _token),
        ("status", _TOKEN, lambda c: c.choice(("final", "preliminary"))), ("date", ("",), _date), ("value-quantity", ("",), _quantity_text),
        ("combo-value-quantity", ("",), _quantity_text), ("value-concept", _TOKEN, _token), ("value-string", _STRING, _word),
        ("subject", ("", ":Patient"), lambda c: f"p{c.randrange(5)}"), ("subject", ("",), _patient_link), ("patient", ("",), _patient_link),
        ("subject", (":identifier",), _person_number), ("encounter", ("",), lambda c: f"Encounter/e{c.randrange(6)}"),
        ("code-value-quantity", ("",), lambda c: f"{c.choice(CODES)}${_quantity_text(c)}"),
        ("component-code-value-quantity", ("",), lambda c: f"{LOINC}|{c.choice(CODES)}${_quantity_text(c)}"),
        ("combo-code-value-quantity", ("",), lambda c: f"{c.choice(CODES)}${_number(c)}"),
        ("code-value-date", ("",), lambda c: f"{c.choice(CODES)}${_date(c)}"),
        ("subject:Patient.family", ("",), _word), ("patient.gender", ("",), lambda c: c.choice(("male", "female"))),
        ("patient.organization.name", ("",), _word), ("encounter.class", ("",), lambda c: c.choice(("AMB", "IMP"))),
        ("encounter.patient.birthdate", ("",), lambda c: c.choice(("1980", "ge1990"))),
    ),
    "Condition": (
        ("code", _TOKEN, _token), ("onset-date", ("",), _date), ("onset-age", ("",), lambda c: c.choice(PREFIXES) + c.choice(("3", "12", "60"))),
        ("onset-info", _STRING, _word), ("recorded-date", ("",), _date), ("patient", ("",), _patient_link), ("subject.name", ("",), _word),
    ),
    "Encounter": (
        ("date", ("",), _date), ("class", _TOKEN, lambda c: c.choice(("AMB", f"{OWN}|IMP"))), ("length", ("",), lambda c: c.choice(PREFIXES) + c.choice(("5", "30"))),
        ("service-provider", ("",), lambda c: f"Organization/org{c.randrange(3)}"), ("service-provider.partof.name", ("",), _word),
        ("patient", ("",), _patient_link), ("_has:Observation:encounter:code", ("",), _token),
    ),
    "MedicationRequest": (("code", _TOKEN, _token), ("authoredon", ("",), _date), ("patient", ("",), _patient_link), ("patient.active", ("",), lambda c: "true")),
    "DocumentReference": (
        ("type", _TOKEN, _token), ("description", _STRING, _word), ("relatesto", ("",), lambda c: f"DocumentReference/d{c.randrange(20)}"),
        ("relation", _TOKEN, lambda c: c.choice(("replaces", "appends"))), ("relationship", ("",), lambda c: f"DocumentReference/d{c.randrange(20)}$replaces"),
        ("relatesto.type", ("",), _token), ("patient", ("",), _patient_link),
    ),
    "MolecularSequence": (
        ("chromosome", _TOKEN, _token), ("variant-start", ("",), _place), ("window-end", ("",), _place),
        ("chromosome-variant-coordinate", ("",), _span), ("chromosome-variant-coordinate", ("",), _span), ("chromosome-window-coordinate", ("",), _span),
    ),
    "ValueSet": (("url", ("", ":below", ":above"), _uri), ("version", ("",), lambda c: c.choice("12"))),
    "Organization": (("name", _STRING, _word), ("active", _TOKEN, lambda c: "true"), ("partof.name", ("",), _word), ("_has:Patient:organization:gender", ("",), lambda c: c.choice(("male", "female")))),
}  # fmt: skip


def query(chance: random.Random) -> tuple[str, str]:
    """Return a resource type and a query of one to three parameters."""
    resource_type = chance.choice(tuple(QUERIES))
    parts = []
    for _ in range(chance.choice((1, 1, 2, 3))):
        name, modifiers, value = chance.choice(QUERIES[resource_type])
        modifier = chance.choice(modifiers)
        if (
            "." not in name
            and not name.startswith("_")
            and "-value-" not in name
            and "-coordinate" not in name
            and chance.random() < 0.07
        ):
            parts.append(f"{name}:missing={chance.choice(('true', 'false'))}")
            continue
        values = [value(chance) for _ in range(chance.choice((1, 1, 1, 2)))]
        parts.append(f"{name}{modifier}={quote(','.join(values), safe=',|$:/')}")
    return resource_type, "&".join(parts)
