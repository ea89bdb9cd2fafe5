"""When a coded element, a reference or a position matches (FHIR R4 search.html, 3.1.1.4.10 to 3.1.1.4.13)."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from ardenne.standards.fhir.path.nodes import Element

from .questions import Question, split_escaped, text_matches, unescaped

# ---- token


class Token(NamedTuple):
    """One coded value. `system` is None where the type has none by nature."""

    system: str | None
    code: str
    display: str = ""


def tokens(element: Element) -> list[Token]:
    value = element.value
    if isinstance(value, bool):
        return [Token(None, "true" if value else "false")]
    if isinstance(value, str):
        return [Token(None, value)]
    match element.type.name:
        case "Coding":
            return [Token(value.get("system", ""), value.get("code", ""), value.get("display", ""))]
        case "CodeableConcept":
            found = [
                Token(c.get("system", ""), c.get("code", ""), c.get("display", ""))
                for c in value.get("coding", ())
            ]
            return [*found, Token("", "", value["text"])] if "text" in value else found
        case "Identifier":
            text = value.get("type", {}).get("text", "")
            return [Token(value.get("system", ""), value.get("value", ""), text)]
        case "ContactPoint":
            return [Token(None, value.get("value", ""))]
    return []


def token(element: Element, question: Question) -> bool:
    match question.modifier:
        case "text":
            return any(
                t.display and text_matches(t.display, unescaped(question.value), "") for t in tokens(element)
            )
        case "of-type":
            return of_type(element, question.value)
        case "in":
            return any(
                question.terminology.is_in(t.system or "", t.code, question.value) for t in tokens(element)
            )
        case "above" | "below":
            return hierarchical(element, question)
    return any(token_matches(one, question.value) for one in tokens(element))


def token_matches(own: Token, text: str) -> bool:
    """`code`, `system|code`, `|code` and `system|` (3.1.1.4.10)."""
    parts = [unescaped(part) for part in split_escaped(text, "|")]
    if len(parts) == 1:
        return own.code == parts[0] != ""
    system, code = parts[0], parts[1]
    if not code:
        return bool(system) and own.system == system
    if not system:
        return not own.system and own.code == code
    return own.system == system and own.code == code


def hierarchical(element: Element, question: Question) -> bool:
    parts = [unescaped(part) for part in split_escaped(question.value, "|")]
    system, code = ("", parts[0]) if len(parts) == 1 else (parts[0], parts[1])
    for own in tokens(element):
        if system and own.system != system:
            continue
        above = question.modifier == "above"
        ancestor, descendant = (own.code, code) if above else (code, own.code)
        if own.code and question.terminology.subsumes(own.system or system, ancestor, descendant):
            return True
    return False


def of_type(element: Element, text: str) -> bool:
    """`:of-type=system|code|value` on an Identifier; all three parts are needed."""
    parts = [unescaped(part) for part in split_escaped(text, "|")]
    if len(parts) != 3 or element.type.name != "Identifier":
        return False
    codings = element.value.get("type", {}).get("coding", ())
    typed = any((c.get("system", ""), c.get("code", "")) == (parts[0], parts[1]) for c in codings)
    return typed and element.value.get("value") == parts[2]


# ---- reference


def reference(element: Element, question: Question) -> bool:
    if question.modifier == "identifier":
        own = element.value.get("identifier") if isinstance(element.value, dict) else None
        return own is not None and token_matches(
            Token(own.get("system", ""), own.get("value", "")), question.value
        )
    literal = element.value.get("reference") if isinstance(element.value, dict) else element.value
    if not isinstance(literal, str):
        return False
    wanted = unescaped(question.value)
    if element.type.name in ("canonical", "uri"):
        return literal == wanted or literal.partition("|")[0] == wanted
    literal = literal.partition("/_history/")[0]
    if question.modifier and question.modifier[0].isupper():
        wanted = f"{question.modifier}/{wanted}" if "/" not in wanted else wanted
        return literal == wanted and f"{question.modifier}/" in literal
    if "/" in wanted or ":" in wanted:
        return literal == wanted.partition("/_history/")[0]
    return bool(re.fullmatch(r"[A-Za-z]+/" + re.escape(wanted), literal))


# ---- special


def near(element: Element, question: Question) -> bool:
    """Location `near=latitude|longitude|distance|units`; without distance within 10 km."""
    parts = (*question.value.split("|"), "", "", "")
    position = element.value
    if "latitude" not in position or "longitude" not in position:
        return False
    distance = (
        float(parts[2] or 10)
        * {"km": 1.0, "": 1.0, "m": 0.001, "[mi_us]": 1.609344, "mi": 1.609344}[parts[3]]
    )
    here = (float(position["latitude"]), float(position["longitude"]))
    return kilometres(here, (float(parts[0]), float(parts[1]))) <= distance


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance by the haversine formula, Earth radius 6371 km."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, point)) for point in (one, other))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * 6371 * math.asin(math.sqrt(half))
