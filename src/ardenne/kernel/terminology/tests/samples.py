"""Small releases in the formats of the publishers; every code and text in them is invented."""

from __future__ import annotations

import zipfile
from pathlib import Path


def sctid(number: int) -> str:
    """An invented concept identifier; only its shape matters here."""
    return f"9{number:06d}"


ROOT, FINDING, FEVER, HIGH_FEVER, BODY, PART = (sctid(number) for number in range(1, 7))


def _table(heading: str, *lines: tuple[str, ...]) -> str:
    return "\n".join([heading.replace(" ", "\t"), *("\t".join(line) for line in lines)]) + "\n"


def snomed(folder: Path) -> Path:
    """An edition: root > (finding > (fever > high fever), body > part); fever is part of the body too."""
    place = folder / "Snapshot" / "Terminology"
    place.mkdir(parents=True)
    concepts = [
        (code, "20240101", "0" if code == PART else "1", "900000000000207008", "900000000000074008")
        for code in (ROOT, FINDING, FEVER, HIGH_FEVER, BODY, PART)
    ]
    (place / "sct2_Concept_Snapshot_INT_20240101.txt").write_text(
        _table("id effectiveTime active moduleId definitionStatusId", *concepts)
    )
    links = [
        (FINDING, ROOT, "116680003", "1"),
        (BODY, ROOT, "116680003", "1"),
        (FEVER, FINDING, "116680003", "1"),
        (FEVER, BODY, "116680003", "1"),
        (HIGH_FEVER, FEVER, "116680003", "1"),
        (HIGH_FEVER, BODY, "116680003", "0"),
        (FEVER, BODY, "363698007", "1"),
    ]
    relations = [
        (str(number), "20240101", active, "m", source, target, "0", kind, "900000000000011006", "x")
        for number, (source, target, kind, active) in enumerate(links)
    ]
    (place / "sct2_Relationship_Snapshot_INT_20240101.txt").write_text(
        _table(
            "id effectiveTime active moduleId sourceId destinationId relationshipGroup typeId "
            "characteristicTypeId modifierId",
            *relations,
        )
    )
    full, synonym = "900000000000003001", "900000000000013009"
    terms = [
        ("1", FEVER, "en", full, "Invented fever (finding)", "1"),
        ("2", FEVER, "en", synonym, "Hot body", "1"),
        ("3", FEVER, "en", synonym, 'Fever, so-called "heat"', "1"),
        ("4", FEVER, "fr", synonym, "Fièvre", "1"),
        ("5", FEVER, "en", synonym, "Old name", "0"),
        *((f"1{n}", code, "en", full, f"Thing {n}", "1") for n, code in enumerate((ROOT, FINDING, BODY))),
        ("20", HIGH_FEVER, "en", full, "High fever (finding)", "1"),
    ]
    rows = [
        (number, "20240101", active, "m", code, language, kind, term, "x")
        for number, code, language, kind, term, active in terms
    ]
    (place / "sct2_Description_Snapshot-en_INT_20240101.txt").write_text(
        _table(
            "id effectiveTime active moduleId conceptId languageCode typeId term caseSignificanceId", *rows
        ),
        "utf-8",
    )
    (folder / "Snapshot" / "der2_cRefset_LanguageSnapshot-en_INT_20240101.txt").write_text(
        _table(
            "id effectiveTime active moduleId refsetId referencedComponentId acceptabilityId",
            ("a", "20240101", "1", "m", "r", "3", "900000000000548007"),
            ("b", "20240101", "1", "m", "r", "2", "900000000000549004"),
        )
    )
    return folder


