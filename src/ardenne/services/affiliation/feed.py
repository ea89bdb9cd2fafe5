"""The list of those who joined the health insurance: CSV in, persons or faults out (pure)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from ardenne.standards import identifiers
from ardenne.standards.identifiers.number import Kind
from ardenne.standards.identifiers.reading import SYSTEM

Json = dict[str, Any]
COLUMNS = (
    "number",
    "family",
    "given",
    "birth_date",
    "sex",
    "street",
    "postcode",
    "city",
    "country",
    "language",
)
LANGUAGES = ("fr", "de", "lb", "en", "pt")
_SEX = {"m": "male", "f": "female", "": "unknown"}
_PERSONS = frozenset(
    {
        Kind.LU_MATRICULE, Kind.LU_MATRICULE_ALT, Kind.LU_MATRICULE_11, Kind.BE_NISS, Kind.BE_BIS, Kind.FR_NIR,
        Kind.DE_KVNR,
    }
)  # fmt: skip
"""Numbers of persons."""
_COUNTRY = re.compile(r"[A-Z]{2}")


class Fault(NamedTuple):
    """What is wrong with a line: its number in the file, the column, and how to mend it."""

    line: int
    column: str
    message: str


class Affiliate(NamedTuple):
    """A person whom the insurance tells of. ``number`` is the national number, ``system`` its identifier system."""

    line: int
    system: str
    number: str
    family: str
    given: str
    birth_date: str
    gender: str
    street: str
    postcode: str
    city: str
    country: str
    language: str

    @property
    def name(self) -> str:
        """Return given and family name."""
        return f"{self.given} {self.family}"

    def patient(self) -> Json:
        """Return the person as a FHIR Patient without id."""
        address = {
            "use": "home", "line": [self.street] if self.street else [], "postalCode": self.postcode,
            "city": self.city, "country": self.country,
        }  # fmt: skip
        return {
            "resourceType": "Patient",
            "identifier": [{"use": "official", "system": self.system, "value": self.number}],
            "name": [{"use": "official", "family": self.family, "given": self.given.split()}],
            "gender": self.gender,
            "birthDate": self.birth_date,
            "address": [{name: value for name, value in address.items() if value}],
            "communication": [
                {
                    "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": self.language}]},
                    "preferred": True,
                }
            ],
        }


class Read(NamedTuple):
    """What a file holds."""

    affiliates: list[Affiliate]
    faults: list[Fault]


def read(content: str) -> Read:
    """Read a whole file; a faulty line gives its faults and no person. Raises ValueError for another head."""
    rows = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise ValueError(f"the first line must be: {','.join(COLUMNS)}")
    affiliates: list[Affiliate] = []
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for place, row in enumerate(rows, 2):
        if None in row:
            faults.append(Fault(place, "", f"the line has more than {len(COLUMNS)} values: quote commas"))
            continue
        values = {name: " ".join(str(row[name] or "").split()) for name in COLUMNS}
        wrong = [Fault(place, column, message) for column, message in _wrong(values)]
        found = identifiers.parse(values["number"])
        if not wrong and found.value in seen:
            wrong.append(Fault(place, "number", f"the number stands in line {seen[found.value]} already"))
        faults += wrong
        if wrong:
            continue
        seen[found.value] = place
        affiliates.append(
            Affiliate(
                place, SYSTEM[found.kind], found.value, values["family"], values["given"], values["birth_date"],
                _SEX[values["sex"].lower()], values["street"], values["postcode"], values["city"],
                values["country"] or "LU", values["language"] or "fr",
            )
        )  # fmt: skip
    return Read(affiliates, faults)


def _wrong(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield column and message of what is wrong."""
    number = identifiers.parse(values["number"])
    if not number.valid:
        yield "number", number.problem
    elif number.kind not in _PERSONS:
        yield "number", "is no number of a person"
    for name in ("family", "given", "city"):
        if not values[name]:
            yield name, "is empty"
    try:
        born = date.fromisoformat(values["birth_date"])
    except ValueError:
        yield "birth_date", "write it as 1980-05-23"
    else:
        if not born.isoformat().startswith(number.birth_date):
            yield "birth_date", "is another one than the number says"
    if values["sex"].lower() not in _SEX:
        yield "sex", "is m, f or empty"
    elif number.sex and _SEX[values["sex"].lower()] not in (number.sex, "unknown"):
        yield "sex", "is another one than the number says"
    if values["country"] and not _COUNTRY.fullmatch(values["country"]):
        yield "country", "is a code of two capital letters, such as LU"
    if values["language"] and values["language"] not in LANGUAGES:
        yield "language", f"is one of {', '.join(LANGUAGES)}"
