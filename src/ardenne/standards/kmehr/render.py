"""Show a KMEHR message as an accessible HTML fragment, in the manner of the CDA renderer.

Same rules: nothing foreign becomes markup, the renderer's own words come from `labels` (English keys).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ardenne.standards.html import Html, definitions, element, join, language, picture
from ardenne.standards.kmehr.read import Attachment, Item, Message, Transaction

TRANSACTIONS = {
    "sumehr": "Summary (Sumehr)",
    "medicationscheme": "Medication scheme",
    "medicationschemeelement": "Medicine",
    "treatmentsuspension": "Suspended treatment",
    "labresult": "Laboratory result",
    "contactreport": "Contact report",
    "dischargereport": "Discharge report",
    "prescription": "Prescription",
    "vaccination": "Vaccination",
    "note": "Note",
}
_ITEMS = {
    "adr": "Adverse drug reaction",
    "allergy": "Allergy",
    "contacthcparty": "Care giver to contact",
    "contactperson": "Contact person",
    "diagnosis": "Diagnosis",
    "gmdmanager": "Manager of the medical file",
    "healthcareelement": "Health problem",
    "healthissue": "Health problem",
    "lab": "Laboratory",
    "medication": "Medicine",
    "patientwill": "Will of the patient",
    "problem": "Problem",
    "risk": "Risk",
    "socialrisk": "Social risk",
    "treatment": "Treatment",
    "vaccine": "Vaccine",
}
_STATES = {
    "aborted": "stopped",
    "active": "active",
    "administrated": "given",
    "cancelled": "cancelled",
    "completed": "completed",
    "delivered": "delivered",
    "inactive": "inactive",
    "ordered": "ordered",
    "pending": "pending",
    "planned": "planned",
    "prescribed": "prescribed",
    "refused": "refused",
    "suspended": "suspended",
}
_DETAILS = {
    "posology": "Dosage",
    "regimen": "Dosage",
    "frequency": "Frequency",
    "dayperiod": "Time of day",
    "temporality": "Treatment",
    "duration": "Duration",
    "route": "Route",
    "instructionforpatient": "Instruction",
    "hcparty": "Care giver",
    "person": "Person",
    "compoundprescription": "Preparation",
}
_FLAGS = frozenset({"isrelevant", "isknown", "issubstitutionallowed", "local"})
LABELS = frozenset(
    {
        *(*TRANSACTIONS.values(), *_ITEMS.values(), *_DETAILS.values(), *_STATES.values()),
        *(
            "Author",
            "Born",
            "Codes",
            "Content",
            "Date",
            "Document",
            "Female",
            "From",
            "Kind",
            "Male",
            "Numbers",
        ),
        *(
            "Patient",
            "Picture",
            "Sender",
            "Sex",
            "State",
            "This message contains a file",
            "Until",
            "No information",
        ),
    }
)
_SEXES = {"male": "Male", "female": "Female"}


def render(
    message: Message,
    labels: Mapping[str, str] | None = None,
    *,
    interface: str = "en",
    level: int = 2,
    date: Callable[[str], str] = str,
) -> str:
    """The message as `<article lang=…>`; `date` turns an ISO date into words, `interface` is the labels' language."""
    return _Renderer(message, labels or {}, interface, level, date).article()


class _Renderer:
    def __init__(
        self,
        message: Message,
        labels: Mapping[str, str],
        interface: str,
        level: int,
        date: Callable[[str], str],
    ) -> None:
        self._message = message
        self._labels = labels
        self._language = language(message.language) or "und"
        self._interface = interface if interface != self._language.partition("-")[0] else ""
        self._level = level
        self._date = date

    def _label(self, key: str) -> str:
        return self._labels.get(key, key)

    def _named(self, table: Mapping[str, str], key: str) -> str:
        return self._label(table[key]) if key in table else key

    def article(self) -> Html:
        first = self._message.transactions[0]
        title = self._named(TRANSACTIONS, first.type) or self._label("Document")
        parts = (self._transaction(one) for one in self._message.transactions)
        heading = element(f"h{self._level}", title, lang=self._interface)
        return element("article", heading, self._header(), *parts, class_="doc", lang=self._language)

    def _header(self) -> Html:
        found, who = self._message, self._message.patient
        authors = (party.wording for one in found.transactions for party in one.authors)
        rows = (
            (self._label("Patient"), " ".join((*who.first_names, who.family_name))),
            (self._label("Born"), self._date(who.birth_date) if who.birth_date else ""),
            (self._label("Sex"), self._named(_SEXES, who.sex)),
            (self._label("Numbers"), ", ".join(one.value for one in who.identifiers)),
            (self._label("Date"), self._date(found.moment.date)),
            (self._label("Author"), ", ".join(dict.fromkeys(name for name in authors if name))),
            (self._label("Sender"), ", ".join(party.wording for party in found.sender if party.wording)),
        )
        return definitions(rows, self._interface, class_="doc-header")

    def _transaction(self, found: Transaction) -> Html:
        title = self._named(TRANSACTIONS, found.type)
        when = self._date(found.moment.date) if found.moment else ""
        heading = element(f"h{self._level + 1}", f"{title} {when}".strip(), lang=self._interface)
        texts = (element("p", text) for text in found.texts)
        files = (self._file(one) for one in found.attachments)
        groups = [part for name, items in found.headings for part in self._group(name, items)]
        if not groups and not found.texts and not found.attachments:
            groups = [element("p", self._label("No information"), lang=self._interface)]
        return element("section", heading, element("div", *texts, *groups, *files, class_="doc-text"))

    def _group(self, name: str, items: tuple[Item, ...]) -> Iterator[Html]:
        if name:
            yield element(f"h{min(self._level + 2, 6)}", name)
        if not items:
            return
        heads = ("Kind", "Content", "From", "Until", "State", "Codes")
        row = element("tr", *(element("th", self._label(head), scope="col") for head in heads))
        table = element(
            "table",
            element("thead", row, lang=self._interface),
            element("tbody", *(self._row(item) for item in items)),
        )
        label = name or self._label("Content")
        yield element("div", table, class_="doc-table", role="region", tabindex="0", aria_label=label)

    def _row(self, item: Item) -> Html:
        codes = (element("li", element("code", f"{one.system} {one.code}")) for one in item.codes)
        return element(
            "tr",
            element("th", self._named(_ITEMS, item.kind), scope="row", lang=self._interface),
            element("td", *self._content(item)),
            element("td", self._date(item.begin) if item.begin else ""),
            element("td", self._date(item.end) if item.end else ""),
            element(
                "td",
                self._named(_STATES, item.lifecycle),
                lang=self._interface if item.lifecycle in _STATES else "",
            ),
            element("td", element("ul", *codes) if item.codes else ""),
        )

    def _content(self, item: Item) -> Iterator[Html]:
        words = item.texts or tuple(one.display for one in item.codes if one.display)
        for text in dict.fromkeys(words):
            yield element("p", text)
        details = [(name, text) for name, text in item.details if name not in _FLAGS]
        if details:
            yield definitions(
                ((self._named(_DETAILS, name), text) for name, text in details), self._interface
            )

    def _file(self, found: Attachment) -> Html:
        source = picture(found.media_type, found.data)
        if source:
            return element("figure", element("img", src=source, alt=self._label("Picture")))
        notice = f"{self._label('This message contains a file')} ({found.media_type})."
        return element("p", join([notice]), class_="doc-file", lang=self._interface)
