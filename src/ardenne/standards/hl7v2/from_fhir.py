"""A FHIR Patient as PID segment, for answers to queries (HL7 v2.5 chapter 3.4.2). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ardenne.standards.hl7v2.er7 import Delimiters, Segment, escape, segment

Json = dict[str, Any]
DEFAULT = Delimiters()
_SEX = {"male": "M", "female": "F", "other": "O"}


def identifier(system: str, value: str, marks: Delimiters) -> str:
    """Return a number as CX: ``value^^^&oid&ISO``, or with the URI of its authority."""
    universal = system.removeprefix("urn:oid:")
    kind = "ISO" if system.startswith("urn:oid:") else "URI"
    authority = marks.subcomponent.join(("", escape(universal, marks), kind))
    return marks.component.join((escape(value, marks), "", "", authority))


def pid(
    place: int, numbers: Sequence[tuple[str, str]], patient: Json, marks: Delimiters = DEFAULT
) -> Segment:
    """Return the PID of a person with numbers (system, value); an empty Patient gives the numbers alone."""
    names = [_name(one, marks) for one in patient.get("name", [])]
    telecoms = [
        escape(str(one.get("value", "")), marks)
        for one in patient.get("telecom", [])
        if one.get("system") == "phone"
    ]
    return segment(
        "PID",
        str(place),
        "",
        marks.repetition.join(identifier(system, value, marks) for system, value in numbers),
        "",
        # a nameless answer says so with the name type S (pseudonym), as IHE PIX asks
        marks.repetition.join(names) or marks.repetition + marks.component * 6 + "S",
        "",
        str(patient.get("birthDate", "")).replace("-", ""),
        _SEX.get(str(patient.get("gender", "")), ""),
        "",
        "",
        marks.repetition.join(_address(one, marks) for one in patient.get("address", [])),
        "",
        marks.repetition.join(telecoms),
        delimiters=marks,
    )


def _name(name: Json, marks: Delimiters) -> str:
    given = [str(one) for one in name.get("given", [])]
    parts = [str(name.get("family", "")) or str(name.get("text", "")), *given[:1], " ".join(given[1:])]
    parts += [""] * (6 - len(parts)) + ["B" if name.get("use") == "maiden" else "L"]
    return marks.component.join(escape(part, marks) for part in parts)


def _address(address: Json, marks: Delimiters) -> str:
    lines = [*address.get("line", []), "", ""]
    parts = (
        lines[0],
        lines[1],
        address.get("city", ""),
        address.get("state", ""),
        address.get("postalCode", ""),
        address.get("country", ""),
    )
    return marks.component.join(escape(str(part), marks) for part in parts).rstrip(marks.component)
