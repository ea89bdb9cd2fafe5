"""Documents as readers see them: results as a table, documents in documents, nothing foreign as markup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lxml.html
import orjson
import pytest

from ardenne.services.record.content import show
from ardenne.services.record.testing.samples import cda, results
from ardenne.standards.fhir import xml
from ardenne.ui.languages import Words

FRENCH = Words("fr", ["ardenne.services.record", "ardenne.ui"])
HL7 = "x-application/hl7-v2+er7"


def shown(media_type: str, data: bytes) -> str:
    return show(media_type, data, FRENCH, "/file").fragment


def cells(fragment: str) -> list[list[str]]:
    rows: Any = lxml.html.fromstring(fragment).xpath("(//table)[1]/tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in rows]


def test_results_are_a_table_with_flag_and_range() -> None:
    fragment = shown(HL7, results("7.1"))
    assert cells(fragment) == [["HbA1c", "7,1 % ▲ élevé", "4 – 6"]]
    assert "31 janvier 2024, 14:15" in fragment


def test_a_corrected_result_says_so() -> None:
    assert cells(shown(HL7, results("7.1", state="C")))[0][1] == "7,1 % ▲ élevé corrigé"


def test_the_message_itself_can_be_read_and_stays_text() -> None:
    fragment = shown(HL7, results("7.1").replace(b"LABO", b"<script>"))
    assert "<script>" not in fragment
    assert "Le message tel que reçu" in fragment


def test_a_clinical_document_speaks_the_readers_language() -> None:
    fragment = shown("text/xml", cda())
    assert "Date de naissance" in fragment
    assert "1 janvier 1980" in fragment


def document(section: dict[str, Any]) -> dict[str, Any]:
    composition = {
        "resourceType": "Composition",
        "title": "Résumé",
        "type": {"text": "Résumé"},
        "subject": {"reference": "urn:uuid:p"},
        "date": "2024-01-31",
        "author": [{"display": "Dr Muller"}],
        "section": [section],
    }
    condition = {"resourceType": "Condition", "code": {"text": "Goutte"}, "onsetDateTime": "2020-05"}
    patient = {"resourceType": "Patient", "name": [{"family": "Nilles"}], "birthDate": "1980-01-01"}
    entries = [("c", composition), ("p", patient), ("g", condition)]
    return {
        "resourceType": "Bundle",
        "type": "document",
        "entry": [{"fullUrl": f"urn:uuid:{name}", "resource": one} for name, one in entries],
    }


NARRATIVE = {
    "status": "generated",
    "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Goutte du pied</p></div>',
}
ENTRY = {"reference": "urn:uuid:g"}


@pytest.mark.parametrize("media_type", ["application/fhir+json", "application/fhir+xml"])
def test_a_fhir_document_shows_its_header_and_narratives(media_type: str) -> None:
    bundle = document({"title": "Problèmes", "text": NARRATIVE, "entry": [ENTRY]})
    data = orjson.dumps(bundle) if media_type.endswith("json") else xml.dump(bundle)
    fragment = shown(media_type, data)
    assert "Goutte du pied" in fragment
    assert "Dr Muller" in fragment
    assert "Nilles" in fragment


def test_a_section_without_narrative_is_shown_from_its_entries() -> None:
    fragment = shown(
        "application/fhir+json", orjson.dumps(document({"title": "Problèmes", "entry": [ENTRY]}))
    )
    assert cells(fragment) == [["Goutte", "mai 2020", ""]]


@pytest.mark.parametrize(
    ("author", "shown_as"),
    [
        ({"resourceType": "Organization", "name": "Clinique du Nord"}, "Clinique du Nord"),
        (
            {"resourceType": "Device", "deviceName": [{"name": "Générateur", "type": "user-friendly-name"}]},
            "Générateur",
        ),
        ({"resourceType": "Practitioner", "name": [{"family": "Muller", "given": ["Luc"]}]}, "Luc Muller"),
        ({"resourceType": "PractitionerRole", "code": [{"text": "Médecin"}]}, ""),
    ],
    ids=lambda value: value.get("resourceType") if isinstance(value, dict) else None,
)
def test_authors_of_every_kind_are_named(author: dict[str, Any], shown_as: str) -> None:
    found = document({"title": "Problèmes", "entry": []})
    found["entry"][0]["resource"]["author"] = [{"reference": "urn:uuid:a"}]
    found["entry"].append({"fullUrl": "urn:uuid:a", "resource": author})
    fragment = shown("application/fhir+json", orjson.dumps(found))
    assert fragment and (not shown_as or shown_as in fragment)


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("folder", "media_type", "marks"),
    [
        ("fhir", "application/fhir+json", (b'"type": "document"', b'"type":"document"')),
        ("cda", "text/xml", (b"</ClinicalDocument>",)),
        ("kmehr", "text/xml", (b"</kmehrmessage>",)),
        ("hl7v2", HL7, (b"|ORU^R01", b"|MDM^T")),
    ],
)
def test_no_sample_document_breaks_the_page(
    corpus: Path, folder: str, media_type: str, marks: tuple[bytes, ...]
) -> None:
    seen, readable = 0, 0
    for path in sorted((corpus / "documents" / folder).rglob("*")):
        if not path.is_file() or path.stat().st_size > 400_000 or "negative" in path.parts:
            continue
        data = path.read_bytes()
        if any(mark in data for mark in marks):
            seen += 1
            # what cannot be read is offered as a file: nothing that came may break the page
            readable += bool(show(media_type, data, FRENCH, "/file").fragment)
    assert seen >= 3 and readable >= seen * 0.8, (readable, seen)


def test_tables_of_a_narrative_scroll_by_themselves() -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><table class="x"><tbody><tr><td>1</td></tr></tbody></table></div>'
    found = document({"title": "Problèmes", "text": {"status": "generated", "div": div}})
    root: Any = lxml.html.fromstring(shown("application/fhir+json", orjson.dumps(found)))
    (table,) = root.xpath("//div[@class='doc-table'][@role='region'][@tabindex='0'][@aria-label]/table")
    assert table.get("class") == "x" and table.text_content() == "1"


def test_a_narrative_that_breaks_the_rules_is_not_shown() -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script><p>Goutte</p></div>'
    section = {"title": "Problèmes", "text": {"status": "generated", "div": div}, "entry": [ENTRY]}
    fragment = shown("application/fhir+json", orjson.dumps(document(section)))
    assert "alert" not in fragment
    assert cells(fragment) == [["Goutte", "mai 2020", ""]]


def test_text_stays_text() -> None:
    assert shown("text/plain", b"<b>fort</b>") == '<pre class="doc-plain">&lt;b&gt;fort&lt;/b&gt;</pre>'


@pytest.mark.parametrize(
    ("media_type", "embed"), [("application/pdf", "pdf"), ("image/png", "image"), ("text/html", "")]
)
def test_files_that_browsers_show_are_embedded_others_downloaded(media_type: str, embed: str) -> None:
    assert show(media_type, b"x", FRENCH, "/file") == ("", embed)


@pytest.mark.parametrize("media_type", ["text/xml", "application/fhir+json", "application/fhir+xml", HL7])
def test_what_cannot_be_read_is_offered_for_download(media_type: str) -> None:
    assert show(media_type, b"\x00nonsense", FRENCH, "/file") == ("", "")
