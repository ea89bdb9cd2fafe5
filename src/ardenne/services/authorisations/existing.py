"""A list of authorisations that a ministry gave before this register: lines of a CSV file become authorisations (pure).

Ids are made of country and number, so that loading a list again changes what changed and nothing else.
"""

from __future__ import annotations

import csv
import io
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from ardenne.services.authorisations import rules
from ardenne.services.authorisations.rules import NotAllowed
from ardenne.services.authorisations.store import Application

COLUMNS = (
    "number", "profession", "kind", "family", "given", "birth_date", "nationality", "languages", "delivered", "ends",
    "state", "decided", "practitioner",
)  # fmt: skip
_NEEDED = ("number", "profession", "family", "given", "birth_date", "delivered")
STATES = ("granted", "suspended", "withdrawn", "expired")
_NAMESPACE = uuid.UUID("7d1c9f0e-6c0d-5b61-9a3e-2f6f1f2f7b52")
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./-]{0,39}")
_PRACTITIONER = re.compile(r"[A-Za-z0-9.-]{1,64}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class Fault(NamedTuple):
    """What is wrong with a line: its number in the file, the column, and how to mend it."""

    line: int
    column: str
    message: str


class Read(NamedTuple):
    """What a file holds, and its faults."""

    found: list[Application]
    faults: list[Fault]


def read(content: str, country: str) -> Read:
    """Read a whole file. Faulty lines give faults and no authorisation."""
    rows = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")))
    missing = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        return Read([], [Fault(1, name, "the column is missing") for name in missing])
    found: dict[uuid.UUID, Application] = {}
    faults: list[Fault] = []
    for row in rows:
        line = {name: " ".join((row.get(name) or "").split()) for name in COLUMNS}
        wrong = [Fault(rows.line_num, column, message) for column, message in _faults(line, country)]
        faults += wrong
        if wrong:
            continue
        made = _authorisation(line, country)
        if made.id in found:
            faults.append(Fault(rows.line_num, "number", "the number stands in the file twice"))
        found[made.id] = made
    return Read(list(found.values()), faults)


def _faults(line: dict[str, str], country: str) -> Iterator[tuple[str, str]]:
    for column in ("family", "given"):
        if not line[column]:
            yield column, "a name is missing"
    if not _NUMBER.fullmatch(line["number"]):
        yield "number", "a number has up to 40 letters, digits, dots, hyphens and slashes"
    try:
        rules.wanted(country, line["profession"], line["kind"] or "permanent")
    except NotAllowed as error:
        yield error.rule, str(error)
    for column in ("birth_date", "delivered", "ends", "decided"):
        if (line[column] or column in _NEEDED) and _day(line[column]) is None:
            yield column, "a date is written as 2024-01-31"
    delivered, ends = _day(line["delivered"]), _day(line["ends"])
    if delivered and ends and ends < delivered:
        yield "ends", "the last day is before the first"
    if line["kind"] == "temporary" and not line["ends"]:
        yield "ends", "a temporary authorisation has a last day"
    if line["state"] and line["state"] not in STATES:
        yield "state", f"a state is one of {', '.join(STATES)}"
    if line["state"] not in ("", "granted") and not line["decided"]:
        yield "decided", f"the day is missing from which it is {line['state']}"
    if line["practitioner"] and not _PRACTITIONER.fullmatch(line["practitioner"]):
        yield "practitioner", "this is no id of a Practitioner"
    if any(not _LANGUAGE.fullmatch(one) for one in line["languages"].split()):
        yield "languages", "languages are codes of two or three letters, parted by blanks"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _authorisation(line: dict[str, str], country: str) -> Application:
    person = uuid.uuid5(_NAMESPACE, "|".join((line["family"], line["given"], line["birth_date"])).casefold())
    delivered = date.fromisoformat(line["delivered"])
    kind = line["kind"] or "permanent"
    return Application(
        uuid.uuid5(_NAMESPACE, f"{country}|{line['number']}"), country, line["profession"],
        rules.wanted(country, line["profession"], kind).register, kind, str(person), line["family"], line["given"],
        date.fromisoformat(line["birth_date"]), line["nationality"], "", tuple(line["languages"].split()),
        state=line["state"] or "granted", decided=_noon(_day(line["decided"]) or delivered), delivered=_noon(delivered),
        begins=delivered, ends=_day(line["ends"]), number=line["number"],
        practitioner=line["practitioner"] or str(person),
    )  # fmt: skip


def _noon(day: date) -> datetime:
    """Return a moment that is of the same day in every time zone of Europe."""
    return datetime.combine(day, time(12), UTC)
