"""Show the coded entries of a section, for readers who want to see what a machine would read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ardenne.standards import naming
from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda.statements import Product, ReferenceRange, Statement
from ardenne.standards.html import Html, element, join
from ardenne.standards.timestamps import Timestamp

_SYSTEM_NAMES = {
    "http://loinc.org": "LOINC",
    "http://snomed.info/sct": "SNOMED CT",
    "http://www.whocc.no/atc": "ATC",
    "http://hl7.org/fhir/sid/icd-10": "ICD-10",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "http://hl7.org/fhir/sid/icd-9-cm": "ICD-9-CM",
    "http://standardterms.edqm.eu": "EDQM",
    "http://hl7.org/fhir/sid/cvx": "CVX",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
}
_KINDS = {
    "act": "Act",
    "encounter": "Encounter",
    "observation": "Observation",
    "observationMedia": "Picture",
    "organizer": "Group",
    "procedure": "Procedure",
    "regionOfInterest": "Region of a picture",
    "substanceAdministration": "Medicine",
    "supply": "Supply",
}
LABELS = frozenset(
    {
        *_KINDS.values(),
        "Coded entries",
        "not",
        "no information",
        "normal range",
        "dose",
        "route",
        "lot",
        "reference",
    }
)


class Coded:
    """Writes statements. `date` turns a point in time into words."""

    def __init__(
        self, labels: Mapping[str, str], date: Callable[[Timestamp], str], interface: str = ""
    ) -> None:
        self._labels = labels
        self._date = date
        self._interface = interface

    def _label(self, key: str) -> str:
        return self._labels.get(key, key)

    def html(self, entries: tuple[Statement, ...]) -> Html:
        """A details element with all entries; empty when there are none."""
        if not entries:
            return Html("")
        summary = element("summary", f"{self._label('Coded entries')} ({len(entries)})")
        return element("details", summary, self._list(entries), class_="doc-codes", lang=self._interface)

    def _list(self, entries: tuple[Statement, ...]) -> Html:
        return element("ul", *(self._item(entry) for entry in entries))

    def _item(self, entry: Statement) -> Html:
        inner = tuple(relation.statement for relation in entry.related)
        below = self._list(inner) if inner else Html("")
        return element("li", *self._words(entry), below)

    def _words(self, entry: Statement) -> list[str]:
        words: list[str] = [element("b", self._label(_KINDS.get(entry.kind, entry.kind))), " "]
        if entry.negated:
            words += [element("strong", self._label("not")), " "]
        if entry.code:
            words.append(self._code(entry.code))
        if entry.product:
            words += [" ", self._product(entry.product)]
        for participant in entry.participants:
            if participant.code or participant.name:
                words += [" ", self._code(participant.code or dt.Code(text=participant.name))]
        for value in entry.values:
            words += [": ", self._value(value)]
        if entry.null or (entry.value_null and not entry.values):
            words.append(f" {self._label('no information')} ({entry.null or entry.value_null})")
        for interpretation in entry.interpretation:
            words.append(f" {interpretation.code or interpretation.wording}")
        words += self._details(entry)
        return words

    def _details(self, entry: Statement) -> list[str]:
        words: list[str] = []
        for found in entry.ranges:
            if text := self._range_words(found):
                words.append(f"; {self._label('normal range')} {text}")
        if entry.dose:
            words += [f"; {self._label('dose')} ", self._value(entry.dose)]
        if entry.route and entry.route.wording:
            words.append(f"; {self._label('route')} {entry.route.wording}")
        if entry.time and (time := self._interval(entry.time)):
            words.append(f"; {time}")
        if entry.status:
            words.append(f"; {entry.status}")
        return words

    def _range_words(self, found: ReferenceRange) -> str:
        if found.interpretation and found.interpretation.code not in ("", "N"):
            return ""
        return found.text or (_range(found.range) if found.range else "")

    def _code(self, code: dt.Code) -> Html:
        parts: list[str] = [code.wording] if code.wording else []
        for one in (code, *code.translations):
            if one.code:
                system = naming.code_system(one.system)
                name = _SYSTEM_NAMES.get(system) or one.system_name or one.system
                parts += [" ", element("code", f"{name} {one.code}".strip())]
        if not parts and code.null:
            parts = [f"{self._label('no information')} ({code.null})"]
        return join(parts)

    def _product(self, product: Product) -> Html:
        words: list[str] = [product.name] if product.name else []
        if product.code:
            words += [" ", self._code(product.code)]
        if product.lot:
            words.append(f"; {self._label('lot')} {product.lot}")
        return join(words)

    def _value(self, value: dt.Value) -> Html:
        match value:
            case dt.Code():
                return self._code(value)
            case dt.Quantity():
                return join([_quantity(value)])
            case dt.Range():
                return join([_range(value)])
            case dt.Ratio():
                return join([f"{_quantity(value.numerator)} / {_quantity(value.denominator)}"])
            case dt.Interval():
                return join([self._interval(value)])
            case dt.Text():
                return join([value.text])
            case dt.Truth():
                return join(["+" if value.value else "−"])
            case dt.Attachment():
                return join([value.media_type])

    def _interval(self, time: dt.Interval) -> str:
        if time.point:
            return self._date(time.point)
        low, high = (self._date(end) if end else "" for end in (time.low, time.high))
        return f"{low} – {high}".strip() if low or high else ""


def _quantity(found: dt.Quantity) -> str:
    unit = "" if found.unit == "1" else found.unit
    return f"{found.value} {unit}".strip()


def _range(found: dt.Range) -> str:
    if found.low and found.high:
        return f"{found.low.value} – {_quantity(found.high)}"
    if found.low:
        return f"{'≥' if found.low_closed else '>'} {_quantity(found.low)}"
    return f"{'≤' if found.high_closed else '<'} {_quantity(found.high)}" if found.high else ""
