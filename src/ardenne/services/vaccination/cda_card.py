"""The card as a CDA document with the section of vaccinations (LOINC 82593-5 and 11369-6). Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ardenne.services.vaccination.acts import Act
from ardenne.services.vaccination.card import Card
from ardenne.standards import timestamps
from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda import facts, parties
from ardenne.standards.cda.statements import Product
from ardenne.standards.cda.write import Header, WrittenSection, write

Json = dict[str, Any]
_LOINC, _ATC, _CVX = "2.16.840.1.113883.6.1", "2.16.840.1.113883.6.73", "2.16.840.1.113883.12.292"
_DOCUMENT, _SECTION = "82593-5", "11369-6"
_SEX = {"male": "M", "female": "F"}


def card_document(card: Card, number: str, now: datetime, language: str, text: Callable[[str], str]) -> bytes:
    """Return the document. ``number``: a UUID that names it; ``text`` says the titles in the reader's language.

    Vaccines are coded in ATC, else CVX; the name of the product keeps what these codes do not say.
    """
    house = parties.Organization((dt.Identifier(number),), "Ardenne")
    author = parties.Party(identifiers=(dt.Identifier(number),), names=(), organization=house)
    acts = [
        act for act in (card.subject.acts if card.subject else []) if act.status == "completed" and act.day
    ]
    section = WrittenSection(
        code=dt.Code(_SECTION, _LOINC),
        title=text("Given vaccinations"),
        facts=tuple(_entry(act, number) for act in acts),
        heads=(text("Vaccine"), text("Day"), text("Batch")),
    )
    header = Header(
        identifier=dt.Identifier(number),
        code=dt.Code(_DOCUMENT, _LOINC, "Immunization summary report"),
        title=text("Vaccination card"),
        time=timestamps.read(f"{now:%Y%m%d%H%M%S}+0000"),
        language=language,
        patient=_patient(card.patient),
        author=author,
        custodian=house,
    )
    return write(header, (section,))


def _entry(act: Act, number: str) -> facts.Immunization:
    assert act.day is not None
    known, name = act.vaccine, act.name or "?"
    code = dt.Code("", "", name)
    if known and known.atc:
        code = dt.Code(known.atc, _ATC, name)
    elif known and known.cvx:
        code = dt.Code(known.cvx, _CVX, name)
    day = f"{act.day:%Y}" if act.approximate else f"{act.day:%Y%m%d}"
    return facts.Immunization(
        path="",
        section="",
        identifiers=(dt.Identifier(number, act.id),),
        code=code,
        product=Product(name=name, lot=act.lot),
        time=dt.Interval(point=timestamps.read(day)),
        performers=(parties.Party((), (dt.Name((), (act.performer,)),)),) if act.performer else (),
    )


def _patient(patient: Json) -> parties.Patient:
    name = (patient.get("name") or [{}])[0]
    numbers = [
        dt.Identifier(str(one["system"]).removeprefix("urn:oid:"), str(one["value"]))
        for one in patient.get("identifier", [])
        if str(one.get("system", "")).startswith("urn:oid:") and one.get("value")
    ]
    sex = _SEX.get(str(patient.get("gender", "")))
    return parties.Patient(
        identifiers=tuple(numbers),
        names=(dt.Name(("L",), (str(name.get("family", "")),), tuple(name.get("given", []))),),
        gender=dt.Code(sex) if sex else None,
        birth_time=timestamps.read(str(patient["birthDate"]).replace("-", ""))
        if patient.get("birthDate")
        else None,
    )
