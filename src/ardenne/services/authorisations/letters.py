"""The letters about decisions, in French and German."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources

import msgspec
from babel.dates import format_date

from ardenne.services.authorisations import rules
from ardenne.services.authorisations.store import Application, Event
from ardenne.standards.professions import professions
from ardenne.ui import pdf

_KINDS = {
    "granted": "grant", "refused": "refuse", "dismissed": "dismiss", "suspended": "suspend", "withdrawn": "withdraw",
    "incomplete": "ask", "expired": "expire",
}  # fmt: skip


class _Frame(msgspec.Struct, frozen=True):
    until: str
    reason: str
    law: str
    appeal: str
    dear: str


class _Text(msgspec.Struct, frozen=True):
    title: str
    body: str


class _Language(msgspec.Struct, frozen=True):
    frame: _Frame
    letters: dict[str, _Text]


_CAN_APPEAL = frozenset({"refuse", "suspend", "withdraw"})


@lru_cache(maxsize=1)
def _texts() -> dict[str, _Language]:
    text = (resources.files(__package__) / "data" / "letters.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, _Language])


def kind(state: str) -> str:
    """Return the kind of letter that a state is told by; empty when there is none."""
    return _KINDS.get(state, "")


def letter(found: Application, events: Sequence[Event], language: str) -> bytes | None:
    """Return the letter about the last decision as PDF, in "fr" or "de"; None when there is nothing to tell."""
    written = paragraphs(found, events, language)
    if not written:
        return None
    day, title, *body = written
    return pdf.document(title, language, [pdf.Text(day), pdf.Heading(title), *map(pdf.Text, body)])


def paragraphs(found: Application, events: Sequence[Event], language: str) -> list[str]:
    """Return day, title and paragraphs of the letter about the last decision; none when there is nothing to tell."""
    wanted = kind(found.state)
    if not wanted:
        return []
    texts, data = _texts()[language], rules.jurisdiction(found.country)
    register, told = data.registers[found.register], _told(found, events)
    day, frame = told.at.date(), texts.frame
    values = {
        "profession": professions(found.country)[found.profession].name(language), "number": found.number or "",
        "begins": _day(found.begins, language), "ends": _day(found.ends, language), "reason": told.reason,
        "name": f"{found.given} {found.family}", "law": register.law,
        "last": _day(day + timedelta(days=data.times.appeal_days), language), "until": "",
    }  # fmt: skip
    if found.ends:
        values["until"] = frame.until.format(**values)
    lines = [register.title, frame.dear, texts.letters[wanted].body]
    lines += [frame.reason] if told.reason else []
    lines += [frame.appeal] if wanted in _CAN_APPEAL else []
    return [
        _day(day, language),
        texts.letters[wanted].title,
        *(line.format(**values) for line in (*lines, frame.law)),
    ]


def _told(found: Application, events: Sequence[Event]) -> Event:
    """Return the event that the letter is about: the last that led to the state."""
    steps = rules.jurisdiction(found.country).steps
    return next(event for event in reversed(events) if event.state == found.state and event.act in steps)


def _day(day: date | None, language: str) -> str:
    return format_date(day, "long", locale=language) if day else ""
