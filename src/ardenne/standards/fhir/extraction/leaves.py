"""How a FHIR value becomes search values (FHIR R4, Search, 3.1.1.4: tables of each parameter type).

Functions that the generated code calls; `param` is the parameter's code, the value is never None.
"""

from typing import Any

from ardenne.standards.fhir.dates import MAX_US, MIN_US, span
from ardenne.standards.fhir.extraction.values import Values

_INFINITY = float("inf")
_CURRENCY = "urn:iso:std:iso:4217"
_NAME_PARTS = ("given", "prefix", "suffix")
_ADDRESS_PARTS = ("text", "city", "district", "state", "postalCode", "country")

Json = dict[str, Any]


def coding(v: Values, param: str, x: Json) -> None:
    """A Coding: system and code, display for `:text`."""
    code = x.get("code", "")
    system = x.get("system", "")
    if code or system:
        v.tokens.append((param, system, code))
    if "display" in x:
        v.displays.append((param, x["display"]))


def concept(v: Values, param: str, x: Json) -> None:
    """A CodeableConcept: each coding, and its text."""
    for entry in x.get("coding", ()):
        coding(v, param, entry)
    if "text" in x:
        v.displays.append((param, x["text"]))


def identifier(v: Values, param: str, x: Json) -> None:
    """An Identifier: system and value; with its types for `:of-type`; the type's text for `:text`."""
    value = x.get("value", "")
    system = x.get("system", "")
    if value or system:
        v.tokens.append((param, system, value))
    kind = x.get("type")
    if kind is not None:
        for entry in kind.get("coding", ()):
            v.typed_identifiers.append((param, entry.get("system", ""), entry.get("code", ""), value))
        if "text" in kind:
            v.displays.append((param, kind["text"]))


def contact(v: Values, param: str, x: Json) -> None:
    """A ContactPoint: its kind stands where other tokens have a system."""
    if "value" in x:
        v.tokens.append((param, x.get("system", ""), x["value"]))


def name(v: Values, param: str, x: Json) -> None:
    """A HumanName: every part is a string of its own."""
    strings = v.strings
    for part in ("text", "family"):
        if part in x:
            strings.append((param, x[part]))
    for part in _NAME_PARTS:
        for text in x.get(part, ()):
            if text is not None:
                strings.append((param, text))


def address(v: Values, param: str, x: Json) -> None:
    """An Address: every part is a string of its own."""
    strings = v.strings
    for part in _ADDRESS_PARTS:
        if part in x:
            strings.append((param, x[part]))
    for text in x.get("line", ()):
        if text is not None:
            strings.append((param, text))


def concept_text(v: Values, param: str, x: Json) -> None:
    """A CodeableConcept as a string: its text and displays."""
    if "text" in x:
        v.strings.append((param, x["text"]))
    for entry in x.get("coding", ()):
        if "display" in entry:
            v.strings.append((param, entry["display"]))


def period(v: Values, param: str, x: Json) -> None:
    """A Period: from the start of its first to the end of its last moment; a missing end is open."""
    low = span(x["start"])[0] if "start" in x else MIN_US
    high = span(x["end"])[1] if "end" in x else MAX_US
    if "start" in x or "end" in x:
        v.dates.append((param, low, max(low, high)))


def timing(v: Values, param: str, x: Json) -> None:
    """A Timing: the outer limits of its events and bounds."""
    spans = [span(event) for event in x.get("event", ()) if event is not None]
    bounds = x.get("repeat", {}).get("boundsPeriod")
    if bounds is not None and ("start" in bounds or "end" in bounds):
        low = span(bounds["start"])[0] if "start" in bounds else MIN_US
        high = span(bounds["end"])[1] if "end" in bounds else MAX_US
        spans.append((low, max(low, high)))
    if spans:
        v.dates.append((param, min(low for low, _ in spans), max(high for _, high in spans)))


