"""Letters of invitation and reminder as one PDF, each in its reader's language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from ardenne.ui import parties
from ardenne.ui.languages import LANGUAGES, Words
from ardenne.ui.pdf import Address, Block, Heading, NewPage, Text, document

Json = dict[str, Any]


def letters(
    patients: Sequence[Json],
    group: str,
    second: bool,
    today: date,
    words_of: Callable[[str], Words],
    shown: str,
) -> bytes:
    """Return the letters. ``group``: the vaccine group in English; ``shown``: the language of the file's title."""
    blocks: list[Block] = []
    for number, patient in enumerate(patients):
        blocks += [NewPage()] if number else []
        blocks += _letter(patient, group, second, today, words_of(language_of(patient, shown)))
    words = words_of(shown)
    return document(words.text("Invitation to be vaccinated"), shown, blocks)


def _letter(patient: Json, group: str, second: bool, today: date, words: Words) -> list[Block]:
    text = words.text
    protection = text(group)
    asked = (
        text("We wrote to you some weeks ago. In your record we find no vaccination since.") if second else ""
    )
    return [
        Address((parties.display(patient), *_address(patient))),
        Text(words.day(today)),
        Heading(text("Invitation to be vaccinated")),
        *([Text(asked)] if asked else []),
        Text(text("A vaccination is recommended for you: {group}.", group=protection)),
        Text(
            text("Speak with your doctor or another vaccinator, who sees on your card what is due and why.")
        ),
        Text(
            text("If you were vaccinated already, let your doctor enter it on your card. You decide freely."),
            small=True,
        ),
    ]


def _address(patient: Json) -> list[str]:
    found: Json = next(iter(patient.get("address") or []), {})
    place = " ".join(part for part in (found.get("postalCode"), found.get("city")) if part)
    return [line for line in (*found.get("line", []), place) if line]


def language_of(patient: Json, other: str) -> str:
    """Return the language that a person prefers, when letters can be written in it."""
    known = sorted(patient.get("communication") or [], key=lambda one: not one.get("preferred", False))
    for one in known:
        for coding in one.get("language", {}).get("coding", []):
            code = str(coding.get("code", ""))[:2].lower()
            if code in LANGUAGES:
                return code
    return other
