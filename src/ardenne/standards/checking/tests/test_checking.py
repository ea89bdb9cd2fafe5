"""Findings name the rule, the path, the line and how to mend it; what is good has no error."""

from __future__ import annotations

from pathlib import Path

import pytest

from ardenne.standards.checking import check
from ardenne.standards.checking.places import Lines

_CDA = """<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <id root="1.2.3" extension="1"/>
  <code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/>
  <effectiveTime value="20260131"/>
  <recordTarget>
    <patientRole>
      <id root="1.3.182.4.4" extension="1980052312348"/>
      <patient><name><given>Anne</given><family>Weber</family></name><birthTime value="19800523"/></patient>
    </patientRole>
  </recordTarget>
  <author><time value="20260131"/><assignedAuthor><id root="1.2"/></assignedAuthor></author>
  <component><structuredBody><component>
    <section><code code="1" codeSystem="1.2"/></section>
  </component></structuredBody></component>
</ClinicalDocument>
"""


def test_each_broken_rule_of_a_cda_document_has_its_line() -> None:
    verdict = check(_CDA.encode(), "a.xml")
    found = {one.rule: one for one in verdict.findings}
    assert set(found) == {
        "cda-title", "cda-confidentiality", "cda-language", "cda-custodian", "cda-section-text", "cda-section-title",
    }  # fmt: skip
    section = found["cda-section-text"]
    assert (section.line, section.path) == (
        15,
        "/ClinicalDocument/component/structuredBody/component/section",
    )
    assert all(one.mend for one in verdict.findings)
    assert verdict.good and verdict.kind == "cda"


def test_fhir_findings_have_the_line_of_their_path() -> None:
    text = b'{\n "resourceType": "Patient",\n "name": [\n  {"family": "A"},\n  {"famly": "B"}\n ],\n "gender": "x"\n}'
    found = {one.path: one.line for one in check(text, "a.json").findings if one.severity == "error"}
    assert found == {"Patient.gender": 7, "Patient.name[1]": 5}


def test_lines_of_json() -> None:
    lines = Lines(b'{"a":\n{"b": [1,\n2, {"c":\n 3}]},\n"d": "x"}')
    assert [lines.of(path) for path in ("R.a", "R.a.b[0]", "R.a.b[1]", "R.a.b[2].c", "R.d", "R.e")] == [
        1,
        2,
        3,
        3,
        5,
        1,
    ]


def test_a_byte_order_mark_is_told() -> None:
    verdict = check(b"\xef\xbb\xbf" + _CDA.encode(), "a.xml")
    assert [one.severity for one in verdict.findings if one.rule == "byte-order-mark"] == ["information"]


@pytest.mark.parametrize("data", [b"", b"nonsense", b"{", b"<a", b"MSH|^~\\&|\r"])
def test_what_is_nothing_has_one_error(data: bytes) -> None:
    verdict = check(data, "x")
    assert not verdict.good
    assert verdict.findings[-1].mend


@pytest.mark.corpus
def test_reference_documents_keep_the_rules_of_the_header(corpus: Path) -> None:
    """Reference documents of MyHealth@EU; sections and codes may have findings, the header has none."""
    header = {
        "cda-type-id",
        "cda-id",
        "cda-code",
        "cda-time",
        "cda-patient",
        "cda-author",
        "cda-custodian",
        "cda-body",
    }
    paths = sorted((corpus / "documents/cda/ehdsi-ps").glob("*.xml"))
    assert len(paths) > 10
    broken = {
        path.name: found
        for path in paths
        if (found := header & {one.rule for one in check(path.read_bytes(), path.name).findings})
    }
    assert broken == {}
