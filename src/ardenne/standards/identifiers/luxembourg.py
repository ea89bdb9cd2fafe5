"""Numbers of Luxembourg: the matricule in its two lengths, the provider code of the CNS.

Matricule since 1 July 2014: year, month and day of birth, three digits, then the Luhn and the Verhoeff
digit, each over the first eleven digits (law of 19 June 2013 on the identification of natural persons;
arithmetic confirmed with published test numbers). Before: year, month and day, two digits (odd for men),
one digit of a sum by eleven.
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

_NAME = "a matricule"
_SHIFT = 2000
_FIRST_ALTERNATIVE = 3800
"""Year fields from here on belong to the alternative series: nobody born before 1800 has a number."""
_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def matricule(text: str) -> Number:
    """Read a matricule of 13 digits, of the ordinary or of the alternative series."""
    value = bare(text)
    problem = count_problem(value, 13, _NAME)
    if problem:
        return misshapen(Kind.LU_MATRICULE, value, problem)
    year, month, day = int(value[:4]), int(value[4:6]), int(value[6:8])
    alternative = year >= _FIRST_ALTERNATIVE
    born = year - _SHIFT if alternative else year
    problem = _year_problem(born) or date_problem(born, month, day, "digits 5 to 8")
    luhn, verhoeff = checks.luhn(value[:11]), checks.verhoeff(value[:11])
    if not problem and int(value[11]) != luhn:
        problem = f"the Luhn digit (digit 12) is {value[11]}: for {value[:11]} it must be {luhn}"
    if not problem and int(value[12]) != verhoeff:
        problem = f"the Verhoeff digit (digit 13) is {value[12]}: for {value[:11]} it must be {verhoeff}"
    return Number(
        kind=Kind.LU_MATRICULE_ALT if alternative else Kind.LU_MATRICULE,
        value=value,
        formatted=f"{value[:4]} {value[4:6]} {value[6:8]} {value[8:11]} {value[11:]}",
        birth_date="" if problem else partial_date(born, month, day),
        problem=problem,
    )


def former_matricule(text: str) -> Number:
    """Read a matricule of 11 digits, as given before 1 July 2014."""
    value = bare(text)
    problem = count_problem(value, 11, "a former matricule")
    if problem:
        return misshapen(Kind.LU_MATRICULE_11, value, problem)
    year, month, day = int(value[:4]), int(value[4:6]), int(value[6:8])
    problem = _year_problem(year) or date_problem(year, month, day, "digits 5 to 8")
    remainder = checks.weighted(value[:10], _WEIGHTS) % 11
    expected = -remainder % 11
    if not problem and expected == 10:
        problem = f"no check digit exists for {value[:10]}: this number was never given"
    if not problem and int(value[10]) != expected:
        problem = f"the check digit (digit 11) is {value[10]}: for {value[:10]} it must be {expected}"
    return Number(
        kind=Kind.LU_MATRICULE_11,
        value=value,
        formatted=f"{value[:4]} {value[4:6]} {value[6:8]} {value[8:]}",
        birth_date="" if problem else partial_date(year, month, day),
        sex="" if problem else "male" if int(value[8:10]) % 2 else "female",
        problem=problem,
    )


def _year_problem(year: int) -> str:
    if not 1800 <= year <= 2199:
        return f"the year of birth (digits 1 to 4) is {year:04d}: it goes from 1800 on"
    return ""


def provider(text: str) -> Number:
    """Read a provider code of the CNS: 6 digits and 2 more, whose rule is not published."""
    value = bare(text)
    problem = count_problem(value, 8, "a provider code of the CNS")
    if problem:
        return misshapen(Kind.CNS, value, problem)
    return Number(kind=Kind.CNS, value=value, formatted=f"{value[:6]}-{value[6:]}")
