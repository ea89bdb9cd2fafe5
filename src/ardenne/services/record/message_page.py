"""An HL7 version 2 message as a safe HTML fragment: results as a table, documents as text, visits as facts.

The message as it came stands below, folded, for those who must look for a fault.
"""

from __future__ import annotations

from collections.abc import Iterator

from ardenne.services.record import wording
from ardenne.standards.hl7v2 import er7
from ardenne.standards.hl7v2.documents import document
from ardenne.standards.hl7v2.er7 import Message
from ardenne.standards.hl7v2.fields import Person, Reading
from ardenne.standards.hl7v2.patients import patient, visit
from ardenne.standards.hl7v2.results import Observation, Order, observations, orders
from ardenne.standards.html import Html, definitions, element
from ardenne.standards.timestamps import Timestamp
from ardenne.ui.languages import Words

_SEXES = {"F": "Female", "M": "Male"}
_STATES = {
    "C": "corrected", "M": "corrected", "P": "preliminary", "R": "preliminary", "A": "partial", "X": "cancelled",
    "D": "withdrawn", "W": "withdrawn", "I": "in progress", "O": "in progress", "S": "in progress",
}  # fmt: skip
_FLAGS = {
    "H": ("high", "▲"), "HH": ("very high", "▲"), "L": ("low", "▼"), "LL": ("very low", "▼"),
    "A": ("abnormal", ""), "AA": ("abnormal", ""), "POS": ("positive", ""), "NEG": ("negative", ""),
}  # fmt: skip
_VISITS = {"I": "Stay in hospital", "O": "Outpatient visit", "E": "Emergency visit"}
_RESULT_HEADS = ("Analysis", "Value", "Reference range")
_SOURCE_HEADS = ("Field", "Value")
LABELS = frozenset({
    *_RESULT_HEADS, *_SOURCE_HEADS, *_STATES.values(), *_SEXES.values(), *_VISITS.values(),
    *(word for word, _sign in _FLAGS.values()),
})  # fmt: skip
_TEXTS = frozenset({"TX", "FT"})


def render(data: bytes, words: Words) -> str:
    """Return the message. Raises Refused when it cannot be read."""
    return _Page(er7.read(data), words).article()


