"""What is written is read again: header, facts and absences."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from ardenne.standards import timestamps
from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda import parties, to_fhir
from ardenne.standards.cda.entries import entries
from ardenne.standards.cda.facts import (
    Allergy,
    Entry,
    Immunization,
    Medication,
    Problem,
    Procedure,
    Reaction,
    Result,
)
from ardenne.standards.cda.read import ClinicalDocument, read
from ardenne.standards.cda.statements import Product, ReferenceRange, Schedule
from ardenne.standards.cda.write import Header, WrittenSection, write

SCHEMAS = (
    Path(os.environ.get("ARDENNE_CORPUS", Path(__file__).parents[6] / "shared/data")) / "documents/schema"
)
LOINC = "2.16.840.1.113883.6.1"
HEADER = Header(
    identifier=dt.Identifier("1.3.182.2.3.1", "9.2"),
    set_identifier=dt.Identifier("1.3.182.2.3.1", "9"),
    version=2,
    replaces=dt.Identifier("1.3.182.2.3.1", "9.1"),
    code=dt.Code("60591-5", LOINC, "Patient summary"),
    title="Résumé <patient>",
    time=timestamps.read("20240131141500+0100"),
    language="fr-LU",
    confidentiality="R",
    patient=parties.Patient(
        identifiers=(dt.Identifier("1.3.182.4.4", "1980052312348"),),
        names=(dt.Name(("L",), ("Weber",), ("Anne", "Marie"), birth_family=("Klein",)),),
        gender=dt.Code("F"),
        birth_time=timestamps.read("19800523"),
        addresses=(dt.Address(("HP",), ("3, rue du Fort",), "Luxembourg", "", "L-1234", "LU"),),
        telecoms=(dt.Telecom("tel:+352621000000", ("MC",)),),
        languages=("lb",),
    ),
    author=parties.Party(
        identifiers=(dt.Identifier("1.3.182.4.6", "123456-78"),),
        names=(dt.Name((), ("Muller",), ("Luc",), ("Dr",)),),
        organization=parties.Organization((dt.Identifier("1.3.182.9"),), "Clinique X"),
    ),
    custodian=parties.Organization(
        (dt.Identifier("1.3.182.9"),),
        "Clinique X",
        (dt.Telecom("tel:+352441"),),
        (dt.Address((), ("1, rue X",), "Luxembourg"),),
    ),
)
COMMON: dict[str, Any] = {"path": "", "section": "", "identifiers": (dt.Identifier("1.2.3", "e1"),)}
SINCE = dt.Interval(low=timestamps.read("199410"))
ON = dt.Interval(point=timestamps.read("20151115"))
ATC, SNOMED = "2.16.840.1.113883.6.73", "2.16.840.1.113883.6.96"


def made(section: str, *facts: Entry) -> ClinicalDocument:
    return read(write(HEADER, (WrittenSection(code=dt.Code(section, LOINC), title="T", facts=facts),)))


def test_the_header() -> None:
    found = made("11450-4")
    assert (found.identifier, found.set_identifier, found.version) == (
        HEADER.identifier,
        HEADER.set_identifier,
        "2",
    )
    assert (found.title, found.language, found.time) == (HEADER.title, "fr-LU", HEADER.time)
    assert found.confidentiality is not None
    assert found.confidentiality.code == "R"
    assert found.patient.names == HEADER.patient.names
    assert found.patient.identifiers == HEADER.patient.identifiers
    assert found.patient.addresses == HEADER.patient.addresses
    assert found.authors[0].wording == "Dr Luc Muller"
    assert found.parents[0].identifiers == (HEADER.replaces,)
    assert found.notes == ()


FACTS: list[tuple[str, Entry]] = [
    (
        "11450-4",
        Problem(
            **COMMON,
            code=dt.Code("J45", "2.16.840.1.113883.6.3", "Asthma"),
            time=SINCE,
            clinical_status="active",
        ),
    ),
    ("11450-4", Problem(**COMMON, code=dt.Code("no-known-problems"), absence="known-absent")),
    ("11450-4", Problem(**COMMON, code=dt.Code("J45", "2.16.840.1.113883.6.3", "Asthma"), absence="refuted")),
    (
        "48765-2",
        Allergy(
            **COMMON,
            code=dt.Code("J01CE01", ATC, "benzylpenicillin"),
            type="allergy",
            category="medication",
            clinical_status="active",
            verification="confirmed",
            criticality="high",
            reactions=(Reaction(dt.Code("247472004", SNOMED, "Hives"), "severe"),),
        ),
    ),
    ("48765-2", Allergy(**COMMON, code=dt.Code("no-known-allergies"), absence="known-absent")),
    (
        "10160-0",
        Medication(
            **COMMON,
            code=dt.Code("A10BA02", ATC, "metformin"),
            status="active",
            time=SINCE,
            product=Product(name="Glucophage 500"),
            dose=dt.Quantity("1"),
            schedule=Schedule(dt.Quantity("12", "h")),
        ),
    ),
    ("10160-0", Medication(**COMMON, code=dt.Code("no-known-medications"), absence="known-absent")),
    ("57828-6", Medication(**COMMON, code=dt.Code("A10BA02", ATC, "metformin"), prescribed=True)),
    (
        "11369-6",
        Immunization(
            **COMMON,
            code=dt.Code("836374004", SNOMED, "Hepatitis B vaccine"),
            time=ON,
            product=Product(name="Engerix", lot="A1", manufacturer="GSK"),
            dose_number="2",
        ),
    ),
    (
        "30954-2",
        Result(
            **COMMON,
            kind="result",
            code=dt.Code("718-7", LOINC, "Hemoglobin"),
            time=ON,
            values=(dt.Quantity("9.1", "g/dL"),),
            interpretation=(dt.Code("L"),),
            ranges=(
                ReferenceRange(dt.Range(dt.Quantity("12", "g/dL"), dt.Quantity("16", "g/dL")), "", None),
            ),
            panel=dt.Code("58410-2", LOINC, "Blood count"),
        ),
    ),
    ("47519-4", Procedure(**COMMON, code=dt.Code("80146002", SNOMED, "Appendectomy"), time=ON)),
]


def essence(found: ClinicalDocument) -> list[dict[str, Any]]:
    """The facts without what depends on their place in the document."""
    resources = to_fhir.resources(found, "Patient/p")
    return [{key: part for key, part in one.items() if key != "id"} for one in resources]


@pytest.mark.parametrize(("section", "fact"), FACTS)
def test_facts_are_read_as_they_were_written(section: str, fact: Entry) -> None:
    found = made(section, fact)
    (again,) = entries(found)
    assert type(again) is type(fact)
    assert again.absence == fact.absence
    assert again.code is not None
    assert fact.code is not None
    assert again.code.code == fact.code.code
    assert again.identifiers == fact.identifiers
    if fact.time:
        assert again.time == fact.time
    for name in (
        "type",
        "category",
        "criticality",
        "verification",
        "reactions",
        "dose",
        "schedule",
        "dose_number",
    ):
        assert getattr(again, name, None) == getattr(fact, name, None)
    for name in ("values", "ranges", "prescribed", "panel", "clinical_status"):
        if written := getattr(fact, name, None):
            assert getattr(again, name) == written


def test_the_narrative_names_every_fact() -> None:
    sections = tuple(
        WrittenSection(code=dt.Code(section, LOINC), title="T", facts=(fact,)) for section, fact in FACTS
    )
    found = read(write(HEADER, sections))
    for section, (_, fact) in zip(found.sections, FACTS, strict=True):
        assert section.narrative is not None
        words = "".join(str(part) for part in section.narrative.itertext())
        assert fact.code is not None
        assert (fact.code.display or fact.code.code) in words
    assert len(essence(found)) == len(FACTS)


@pytest.mark.corpus
@pytest.mark.skipif(not SCHEMAS.is_dir(), reason=f"the sample documents are not at {SCHEMAS}")
@pytest.mark.parametrize("path", ["cda-sdtc/infrastructure/cda/CDA_SDTC.xsd", "cda-pharma/CDA_Pharma.xsd"])
def test_the_document_is_valid_by_the_schemas_of_hl7(path: str) -> None:
    sections = tuple(
        WrittenSection(code=dt.Code(section, LOINC), title="T", facts=(fact,), paragraphs=("p",))
        for section, fact in FACTS
    )
    schema = etree.XMLSchema(etree.parse(str(SCHEMAS / path)))
    assert schema.validate(etree.fromstring(write(HEADER, sections))), schema.error_log
