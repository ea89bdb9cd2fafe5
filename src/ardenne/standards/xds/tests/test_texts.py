"""Metadata written as text are XML that says what went in, whatever signs it holds."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ardenne.standards.xds import names, reading, texts
from ardenne.standards.xds.values import Association, Author, Coded, Metadata

_RIM = f"{{{names.RIM}}}"
_ANY = st.text(st.characters(codec="utf-8"), max_size=20)
_XML = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=20)


def _parsed(*found: str) -> etree._Element:
    return etree.fromstring(texts.query_response(names.SUCCESS, found))[0]


@given(_ANY)
def test_any_text_can_be_written_and_only_what_xml_cannot_hold_is_lost(text: str) -> None:
    # XML 1.0, 2.2: Char ::= #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]
    kept = "".join(sign for sign in text if sign in "\t\n\r" or (sign >= " " and sign not in "\ufffe\uffff"))
    node = etree.fromstring(f'<a b="{texts.escaped(text)}">{texts.escaped(text)}</a>')
    assert node.get("b") == kept
    assert (node.text or "") == kept


@given(_XML, _XML, _XML)
def test_a_document_entry_is_read_back_as_it_was(title: str, value: str, display: str) -> None:
    found = Metadata(
        kind=names.DOCUMENT, id="urn:uuid:0b1cfd2e-0bd5-5f3c-9a53-5d3a0c5a7c11", mime_type="text/plain",
        logical_id="urn:uuid:0b1cfd2e-0bd5-5f3c-9a53-5d3a0c5a7c11", version="1", title=title, comments=value,
        slots={"languageCode": ("fr-LU",), "urn:own:slot": (f"a{value}a", "second")},
        codes={"typeCode": (Coded("a&b", "2.16.840.1.113883.6.1", display), Coded("c", "1.2", ""))},
        identifiers={"patientId": "1^^^&1.2.3&ISO", "uniqueId": "1.2.3^4"},
        authors=(Author({"authorPerson": ("^Thill^Claude",), "authorRole": ("Dr",)}),),
    )  # fmt: skip
    listed = _parsed(texts.registry_object(found))
    request = etree.Element(f"{{{names.LCM}}}SubmitObjectsRequest")
    request.append(listed)
    (read,) = reading.submission(request).objects
    assert (read.title, read.comments) == (title, value)
    assert (read.id, read.mime_type, read.status) == (found.id, "text/plain", names.APPROVED)
    assert dict(read.codes) == {
        "typeCode": (Coded("a&b", "2.16.840.1.113883.6.1", display), Coded("c", "1.2", ""))
    }
    assert (dict(read.slots), dict(read.identifiers)) == (dict(found.slots), dict(found.identifiers))
    assert read.authors == found.authors


def test_every_element_has_an_id_of_its_own_that_is_a_version_4_uuid() -> None:
    folder = Metadata(
        kind=names.FOLDER, id="urn:uuid:1", codes={"codeList": (Coded("a", "1.2"), Coded("a", "1.2"))},
        identifiers={"patientId": "1^^^&1.2.3&ISO", "uniqueId": "1.2"},
    )  # fmt: skip
    inner = _parsed(texts.registry_object(folder))[0]
    ids = [str(one.get("id")) for one in inner if one.get("id")]
    assert len(ids) == len(set(ids)) == 5
    assert {uuid.UUID(one).version for one in ids} == {4}


def test_links_name_their_ends_and_say_why() -> None:
    link = Association(
        id="urn:uuid:1", type=names.REPLACES, source="urn:uuid:2", target="urn:uuid:3",
        slots={"NewStatus": ("x",)}, documentation=(Coded("why", "1.2", "Why"),),
    )  # fmt: skip
    (made, bare) = _parsed(
        texts.association(link, "urn:oid:1.2"), texts.reference("urn:uuid:1", "urn:oid:1.2")
    )
    assert (made.get("sourceObject"), made.get("targetObject")) == ("urn:uuid:2", "urn:uuid:3")
    assert (made.get("associationType"), made.get("home")) == (names.REPLACES, "urn:oid:1.2")
    (classification,) = made.findall(f"{_RIM}Classification")
    assert (classification.get("classifiedObject"), classification.get("nodeRepresentation")) == (
        "urn:uuid:1",
        "why",
    )
    assert (bare.tag, bare.get("id"), bare.get("home")) == (f"{_RIM}ObjectRef", "urn:uuid:1", "urn:oid:1.2")
