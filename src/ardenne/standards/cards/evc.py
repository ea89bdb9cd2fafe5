"""European Vaccination Card: persons and doses by NUVA code, dates as ages in days.

Format: EUVABECO implementation plans, EVC architecture (2026): claim -260 holds the card directly; the text has no
prefix; the key's name stands in the unprotected header.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from ardenne.standards.cards import base45, cose
from ardenne.standards.cards.cwt import Claims, write_claims
from ardenne.standards.cards.errors import CardError
from ardenne.standards.cards.packing import pack

VERSION = "1.0.0"
YEARS = 10


@dataclass(frozen=True, slots=True)
class CardDose:
    """One dose. Registry, repository, index and day together name the master record that it was copied from."""

    day: date
    nuva: int
    registry: str
    repository: int
    index: int


@dataclass(frozen=True, slots=True)
class VaccinationCard:
    family: str
    given: str
    born: date
    doses: tuple[CardDose, ...]
    person_oid: str = ""
    person_id: str = ""
    version: str = VERSION


def read_card(health: dict[Any, Any]) -> VaccinationCard:
    """The card of claim -260. :raises CardError: ``content``, naming the element."""
    name = health.get("nam")
    if not isinstance(name, dict) or not isinstance(name.get("fnt"), str):
        raise CardError("content", "nam.fnt, the family name, is missing")
    try:
        born = date.fromisoformat(str(health.get("dob")))
    except ValueError:
        raise CardError("content", "dob is no date") from None
    entries = health.get("v", [])
    if not isinstance(entries, list):
        raise CardError("content", "v, the doses, is no list")
    person = health.get("pid") or {}
    if not isinstance(person, dict):
        raise CardError("content", "pid is no identifier")
    return VaccinationCard(
        family=name["fnt"],
        given=str(name.get("gnt", "")),
        born=born,
        doses=tuple(_dose(entry, number, born) for number, entry in enumerate(entries)),
        person_oid=str(person.get("oid", "")),
        person_id=str(person.get("id", "")),
        version=str(health.get("ver", "")),
    )


def _dose(entry: Any, number: int, born: date) -> CardDose:
    if not isinstance(entry, dict):
        raise CardError("content", f"v[{number}] is no dose")
    numbers = {name: entry.get(name) for name in ("rep", "i", "a", "mp")}
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise CardError("content", f"v[{number}].{name} is no whole number")
    registry = entry.get("reg")
    if not isinstance(registry, str) or not 2 <= len(registry) <= 6 or not registry.isalpha():
        raise CardError("content", f"v[{number}].reg is no registry of two to six letters")
    try:
        day = born + timedelta(days=entry["a"])
    except OverflowError:
        raise CardError("content", f"v[{number}].a is no age in days") from None
    return CardDose(day, entry["mp"], registry, entry["rep"], entry["i"])


def health_of(card: VaccinationCard) -> dict[str, Any]:
    """Claim -260 of a card. :raises CardError: ``content``, when a dose is dated before birth."""
    held: dict[str, Any] = {
        "ver": VERSION,
        "nam": {"fnt": card.family, "gnt": card.given},
        "dob": card.born.isoformat(),
    }
    if card.person_id:
        held["pid"] = {"oid": card.person_oid, "id": card.person_id}
    held["v"] = list(_entries(card))
    return held


def _entries(card: VaccinationCard) -> Iterable[dict[str, Any]]:
    for dose in sorted(card.doses, key=lambda dose: (dose.day, dose.registry, dose.index)):
        age = (dose.day - card.born).days
        if age < 0:
            raise CardError("content", f"a dose of {dose.day} is dated before birth")
        yield {"reg": dose.registry, "rep": dose.repository, "i": dose.index, "a": age, "mp": dose.nuva}


def issue(
    card: VaccinationCard, issuer: str, kid: str, key: ec.EllipticCurvePrivateKey, now: datetime
) -> str:
    """The text of a signed card, valid for ten years."""
    issued = int(now.timestamp())
    try:
        end = now.replace(year=now.year + YEARS)
    except ValueError:  # 29 February
        end = datetime(now.year + YEARS, 3, 1, tzinfo=UTC)
    payload = write_claims(Claims(issuer, issued, int(end.timestamp()), health_of(card)))
    return base45.encode(pack(cose.sign(payload, key, {cose.KID: kid.encode()})))
