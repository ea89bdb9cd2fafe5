"""Vaccinations in HL7 v2: ORC and RXA of VXU^V04 and RSP^K11. Pure.

Sources: HL7 v2.5.1 chapter 4A; the CDC's implementation guide for immunization messaging, release 1.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ardenne.standards.hl7v2.er7 import Delimiters, Message, Segment, escape, segment
from ardenne.standards.hl7v2.fhir_types import Context
from ardenne.standards.hl7v2.fields import Coded, Number, Reading, coded, coded_field, entity, people
from ardenne.standards.refusal import Refused

Json = dict[str, Any]
_SYSTEMS = {
    "CVX": "http://hl7.org/fhir/sid/cvx", "NUVA": "http://ivci.org/NUVA", "ATC": "http://www.whocc.no/atc",
    "WHOATC": "http://www.whocc.no/atc", "MVX": "http://hl7.org/fhir/sid/mvx",
}  # fmt: skip
_NAMES = {uri: name for name, uri in reversed(_SYSTEMS.items())}
_NOT_GIVEN = {"RE": "refused", "NA": "not given"}
"""RXA-20 (table 0322): refused, not administered."""
_NO_VACCINE = "998"


class Vaccination(msgspec.Struct, frozen=True):
    """One RXA with its ORC: ``day`` as FHIR writes it; ``delete`` asks to take it back (RXA-21 D)."""

    number: Number | None
    day: str
    codes: tuple[Coded, ...]
    lot: str = ""
    expiry: str = ""
    maker: str = ""
    status: str = "completed"
    reason: str = ""
    historical: bool = False
    vaccinator: str = ""
    delete: bool = False


def read(message: Message, context: Context, reading: Reading) -> tuple[Vaccination, ...]:
    """Return the vaccinations of a message; "no vaccine administered" (998) is none. Raises Refused."""
    found, order = [], None
    for part in message.segments:
        if part.name == "ORC":
            order = part
        elif part.name == "RXA":
            one = _vaccination(part, order, context, reading)
            order = None
            if one is not None:
                found.append(one)
    return tuple(found)


def _vaccination(
    rxa: Segment, order: Segment | None, context: Context, reading: Reading
) -> Vaccination | None:
    codes = tuple(coded(one) for one in rxa.repetitions(5)[:1])
    if not codes or not (codes[0].code or codes[0].text):
        raise _wrong(rxa, 5, "the vaccination names no vaccine", "Send its code, such as 03^MMR^CVX")
    if codes[0].code == _NO_VACCINE and codes[0].system == "CVX":
        return None
    time = reading.time(rxa, 3)
    if time is None:
        raise _wrong(rxa, 3, "the vaccination has no day", "Send YYYYMMDD, as many digits as are known")
    number = (entity(order, 3) or entity(order, 2)) if order is not None else None
    expiry = reading.time(rxa, 16)
    reason, maker, source = coded_field(rxa, 18), coded_field(rxa, 17), coded_field(rxa, 9)
    state = rxa.get(20).strip()
    given_by = people(rxa, 10)
    return Vaccination(
        number=number,
        day=context.time(time)[:10],
        codes=codes,
        lot=rxa.get(15).strip(),
        expiry=context.time(expiry)[:10] if expiry else "",
        maker=maker.wording if maker else "",
        status="not-done" if state in _NOT_GIVEN else "completed",
        reason=(reason.wording if reason else "") or _NOT_GIVEN.get(state, ""),
        historical=source is not None and source.code not in ("", "00"),
        vaccinator=given_by[0].wording if given_by else "",
        delete=rxa.get(21).strip() == "D",
    )


def _wrong(rxa: Segment, field: int, found: str, mend: str) -> Refused:
    return Refused(rule="hl7-vaccination", found=found, mend=mend, where=f"RXA-{field}", line=rxa.line)


def to_fhir(one: Vaccination, patient: str, context: Context) -> Json:
    """Return the Immunization; the order's number, when the message has one, is its identifier."""
    codings = []
    for held in one.codes:
        for code, text, system in (
            (held.code, held.text, held.system), (held.other_code, held.other_text, held.other_system),
        ):  # fmt: skip
            if code:
                uri = _SYSTEMS.get(system) or context.code_system(system)
                codings.append({"system": uri, "code": code, **({"display": text} if text else {})})
    made: Json = {
        "resourceType": "Immunization",
        "status": "entered-in-error" if one.delete else one.status,
        "vaccineCode": {**({"coding": codings} if codings else {}), "text": one.codes[0].wording},
        "patient": {"reference": f"Patient/{patient}"},
        "occurrenceDateTime": one.day,
        "primarySource": not one.historical,
    }
    if one.number is not None:
        system = context.identifier_system(one.number.authority)
        made["identifier"] = [{"system": system, "value": one.number.value}]
    made |= {"lotNumber": one.lot} if one.lot else {}
    made |= {"expirationDate": one.expiry} if one.expiry else {}
    made |= {"manufacturer": {"display": one.maker}} if one.maker else {}
    made |= {"statusReason": {"text": one.reason}} if one.reason else {}
    made |= {"performer": [{"actor": {"display": one.vaccinator}}]} if one.vaccinator else {}
    return made


