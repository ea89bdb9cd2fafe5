"""Show a CDA document as an accessible HTML fragment.

The fragment holds no script, no style and no reference to anything outside the document except
links that a reader may follow. Its own words come from `labels` (the English words are the keys);
class names begin with "doc-" and are styled by the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ardenne.standards.cda import coded
from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda.coded import Coded
from ardenne.standards.cda.narrative import Narrative
from ardenne.standards.cda.read import ClinicalDocument, Section
from ardenne.standards.html import Html, definitions, element, join, language, picture
from ardenne.standards.timestamps import Timestamp

LABELS = coded.LABELS | {
    "Author",
    "Born",
    "Custodian",
    "Date",
    "Document",
    "Female",
    "Male",
    "No information",
    "Note",
    "Numbers",
    "Open the attached file",
    "Organization",
    "Patient",
    "Picture",
    "Section",
    "Sex",
    "Signed by",
    "Table",
    "This document is a file",
}
_SEXES = {"F": "Female", "M": "Male"}


def plain_date(time: Timestamp) -> str:
    """The written precision, as 2024-01-31 14:15; the page may bring a nicer one."""
    text = time.fhir() if time.zone else time.date()
    return text.replace("T", " ")[:16]


def render(
    document: ClinicalDocument,
    labels: Mapping[str, str] | None = None,
    *,
    interface: str = "en",
    level: int = 2,
    prefix: str = "doc",
    date: Callable[[Timestamp], str] = plain_date,
    attachment_url: str = "",
) -> str:
    """The document as `<article lang=…>`.

    `interface` is the language of `labels`, `level` the heading level of the title, `prefix` begins all
    ids, `attachment_url` is where the page offers the file of a level-1 document.
    """
    writer = _Renderer(document, labels or {}, interface, level, prefix, date, attachment_url)
    return writer.article()


class _Renderer:
    def __init__(
        self,
        document: ClinicalDocument,
        labels: Mapping[str, str],
        interface: str,
        level: int,
        prefix: str,
        date: Callable[[Timestamp], str],
        attachment_url: str,
    ) -> None:
        self._document = document
        self._labels = labels
        self._language = language(document.language) or "und"
        self._interface = interface if interface != self._language.partition("-")[0] else ""
        self._level = level
        self._prefix = prefix
        self._date = date
        self._attachment_url = attachment_url
        self._coded = Coded(labels, date, self._interface)
        self._narrative = Narrative(prefix, labels, dict(self._media(document.sections)))

    def _label(self, key: str) -> str:
        return self._labels.get(key, key)

    def article(self) -> Html:
        code = self._document.code.wording
        title = self._document.title or code or self._label("Document")
        sections = (self._section(section, self._level + 1) for section in self._document.sections)
        return element(
            "article",
            element(f"h{self._level}", title),
            self._header(),
            self._attachment(),
            *sections,
            class_="doc",
            lang=self._language,
        )

    def _header(self) -> Html:
        found = self._document
        who = found.patient
        sex = _SEXES.get(who.gender.code, "") if who.gender else ""
        signed = found.legal_authenticator.wording if found.legal_authenticator else ""
        rows = (
            (self._label("Patient"), ", ".join(name.wording for name in who.names)),
            (self._label("Born"), self._date(who.birth_time) if who.birth_time else ""),
            (self._label("Sex"), self._label(sex) if sex else ""),
            (self._label("Numbers"), ", ".join(one.extension or one.root for one in who.identifiers)),
            (self._label("Document"), found.code.wording or found.code.code),
            (self._label("Date"), self._date(found.time)),
            (self._label("Author"), ", ".join(author.wording for author in found.authors if author.wording)),
            (self._label("Organization"), ", ".join(dict.fromkeys(self._organizations()))),
            (self._label("Signed by"), signed),
            (self._label("Custodian"), found.custodian.name if found.custodian else ""),
        )
        return definitions(rows, self._interface, class_="doc-header")

    def _organizations(self) -> Iterator[str]:
        for author in self._document.authors:
            if (
                author.organization
                and author.organization.name
                and author.organization.name != author.wording
            ):
                yield author.organization.name

    def _section(self, section: Section, level: int) -> Html:
        words = section.code.wording if section.code else ""
        title = section.title or words or self._label("Section")
        body = self._narrative.html(section.narrative) if section.narrative is not None else Html("")
        if not body.strip() and not section.sections:
            body = element("p", self._label("No information"))
        return element(
            "section",
            element(f"h{min(level, 6)}", title),
            element("div", body, class_="doc-text"),
            self._coded.html(section.entries),
            *(self._section(inner, level + 1) for inner in section.sections),
            lang=language(section.language),
        )

    def _media(self, sections: tuple[Section, ...]) -> Iterator[tuple[str, Html]]:
        """The pictures among the entries, by the ID with which the narrative calls them."""
        for section in sections:
            for entry in section.entries:
                for statement in entry.inner():
                    inside = (one.statement for one in statement.related)
                    values = (*statement.values, *(value for one in inside for value in one.values))
                    found = next((value for value in values if isinstance(value, dt.Attachment)), None)
                    if statement.anchor and found and (image := self._image(found, statement.text)):
                        yield statement.anchor, image
            yield from self._media(section.sections)

    def _image(self, found: dt.Attachment, words: str) -> Html:
        source = picture(found.media_type, found.data)
        alt = words or self._label("Picture")
        return element("img", src=source, alt=alt) if source else Html("")

    def _attachment(self) -> Html:
        found = self._document.attachment
        if found is None:
            return Html("")
        if found.media_type.startswith("text/plain"):
            text = found.data.decode("utf-8", errors="replace")
            return element("pre", text, class_="doc-text", lang=language(found.language))
        image = self._image(found, self._document.title)
        if image:
            return element("figure", image)
        notice = f"{self._label('This document is a file')} ({found.media_type})."
        opener = self._label("Open the attached file")
        way = element("a", opener, href=self._attachment_url) if self._attachment_url else Html("")
        return element("p", join((notice, " ", way)), class_="doc-file")
