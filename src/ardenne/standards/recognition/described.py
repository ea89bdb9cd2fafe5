"""Files that do not say themselves whose they are: PDF, text, pictures, with a description beside them.

The description ("sidecar") of `report.pdf` is the file `report.pdf.json`:

    {
      "patient": {
        "identifiers": [{"system": "1.3.182.4.4", "value": "1980052312348"}],
        "family": "Weber", "given": ["Anne"], "birthDate": "1980-05-23", "gender": "female"
      },
      "type": {"system": "http://loinc.org", "code": "34105-7", "display": "Lettre de sortie"},
      "date": "2024-01-31T14:15:00+01:00",
      "author": {"name": "Dr Luc Muller", "identifier": {"system": "1.3.182.4.6", "value": "123456-78"},
                 "organization": "Clinique X"},
      "title": "Lettre de sortie", "language": "fr", "confidentiality": "N",
      "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:…"},
      "replaces": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:…"}
    }

`patient` (with a number, or with family name and birth date, or by `"reference": "Patient/…"` when the
sender knows the record), `type` or `title`, and `date` are needed; title and date may come from the file itself
(PDF). Systems are URIs or OIDs. An author of the directory can be named by `"reference": "Practitioner/…"`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ardenne.standards import naming
from ardenne.standards.fhir import dates
from ardenne.standards.recognition import types
from ardenne.standards.recognition.result import Recognised, Relation
from ardenne.standards.refusal import Refused, excerpt

_GENDERS = ("male", "female", "other", "unknown", "")


class _Identifier(msgspec.Struct, forbid_unknown_fields=True):
    system: str
    value: str


class _Patient(msgspec.Struct, forbid_unknown_fields=True):
    reference: str = ""
    identifiers: list[_Identifier] = []
    family: str = ""
    given: list[str] = []
    birthDate: str = ""
    gender: str = ""


class _Type(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    system: str = "http://loinc.org"
    display: str = ""


class _Author(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    identifier: _Identifier | None = None
    organization: str = ""
    reference: str = ""


class Description(msgspec.Struct, forbid_unknown_fields=True):
    """The contents of a description file."""

    patient: _Patient
    type: _Type | None = None
    date: str = ""
    author: _Author | None = None
    title: str = ""
    language: str = ""
    confidentiality: str = ""
    identifier: _Identifier | None = None
    replaces: _Identifier | None = None


def recognise(
    kind: str, media_type: str, name: str, sidecar: Mapping[str, Any] | None, title: str = "", date: str = ""
) -> Recognised:
    """A file of `kind` by its description; `title` and `date` are what the file itself says."""
    if sidecar is None:
        raise Refused(
            rule="description-missing",
            found=f"a file of type {media_type} does not say whose it is",
            mend=f"Put a file “{excerpt(name or 'NAME')}.json” beside it that names patient, type, date and author",
        )
    about = _description(sidecar)
    reference = about.patient.reference
    patient = None if reference else _patient(about.patient)
    written = about.date or date
    _check_date(written, "date", needed=True)
    spoken = about.title or title or (about.type.display if about.type else "")
    concept = _concept(about.type)
    if not concept and not spoken:
        raise _wrong("type", "neither type nor title is given", "Say what kind of document it is")
    typed, category = types.typed(concept, spoken)
    return Recognised(
        kind=kind,
        media_type=media_type,
        patient=patient,
        patient_reference=reference,
        authors=(_author(about.author),) if about.author else (),
        date=written,
        type=typed,
        category=category,
        confidentiality=types.confidentiality(about.confidentiality),
        language=about.language,
        title=spoken,
        identifier=_identifier(about.identifier) if about.identifier else None,
        relates_to=(Relation("replaces", _identifier(about.replaces)),) if about.replaces else (),
    )


def _description(sidecar: Mapping[str, Any]) -> Description:
    try:
        return msgspec.convert(dict(sidecar), Description)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at ")
        raise _wrong(path.strip("`$. ") or "description", message, "Correct the description file") from error


def _wrong(where: str, found: str, mend: str) -> Refused:
    return Refused(rule="description", found=found, mend=mend, where=where)


def _identifier(found: _Identifier) -> dict[str, Any]:
    system, value = naming.identifier(found.system, found.value)
    if not system or not value:
        raise _wrong(
            "identifier",
            f"“{excerpt(found.system)}” is neither a URI nor an OID, or the value is empty",
            "Write the system as urn:oid:…, as an OID or as http://…",
        )
    return {"system": system, "value": value}


def _patient(found: _Patient) -> dict[str, Any]:
    if not found.identifiers and not (found.family and found.birthDate):
        raise _wrong(
            "patient",
            "the patient has neither a number nor a family name with birth date",
            "Give patient.identifiers, or patient.family and patient.birthDate",
        )
    _check_date(found.birthDate, "patient.birthDate")
    if found.gender not in _GENDERS:
        raise _wrong("patient.gender", f"“{excerpt(found.gender)}”", "Write male, female, other or unknown")
    read: dict[str, Any] = {"resourceType": "Patient"}
    if found.identifiers:
        read["identifier"] = [_identifier(one) for one in found.identifiers]
    name = {"family": found.family, "given": found.given}
    if kept := {key: part for key, part in name.items() if part}:
        read["name"] = [kept]
    read |= {key: part for key, part in (("gender", found.gender), ("birthDate", found.birthDate)) if part}
    return read


def _check_date(text: str, where: str, needed: bool = False) -> None:
    if not text and not needed:
        return
    try:
        dates.span(text)
    except ValueError as error:
        raise _wrong(where, f"“{excerpt(text)}” is not a FHIR date: {error}", "Write 2024-01-31") from error


def _concept(found: _Type | None) -> dict[str, Any]:
    if found is None:
        return {}
    system = naming.code_system(found.system)
    coding = {"system": system} if system else {}
    return {"coding": [coding | {"code": found.code} | ({"display": found.display} if found.display else {})]}


def _author(found: _Author) -> dict[str, Any]:
    read: dict[str, Any] = {
        "resourceType": "Practitioner",
        "display": found.name,
        "name": [{"text": found.name}],
    }
    if found.reference:
        read["reference"] = found.reference
    if found.identifier:
        read["identifier"] = [_identifier(found.identifier)]
    if found.organization:
        name = found.organization
        read["organization"] = {"resourceType": "Organization", "name": name, "display": name}
    return read