def segments(acts: Sequence[Mapping[str, Any]], marks: Delimiters) -> Iterator[Segment]:
    """Return ORC and RXA of Immunizations that were given, refused or deferred."""
    for act in acts:
        if act.get("status") not in ("completed", "not-done"):
            continue
        given = act["status"] == "completed"
        number = next(iter(act.get("identifier", [])), {"value": act.get("id", "")})
        yield segment(
            "ORC",
            "RE",
            "",
            marks.component.join((escape(str(number.get("value", "")), marks), "ARDENNE")),
            delimiters=marks,
        )
        day = str(act.get("occurrenceDateTime", ""))[:10].replace("-", "")
        told = "00" if act.get("primarySource", True) else "01"
        words = "New immunization record" if told == "00" else "Historical information"
        performer = next((one.get("actor", {}).get("display", "") for one in act.get("performer", [])), "")
        yield segment(
            "RXA", "0", "1", day, day, _concept(act.get("vaccineCode") or {}, marks), "999", "", "",
            marks.component.join((told, words, "NIP001")), _words(str(performer), marks),
            "", "", "", "", escape(str(act.get("lotNumber", "")), marks),
            str(act.get("expirationDate", ""))[:10].replace("-", ""), "",
            _words("" if given else str((act.get("statusReason") or {}).get("text", "")), marks),
            "", "CP" if given else "RE", "A", delimiters=marks,
        )  # fmt: skip


def no_vaccine(day: str, marks: Delimiters) -> Iterator[Segment]:
    """Return the ORC and RXA under which a forecast stands: no vaccine was given (998)."""
    yield segment("ORC", "RE", "", marks.component.join(("9999", "ARDENNE")), delimiters=marks)
    code = marks.component.join((_NO_VACCINE, "No vaccine administered", "CVX"))
    yield segment("RXA", "0", "1", day, day, code, "999", *("",) * 13, "NA", delimiters=marks)


def observation(
    place: int, group: int, kind: str, code: tuple[str, str], value: str, marks: Delimiters
) -> Segment:
    """Return an OBX of a forecast: ``code`` is LOINC with its words, ``group`` joins those of one vaccine (OBX-4)."""
    named = marks.component.join((code[0], escape(code[1], marks), "LN"))
    return segment("OBX", str(place), kind, named, str(group), value, *("",) * 5, "F", delimiters=marks)


def _words(text: str, marks: Delimiters) -> str:
    """Return a coded field or a person without code: words alone in the second component."""
    return marks.component + escape(text, marks) if text else ""


def _concept(concept: Mapping[str, Any], marks: Delimiters) -> str:
    parts: list[str] = []
    for coding in concept.get("coding", [])[:2]:
        system = str(coding.get("system", ""))
        words = str(coding.get("display") or concept.get("text") or "")
        parts += [str(coding.get("code", "")), words, _NAMES.get(system, system)]
    return marks.component.join(escape(part, marks) for part in (parts or ["", str(concept.get("text", ""))]))
