"""The invented persons and professionals, as values read from ``data``.

Everything is written by us; no such person exists. Dates are ISO 8601; facts hold from ``since`` (or
``start``) until ``until`` (empty: still).
"""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import Any

import msgspec


class Professional(msgspec.Struct, frozen=True):
    """A doctor, nurse or laboratory. ``number``: key of the numbering system and the number."""

    family: str
    given: str
    prefix: str
    organization: str
    city: str
    country: str
    number: tuple[str, str]

    @property
    def wording(self) -> str:
        return " ".join(part for part in (self.prefix, self.given, self.family) if part)


class Analysis(msgspec.Struct, frozen=True):
    """A measurement: LOINC code, names by language, unit as printed and in UCUM, reference range."""

    loinc: str
    names: dict[str, str]
    unit: str
    ucum: str
    low: float | None = None
    high: float | None = None
    vital: bool = False

    def name(self, language: str) -> str:
        return self.names.get(language, self.names["en"])


class Problem(msgspec.Struct, frozen=True):
    """A problem coded in ICD-10."""

    code: str
    text: str
    since: str
    until: str = ""


class Allergy(msgspec.Struct, frozen=True):
    """``system``: atc or snomed; ``reaction``: SNOMED CT code and words."""

    system: str
    code: str
    text: str
    category: str
    since: str
    severe: bool = False
    reaction: tuple[str, str] | None = None


class Medication(msgspec.Struct, frozen=True):
    """A medicine coded in ATC with the dosage in words; ``amount`` and ``every`` in UCUM where it is regular."""

    code: str
    text: str
    dose: str
    start: str
    end: str = ""
    amount: str = ""
    every: str = ""


class Vaccination(msgspec.Struct, frozen=True):
    """A vaccine given, coded in ATC; ``dose`` 0: not counted."""

    code: str
    text: str
    date: str
    lot: str
    dose: int = 0


class Procedure(msgspec.Struct, frozen=True):
    """An intervention coded in SNOMED CT."""

    code: str
    text: str
    date: str


class Part(msgspec.Struct, frozen=True):
    """One section of a letter; ``code`` is LOINC."""

    code: str
    title: str
    text: str


class Document(msgspec.Struct, frozen=True):
    """One document. ``form`` says which writer makes it; see `documents`."""

    form: str
    date: str
    author: str = ""
    title: str = ""
    type: str = ""
    language: str = ""
    text: str = ""
    sections: tuple[Part, ...] = ()
    collected: str = ""
    corrects: str = ""
    stay: tuple[str, str] | None = None
    event: str = ""
    visit: str = ""
    name: str = ""
    replaces: str = ""
    confidentiality: str = "N"
    series: tuple[str, ...] = ()
    changed: dict[str, float] = {}


class Person(msgspec.Struct, frozen=True):
    """A person with facts, measured values by the time of collection, and documents."""

    key: str
    family: str
    given: tuple[str, ...]
    birth: str
    gender: str
    language: str
    line: str
    postal: str
    city: str
    country: str
    phone: str
    numbers: dict[str, str] = {}
    birth_name: str = ""
    problems: tuple[Problem, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    no_allergies: str = ""
    medications: tuple[Medication, ...] = ()
    vaccinations: tuple[Vaccination, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    values: dict[str, dict[str, float]] = {}
    documents: tuple[Document, ...] = ()

    @property
    def full_name(self) -> str:
        return f"{' '.join(self.given)} {self.family}"


def _folder() -> Any:
    return resources.files(__package__) / "data"


@functools.cache
def professionals() -> dict[str, Professional]:
    """All professionals by the key that documents use."""
    return msgspec.convert(
        tomllib.loads((_folder() / "professionals.toml").read_text()), dict[str, Professional]
    )


@functools.cache
def analyses() -> dict[str, Analysis]:
    """All measurements by the key that values use."""
    return msgspec.convert(tomllib.loads((_folder() / "analyses.toml").read_text()), dict[str, Analysis])


@functools.cache
def persons() -> tuple[Person, ...]:
    """All persons, in order of their key."""
    files = sorted((_folder() / "persons").iterdir(), key=lambda file: file.name)
    return tuple(msgspec.convert(tomllib.loads(file.read_text()), Person) for file in files)
