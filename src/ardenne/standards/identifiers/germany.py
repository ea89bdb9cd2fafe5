"""The German health insurance number: its unchanging part (KVNR, § 290 SGB V).

A letter, eight digits, and a check digit: the letter counts as its two-digit place in the alphabet, the
ten digits are multiplied by 1 and 2 in turn, the digit sums of the products are added; the last digit of
the sum is the check digit.
"""

from __future__ import annotations

import re

from ardenne.standards.identifiers.number import Kind, Number, bare, misshapen

_FORM = re.compile(r"[A-Z]\d{9}", re.ASCII)


def check_digit(value: str) -> int:
    """Return the check digit for a letter and eight digits."""
    digits = f"{ord(value[0]) - ord('A') + 1:02d}{value[1:9]}"
    products = (int(digit) * (1 + place % 2) for place, digit in enumerate(digits))
    return sum(product // 10 + product % 10 for product in products) % 10


def insured(text: str) -> Number:
    """Read the unchanging part of a health insurance number."""
    value = bare(text)
    if not _FORM.fullmatch(value):
        wrong = f"a health insurance number is one letter and 9 digits: this is '{value[:20]}'"
        return misshapen(Kind.DE_KVNR, value, wrong)
    problem = ""
    if int(value[9]) != check_digit(value):
        problem = f"the check digit (sign 10) is {value[9]}: for {value[:9]} it must be {check_digit(value)}"
    return Number(kind=Kind.DE_KVNR, value=value, formatted=value, problem=problem)