class _Page:
    def __init__(self, message: Message, words: Words) -> None:
        self._message = message
        self._words = words
        self._text = words.text
        self._reading = Reading()

    def article(self) -> Html:
        return element("article", *self._parts(), class_="doc")

    def _parts(self) -> Iterator[Html]:
        kind = self._message.get("MSH-9.1")
        yield self._header(kind)
        if kind == "ORU":
            for order in orders(self._message, self._reading):
                yield from self._order(order)
        elif kind == "MDM":
            yield from self._document()
        yield self._source()

    def _time(self, found: Timestamp | None) -> str:
        return self._words.fhir_date(found.fhir(self._words.zone)) if found else ""

    def _header(self, kind: str) -> Html:
        who = patient(self._message, self._reading)
        sex = _SEXES.get(who.sex, "")
        rows = [
            (self._text("Patient"), ", ".join(name.wording for name in who.names[:1])),
            (self._text("Born"), self._time(who.birth_time)),
            (self._text("Sex"), self._text(sex) if sex else ""),
            (self._text("Numbers"), ", ".join(number.value for number in who.numbers)),
            (self._text("Sender"), self._message.get("MSH-4") or self._message.get("MSH-3")),
        ]
        return definitions([*rows, *self._visit(kind)], class_="doc-header")

    def _visit(self, kind: str) -> Iterator[tuple[str, str]]:
        """What an admission or a discharge says."""
        found = visit(self._message, self._reading) if kind == "ADT" else None
        if found is None:
            return
        name = _VISITS.get(found.patient_class, "")
        yield self._text("Kind"), self._text(name) if name else ""
        yield self._text("Place"), found.location
        yield self._text("Attending"), found.attending.wording if found.attending else ""
        yield self._text("Admitted"), self._time(found.admitted)
        yield self._text("Discharged"), self._time(found.discharged)

    def _order(self, order: Order) -> Iterator[Html]:
        yield element("h2", order.service.wording or self._text("Results"))
        state = _STATES.get(order.status, "")
        rows = (
            (self._text("Collected"), self._time(order.time)),
            (self._text("Reported"), self._time(order.reported)),
            (self._text("Requested by"), _name(order.requester)),
            (self._text("Signed by"), _name(order.interpreter)),
            (self._text("State"), self._text(state) if state else ""),
        )
        yield definitions(rows, class_="doc-header")
        for note in order.notes:
            yield element("p", note, class_="doc-plain")
        measured = [one for one in order.observations if one.type not in _TEXTS]
        if measured:
            yield self._table(measured)
        for one in order.observations:
            if one.type in _TEXTS:
                yield from self._prose(one)

    def _table(self, found: list[Observation]) -> Html:
        heads = (self._text(head) for head in _RESULT_HEADS)
        head = element("tr", *(element("th", one, scope="col") for one in heads))
        table = element("table", element("thead", head), element("tbody", *map(self._row, found)))
        label = self._text("Results")
        return element("div", table, class_="doc-table", role="region", tabindex="0", aria_label=label)

    def _row(self, found: Observation) -> Html:
        values = "; ".join(value.text for value in found.values)
        if found.type in ("CE", "CWE", "CNE"):
            values = "; ".join(value.get(2) or value.get(1) for value in found.values)
        elif found.type == "ED":
            values = self._text("attached file")
        elif found.type == "NM":
            values = self._number(values)
        unit = wording.UNIT_SIGNS.get(found.unit.wording, found.unit.wording)
        cells: list[str] = [f"{values} {unit}".strip(), " ", *self._marks(found)]
        notes = (element("p", note, class_="doc-plain") for note in found.notes)
        return element(
            "tr",
            element("th", found.code.wording, *notes, scope="row"),
            element("td", *cells),
            element("td", self._range(found.range)),
        )

    def _range(self, text: str) -> str:
        ends = [self._number(end.strip()) for end in text.split("-")]
        return " – ".join(ends) if len(ends) == 2 and all(ends) else text

    def _number(self, text: str) -> str:
        """A number as the language writes it; digits after the point are kept as they were sent."""
        plain = text.replace(".", "", 1)
        return text.replace(".", self._words.decimal_sign) if plain.isdigit() else text

    def _marks(self, found: Observation) -> Iterator[Html]:
        for flag in found.flags:
            if flag in _FLAGS:
                word, sign = _FLAGS[flag]
                yield element("span", f"{sign} {self._text(word)}".strip(), class_="tag alert")
                yield Html(" ")
        if state := _STATES.get(found.status, ""):
            yield element("span", self._text(state), class_="tag warn")

    def _document(self) -> Iterator[Html]:
        about = document(self._message, self._reading)
        rows = (
            (self._text("Author"), ", ".join(_name(one) for one in about.authors)),
            (self._text("Date"), self._time(about.origination or about.activity)),
        )
        yield element("h2", about.type.wording or self._text("Document"))
        yield definitions(rows, class_="doc-header")
        for one in observations(self._message, self._reading):
            if one.type in (*_TEXTS, "ST"):
                yield from self._prose(one, titled=False)

    def _prose(self, found: Observation, titled: bool = True) -> Iterator[Html]:
        if titled:
            yield element("h3", found.code.wording or self._text("Report"))
        for value in found.values:
            yield element("p", value.text, class_="doc-plain")

    def _source(self) -> Html:
        """The segments, one row a field that holds something."""
        rows = []
        for segment in self._message.segments:
            for number, field in enumerate(segment.fields, 1):
                if field:
                    place = element("th", f"{segment.name}-{number}", scope="row")
                    shown = field if len(field) <= 400 else f"{field[:400]} …"
                    rows.append(element("tr", place, element("td", element("code", shown))))
        heads = (element("th", self._text(head), scope="col") for head in _SOURCE_HEADS)
        table = element("table", element("thead", element("tr", *heads)), element("tbody", *rows))
        label = self._text("The message as it came")
        inner = element("div", table, class_="doc-table", role="region", tabindex="0", aria_label=label)
        return element("details", element("summary", label), inner, class_="doc-codes")


def _name(found: Person | None) -> str:
    return found.wording if found else ""