def quantity(v: Values, param: str, x: Json) -> None:
    """A Quantity or one of its kinds; a comparator opens one end."""
    if "value" not in x:
        return
    low = high = float(x["value"])
    comparator = x.get("comparator")
    if comparator is not None:
        low, high = (-_INFINITY, high) if comparator[0] == "<" else (low, _INFINITY)
    v.quantities.append(
        (param, low, high, x.get("system", ""), x.get("code", ""), x.get("unit", "")),
    )


def money(v: Values, param: str, x: Json) -> None:
    """Money: a quantity whose unit is the currency."""
    if "value" in x:
        amount, currency = float(x["value"]), x.get("currency", "")
        v.quantities.append((param, amount, amount, _CURRENCY, currency, currency))


def quantity_range(v: Values, param: str, x: Json) -> None:
    """A Range of quantities; a missing end is open, the unit is that of the end that is there."""
    low, high = x.get("low", {}), x.get("high", {})
    unit = low if "value" in low else high
    if "value" in unit:
        v.quantities.append(
            (
                param,
                float(low.get("value", -_INFINITY)),
                float(high.get("value", _INFINITY)),
                unit.get("system", ""),
                unit.get("code", ""),
                unit.get("unit", ""),
            )
        )


def sampled(v: Values, param: str, x: Json) -> None:
    """SampledData: from the smallest to the largest sample, in the unit of the origin."""
    origin, factor = x.get("origin", {}), float(x.get("factor", 1))
    base = float(origin.get("value", 0))
    numbers = [float(sample) for sample in x.get("data", "").split() if sample not in ("E", "U", "L")]
    if numbers:
        ends = sorted((base + factor * min(numbers), base + factor * max(numbers)))
        unit = origin.get("system", ""), origin.get("code", ""), origin.get("unit", "")
        v.quantities.append((param, ends[0], ends[1], *unit))


def number_range(v: Values, param: str, x: Json) -> None:
    """A Range as numbers."""
    low, high = x.get("low", {}).get("value"), x.get("high", {}).get("value")
    if low is not None or high is not None:
        v.numbers.append(
            (param, -_INFINITY if low is None else float(low), _INFINITY if high is None else float(high))
        )


def reference(v: Values, param: str, x: Json, target: str) -> None:
    """A Reference, when it may point to `target` ("" for any type)."""
    literal = x.get("reference")
    if literal and literal[0] != "#" and (not target or points_to(x, target)):
        v.references.append((param, _unversioned(literal)))
    logical = x.get("identifier")
    if logical is not None and "value" in logical and (not target or x.get("type", target) == target):
        v.identifiers.append((param, logical.get("system", ""), logical["value"]))


def canonical(v: Values, param: str, x: str) -> None:
    """A canonical or uri as a reference."""
    if x[0] != "#":
        v.references.append((param, x))


def entry_resource(v: Values, param: str, x: Json, targets: tuple[str, ...]) -> None:
    """A resource within a Bundle as the target of a reference to itself."""
    if x.get("resourceType") in targets and "id" in x:
        v.references.append((param, f"{x['resourceType']}/{x['id']}"))


def position(v: Values, param: str, x: Json) -> None:
    """A Location.position."""
    if "latitude" in x and "longitude" in x:
        v.positions.append((param, float(x["latitude"]), float(x["longitude"])))


def points_to(x: Json, target: str) -> bool:
    """Whether a Reference points to a resource of type `target`, as far as it says.

    A literal whose type is not visible (urn:uuid:...) counts unless `type` says otherwise.
    """
    literal = x.get("reference", "")
    found = referenced_type(literal) or x.get("type", "")
    return found == target or (not found and literal.startswith("urn:"))


def referenced_type(literal: str) -> str:
    """The type in a RESTful reference ("Patient" of "http://a/fhir/Patient/1"), or ""."""
    parts = _unversioned(literal).rsplit("/", 2)
    kind = parts[-2] if len(parts) > 1 else ""
    return kind if kind[:1].isupper() else ""


def _unversioned(literal: str) -> str:
    return literal.partition("/_history/")[0] if "/_history/" in literal else literal
