"""A document's content as a safe HTML fragment for the reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ardenne.services.record import display
from ardenne.standards import cda
from ardenne.standards.cda import render as cda_render
from ardenne.standards.fhir.validator import xhtml
from ardenne.standards.hl7v2 import er7
from ardenne.standards.html import Html, element, join
from ardenne.standards.refusal import Refused

Json = dict[str, Any]


class Shown(NamedTuple):
    """How a content is shown: ``fragment`` (safe HTML), or ``embed``: "pdf", "image", or "" for download only."""

    fragment: str
    embed: str = ""


def show(media_type: str, data: bytes, text: Callable[[str], str], language: str, file_url: str) -> Shown:
    """Return what a reader sees of a content. ``text`` translates our own words."""
    media = media_type.partition(";")[0].strip().lower()
    if media == "application/pdf":
        return Shown("", "pdf")
    if media in ("image/png", "image/jpeg", "image/gif"):
        return Shown("", "image")
    try:
        if media in ("text/xml", "application/xml", "application/hl7-cda+xml"):
            return Shown(_xml(data, text, language, file_url))
        if media in ("application/fhir+json", "application/json"):
            return Shown(_fhir(data))
        if media in ("x-application/hl7-v2+er7", "application/hl7-v2", "text/hl7v2", "application/edi-hl7v2"):
            return Shown(_message(data, text))
    except (Refused, ValueError):
        return Shown("")
    if media.startswith("text/"):
        return Shown(element("pre", data.decode("utf-8", "replace")))
    return Shown("")


def _xml(data: bytes, text: Callable[[str], str], language: str, file_url: str) -> str:
    if b"kmehrmessage" in data[:4000]:
        from ardenne.standards.kmehr import read as kmehr_read
        from ardenne.standards.kmehr import render as kmehr_render

        labels = {label: text(label) for label in kmehr_render.LABELS}
        return kmehr_render.render(kmehr_read.read(data), labels, interface=language)
    labels = {label: text(label) for label in cda_render.LABELS}
    return cda_render.render(cda.read.read(data), labels, interface=language, attachment_url=file_url)


def _fhir(data: bytes) -> str:
    """Return the narratives of a FHIR document in the order of its Composition."""
    from ardenne.standards.fhir.json import parse

    bundle = parse(data)
    resources = [entry.get("resource", {}) for entry in bundle.get("entry", [])]
    composition = next((one for one in resources if one.get("resourceType") == "Composition"), None)
    if composition is None:
        return narrative(bundle)
    parts: list[str] = [element("h2", str(composition.get("title", ""))), Html(narrative(composition))]
    parts += [_section(section, 3) for section in composition.get("section", [])]
    return join(parts)


def _section(section: Json, level: int) -> Html:
    parts = [element(f"h{min(level, 6)}", str(section.get("title") or display.concept(section.get("code"))))]
    parts.append(Html(narrative(section)))
    parts += [_section(inner, level + 1) for inner in section.get("section", [])]
    return element("section", *parts)


def narrative(resource: Json) -> str:
    """Return the narrative of a resource if it keeps the rules of safe XHTML (R4, Narrative), else nothing."""
    div = str(resource.get("text", {}).get("div", ""))
    return "" if not div or xhtml.narrative_problem(div) else div


def _message(data: bytes, text: Callable[[str], str]) -> str:
    """Return the segments of a message as a table, one row a field that holds something."""
    message = er7.read(data)
    rows = []
    for segment in message.segments:
        for number, field in enumerate(segment.fields, 1):
            if field:
                place = element("th", f"{segment.name}-{number}", scope="row")
                rows.append(element("tr", place, element("td", field)))
    head = element("tr", element("th", text("Field"), scope="col"), element("th", text("Value"), scope="col"))
    return element("div", element("table", element("thead", head), element("tbody", *rows)), class_="scroll")
