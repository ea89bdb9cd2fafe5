"""The patient and the visit of a message (PID, PV1, MRG; HL7 v2.5.1 chapter 3)."""

from __future__ import annotations

import msgspec

from ardenne.standards.hl7v2.er7 import Message, Repetition
from ardenne.standards.hl7v2.fields import (
    NULL,
    Authority,
    Coded,
    Number,
    Person,
    Reading,
    coded_field,
    numbers,
    people,
    person_name,
)
from ardenne.standards.refusal import Refused
from ardenne.standards.timestamps import Timestamp


class Patient(msgspec.Struct, frozen=True):
    """PID. Raw repetitions of address and telecom are kept for the FHIR view."""

    numbers: tuple[Number, ...]
    names: tuple[Person, ...]
    birth_time: Timestamp | None
    sex: str
    addresses: tuple[Repetition, ...]
    telecoms: tuple[tuple[Repetition, str], ...]
    marital_status: Coded | None
    language: Coded | None
    death_time: Timestamp | None
    dead: bool
    account: Number | None


class Visit(msgspec.Struct, frozen=True):
    """PV1."""

    patient_class: str
    location: str
    number: Number | None
    attending: Person | None
    admitted: Timestamp | None
    discharged: Timestamp | None


def patient(message: Message, reading: Reading) -> Patient:
    """The patient of the message; raises Refused when there is not exactly one, or one without any number."""
    segments = message.all("PID")
    if len(segments) != 1:
        raise Refused(
            rule="hl7-patient",
            found=f"the message has {len(segments)} PID segments",
            mend="Send one message for each patient, with one PID segment",
            where="PID",
        )
    pid = segments[0]
    found = tuple(dict.fromkeys((*numbers(pid, 3), *numbers(pid, 2), *numbers(pid, 4))))
    names = tuple(name for one in pid.repetitions(5) if (name := person_name(one, 1, 7)).wording)
    if not found and not names:
        raise Refused(
            rule="hl7-patient",
            found="the patient has neither a number nor a name",
            mend="Fill PID-3 with the number and who assigned it: 123^^^HOSPITAL&1.2.3&ISO^MR",
            where="PID-3",
            line=pid.line,
        )
    national = pid.get(19).strip()
    if national and national != NULL:
        found = (*found, Number(national, Authority("PID-19"), "SS"))
    telecoms = tuple(
        (one, use) for field, use in ((13, "home"), (14, "work")) for one in pid.repetitions(field)
    )
    return Patient(
        numbers=found,
        names=names,
        birth_time=reading.time(pid, 7),
        sex=pid.get(8).strip().upper(),
        addresses=tuple(one for one in pid.repetitions(11) if one.raw != NULL),
        telecoms=tuple((one, use) for one, use in telecoms if one.raw != NULL),
        marital_status=coded_field(pid, 16),
        language=coded_field(pid, 15),
        death_time=reading.time(pid, 29),
        dead=pid.get(30).upper() == "Y",
        account=next(iter(numbers(pid, 18)), None),
    )


def visit(message: Message, reading: Reading) -> Visit | None:
    found = message.first("PV1")
    if found is None:
        return None
    return Visit(
        patient_class=found.get(2).strip(),
        location=" ".join(part for number in (4, 1, 2, 3) if (part := found.get(3, number).strip())),
        number=next(iter(numbers(found, 19)), None),
        attending=next(iter(people(found, 7)), None),
        admitted=reading.time(found, 44),
        discharged=reading.time(found, 45),
    )


def merged(message: Message) -> tuple[Number, ...]:
    """The numbers that are no longer used (MRG-1), in messages such as ADT^A40."""
    return tuple(number for segment in message.all("MRG") for number in numbers(segment, 1))
