"""What is true of a person on a day, and in which systems it is written."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from ardenne.apps.demo.persons import (
    Allergy,
    Analysis,
    Document,
    Medication,
    Person,
    Problem,
    Procedure,
    Vaccination,
    analyses,
    professionals,
)

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
SNOMED, ATC, ICD10 = "http://snomed.info/sct", "http://www.whocc.no/atc", "http://hl7.org/fhir/sid/icd-10"
ALLERGENS = {"atc": ATC, "snomed": SNOMED}
OIDS = {
    LOINC: "2.16.840.1.113883.6.1",
    SNOMED: "2.16.840.1.113883.6.96",
    ATC: "2.16.840.1.113883.6.73",
    ICD10: "2.16.840.1.113883.6.3",
}
EXAMPLES = "2.16.840.1.113883.19.2026"
"""OID under HL7's arc for examples: identifiers of the invented houses."""


class System(NamedTuple):
    """A numbering system: preferred URI, OID, name in KMEHR, type of table 0203 and who assigns."""

    uri: str
    oid: str
    kmehr: str
    type: str
    assigner: str


_SSIN = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin"
_NIHDI = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi"
SYSTEMS = {
    "matricule": System("urn:oid:1.3.182.4.4", "1.3.182.4.4", "", "NI", "LU"),
    "niss": System(_SSIN, "1.3.6.1.4.1.21297.100.1.1", "INSS", "SB", "BE"),
    "nir": System("urn:oid:1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.8", "", "INS-NIR", "FR"),
    "kvid": System("http://fhir.de/sid/gkv/kvid-10", "1.2.276.0.76.4.8", "", "NH", "DE"),
    "cns": System("urn:oid:1.3.182.4.6", "1.3.182.4.6", "", "PRN", "LU"),
    "nihdi": System(_NIHDI, "1.3.6.1.4.1.21297.100.9.1", "ID-HCPARTY", "PRN", "BE"),
    "local": System(f"urn:oid:{EXAMPLES}.9", f"{EXAMPLES}.9", "", "PRN", "Ardenne"),
}
_ZONE = ZoneInfo("Europe/Luxembourg")
_NAMESPACE = uuid.UUID("7f9b8e6e-4c55-5d0c-8d5d-9b8c1c1d2a60")


def identity(*parts: str) -> str:
    """Return the UUID of something invented; the same parts give the same."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))


class Measured(NamedTuple):
    """One value at its time of collection (ISO 8601 without zone, as the laboratory prints it)."""

    analysis: Analysis
    value: float
    collected: str

    @property
    def flag(self) -> str:
        """H, L or N, empty without reference range."""
        low, high = self.analysis.low, self.analysis.high
        if high is not None and self.value > high:
            return "H"
        if low is not None and self.value < low:
            return "L"
        return "N" if low is not None or high is not None else ""


class Known(NamedTuple):
    """The facts about a person that a document of a day can state."""

    problems: tuple[Problem, ...]
    allergies: tuple[Allergy, ...]
    medications: tuple[Medication, ...]
    vaccinations: tuple[Vaccination, ...]
    procedures: tuple[Procedure, ...]
    no_allergies: bool


def known(person: Person, date: str) -> Known:
    """Return what was known of the person on the day of an ISO date."""
    day = date[:10]
    problems = (one for one in person.problems if one.since <= day)
    return Known(
        tuple(msgspec.structs.replace(one, until="") if one.until > day else one for one in problems),
        tuple(one for one in person.allergies if one.since <= day),
        tuple(one for one in person.medications if one.start <= day and (not one.end or one.end > day)),
        tuple(one for one in person.vaccinations if one.date <= day),
        tuple(one for one in person.procedures if one.date <= day),
        bool(person.no_allergies) and person.no_allergies <= day,
    )


def measured(person: Person, collected: str, changed: dict[str, float] | None = None) -> list[Measured]:
    """Return the values of one collection; ``changed`` puts others in their place."""
    values = {**person.values[collected], **(changed or {})}
    return [Measured(analyses()[name], value, collected) for name, value in values.items()]


def language(document: Document) -> str:
    """Return the language of a document; of one that names none, that of its author's country."""
    return document.language or ("de" if professionals()[document.author].country == "DE" else "fr")


def document_number(person: Person, document: Document) -> str:
    """Return the number under which its house keeps a document."""
    return f"{person.key}.{person.documents.index(document) + 1}"


def zoned(text: str) -> str:
    """Return an ISO time with seconds and its zone; one without zone is a time of Luxembourg."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=_ZONE)).isoformat()


def plain(text: str) -> str:
    """Return a date or time as HL7 writes it: digits only, zone kept."""
    clock, sign, zone = text[:19], text[19:20], text[20:].replace(":", "")
    return "".join(digit for digit in clock if digit.isdigit()) + sign + zone


def number_text(value: float) -> str:
    """Return a number without a needless fraction."""
    return f"{value:g}"
