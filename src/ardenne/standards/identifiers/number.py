"""A number that was read, and the kinds of numbers that are known."""

from __future__ import annotations

import calendar
import re
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """Which numbering a number belongs to."""

    LU_MATRICULE = "LU_MATRICULE"
    """Luxembourg, persons, 13 digits (since 1 July 2014)."""
    LU_MATRICULE_ALT = "LU_MATRICULE_ALT"
    """The same with 2000 added to the year of birth: an alternative series."""
    LU_MATRICULE_11 = "LU_MATRICULE_11"
    """Luxembourg, persons, 11 digits (before 1 July 2014)."""
    BE_NISS = "BE_NISS"
    """Belgium, number of the national register."""
    BE_BIS = "BE_BIS"
    """Belgium, persons who are not in the national register."""
    FR_NIR = "FR_NIR"
    """France, number of social security with its key."""
    DE_KVNR = "DE_KVNR"
    """Germany, the unchanging part of the health insurance number."""
    EHIC = "EHIC"
    """Number of a European Health Insurance Card (the card, not the person)."""
    BE_NIHDI = "BE_NIHDI"
    """Belgium, professional (INAMI/RIZIV): 11 digits with the qualification."""
    BE_NIHDI8 = "BE_NIHDI8"
    """Belgium, institution or professional without qualification: 8 digits."""
    FR_RPPS = "FR_RPPS"
    """France, professional."""
    CNS = "CNS"
    """Luxembourg, provider code of the Caisse nationale de santé."""
    UNKNOWN = ""
    """Nothing that is known has this form."""


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """A number that was read. ``problem`` is empty when it is valid.

    ``value`` holds the characters that count, ``formatted`` what people write. ``birth_date`` is a FHIR
    date (year, month and day as far as the number says), ``sex`` is "male", "female" or empty.
    """

    kind: Kind
    value: str
    formatted: str
    birth_date: str = ""
    sex: str = ""
    problem: str = ""
    shaped: bool = True
    """Whether it has the form of its kind (count and sort of signs); false only with a ``problem``."""

    @property
    def valid(self) -> bool:
        """Whether every rule of the kind holds."""
        return not self.problem


_SEPARATORS = re.compile(r"[\s.\-/·’'_]+")


def bare(text: str) -> str:
    """Return the text without the characters that people put between the digits, in capitals."""
    return text.upper() if text.isalnum() else _SEPARATORS.sub("", text).upper()


def is_digits(text: str) -> bool:
    """Tell whether a text is made of the digits 0 to 9 alone."""
    return text.isascii() and text.isdigit()


def misshapen(kind: Kind, value: str, problem: str) -> Number:
    """Return a number that has not even the form of its kind."""
    return Number(kind=kind, value=value, formatted=value, problem=problem, shaped=False)


def count_problem(value: str, wanted: int, name: str) -> str:
    """Return what is wrong when a number is not made of ``wanted`` digits, else an empty text."""
    if len(value) == wanted and is_digits(value):
        return ""
    wrong = next((place for place, sign in enumerate(value, 1) if not is_digits(sign)), 0)
    if wrong:
        return f"{name} is made of digits alone: character {wrong} is '{value[wrong - 1]}'"
    if len(value) != wanted:
        return f"{name} has {wanted} digits, this one has {len(value)}"
    return ""


def date_problem(year: int, month: int, day: int, places: str) -> str:
    """Return what is wrong with a date of which month and day may be 0 (unknown), else an empty text."""
    if not 0 <= month <= 12:
        return f"the month ({places}) is {month:02d}: it goes from 01 to 12"
    if month == 0:
        return "" if day == 0 else f"the month is unknown (00), the day ({places}) must be 00 too"
    last = calendar.monthrange(year, month)[1]
    if not 0 <= day <= last:
        return f"there is no day {day:02d} in {year:04d}-{month:02d} ({places})"
    return ""


def partial_date(year: int, month: int, day: int) -> str:
    """Return a FHIR date as exact as what is known (0: unknown)."""
    if not month:
        return f"{year:04d}"
    return f"{year:04d}-{month:02d}-{day:02d}" if day else f"{year:04d}-{month:02d}"
