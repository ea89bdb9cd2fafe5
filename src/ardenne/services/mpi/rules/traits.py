"""What is compared of a person: the traits of one identity, prepared once for many comparisons."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from ardenne.standards import identifiers, names

_NOT_DIGIT = re.compile(r"\D+")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})", re.ASCII)
_PHONE_DIGITS = 8
"""The last digits of a telephone number: what stays the same with and without the code of the country."""


class Traits(NamedTuple):
    """The traits of one identity, prepared. Empty: not known.

    ``birth`` is YYYYMMDD as far as known; ``numbers`` are national numbers as (kind, value, valid).
    """

    given: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    birth: str = ""
    sex: str = ""
    numbers: tuple[tuple[str, str, bool], ...] = ()
    postcode: str = ""
    city: str = ""
    street: str = ""
    house: str = ""
    extra: str = ""
    phone: str = ""
    email: str = ""
    birth_order: str = ""
    """Which of several children of one birth (HL7 v2 PID-25); differs between twins."""


_SEX = {"m": "male", "f": "female", "h": "male", "w": "female", "1": "male", "2": "female"}


def prepare(
    *,
    given: str = "",
    family: str = "",
    birth: str = "",
    sex: str = "",
    numbers: tuple[tuple[str, str], ...] = (),
    postcode: str = "",
    city: str = "",
    street: str = "",
    house: str = "",
    extra: str = "",
    phone: str = "",
    email: str = "",
    birth_order: str = "",
) -> Traits:
    """Return the traits in their normal forms. ``numbers`` are (kind or empty, text)."""
    folded = sex.strip().lower()
    return Traits(
        names.words(given),
        names.words(family),
        _birth(birth),
        _SEX.get(folded[:1], folded) if folded not in ("male", "female", "other", "unknown") else folded,
        tuple(_number(kind, text) for kind, text in numbers if text.strip()),
        _NOT_DIGIT.sub("", postcode) or postcode.strip().lower(),
        _plain(city),
        _plain(street),
        house.strip().lower(),
        _plain(extra),
        _NOT_DIGIT.sub("", phone)[-_PHONE_DIGITS:],
        email.strip().lower(),
        birth_order.strip(),
    )


def _birth(text: str) -> str:
    written = _DAY_FIRST.fullmatch(text.strip())
    if written:
        return f"{written[3]}{int(written[2]):02d}{int(written[1]):02d}"
    return _NOT_DIGIT.sub("", text)[:8]


@functools.lru_cache(maxsize=4096)
def _number(kind: str, text: str) -> tuple[str, str, bool]:
    number = identifiers.parse(text, kind or None)
    return str(number.kind), number.value, number.valid


def holds(kind: str, text: str) -> bool:
    """Tell whether every rule of a kind of number holds."""
    return _number(kind, text)[2]


def _plain(text: str) -> str:
    return names.plain(text) if text else ""


def placeholder_birth(birth: str) -> bool:
    """Tell whether a birth date stands for one that is not known exactly: first of January, or no day."""
    return birth[4:8] in ("0101", "0000", "") or birth[:4] in ("1900", "0001")
