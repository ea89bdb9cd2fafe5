"""EU Digital COVID Certificate: content of version 1.3 (eHealth Network, "Technical specifications", JSON schema)."""

from __future__ import annotations

import re
from typing import Any

from ardenne.standards.cards.errors import CardError

PREFIX = "HC1:"
_DAY = re.compile(r"(19|20)\d\d(-\d\d){0,2}([T ].*)?$")
_NEEDED = {
    "v": ("tg", "vp", "mp", "ma", "dn", "sd", "dt", "co", "is", "ci"),
    "t": ("tg", "tt", "sc", "tr", "co", "is", "ci"),
    "r": ("tg", "fr", "co", "is", "df", "du", "ci"),
}


def certificate_of(health: dict[Any, Any]) -> dict[str, Any]:
    """The certificate inside claim -260. :raises CardError: ``content``."""
    found = health.get(1)
    if not isinstance(found, dict):
        raise CardError("content", "claim -260 of an EU certificate holds it under 1")
    return found


def kind_of(certificate: dict[str, Any]) -> str:
    """``v`` vaccination, ``t`` test, ``r`` recovery. :raises CardError: ``content``, unless there is exactly one."""
    kinds = [kind for kind in "vtr" if certificate.get(kind)]
    if len(kinds) != 1:
        raise CardError("content", "an EU certificate holds exactly one of vaccination, test and recovery")
    return kinds[0]


def check_content(certificate: dict[str, Any]) -> None:
    """:raises CardError: ``content``, naming the element that is missing or wrong."""
    kind = kind_of(certificate)
    name = certificate.get("nam")
    if not isinstance(name, dict) or not isinstance(name.get("fnt"), str):
        raise CardError("content", "nam.fnt, the family name as a passport writes it, is missing")
    if not re.fullmatch(r"[A-Z<]*", name["fnt"]):
        raise CardError("content", "nam.fnt holds other characters than A-Z and <")
    born = certificate.get("dob")
    if not isinstance(born, str) or (born and not _DAY.match(born)):
        raise CardError("content", "dob is no date")
    if not re.fullmatch(r"\d+\.\d+\.\d+", str(certificate.get("ver", ""))):
        raise CardError("content", "ver is no version")
    entries = certificate[kind]
    if not isinstance(entries, list) or len(entries) != 1 or not isinstance(entries[0], dict):
        raise CardError("content", f"{kind} must hold one entry")
    _check_entry(kind, entries[0])


def _check_entry(kind: str, entry: dict[str, Any]) -> None:
    for needed in _NEEDED[kind]:
        if needed not in entry:
            raise CardError("content", f"{kind}.{needed} is missing")
    for name in ("dt", "fr", "df", "du"):
        if name in entry and not (isinstance(entry[name], str) and _DAY.match(entry[name])):
            raise CardError("content", f"{kind}.{name} is no date")
    if kind == "v" and not all(isinstance(entry[name], int) and entry[name] >= 1 for name in ("dn", "sd")):
        raise CardError("content", "v.dn and v.sd are numbers of doses")
