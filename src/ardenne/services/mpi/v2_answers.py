"""Answers to PIX and PDQ queries (HL7 v2.5 chapter 3.3.57 and 58; IHE ITI TF-2 3.9.4.2 and 3.21.4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ardenne.kernel.mllp.answering import new_control, stamp
from ardenne.standards.hl7v2 import from_fhir
from ardenne.standards.hl7v2.er7 import Message, Repetition, escape, segment, write
from ardenne.standards.hl7v2.fields import Authority

Json = dict[str, Any]
_STRUCTURE = {"K23": "RSP_K23", "K22": "RSP_K21"}


class Problem(Exception):
    """What is wrong with a query, and where (``QPD^1^3``)."""

    def __init__(self, place: str, text: str) -> None:
        super().__init__(text)
        self.place = place
        self.text = text


class Counts(NamedTuple):
    """How many persons fit, stand in this answer, and are still to be fetched."""

    total: int
    here: int
    remaining: int


def authority(repetition: Repetition) -> Authority | None:
    """Return the domain of CX-4, None when it names none."""
    parts = [repetition.get(4, part).strip() for part in (1, 2, 3)]
    return Authority(*parts) if any(parts) else None


def response(
    message: Message,
    event: str,
    problem: Problem | None,
    found: Sequence[tuple[Sequence[tuple[str, str]], Json]],
    counts: Counts | None = None,
) -> bytes:
    """Return the whole answer. ``found``: for each person the numbers and the Patient (empty: numbers alone).

    When more persons are to be fetched, DSC-1 says from which place on the same query is to be sent again.
    """
    marks, head = message.delimiters, message.segments[0]
    kind = marks.component.join(("RSP", event, _STRUCTURE[event]))
    control = head.raw(10)
    query = message.first("QPD")
    tag = query.raw(2) if query is not None else ""
    state = "AE" if problem is not None else "OK" if found else "NF"
    segments = [
        segment(
            "MSH", marks.field, marks.encoding, head.raw(5), head.raw(6), head.raw(3), head.raw(4), stamp(), "", kind,
            new_control(), head.raw(11), head.raw(12), *("",) * 5, head.raw(18), delimiters=marks,
        ),
        segment("MSA", "AE" if problem is not None else "AA", control, delimiters=marks),
    ]  # fmt: skip
    if problem is not None:
        place = problem.place.replace("^", marks.component)
        segments.append(
            segment("ERR", "", place, "204", "E", "", "", "", escape(problem.text, marks), delimiters=marks)
        )
    numbered = [str(one) for one in counts] if counts is not None else []
    segments.append(segment("QAK", tag, state, *(("", *numbered) if numbered else ()), delimiters=marks))
    if query is not None:
        segments.append(query)
    for number, (numbers, patient) in enumerate(found, 1):
        segments.append(from_fhir.pid(number, numbers, patient, marks))
    if counts is not None and counts.remaining:
        segments.append(segment("DSC", str(counts.total - counts.remaining + 1), "I", delimiters=marks))
    return write(Message(tuple(segments), marks, message.charset))
