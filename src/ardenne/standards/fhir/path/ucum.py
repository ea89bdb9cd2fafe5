"""UCUM units: how many base units a unit code stands for.

Source: The Unified Code for Units of Measure 2.1, sections 2 to 4. The atoms stand in
`ucum.tsv` (code, whether it takes metric prefixes, definition). Factors are exact fractions.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple, TypeAlias

Dimensions: TypeAlias = tuple[tuple[str, int], ...]
"""((base unit, exponent), ...) in alphabetical order, without zero exponents"""

_PREFIXES: Final[dict[str, Fraction]] = {
    name: Fraction(10) ** power
    for name, power in (
        *(("Y", 24), ("Z", 21), ("E", 18), ("P", 15), ("T", 12), ("G", 9), ("M", 6), ("k", 3)),
        *(("h", 2), ("da", 1), ("d", -1), ("c", -2), ("m", -3), ("u", -6), ("n", -9)),
        *(("p", -12), ("f", -15), ("a", -18), ("z", -21), ("y", -24)),
    )
} | {"Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30), "Ti": Fraction(2**40)}
_BASES: Final = ("m", "s", "g", "rad", "K", "C", "cd")
_DEEPEST: Final = 20
_LONGEST: Final = 200
_GREATEST_POWER: Final = 60

_PART = re.compile(
    r"(?P<number>10[*^])|(?P<digits>\d+(?![\d*^]))|(?P<atom>(?:\[[^\[\]]*\]|[^\s./(){}\[\]\d+-])+)"
)
_EXPONENT = re.compile(r"[+-]?\d{1,3}")


class Unit(NamedTuple):
    """`factor` base units of `dimensions`; `special` units (Cel, [degF], [pH]) are no ratios."""

    factor: Fraction
    dimensions: Dimensions
    special: bool = False


class _Invalid(ValueError):
    """The code is not UCUM."""


@lru_cache(2048)
def measure(code: str) -> Unit | None:
    """What the code stands for; None when it is not a UCUM code that is known here."""
    try:
        powers, factor = _terms(code)
    except _Invalid:
        return None
    total: dict[str, int] = {}
    special = False
    for symbol, power in powers.items():
        unit = _symbol(symbol)
        factor *= unit.factor**power
        special = special or unit.special
        for base, exponent in unit.dimensions:
            total[base] = total.get(base, 0) + exponent * power
    return Unit(factor, tuple(sorted((b, e) for b, e in total.items() if e)), special)


def product(left: str, right: str, power: int) -> tuple[Fraction, str] | None:
    """The unit of left times right to the `power` of 1 or -1, with the factor left over.

    Symbols that cancel out disappear: ("m/s", "s", 1) gives (1, "m"). None for unknown codes.
    """
    if measure(left) is None or measure(right) is None:
        return None
    powers, factor = _terms(left)
    others, other_factor = _terms(right)
    for symbol, exponent in others.items():
        powers[symbol] = powers.get(symbol, 0) + exponent * power
    return factor * other_factor**power, _code(powers)


def _code(powers: dict[str, int]) -> str:
    above = [_power(symbol, power) for symbol, power in powers.items() if power > 0]
    below = ["/" + _power(symbol, -power) for symbol, power in powers.items() if power < 0]
    return (".".join(above) + "".join(below)) or "1"


def _power(symbol: str, power: int) -> str:
    return symbol if power == 1 else f"{symbol}{power}"


def _terms(code: str) -> tuple[dict[str, int], Fraction]:
    """Symbols (prefix and atom) with their exponents, and the product of bare numbers."""
    if len(code) > _LONGEST:
        raise _Invalid(code)
    reader = _Reader(re.sub(r"\{[^{}]*\}", "{}", code))
    reader.component_list(1, 0)
    if reader.place != len(reader.text):
        raise _Invalid(code)
    return reader.powers, reader.factor


class _Reader:
    """UCUM section 2.1: terms joined by `.` and `/`, with exponents and parentheses."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.powers: dict[str, int] = {}
        self.factor = Fraction(1)

    def component_list(self, sign: int, depth: int) -> None:
        if depth > _DEEPEST:
            raise _Invalid(self.text)
        power = sign
        if self.accept("/"):
            power = -sign
        while True:
            self.component(power, depth)
            if self.accept("."):
                power = sign
            elif self.accept("/"):
                power = -sign
            else:
                return

    def accept(self, symbol: str) -> bool:
        found = self.text.startswith(symbol, self.place)
        self.place += len(symbol) if found else 0
        return found

    def component(self, power: int, depth: int) -> None:
        if self.accept("("):
            self.component_list(power, depth + 1)
            if not self.accept(")"):
                raise _Invalid(self.text)
            return
        if self.accept("{}"):
            return
        match = _PART.match(self.text, self.place)
        if match is None:
            raise _Invalid(self.text)
        self.place = match.end()
        kind, symbol = match.lastgroup, match.group()
        exponent = self.exponent() * power if kind != "digits" else power
        self.accept("{}")
        if kind == "atom":
            _symbol(symbol)
            self.powers[symbol] = self.powers.get(symbol, 0) + exponent
        else:
            self.factor *= Fraction(10 if kind == "number" else int(symbol)) ** exponent

    def exponent(self) -> int:
        match = _EXPONENT.match(self.text, self.place)
        if match is None:
            return 1
        self.place = match.end()
        number = int(match.group())
        if abs(number) > _GREATEST_POWER:
            raise _Invalid(self.text)
        return number


@cache
def _atoms() -> dict[str, tuple[bool, str]]:
    text = (files("ardenne.standards.fhir.path") / "ucum.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {code: (metric == "1", definition) for code, metric, definition in rows}


def _symbol(symbol: str) -> Unit:
    """A base unit or an atom, with or without prefix."""
    unit = _atom(symbol)
    if unit is not None:
        return unit
    for length in (1, 2):
        prefix, rest = symbol[:length], symbol[length:]
        if prefix in _PREFIXES and (rest in _BASES or _atoms().get(rest, (False, ""))[0]):
            unit = _atom(rest)
            if unit is not None:
                return Unit(_PREFIXES[prefix] * unit.factor, unit.dimensions, unit.special)
    raise _Invalid(symbol)


@lru_cache(1024)
def _atom(symbol: str) -> Unit | None:
    if symbol in _BASES:
        return Unit(Fraction(1), ((symbol, 1),))
    known = _atoms().get(symbol)
    if known is None:
        return None
    amount, _, code = known[1].partition(" ")
    if amount == "arbitrary":
        return Unit(Fraction(1), ((symbol, 1),))
    if amount == "special":
        inner = measure(code)
        return Unit(Fraction(1), inner.dimensions if inner else (), True)
    inner = measure(code)
    if inner is None:
        return None
    return Unit(Fraction(amount) * inner.factor, inner.dimensions, inner.special)