def loinc(folder: Path) -> Path:
    """A release as a zip archive, with a hierarchy and a French variant."""
    path = folder / "Loinc_9.99.zip"
    table = (
        '"LOINC_NUM","COMPONENT","PROPERTY","TIME_ASPCT","SYSTEM","SCALE_TYP","METHOD_TYP","CLASS",'
        '"VersionLastChanged","STATUS","SHORTNAME","LONG_COMMON_NAME"\n'
        '"90001-1","Unobtainium","MCnc","Pt","Ser","Qn","","CHEM","9.80","ACTIVE","Unobt Ser-mCnc",'
        '"Unobtainium [Mass/volume] in Serum"\n'
        '"90002-9","Unobtainium","MCnc","Pt","Urine","Qn","","CHEM","9.98","DEPRECATED","Unobt Ur-mCnc",'
        '"Unobtainium [Mass/volume] in Urine"\n'
    )
    hierarchy = (
        "PATH_TO_ROOT,SEQUENCE,IMMEDIATE_PARENT,CODE,CODE_TEXT\n"
        ",1,,LP90000-0,Laboratory\n"
        "LP90000-0,1,LP90000-0,LP90001-8,Unobtainium\n"
        "LP90000-0.LP90001-8,1,LP90001-8,90001-1,Unobtainium Ser\n"
    )
    variant = "LOINC_NUM,COMPONENT,LONG_COMMON_NAME\n90001-1,Introuvablium,Introuvablium sérum\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("LoincTable/Loinc.csv", table)
        archive.writestr("AccessoryFiles/LoincTableCore/Loinc.csv", "LOINC_NUM\n1-1\n")
        archive.writestr("AccessoryFiles/X/ComponentHierarchyBySystem.csv", hierarchy)
        archive.writestr("AccessoryFiles/LinguisticVariants/frFR18LinguisticVariant.csv", variant)
    return path


def claml(folder: Path) -> Path:
    """A classification with a chapter, a block and two categories."""
    path = folder / "invented.xml"
    path.write_text(
        """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE ClaML SYSTEM "ClaML.dtd">
<ClaML version="2.0.0"><Title name="ICD-Z" version="2024" date="2024-01-01">Invented</Title>
<Class code="Z" kind="chapter"><Rubric kind="preferred"><Label xml:lang="de">Erfundenes</Label></Rubric></Class>
<Class code="Z00-Z09" kind="block"><SuperClass code="Z"/>
  <Rubric kind="preferred"><Label xml:lang="de">Kleinigkeiten</Label></Rubric></Class>
<Class code="Z00" kind="category"><SuperClass code="Z00-Z09"/>
  <Rubric kind="preferred"><Label xml:lang="de">Schnupfen <Fragment>im Sommer</Fragment></Label></Rubric>
  <Rubric kind="inclusion"><Label xml:lang="de">Niesen</Label></Rubric></Class>
<Class code="Z00.1" kind="category" usage="dagger"><SuperClass code="Z00"/>
  <Rubric kind="preferred"><Label xml:lang="de">Starker Schnupfen</Label></Rubric></Class>
</ClaML>""",
        "utf-8",
    )
    return path


def atc(folder: Path) -> Path:
    """Five levels of a classification of medicines, with semicolons."""
    path = folder / "atc.csv"
    path.write_text(
        "ATC code;ATC name;DDD\nX;INVENTED ORGANS;\nX01;COLD REMEDIES;\nX01A;SYRUPS;\nX01AB;SWEET SYRUPS;\n"
        "X01AB01;honeyin;5 g\n",
        "utf-8-sig",
    )
    return path


def ucum(folder: Path) -> Path:
    """Two units as the essence writes them."""
    path = folder / "ucum-essence.xml"
    path.write_text(
        """<root xmlns="http://unitsofmeasure.org/ucum-essence" version="9.9">
<prefix Code="k"><name>kilo</name></prefix>
<base-unit Code="m" CODE="M" dim="L"><name>meter</name><property>length</property></base-unit>
<unit Code="[inv]" CODE="[INV]" isMetric="no"><name>invented unit</name><name>made-up unit</name>
<printSymbol>inv<sub>1</sub></printSymbol><property>fancy</property></unit></root>"""
    )
    return path
