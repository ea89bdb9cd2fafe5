"""Check digits: Luhn, Verhoeff, and the remainders that national numbers use. Pure arithmetic."""

from __future__ import annotations

_DOUBLED = str.maketrans("0123456789", "0246813579")
"""Each digit doubled, the digits of the result added."""


def luhn(digits: str) -> int:
    """Return the Luhn digit to append (ISO/IEC 7812-1 annex B)."""
    total = sum(map(int, digits[-1::-2].translate(_DOUBLED))) + sum(map(int, digits[-2::-2]))
    return -total % 10


def _multiplied(first: int, second: int) -> int:
    """The product of two elements of the dihedral group of order ten."""
    if first < 5:
        return (first + second) % 5 if second < 5 else 5 + (first + second) % 5
    return 5 + (first - second) % 5 if second < 5 else (first - second) % 5


_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _permuted(digit: int, times: int) -> int:
    for _ in range(times % 8):
        digit = _PERMUTATION[digit]
    return digit


_PRODUCTS = tuple(tuple(_multiplied(first, second) for second in range(10)) for first in range(10))
_PERMUTED = tuple(tuple(_permuted(digit, times) for digit in range(10)) for times in range(8))
_INVERSE = tuple(row.index(0) for row in _PRODUCTS)


def verhoeff(digits: str) -> int:
    """Return the Verhoeff digit to append (J. Verhoeff, Error detecting decimal codes, 1969)."""
    state = 0
    for place, digit in enumerate(map(int, digits[::-1]), 1):
        state = _PRODUCTS[state][_PERMUTED[place % 8][digit]]
    return _INVERSE[state]


def complement_97(digits: str) -> int:
    """Return 97 minus the remainder of a number by 97: 1 to 97."""
    return 97 - int(digits) % 97


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    """Return the sum of the digits times their weights."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
