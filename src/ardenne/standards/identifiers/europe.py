"""The number of a European Health Insurance Card.

20 digits: 80, the ISO 3166-1 numeric code of the country, the institution (5) and a serial number (10)
(decision S2 of the Administrative Commission; the serial's own check is a matter of each country and is
not verified). Which countries issue the card is data, ``data/card_countries.json``.
"""

from __future__ import annotations

import functools
import importlib.resources

import msgspec

from ardenne.standards.identifiers.number import Kind, Number, bare, count_problem, misshapen

_PREFIX = "80"


@functools.cache
def countries() -> dict[str, str]:
    """Return the countries that issue the card: ISO 3166-1 numeric code to alpha-2 code."""
    data = (importlib.resources.files(__package__) / "data" / "card_countries.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, str])


def card(text: str) -> Number:
    """Read the number of a card."""
    value = bare(text)
    if wrong_form := count_problem(value, 20, "the number of a European Health Insurance Card"):
        return misshapen(Kind.EHIC, value, wrong_form)
    problem = ""
    if not value.startswith(_PREFIX):
        problem = f"the number of a card begins with 80, this one with {value[:2]}"
    elif value[2:5] not in countries():
        problem = f"the country (digits 3 to 5) is {value[2:5]}: no country with this code issues the card"
    formatted = f"{value[:5]} {value[5:10]} {value[10:15]} {value[15:]}"
    return Number(kind=Kind.EHIC, value=value, formatted=formatted, problem=problem)
