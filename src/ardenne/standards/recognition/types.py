"""Kinds of documents: LOINC types, national types, titles, and the class each belongs to.

The table is data (`data/document_types.json`). Classes are the columns of the access matrix.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
from typing import Any

import msgspec

from ardenne.standards import naming
from ardenne.standards.recognition.result import CLASS_SYSTEM, CONFIDENTIALITY_SYSTEM

LOINC = "http://loinc.org"
_CONFIDENTIALITIES = {
    "N": ("N", "normal"),
    "U": ("N", "normal"),
    "L": ("N", "normal"),
    "M": ("N", "normal"),
    "R": ("R", "restricted"),
    "V": ("V", "very restricted"),
    # Codes that release 2 of the vocabulary withdrew: access for clinicians or by role only.
    "D": ("R", "restricted"),
    "B": ("R", "restricted"),
    "I": ("R", "restricted"),
    "S": ("V", "very restricted"),
    "T": ("V", "very restricted"),
    "C": ("R", "restricted"),
    "ETH": ("R", "restricted"),
    "HIV": ("R", "restricted"),
    "PSY": ("R", "restricted"),
    "SDV": ("V", "very restricted"),
}


class _Table(msgspec.Struct, frozen=True):
    classes: dict[str, str]
    types: dict[str, tuple[str, str]]
    national: dict[str, str]
    words: list[tuple[str, str]]


@functools.cache
def _table() -> _Table:
    data = (importlib.resources.files(__package__) / "data" / "document_types.json").read_bytes()
    return msgspec.json.decode(data, type=_Table)


@functools.cache
def _words() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(pattern, re.IGNORECASE), code) for pattern, code in _table().words]


def by_title(title: str) -> str:
    """The LOINC type that the words of a title suggest; "" when they suggest none."""
    return next((code for pattern, code in _words() if pattern.search(title)), "")


def loinc_type(codings: list[dict[str, str]], title: str = "") -> str:
    """The LOINC type of a document with these codings: its own, that of a national code, or by title."""
    for coding in codings:
        if coding.get("system") == LOINC and coding.get("code"):
            return coding["code"]
    for coding in codings:
        system = coding.get("system", "").removeprefix("urn:oid:").rsplit("/", 1)[-1].upper()
        found = _table().national.get(f"{system}|{coding.get('code', '')}")
        if found:
            return found
    words = " ".join(coding.get("display", "") for coding in codings)
    return by_title(f"{words} {title}")


def typed(concept: dict[str, Any], title: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """(type, category): `concept` with a LOINC coding in front if one can be found, and its class."""
    codings: list[dict[str, str]] = list(concept.get("coding", []))
    code = loinc_type(codings, title or concept.get("text", ""))
    own = [coding for coding in codings if not (coding.get("system") == LOINC and coding.get("code") == code)]
    first = next((coding for coding in codings if coding not in own), None)
    known = _table().types.get(code)
    if code and first is None:
        first = {"system": LOINC, "code": code} | ({"display": known[1]} if known else {})
    found: dict[str, Any] = {"coding": [*([first] if first else []), *own]} if first or own else {}
    text = concept.get("text") or title or (known[1] if known else "")
    return found | ({"text": text} if text else {}), category(code)


def category(code: str) -> dict[str, Any]:
    """The class of a LOINC type, "other" for an unknown one."""
    known = _table().types.get(code)
    name = known[0] if known else "other"
    return {"coding": [{"system": CLASS_SYSTEM, "code": name, "display": _table().classes[name]}]}


def confidentiality(code: str) -> dict[str, str]:
    """The Coding of N, R or V for a confidentiality code; without or with an unknown code: N, or R.

    Unknown and withdrawn codes restrict, because whoever wrote one meant to restrict.
    """
    known, display = _CONFIDENTIALITIES.get(code.strip().upper(), ("R", "restricted"))
    if not code.strip():
        known, display = "N", "normal"
    return {"system": CONFIDENTIALITY_SYSTEM, "code": known, "display": display}


def kmehr_type(code: str) -> dict[str, Any]:
    return {"coding": [{"system": naming.code_system("CD-TRANSACTION"), "code": code}]}
