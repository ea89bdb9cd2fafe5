"""Which leaflet belongs to a product in a country and language (pure): the electronic leaflet of the EUVABECO plans."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import urlsplit

UNION = "EU"
"""A leaflet for every country of the Union."""


class LeafletError(ValueError):
    """A line that cannot be kept; ``rule`` names it for the page."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Leaflet(NamedTuple):
    """A leaflet's address; ``confirmed``: somebody of the desk entered it."""

    country: str
    vaccine: str
    language: str
    address: str
    version: str = ""
    confirmed: bool = False


@lru_cache(maxsize=1)
def believed() -> tuple[Leaflet, ...]:
    """Return the leaflets that are shipped; nobody has confirmed them."""
    text = files("ardenne.services.vaccination").joinpath("data/leaflets.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(Leaflet(row[0], row[1], row[2], row[3]) for row in rows[1:])


def resolve(lines: Iterable[Leaflet], country: str, vaccine: str, language: str) -> Leaflet | None:
    """Return the leaflet for a reader: the country before the Union, then the language, then what is confirmed."""
    ranked = [
        ((one.country != country, one.language != language, not one.confirmed, place), one)
        for place, one in enumerate(lines)
        if one.vaccine == vaccine and one.country in (country, UNION) and one.address
    ]
    return min(ranked)[1] if ranked else None


def checked(country: str, vaccine: str, language: str, address: str, version: str) -> Leaflet:
    """Return a line as it may be kept; an empty address ends a leaflet. Raises LeafletError."""
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise LeafletError("country")
    if not re.fullmatch(r"[a-z]{2}", language):
        raise LeafletError("language")
    parts = urlsplit(address)
    if address and (
        parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or len(address) > 500
    ):
        raise LeafletError("address")
    return Leaflet(country, vaccine, language, address, version[:40], True)
