"""Professions and specialities of health care as the law of a country names them (versioned data of a jurisdiction)."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import NamedTuple

SYSTEM = "https://ardenne.health/fhir/CodeSystem/professions"
"""Code system of PractitionerRole.code and .specialty; codes are ``country.code``."""
COUNTRIES = ("lu", "be")
_NAMES = ("fr", "de", "en", "lb", "pt")


class Profession(NamedTuple):
    """A profession or a speciality.

    ``register``: the legal register that holds it; ``of``: the profession whose speciality it is, empty for a profession;
    ``group``: the row of the access matrix, empty when it opens no care record; ``names`` by language, French first.
    """

    country: str
    code: str
    register: str
    of: str
    group: str
    names: dict[str, str]

    def name(self, language: str) -> str:
        """Return the name in a language, else the title of the law, which is French."""
        return self.names.get(language) or self.names["fr"]


@lru_cache(maxsize=4)
def professions(country: str) -> dict[str, Profession]:
    """Return professions and specialities of a country ("lu" or "be") by code, in the order of its tables.

    Raises KeyError for a country without data.
    """
    if country not in COUNTRIES:
        raise KeyError(f"no professions are known for '{country[:20]}': known are {', '.join(COUNTRIES)}")
    text = (resources.files(__package__) / "data" / f"{country}.tsv").read_text("utf-8")
    lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    found = {}
    for code, register, _kind, of, group, *names in lines[1:]:
        known = {language: name for language, name in zip(_NAMES, names, strict=True) if name}
        found[code] = Profession(country, code, register, of, group, known)
    return found


def specialities(country: str, profession: str) -> list[Profession]:
    """Return the specialities of a profession."""
    return [one for one in professions(country).values() if one.of == profession]
