"""Small documents and messages to file in tests; all persons are invented."""

from __future__ import annotations

from typing import Any

from ardenne.standards import timestamps
from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda import parties
from ardenne.standards.cda.facts import Problem
from ardenne.standards.cda.write import Header, WrittenSection, write

LOINC, ICD = "2.16.840.1.113883.6.1", "2.16.840.1.113883.6.3"
DOCUMENTS, MATRICULE, NISS = "2.16.840.1.113883.19.1", "1.3.182.4.4", "1.3.6.1.4.1.21297.100.1.1"


def cda(
    number: str = "1",
    *,
    patient: tuple[tuple[str, str], ...] = ((MATRICULE, "1980010145728"),),
    family: str = "Nilles",
    given: str = "Josée",
    birth: str = "19800101",
    problem: str = "J45",
    replaces: str = "",
    time: str = "20240131141500+0100",
) -> bytes:
    """A patient summary with one problem."""
    house = parties.Organization((dt.Identifier("2.16.840.1.113883.19.2"),), "Clinique X")
    header = Header(
        identifier=dt.Identifier(DOCUMENTS, number),
        code=dt.Code("60591-5", LOINC, "Patient summary"),
        title=f"Résumé {number}",
        time=timestamps.read(time),
        language="fr-LU",
        replaces=dt.Identifier(DOCUMENTS, replaces) if replaces else None,
        patient=parties.Patient(
            identifiers=tuple(dt.Identifier(root, value) for root, value in patient),
            names=(dt.Name(("L",), (family,), (given,)),),
            gender=dt.Code("F"),
            birth_time=timestamps.read(birth),
        ),
        author=parties.Party(names=(dt.Name((), ("Muller",), ("Luc",), ("Dr",)),), organization=house),
        custodian=house,
    )
    common: dict[str, Any] = {"path": "", "section": "", "identifiers": ()}
    fact = Problem(**common, code=dt.Code(problem, ICD, f"Problem {problem}"), clinical_status="active")
    return write(header, (WrittenSection(code=dt.Code("11450-4", LOINC), title="Problèmes", facts=(fact,)),))


def results(
    value: str, *, state: str = "F", control: str = "1", time: str = "202401311415", order: str = "O1"
) -> bytes:
    """A result of the HbA1c."""
    lines = (
        f"MSH|^~\\&|LIS|LABO|||{time}||ORU^R01^ORU_R01|{control}|P|2.5.1||||||UNICODE UTF-8",
        "PID|1||1980010145728^^^LU&1.3.182.4.4&ISO^NI||Nilles^Josée||19800101|F",
        f"OBR|1||{order}^LAB|26436-6^Laboratory^LN|||202401310810|||||||||||||||{time}||LAB|{state}",
        f"OBX|1|NM|4548-4^HbA1c^LN||{value}|%^%^UCUM|4-6|H|||{state}|||202401310810",
    )
    return "".join(f"{line}\r" for line in lines).encode()
