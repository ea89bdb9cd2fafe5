"""The rules of the registers, read from the data of a jurisdiction (pure)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

import msgspec

from ardenne.standards.professions import Profession, professions

IN_FORCE = frozenset({"granted"})
"""States in which a person may practise."""
_FILES = {"lu": "luxembourg.toml"}


def has(country: str) -> bool:
    """Tell whether the registers of a country are data of this service."""
    return country in _FILES


class Register(msgspec.Struct, frozen=True):
    """A legal register: its title, the letter that its numbers begin with, and its law."""

    title: str
    letter: str
    law: str
    address: str


class Step(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """An act: ``by`` applicant, officer or node; from which states to which; whether it needs a reason."""

    by: str
    from_: tuple[str, ...]
    to: str
    reason: bool = False


class Times(msgspec.Struct, frozen=True):
    """Spans in days."""

    temporary_days: int
    appeal_days: int


class Jurisdiction(msgspec.Struct, frozen=True):
    """Registers, checklists and steps of a country, with the version of the data and what in it is only believed."""

    country: str
    version: str
    believed: tuple[str, ...]
    registers: dict[str, Register]
    times: Times
    checklist: dict[str, tuple[str, ...]]
    steps: dict[str, Step]


class NotAllowed(ValueError):
    """A step that the rules do not allow; ``rule`` is one of step, by, reason, checklist, late, profession, kind."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


class Case(NamedTuple):
    """What the rules look at: kind ("permanent" or "temporary"), state, verdict on each document, last decision."""

    kind: str
    state: str
    verdicts: Mapping[str, str]
    """Item of the checklist → accepted, rejected or open; of several documents of an item the best counts."""
    decided: date | None = None


@lru_cache(maxsize=4)
def jurisdiction(country: str) -> Jurisdiction:
    """Return the data of a country. Raises KeyError for one without registers."""
    text = (resources.files(__package__) / "data" / _FILES[country]).read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Jurisdiction)


def wanted(country: str, code: str, kind: str) -> Profession:
    """Return the profession or speciality that an application may be for. Raises NotAllowed."""
    found = professions(country).get(code)
    if found is None:
        raise NotAllowed("profession", f"there is no profession '{code[:40]}' in the registers")
    if any(one.of == code for one in professions(country).values()):
        raise NotAllowed("profession", f"choose the speciality of '{code}'")
    if kind not in jurisdiction(country).checklist:
        raise NotAllowed("kind", "an authorisation is permanent or temporary")
    return found


def missing(country: str, case: Case) -> list[str]:
    """Return the items of the checklist for which nothing was sent that still counts."""
    items = jurisdiction(country).checklist[case.kind]
    return [item for item in items if case.verdicts.get(item, "rejected") == "rejected"]


def unproved(country: str, case: Case) -> list[str]:
    """Return the items of the checklist that no officer accepted yet."""
    items = jurisdiction(country).checklist[case.kind]
    return [item for item in items if case.verdicts.get(item) != "accepted"]


def step(country: str, case: Case, act: str, by: str, reason: str, today: date) -> str:
    """Return the state after an act. Raises NotAllowed."""
    data = jurisdiction(country)
    found = data.steps.get(act)
    if found is None or case.state not in found.from_:
        raise NotAllowed("step", f"'{act[:20]}' is not possible while the application is '{case.state}'")
    if found.by != by:
        raise NotAllowed("by", f"'{act}' is for the {found.by}")
    if found.reason and len(reason.strip()) < 10:
        raise NotAllowed("reason", "write the reason in at least ten letters")
    if act == "submit" and missing(country, case):
        raise NotAllowed("checklist", "documents are missing: " + ", ".join(missing(country, case)))
    if act == "grant" and unproved(country, case):
        raise NotAllowed("checklist", "not accepted yet: " + ", ".join(unproved(country, case)))
    if act == "appeal" and case.decided is not None:
        last = case.decided + timedelta(days=data.times.appeal_days)
        if today > last:
            raise NotAllowed("late", f"an appeal was possible until {last.isoformat()}")
    return found.to


def acts(country: str, state: str, by: str) -> list[str]:
    """Return the acts that somebody may try in a state, in the order of the data."""
    steps = jurisdiction(country).steps
    return [act for act, found in steps.items() if found.by == by and state in found.from_]


def ends(country: str, kind: str, begins: date) -> date | None:
    """Return the last day of an authorisation; None: it has no end."""
    if kind != "temporary":
        return None
    return begins + timedelta(days=jurisdiction(country).times.temporary_days - 1)


def number(country: str, register: str, serial: int) -> str:
    """Return the number of an authorisation, such as "M-000042"."""
    return f"{jurisdiction(country).registers[register].letter}-{serial:06d}"


def serial_of(country: str, register: str, text: str) -> int:
    """Return the serial number in a number of the form that is given here; 0 for one of another form."""
    letter, _, digits = text.partition("-")
    own = letter == jurisdiction(country).registers[register].letter and digits.isascii() and digits.isdigit()
    return int(digits) if own and len(digits) < 10 else 0
