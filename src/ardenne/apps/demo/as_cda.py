"""Demonstration documents as CDA R2: summaries, laboratory reports, letters, files in a CDA envelope."""

from __future__ import annotations

from typing import Any

from ardenne.apps.demo import facts, pdf
from ardenne.apps.demo.persons import Document, Person, Professional, professionals
from ardenne.standards import timestamps
from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda import facts as cda
from ardenne.standards.cda import parties
from ardenne.standards.cda.statements import Product, ReferenceRange, Schedule
from ardenne.standards.cda.write import Header, WrittenSection, write, write_file

_LOINC = facts.OIDS[facts.LOINC]
_CLINICAL_HEADS = {
    "fr": ("Quoi", "Quand", "Détail"),
    "de": ("Was", "Wann", "Einzelheiten"),
    "en": ("What", "When", "Detail"),
}
_TITLES = {
    "fr": (
        "Problèmes",
        "Allergies et intolérances",
        "Traitement",
        "Vaccinations",
        "Interventions",
        "Résultats",
    ),
    "de": (
        "Diagnosen",
        "Allergien und Unverträglichkeiten",
        "Medikation",
        "Impfungen",
        "Eingriffe",
        "Ergebnisse",
    ),
    "en": ("Problems", "Allergies and intolerances", "Medication", "Vaccinations", "Procedures", "Results"),
}
_SECTIONS = ("11450-4", "48765-2", "10160-0", "11369-6", "47519-4", "30954-2")
_TYPES = {
    "60591-5": "Patient summary",
    "11502-2": "Laboratory report",
    "82593-5": "Immunization summary report",
}


def _common(number: str) -> dict[str, Any]:
    return {"path": "", "section": "", "identifiers": (dt.Identifier(facts.identity("entry", number)),)}


def _header(person: Person, document: Document, kind: str) -> Header:
    number = facts.document_number(person, document)
    replaced = next((one for one in person.documents if one.name and one.name == document.replaces), None)
    author = professionals()[document.author]
    house = parties.Organization(
        (dt.Identifier(f"{facts.EXAMPLES}.1", author.organization),), author.organization,
        addresses=(dt.Address(city=author.city, country=author.country),),
    )  # fmt: skip
    root = f"{facts.EXAMPLES}.2"
    return Header(
        identifier=dt.Identifier(root, number),
        set_identifier=dt.Identifier(
            f"{facts.EXAMPLES}.3", number if replaced is None else facts.document_number(person, replaced)
        ),
        version=1 if replaced is None else 2,
        replaces=dt.Identifier(root, facts.document_number(person, replaced)) if replaced else None,
        code=dt.Code(kind, _LOINC, _TYPES.get(kind, document.title)),
        title=document.title,
        time=timestamps.read(facts.plain(document.date)),
        language=f"{document.language}-{author.country}",
        confidentiality=document.confidentiality,
        patient=_patient(person),
        author=_party(author, house),
        custodian=house,
    )


def _patient(person: Person) -> parties.Patient:
    numbers = tuple(dt.Identifier(facts.SYSTEMS[name].oid, value) for name, value in person.numbers.items())
    birth_name = (person.birth_name,) if person.birth_name else ()
    return parties.Patient(
        identifiers=numbers,
        names=(dt.Name(("L",), (person.family,), person.given, birth_family=birth_name),),
        gender=dt.Code({"male": "M", "female": "F"}[person.gender]),
        birth_time=timestamps.read(person.birth.replace("-", "")),
        languages=(person.language,),
        addresses=(dt.Address(("HP",), (person.line,), person.city, "", person.postal, person.country),),
        telecoms=(dt.Telecom("tel:" + person.phone.replace(" ", ""), ("MC",)),),
    )


def _party(author: Professional, house: parties.Organization) -> parties.Party:
    system, number = author.number
    prefix = (author.prefix,) if author.prefix else ()
    return parties.Party(
        identifiers=(dt.Identifier(facts.SYSTEMS[system].oid, number),),
        names=(dt.Name((), (author.family,), (author.given,), prefix),),
        organization=house,
    )


def summary(person: Person, document: Document) -> bytes:
    """A patient summary of level 3; of type immunisation report only the vaccinations."""
    kind = document.type or "60591-5"
    known = facts.known(person, document.date)
    key = facts.document_number(person, document)
    parts = (
        tuple(_problem(key, n, one) for n, one in enumerate(known.problems)),
        tuple(_allergy(key, n, one) for n, one in enumerate(known.allergies)) or _no_allergies(key, known),
        tuple(_medication(key, n, one) for n, one in enumerate(known.medications)),
        tuple(_vaccination(key, n, one) for n, one in enumerate(known.vaccinations)),
        tuple(_procedure(key, n, one) for n, one in enumerate(known.procedures)),
    )
    wanted = (3,) if kind == "82593-5" else range(5)
    sections = tuple(_section(document, n, parts[n]) for n in wanted if parts[n])
    return write(_header(person, document, kind), sections)


def _section(document: Document, place: int, entries: tuple[cda.Entry, ...]) -> WrittenSection:
    return WrittenSection(
        code=dt.Code(_SECTIONS[place], _LOINC),
        title=_TITLES[document.language][place],
        facts=entries,
        heads=_CLINICAL_HEADS[document.language],
    )


