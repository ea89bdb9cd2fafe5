"""Numbers of Belgium: national register and BIS (persons), NIHDI (professionals and institutions).

Register number: year, month and day of birth, a counter (odd for men), and 97 minus the remainder of
the nine digits by 97; a 2 goes in front of them for who was born from 2000 on (royal decree of
3 April 1984). BIS adds 20 to the month when the sex was not known, 40 when it was.
"""

from __future__ import annotations

from ardenne.standards.identifiers import checks
from ardenne.standards.identifiers.number import (
    Kind,
    Number,
    bare,
    count_problem,
    date_problem,
    misshapen,
    partial_date,
)

_SEX_UNKNOWN, _SEX_KNOWN = 20, 40


def register_number(text: str) -> Number:
    """Read a number of the national register, or a BIS number, which stands at the same places."""
    value = bare(text)
    problem = count_problem(value, 11, "a number of the national register")
    if problem:
        return misshapen(Kind.BE_NISS, value, problem)
    shift = next((one for one in (_SEX_KNOWN, _SEX_UNKNOWN) if int(value[2:4]) >= one), 0)
    kind = Kind.BE_BIS if shift else Kind.BE_NISS
    formatted = f"{value[:2]}.{value[2:4]}.{value[4:6]}-{value[6:9]}.{value[9:]}"
    older, newer = checks.complement_97(value[:9]), checks.complement_97("2" + value[:9])
    check = int(value[9:])
    if check not in (older, newer):
        problem = (
            f"the check digits (digits 10 and 11) are {value[9:]}: for {value[:9]} they must be "
            f"{older:02d} (born before 2000) or {newer:02d} (born from 2000 on)"
        )
        return Number(kind=kind, value=value, formatted=formatted, problem=problem)
    year = int(value[:2]) + (1900 if check == older else 2000)
    month, day = int(value[2:4]) - shift, int(value[4:6])
    # without a month the two digits of the day are a second counter
    problem = date_problem(year, month, day if month else 0, "digits 3 to 6")
    if not problem and value[6:9] in ("000", "999"):
        problem = f"the counter (digits 7 to 9) is {value[6:9]}: it goes from 001 to 998"
    known_sex = shift != _SEX_UNKNOWN and not problem
    return Number(
        kind=kind,
        value=value,
        formatted=formatted,
        birth_date="" if problem else partial_date(year, month, day if month else 0),
        sex="" if not known_sex else "male" if int(value[6:9]) % 2 else "female",
        problem=problem,
    )


def bis_number(text: str) -> Number:
    """Read a number that must be a BIS number."""
    number = register_number(text)
    if number.kind is Kind.BE_BIS or number.problem:
        return number
    problem = f"the month (digits 3 and 4) is {number.value[2:4]}: a BIS number adds 20 or 40 to it"
    return Number(kind=Kind.BE_BIS, value=number.value, formatted=number.formatted, problem=problem)


def professional(text: str) -> Number:
    """Read a NIHDI number of 11 digits: 6, check digits, 3 of qualification."""
    value = bare(text)
    problem = count_problem(value, 11, "a NIHDI number of a professional")
    if problem:
        return misshapen(Kind.BE_NIHDI, value, problem)
    formatted = f"{value[0]}-{value[1:6]}-{value[6:8]}-{value[8:]}"
    return Number(kind=Kind.BE_NIHDI, value=value, formatted=formatted, problem=_nihdi_problem(value))


def institution(text: str) -> Number:
    """Read a NIHDI number of 8 digits: 6 and check digits."""
    value = bare(text)
    problem = count_problem(value, 8, "a NIHDI number of an institution")
    if problem:
        return misshapen(Kind.BE_NIHDI8, value, problem)
    formatted = f"{value[0]}-{value[1:6]}-{value[6:]}"
    return Number(kind=Kind.BE_NIHDI8, value=value, formatted=formatted, problem=_nihdi_problem(value))


def _nihdi_problem(value: str) -> str:
    expected = checks.complement_97(value[:6])
    if int(value[6:8]) != expected:
        return (
            f"the check digits (digits 7 and 8) are {value[6:8]}: for {value[:6]} they must be {expected:02d}"
        )
    return ""
