"""Numbers of France: NIR (persons), RPPS (professionals).

NIR: sex, year and month of birth, place (5, of which 2A and 2B are Corsica), order (3), and a key that is
97 minus the remainder of the thirteen by 97, with 2A read as 19 and 2B as 18 (INSEE). Months 20 to 42 and
50 to 99 stand for a month that is not known.
"""

from __future__ import annotations

import re

from ardenne.standards.identifiers import checks
from ardenne.standards.identifiers.number import Kind, Number, bare, count_problem, is_digits, misshapen

_CORSICA = {"2A": "19", "2B": "18"}
_SEX = {"1": "male", "2": "female", "3": "male", "4": "female", "7": "male", "8": "female"}
_FORM = re.compile(r"\d{5}(\d{2}|2A|2B)\d{6}", re.ASCII)


def nir(text: str) -> Number:
    """Read a NIR with its key."""
    value = bare(text)
    if wrong_form := _form_problem(value):
        return misshapen(Kind.FR_NIR, value, wrong_form)
    problem = _content_problem(value)
    parts = (value[0:1], value[1:3], value[3:5], value[5:7], value[7:10], value[10:13], value[13:15])
    return Number(
        kind=Kind.FR_NIR,
        value=value,
        formatted=" ".join(parts),
        sex="" if problem else _SEX[value[0]],
        problem=problem,
    )


def _key(value: str) -> int:
    return checks.complement_97(value[:5] + _CORSICA.get(value[5:7], value[5:7]) + value[7:13])


def _form_problem(value: str) -> str:
    if not _FORM.fullmatch(value[:13]):
        signs = "digits (2A or 2B at places 6 and 7)"
        if len(value) < 13:
            return f"a NIR has 13 {signs} and a key of 2, this one has {len(value)} signs"
        return f"the first 13 signs of a NIR are {signs}: this is '{value[:13]}'"
    if len(value) == 13:
        return f"the key (2 digits after the 13) is missing: for {value} it would be {_key(value):02d}"
    if len(value) != 15 or not is_digits(value[13:]):
        return f"a NIR has 13 digits and a key of 2 digits, this one has {len(value)} signs"
    return ""


def _content_problem(value: str) -> str:
    if value[0] not in _SEX:
        return f"the sex (digit 1) is {value[0]}: it is 1 or 3 or 7 (man), 2 or 4 or 8 (woman)"
    month = int(value[3:5])
    if not (1 <= month <= 12 or 20 <= month <= 42 or 50 <= month <= 99):
        return f"the month (digits 4 and 5) is {value[3:5]}: it goes from 01 to 12, or 20 to 42, or 50 to 99"
    if int(value[13:]) != _key(value):
        return f"the key (digits 14 and 15) is {value[13:]}: for {value[:13]} it must be {_key(value):02d}"
    return ""


def rpps(text: str) -> Number:
    """Read an RPPS number: 11 digits, the last of them Luhn; cards write an 8 in front."""
    value = bare(text)
    if len(value) == 12 and value[0] == "8":
        value = value[1:]
    if wrong_form := count_problem(value, 11, "an RPPS number"):
        return misshapen(Kind.FR_RPPS, value, wrong_form)
    expected = checks.luhn(value[:10])
    problem = ""
    if int(value[10]) != expected:
        problem = f"the Luhn digit (digit 11) is {value[10]}: for {value[:10]} it must be {expected}"
    return Number(kind=Kind.FR_RPPS, value=value, formatted=value, problem=problem)
