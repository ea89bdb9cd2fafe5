"""The data types that the segments of a message share: coded values, numbers, people, times.

Source: HL7 v2.5.1 chapter 2A. A field that holds only "" (delete the value) counts as empty.
"""

from __future__ import annotations

import msgspec

from ardenne.standards import timestamps
from ardenne.standards.hl7v2.er7 import Repetition, Segment
from ardenne.standards.refusal import Refusal, excerpt
from ardenne.standards.timestamps import Timestamp

NULL = '""'


class Coded(msgspec.Struct, frozen=True):
    """CE, CWE, CNE: code, text and system, with an alternative."""

    code: str = ""
    text: str = ""
    system: str = ""
    other_code: str = ""
    other_text: str = ""
    other_system: str = ""

    @property
    def wording(self) -> str:
        return self.text or self.other_text or self.code


class Authority(msgspec.Struct, frozen=True):
    """HD: who assigned a number; `universal` is an OID or UUID when `kind` says so."""

    namespace: str = ""
    universal: str = ""
    kind: str = ""


class Number(msgspec.Struct, frozen=True):
    """CX, EI: an identifier with the authority that assigned it and its type (table 0203)."""

    value: str
    authority: Authority = Authority()
    type: str = ""


class Person(msgspec.Struct, frozen=True):
    """XPN and XCN: `type` is of table 0200 (L legal, B birth, D display, A alias, M maiden …)."""

    family: str = ""
    given: tuple[str, ...] = ()
    prefix: str = ""
    suffix: str = ""
    type: str = ""
    number: Number | None = None

    @property
    def wording(self) -> str:
        return " ".join(part for part in (self.prefix, *self.given, self.family, self.suffix) if part)


class Reading:
    """Collects notes about fields that were there but wrong."""

    def __init__(self) -> None:
        self.notes: list[Refusal] = []

    def time(self, segment: Segment, field: int) -> Timestamp | None:
        text = segment.get(field)
        if not text or text == NULL:
            return None
        try:
            return timestamps.read(text)
        except ValueError as error:
            self.notes.append(
                Refusal(
                    rule="hl7-time",
                    found=f"“{excerpt(text)}” is not a point in time: {error}",
                    mend="Write YYYYMMDDHHMMSS+ZZZZ, as many digits as are known",
                    where=f"{segment.name}-{field}",
                    line=segment.line,
                )
            )
            return None


def coded(repetition: Repetition) -> Coded:
    return Coded(*(repetition.get(component).strip() for component in range(1, 7)))


def coded_field(segment: Segment, field: int) -> Coded | None:
    found = segment.repetitions(field)
    return coded(found[0]) if found and found[0].raw != NULL else None


def _authority(repetition: Repetition, component: int) -> Authority:
    return Authority(*(repetition.get(component, part).strip() for part in (1, 2, 3)))


def numbers(segment: Segment, field: int) -> tuple[Number, ...]:
    """The numbers of a CX field that have a value."""
    return tuple(
        Number(value, _authority(one, 4), one.get(5).strip())
        for one in segment.repetitions(field)
        if (value := one.get(1).strip()) and value != NULL
    )


def entity(segment: Segment, field: int) -> Number | None:
    """An EI field: value ^ namespace ^ universal id ^ type."""
    value = segment.get(field).strip()
    if not value or value == NULL:
        return None
    return Number(value, Authority(*(segment.get(field, component).strip() for component in (2, 3, 4))))


def person_name(repetition: Repetition, first: int, kind: int) -> Person:
    parts = [repetition.get(first + offset).strip() for offset in range(5)]
    family, given, middle, suffix, prefix = (("" if part == NULL else part) for part in parts)
    return Person(
        family, tuple(part for part in (given, middle) if part), prefix, suffix, repetition.get(kind).strip()
    )


def people(segment: Segment, field: int) -> tuple[Person, ...]:
    """An XCN field."""
    found = []
    for one in segment.repetitions(field):
        person = person_name(one, 2, 10)
        number = (
            Number(value, _authority(one, 9), one.get(13).strip()) if (value := one.get(1).strip()) else None
        )
        if person.wording or number:
            found.append(msgspec.structs.replace(person, number=number))
    return tuple(found)
