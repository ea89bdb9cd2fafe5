"""Each loader on a small release in its publisher's format."""

from __future__ import annotations

from pathlib import Path

import pytest

from ardenne.kernel.terminology.loaders import LOADERS, Files, LoadError, Options, Release
from ardenne.kernel.terminology.tests import samples
from ardenne.kernel.terminology.writing import Order


def loaded(kind: str, path: Path, **options: str) -> Release:
    return LOADERS[kind](Files(path), Options(**options))


def test_snomed(tmp_path: Path) -> None:
    release = loaded("snomed", samples.snomed(tmp_path))
    assert release.version == "http://snomed.info/sct/900000000000207008/version/20240101"
    fever = release.items[samples.FEVER]
    assert fever.display == 'Fever, so-called "heat"'
    assert [name.value for name in fever.names] == ["Hot body", "Fièvre", "Invented fever (finding)"]
    assert fever.parents == [samples.FINDING, samples.BODY]
    assert fever.properties["363698007"] == [samples.BODY]
    assert release.items[samples.HIGH_FEVER].parents == [samples.FEVER]
    assert release.items[samples.PART].inactive is True
    french = loaded("snomed", tmp_path, language="fr")
    assert french.items[samples.FEVER].display == "Fièvre"


def test_loinc(tmp_path: Path) -> None:
    release = loaded("loinc", samples.loinc(tmp_path))
    assert (release.url, release.version) == ("http://loinc.org", "9.99")
    serum = release.items["90001-1"]
    assert serum.display == "Unobtainium [Mass/volume] in Serum"
    assert (serum.properties["SYSTEM"], serum.parents) == (["Ser"], ["LP90001-8"])
    assert {(name.value, name.language) for name in serum.names} >= {
        ("Introuvablium sérum", "fr-FR"),
        ("Unobtainium:MCnc:Pt:Ser:Qn", "en"),
    }
    urine = release.items["90002-9"]
    assert (urine.inactive, urine.status) == (True, "deprecated")
    assert release.items["LP90001-8"].abstract is True
    assert "1-1" not in release.items


def test_claml(tmp_path: Path) -> None:
    release = loaded("icd-10", samples.claml(tmp_path), url="http://example.org/icd-z")
    assert (release.url, release.version, release.language) == ("http://example.org/icd-z", "2024", "de")
    cold = release.items["Z00"]
    assert (cold.display, cold.parents) == ("Schnupfen im Sommer", ["Z00-Z09"])
    assert [name.value for name in cold.names] == ["Niesen"]
    assert release.items["Z"].abstract is True
    assert release.items["Z00.1"].properties == {"kind": ["category"], "usage": ["dagger"]}


def test_tables(tmp_path: Path) -> None:
    atc = loaded("atc", samples.atc(tmp_path), version="2024")
    assert [item.parents for item in atc.items.values()] == [[], ["X"], ["X01"], ["X01A"], ["X01AB"]]
    assert atc.items["X01AB01"].properties == {"DDD": ["5 g"]}
    table = tmp_path / "colors.tsv"
    table.write_text("Code\tName\tName:fr\tParent\tStatus\nr\tRed\tRouge\t\tactive\np\tPink\t\tr\tretired\n")
    colors = loaded("csv", table, url="urn:colors")
    assert colors.items["r"].names[0][:2] == ("Rouge", "fr")
    assert (colors.items["p"].parents, colors.items["p"].inactive) == (["r"], True)
    assert (colors.items["r"].status, colors.items["p"].status) == ("", "retired")


def test_icd_10_as_a_table(tmp_path: Path) -> None:
    table = tmp_path / "icd.csv"
    table.write_text("code,title,parent\nA,Chapter,\nA00,First,A\n")
    release = loaded("icd-10", table)
    assert (release.url, release.items["A00"].parents) == ("http://hl7.org/fhir/sid/icd-10", ["A"])


def test_ucum(tmp_path: Path) -> None:
    release = loaded("ucum", samples.ucum(tmp_path))
    assert (release.version, list(release.items)) == ("9.9", ["m", "[inv]"])
    unit = release.items["[inv]"]
    assert (unit.display, unit.names[0].value, unit.properties) == (
        "invented unit",
        "made-up unit",
        {"property": ["fancy"], "printSymbol": ["inv1"]},
    )


@pytest.mark.parametrize("kind", sorted(LOADERS))
def test_files_of_another_kind_are_refused_with_what_was_looked_for(kind: str, tmp_path: Path) -> None:
    (tmp_path / "readme.md").write_text("nothing")
    with pytest.raises(LoadError):
        loaded(kind, tmp_path, url="urn:x")
    with pytest.raises(LoadError, match="no file or folder"):
        Files(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("kind", "name", "content", "reason"),
    [
        ("csv", "a.csv", "name\nred\n", "no column 'code'"),
        ("csv", "a.csv", "code\n\n", "no line with a code"),
        ("loinc", "Loinc.csv", "NUMBER\n1\n", "no column LOINC_NUM"),
        ("icd-10", "a.xml", "<ClaML><Class", "no well-formed XML"),
        ("icd-10", "a.xml", "<other/>", "not in ClaML"),
        ("ucum", "a.xml", "<root/>", "not the UCUM essence"),
        ("ucum", "a.xml", "<!DOCTYPE x [<!ENTITY a 'b'>]><root>&a;</root>", "cannot be read"),
        ("snomed", "sct2_Concept_Snapshot_INT_1.txt", "id\n1\n", "no RF2 file"),
    ],
)
def test_broken_files(kind: str, name: str, content: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(LoadError, match=reason):
        loaded(kind, tmp_path, url="urn:x")


def test_the_order_has_ancestors_of_all_paths_and_refuses_circles(tmp_path: Path) -> None:
    release = loaded("snomed", samples.snomed(tmp_path))
    order = Order(release.items)
    above = {order.codes[number] for number in order.above[order.numbers[samples.HIGH_FEVER]]}
    assert above == {samples.FEVER, samples.FINDING, samples.BODY, samples.ROOT}
    assert order.codes.index(samples.FINDING) < order.codes.index(samples.FEVER)
    release.items[samples.ROOT].parents.append(samples.HIGH_FEVER)
    with pytest.raises(LoadError, match="circle"):
        Order(release.items)
