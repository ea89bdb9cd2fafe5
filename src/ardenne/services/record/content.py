"""A document's content as a safe HTML fragment for the reader, by its media type."""

from __future__ import annotations

from typing import NamedTuple

from ardenne.services.record import fhir_document, message_page
from ardenne.standards import timestamps
from ardenne.standards.cda import read as cda_read
from ardenne.standards.cda import render as cda_render
from ardenne.standards.fhir import json as fhir_json
from ardenne.standards.fhir import xml as fhir_xml
from ardenne.standards.html import element
from ardenne.standards.kmehr import read as kmehr_read
from ardenne.standards.kmehr import render as kmehr_render
from ardenne.standards.refusal import Refused
from ardenne.ui.languages import Words

_FHIR_JSON = frozenset({"application/fhir+json", "application/json"})
_FHIR_XML = "application/fhir+xml"
_XML = frozenset({"text/xml", "application/xml", "application/hl7-cda+xml"})
_HL7V2 = frozenset({
    "x-application/hl7-v2+er7", "application/hl7-v2", "text/hl7v2", "application/edi-hl7v2",
})  # fmt: skip
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif"})
_TEXT_LIMIT = 2 << 20


class Shown(NamedTuple):
    """How a content is shown: ``fragment`` (safe HTML), or ``embed``: "pdf", "image", or "" for download only."""

    fragment: str
    embed: str = ""


def show(media_type: str, data: bytes, words: Words, file_url: str) -> Shown:
    """Return what a reader sees of a content. ``file_url``: where the page offers the file inside it."""
    media = media_type.partition(";")[0].strip().lower()
    if media == "application/pdf":
        return Shown("", "pdf")
    if media in _PICTURES:
        return Shown("", "image")
    try:
        return Shown(_fragment(media, data, words, file_url))
    except (Refused, ValueError):
        # not readable as what it says it is: the page offers the download instead
        return Shown("")


def _fragment(media: str, data: bytes, words: Words, file_url: str) -> str:
    if media in _XML:
        return _xml(data, words, file_url)
    if media in _FHIR_JSON:
        return fhir_document.render(fhir_json.parse(data), words)
    if media == _FHIR_XML:
        return fhir_document.render(fhir_xml.parse(data), words)
    if media in _HL7V2:
        return message_page.render(data, words)
    if media.startswith("text/") and media != "text/html":
        return element("pre", data[:_TEXT_LIMIT].decode("utf-8", "replace"), class_="doc-plain")
    return ""


def _xml(data: bytes, words: Words, file_url: str) -> str:
    if b"kmehrmessage" in data[:4000]:
        labels = {label: words.text(label) for label in kmehr_render.LABELS}
        message = kmehr_read.read(data)
        return kmehr_render.render(message, labels, interface=words.language, date=words.fhir_date)
    labels = {label: words.text(label) for label in cda_render.LABELS}

    def date(time: timestamps.Timestamp) -> str:
        return words.fhir_date(time.fhir(words.zone))

    return cda_render.render(
        cda_read.read(data), labels, interface=words.language, date=date, attachment_url=file_url
    )
