"""A FHIR document, or another resource, as a safe HTML fragment: header, then the sections' narratives.

A section without narrative (R4, Composition: it may be "entries only") is shown from its entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from ardenne.services.record import display, wording
from ardenne.standards.fhir.validator import xhtml
from ardenne.standards.html import Html, definitions, element, join, language
from ardenne.ui.languages import Words

Json = dict[str, Any]

_SEXES = {"female": "Female", "male": "Male"}
_DEPTH = 6
_TABLE, _TABLE_END = re.compile(r"<table(?=[\s>])"), re.compile(r"</table\s*>")
_HEADS = ("What", "Date", "Detail")
LABELS = frozenset({*_SEXES.values(), *_HEADS})
_CONCEPTS = ("medicationCodeableConcept", "vaccineCode", "code", "type")
_DATES = (
    "onsetDateTime", "authoredOn", "occurrenceDateTime", "effectiveDateTime", "effectivePeriod",
    "performedDateTime", "performedPeriod", "period", "recordedDate", "date",
)  # fmt: skip


def render(resource: Json, words: Words) -> str:
    """Return a resource as `<article>`: a document bundle by its Composition, else the narrative."""
    entries = [entry.get("resource", {}) for entry in resource.get("entry", [])]
    composition = next((one for one in entries if one.get("resourceType") == "Composition"), None)
    if composition is None:
        return narrative(resource, words) or _facts([resource], words)
    document = _Document(resource, composition, words)
    return document.article()


def narrative(resource: Json, words: Words) -> str:
    """Return the narrative of a resource if it keeps the rules of safe XHTML (R4, Narrative), else nothing.

    Its tables scroll by themselves: on a phone their columns stay readable.
    """
    div = str(resource.get("text", {}).get("div", ""))
    if not div or xhtml.narrative_problem(div):
        return ""
    label = escape(words.text("Table"), quote=True)
    region = f'<div class="doc-table" role="region" tabindex="0" aria-label="{label}"><table'
    return _TABLE_END.sub("</table></div>", _TABLE.sub(region, div))


class _Document:
    def __init__(self, bundle: Json, composition: Json, words: Words) -> None:
        self._composition = composition
        self._words = words
        self._entries: dict[str, Json] = {}
        for entry in bundle.get("entry", []):
            resource = entry.get("resource", {})
            self._entries[str(entry.get("fullUrl", ""))] = resource
            self._entries[f"{resource.get('resourceType')}/{resource.get('id')}"] = resource

    def article(self) -> Html:
        found = self._composition
        title = str(found.get("title") or display.concept(found.get("type")))
        sections = (self._section(section, 3) for section in found.get("section", []))
        return element(
            "article",
            element("h2", title),
            self._header(),
            Html(narrative(found, self._words)),
            *sections,
            class_="doc",
            lang=language(str(found.get("language", ""))),
        )

    def _resolve(self, reference: Json) -> Json:
        return self._entries.get(str(reference.get("reference", "")), {})

    def _header(self) -> Html:
        text, found = self._words.text, self._composition
        who = self._resolve(found.get("subject", {}))
        authors = (
            display.reference_label(one) or display.person(self._resolve(one))
            for one in found.get("author", [])
        )
        sex = _SEXES.get(str(who.get("gender", "")), "")
        birth = str(who.get("birthDate", ""))
        rows = (
            (text("Patient"), display.person(who)),
            (text("Born"), self._words.fhir_date(birth) if birth else ""),
            (text("Sex"), text(sex) if sex else ""),
            (text("Numbers"), ", ".join(number for _kind, number in display.identifiers(who))),
            (text("Document"), display.concept(found.get("type"))),
            (text("Date"), self._words.fhir_date(str(found.get("date", "")))),
            (text("Author"), ", ".join(filter(None, authors))),
            (text("Custodian"), display.reference_label(found.get("custodian"))),
        )
        return definitions(rows, self._words.language, class_="doc-header")

    def _section(self, section: Json, level: int) -> Html:
        title = str(section.get("title") or display.concept(section.get("code")))
        body = narrative(section, self._words)
        if not body:
            found = (self._resolve(entry) for entry in section.get("entry", []))
            body = _facts([one for one in found if one], self._words)
        if not body and not section.get("section"):
            reason = display.concept(section.get("emptyReason")) or self._words.text("No information")
            body = element("p", reason)
        inner = section.get("section", []) if level <= _DEPTH else []
        return element(
            "section",
            element(f"h{min(level, 6)}", title or self._words.text("Section")),
            element("div", Html(body), class_="doc-text"),
            *(self._section(one, level + 1) for one in inner),
        )


def _facts(resources: Iterable[Json], words: Words) -> str:
    """Return facts as a table: what, when, detail; empty when none says anything."""
    rows = [row for resource in resources if (row := _row(resource, words))]
    if not rows:
        return ""
    heads = (words.text(head) for head in _HEADS)
    head = element("tr", *(element("th", one, scope="col") for one in heads))
    table = element("table", element("thead", head, lang=words.language), element("tbody", *rows))
    label = words.text("Table")
    return element("div", table, class_="doc-table", role="region", tabindex="0", aria_label=label)


def _row(resource: Json, words: Words) -> str:
    what = next((text for name in _CONCEPTS if (text := display.concept(_concept(resource, name)))), "")
    if not what:
        return ""
    date = words.fhir_date(display.first_date(resource, *_DATES))
    detail = join(", ".join(_details(resource, words)))
    return element("tr", element("th", what, scope="row"), element("td", date), element("td", detail))


def _concept(resource: Json, name: str) -> Json | None:
    found = resource.get(name)
    return found if isinstance(found, dict) else None


def _details(resource: Json, words: Words) -> Iterator[str]:
    if "valueQuantity" in resource:
        yield wording.measure(resource["valueQuantity"], words)
    elif value := display.any_value(resource):
        yield value
    dosages = (*resource.get("dosageInstruction", []), *resource.get("dosage", []))
    if taken := wording.dosages(dosages, words):
        yield taken
    for reaction in resource.get("reaction", []):
        yield from filter(None, map(display.concept, reaction.get("manifestation", [])))
    if resource.get("lotNumber"):
        yield str(resource["lotNumber"])