def _coded(system: str, code: str, text: str) -> dt.Code:
    return dt.Code(code, facts.OIDS[system], text)


def _time(date: str) -> Any:
    return timestamps.read(date.replace("-", ""))


def _problem(key: str, number: int, found: Any) -> cda.Problem:
    high = _time(found.until) if found.until else None
    return cda.Problem(
        **_common(f"{key}/problem{number}"),
        code=_coded(facts.ICD10, found.code, found.text),
        time=dt.Interval(low=_time(found.since), high=high),
        clinical_status="resolved" if found.until else "active",
    )


def _allergy(key: str, number: int, found: Any) -> cda.Allergy:
    reactions: tuple[cda.Reaction, ...] = ()
    if found.reaction:
        reactions = (
            cda.Reaction(_coded(facts.SNOMED, *found.reaction), "severe" if found.severe else "moderate"),
        )
    return cda.Allergy(
        **_common(f"{key}/allergy{number}"),
        code=_coded(facts.ALLERGENS[found.system], found.code, found.text),
        type="allergy",
        category=found.category,
        time=dt.Interval(low=_time(found.since)),
        clinical_status="active",
        verification="confirmed",
        criticality="high" if found.severe else "low",
        reactions=reactions,
    )


def _no_allergies(key: str, known: facts.Known) -> tuple[cda.Allergy, ...]:
    if not known.no_allergies:
        return ()
    return (
        cda.Allergy(**_common(f"{key}/none"), code=dt.Code("no-known-allergies"), absence="known-absent"),
    )


def _medication(key: str, number: int, found: Any) -> cda.Medication:
    value, _, unit = found.amount.partition(" ")
    period, _, period_unit = found.every.partition(" ")
    return cda.Medication(
        **_common(f"{key}/medication{number}"),
        code=_coded(facts.ATC, found.code, found.text),
        product=Product(name=found.text),
        text=found.dose,
        time=dt.Interval(low=_time(found.start)),
        dose=dt.Quantity(value, unit) if value else None,
        schedule=Schedule(period=dt.Quantity(period, period_unit)) if period else None,
    )


def _vaccination(key: str, number: int, found: Any) -> cda.Immunization:
    return cda.Immunization(
        **_common(f"{key}/vaccination{number}"),
        code=_coded(facts.ATC, found.code, found.text),
        product=Product(name=found.text, lot=found.lot),
        time=dt.Interval(point=_time(found.date)),
        dose_number=str(found.dose or ""),
    )


def _procedure(key: str, number: int, found: Any) -> cda.Procedure:
    return cda.Procedure(
        **_common(f"{key}/procedure{number}"),
        code=_coded(facts.SNOMED, found.code, found.text),
        time=dt.Interval(point=_time(found.date)),
    )


def laboratory(person: Person, document: Document) -> bytes:
    """A laboratory report of level 3 with one collection."""
    key = facts.document_number(person, document)
    results = tuple(
        _result(key, number, one, document.language)
        for number, one in enumerate(facts.measured(person, document.collected))
    )
    return write(_header(person, document, "11502-2"), (_section(document, 5, results),))


def _result(key: str, number: int, found: facts.Measured, language: str) -> cda.Result:
    analysis = found.analysis

    def edge(value: float | None) -> dt.Quantity | None:
        return dt.Quantity(facts.number_text(value), analysis.ucum) if value is not None else None

    bounded = analysis.low is not None or analysis.high is not None
    limits = ReferenceRange(dt.Range(edge(analysis.low), edge(analysis.high)), "", None)
    return cda.Result(
        **_common(f"{key}/result{number}"),
        kind="vital-sign" if analysis.vital else "result",
        code=_coded(facts.LOINC, analysis.loinc, analysis.name(language)),
        time=dt.Interval(point=timestamps.read(facts.plain(found.collected))),
        values=(dt.Quantity(facts.number_text(found.value), analysis.ucum),),
        interpretation=(dt.Code(found.flag, "2.16.840.1.113883.5.83"),) if found.flag else (),
        ranges=(limits,) if bounded else (),
        panel=dt.Code("26436-6", _LOINC),
    )


def letter(person: Person, document: Document) -> bytes:
    """A letter of level 3: paragraphs under headings, and the interventions of the stay as entries."""
    key = facts.document_number(person, document)
    sections = [
        WrittenSection(code=dt.Code(part.code, _LOINC), title=part.title, paragraphs=(part.text,))
        for part in document.sections
    ]
    start, end = document.stay or ("", "")
    done = [one for one in person.procedures if start <= one.date <= end]
    if done:
        entries = tuple(_procedure(key, number, one) for number, one in enumerate(done))
        sections.insert(1, _section(document, 4, entries))
    return write(_header(person, document, document.type), tuple(sections))


def file(person: Person, document: Document) -> bytes:
    """A document of level 1: a PDF in a CDA envelope."""
    author = professionals()[document.author]
    head = f"{person.full_name} - {person.birth} - {author.wording}, {author.organization}"
    content = pdf.write(document.title, head, document.text, facts.plain(document.date)[:8])
    return write_file(_header(person, document, document.type), "application/pdf", content)
