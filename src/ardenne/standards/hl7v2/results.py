"""Orders with their results and specimens (OBR, OBX, NTE, SPM; HL7 v2.5.1 chapter 7)."""

from __future__ import annotations

import msgspec

from ardenne.standards.hl7v2.er7 import Message, Repetition, Segment
from ardenne.standards.hl7v2.fields import (
    NULL,
    Coded,
    Number,
    Person,
    Reading,
    coded_field,
    entity,
    people,
)
from ardenne.standards.refusal import Refused
from ardenne.standards.timestamps import Timestamp


class Observation(msgspec.Struct, frozen=True):
    """OBX with its notes. `values` are the repetitions of OBX-5, still divided."""

    index: int
    type: str
    code: Coded
    sub_id: str
    values: tuple[Repetition, ...]
    unit: Coded
    range: str
    flags: tuple[str, ...]
    status: str
    time: Timestamp | None
    performer: str
    method: Coded | None
    notes: tuple[str, ...]
    line: int


class Specimen(msgspec.Struct, frozen=True):
    """SPM, or OBR-15 of versions before 2.5."""

    type: Coded
    collected: Timestamp | None
    number: str


class Order(msgspec.Struct, frozen=True):
    """OBR with what follows it."""

    index: int
    placer: Number | None
    filler: Number | None
    service: Coded
    time: Timestamp | None
    reported: Timestamp | None
    section: str
    status: str
    requester: Person | None
    interpreter: Person | None
    observations: tuple[Observation, ...]
    specimens: tuple[Specimen, ...]
    notes: tuple[str, ...]


def orders(message: Message, reading: Reading) -> tuple[Order, ...]:
    """The groups of OBR and OBX; raises Refused for a result that belongs to no order."""
    groups: list[list[Segment]] = []
    for segment in message.segments:
        if segment.name == "OBR":
            groups.append([segment])
        elif segment.name in ("OBX", "NTE", "SPM", "TCD") and groups:
            groups[-1].append(segment)
        elif segment.name == "OBX":
            raise Refused(
                rule="hl7-structure",
                found="a result (OBX) stands before any order (OBR)",
                mend="Put an OBR segment with the order, the time and the status before its results",
                where="OBX",
                line=segment.line,
            )
    return tuple(_order(group, number, reading) for number, group in enumerate(groups, 1))


def observations(message: Message, reading: Reading) -> tuple[Observation, ...]:
    """All OBX of a message that has no orders, such as MDM."""
    return tuple(_observation(obx, number, reading) for number, obx in enumerate(message.all("OBX"), 1))


def _order(group: list[Segment], index: int, reading: Reading) -> Order:
    obr = group[0]
    found: list[Observation] = []
    notes: list[str] = []
    for segment in group[1:]:
        if segment.name == "OBX":
            found.append(_observation(segment, len(found) + 1, reading))
        elif segment.name == "NTE":
            text = "\n".join(one.text for one in segment.repetitions(3) if one.raw != NULL)
            if not found:
                notes.append(text)
            elif text:
                last = found[-1]
                found[-1] = msgspec.structs.replace(last, notes=(*last.notes, text))
    return Order(
        index=index,
        placer=entity(obr, 2),
        filler=entity(obr, 3),
        service=coded_field(obr, 4) or Coded(),
        time=reading.time(obr, 7),
        reported=reading.time(obr, 22),
        section=obr.get(24).strip(),
        status=obr.get(25).strip(),
        requester=next(iter(people(obr, 16)), None),
        interpreter=_interpreter(obr),
        observations=tuple(found),
        specimens=tuple(_specimens(group, reading)),
        notes=tuple(note for note in notes if note.strip()),
    )


def _interpreter(obr: Segment) -> Person | None:
    """OBR-32, an NDL field whose first component holds a person in subcomponents."""
    found = obr.repetitions(32)
    if not found:
        return None
    number, family, given, middle, suffix, prefix = (found[0].get(1, part).strip() for part in range(1, 7))
    person = Person(family, tuple(part for part in (given, middle) if part), prefix, suffix)
    return (
        msgspec.structs.replace(person, number=Number(number) if number else None) if person.wording else None
    )


def _specimens(group: list[Segment], reading: Reading) -> list[Specimen]:
    found = [
        Specimen(kind, reading.time(segment, 17), segment.get(2, 2) or segment.get(2))
        for segment in group
        if segment.name == "SPM" and (kind := coded_field(segment, 4))
    ]
    if found:
        return found
    source = group[0].repetitions(15)
    if not source:
        return []
    kind = Coded(*(source[0].get(1, part).strip() for part in range(1, 4)))
    return [Specimen(kind, None, "")] if kind.wording else []


def _observation(obx: Segment, index: int, reading: Reading) -> Observation:
    performers = people(obx, 16)
    return Observation(
        index=index,
        type=obx.get(2).strip(),
        code=coded_field(obx, 3) or Coded(),
        sub_id=obx.get(4).strip(),
        values=tuple(one for one in obx.repetitions(5) if one.raw != NULL),
        unit=coded_field(obx, 6) or Coded(),
        range=obx.repetitions(7)[0].text.strip() if obx.repetitions(7) else "",
        flags=tuple(flag for one in obx.repetitions(8) if (flag := one.get(1).strip())),
        status=obx.get(11).strip().upper(),
        time=reading.time(obx, 14),
        performer=performers[0].wording if performers else obx.get(15, 2).strip() or obx.get(15).strip(),
        method=coded_field(obx, 17),
        notes=(),
        line=obx.line,
    )
