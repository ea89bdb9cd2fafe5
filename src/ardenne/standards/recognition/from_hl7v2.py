"""HL7 version 2 messages as something to file: results (ORU), documents (MDM), patients and visits (ADT)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from ardenne.standards import naming, timestamps
from ardenne.standards.hl7v2 import er7, fhir_types, to_fhir
from ardenne.standards.hl7v2.documents import Document, contents, document
from ardenne.standards.hl7v2.er7 import Message
from ardenne.standards.hl7v2.fhir_types import Context
from ardenne.standards.hl7v2.fields import Number, Person, Reading
from ardenne.standards.hl7v2.patients import Patient, patient
from ardenne.standards.hl7v2.results import Order, observations, orders
from ardenne.standards.recognition import types
from ardenne.standards.recognition.result import SUBJECT, File, Recognised, Relation
from ardenne.standards.refusal import Refusal, Refused, excerpt
from ardenne.standards.timestamps import Timestamp

_MEDIA_TYPE = "x-application/hl7-v2+er7"
_QUERIES = frozenset({"QBP", "QRY", "QCN", "QSB", "QVR", "SQM"})
_ANSWERS = frozenset({"RSP", "RTB", "ADR", "ACK", "ORR", "ORF", "RQI", "MCF", "DSR", "TBR"})
_LEVELS = {"U": "N", "R": "R", "V": "V"}
_COMPLETION = {
    "LA": "final",
    "AU": "final",
    "DI": "preliminary",
    "DO": "final",
    "IP": "preliminary",
    "PA": "preliminary",
}
_REPLACEMENTS = frozenset({"T09", "T10"})
_ADDENDA = frozenset({"T05", "T06"})


def recognise(data: bytes, zone: datetime.tzinfo | None, namespaces: Mapping[str, str]) -> Recognised:
    """Raises Refused when the message cannot be filed."""
    messages = er7.read_batch(data)
    if len(messages) > 1:
        parts = tuple(er7.write(message) for message in messages)
        return Recognised(kind="hl7v2-batch", media_type=_MEDIA_TYPE, parts=parts)
    message = messages[0]
    context = fhir_types.context(message, zone, namespaces)
    reading = Reading()
    code = message.get("MSH-9.1")
    if code == "ORU":
        return _results(message, context, reading)
    if code == "MDM":
        return _document(message, context, reading)
    if code == "ADT":
        return _visit(message, context, reading)
    raise _not_for_filing(message, code)


def _not_for_filing(message: Message, code: str) -> Refused:
    kind = excerpt(message.type)
    if code in _QUERIES:
        found, mend = (
            f"a query ({kind}) is not a document",
            "Send it to the patient identity service (PIX/PDQ)",
        )
    elif code in _ANSWERS:
        found, mend = (
            f"an answer ({kind}) is not a document",
            "Answers go back to who asked; send the message itself",
        )
    else:
        found, mend = f"messages of type “{kind}” are not filed", "Send ORU^R01, MDM^T02 … T11 or ADT"
    return Refused(rule="hl7-type", found=found, mend=mend, where="MSH-9", line=1)


def _sent(message: Message, context: Context) -> str:
    """MSH-7 as a FHIR dateTime; raises Refused without it, because then nothing dates the content."""
    text = message.get("MSH-7")
    try:
        return context.time(timestamps.read(text))
    except ValueError as error:
        raise Refused(
            rule="hl7-time",
            found=f"the message does not say when it was made: “{excerpt(text)}”: {error}",
            mend="Fill MSH-7: 20240131141500+0100",
            where="MSH-7",
            line=1,
        ) from error


def _message_identifier(message: Message, context: Context) -> dict[str, Any]:
    control = message.get("MSH-10").strip()
    if not control:
        raise Refused(
            rule="hl7-control-id",
            found="the message has no control id",
            mend="Fill MSH-10 with a value that is unique for the sender",
            where="MSH-10",
            line=1,
        )
    return {"system": naming.local_system(context.sender, "messages"), "value": control}


def _identifier(number: Number, context: Context) -> dict[str, Any]:
    found = fhir_types.identifier(number, context)
    return {"system": found["system"], "value": found["value"]}


def _authors(people: tuple[Person, ...], message: Message, context: Context) -> tuple[dict[str, Any], ...]:
    """The people named, each with the sending organisation; the organisation alone when nobody is named."""
    name = message.get("MSH-4.1") or message.get("MSH-3.1") or context.sender
    sender = {"resourceType": "Organization", "name": name, "display": name}
    found = tuple(fhir_types.author(one, context) | {"organization": sender} for one in people if one.wording)
    return found or ((sender,) if name else ())


def _latest(times: list[Timestamp | None]) -> Timestamp | None:
    known = [time for time in times if time]
    return max(known, key=lambda time: time.moment.replace(tzinfo=None)) if known else None


def _results(message: Message, context: Context, reading: Reading) -> Recognised:
    who = patient(message, reading)
    found = orders(message, reading)
    if not found:
        raise Refused(
            rule="hl7-structure",
            found="the message has no results: neither OBR nor OBX",
            mend="Send at least one OBR with its OBX",
            where="OBR",
        )
    key = who.numbers[0].value if who.numbers else who.names[0].wording
    resources, files = to_fhir.reports(found, message.get("MSH-10"), key, SUBJECT, context, reading)
    kind, category, notes = _report_type(found, context)
    reported = _latest([order.reported for order in found])
    people = tuple(dict.fromkeys(order.interpreter for order in found if order.interpreter))
    return Recognised(
        kind="hl7v2",
        media_type=_MEDIA_TYPE,
        event=message.type,
        patient=to_fhir.patient(who, context),
        authors=_authors(people, message, context),
        date=context.time(reported) if reported else _sent(message, context),
        type=kind,
        category=category,
        confidentiality=types.confidentiality(""),
        title=", ".join(dict.fromkeys(order.service.wording for order in found if order.service.wording)),
        language=_language(message),
        identifier=_message_identifier(message, context),
        doc_status=_doc_status(found),
        resources=tuple(resources),
        files=tuple(File(one.media_type, one.data, one.title) for one in files),
        notes=(*reading.notes, *notes),
    )


def _doc_status(found: tuple[Order, ...]) -> str:
    states = {order.status for order in found}
    if states & {"C", "M"}:
        return "amended"
    return "final" if states <= {"F", "X"} else "preliminary"


def _report_type(
    found: tuple[Order, ...], context: Context
) -> tuple[dict[str, Any], dict[str, Any], list[Refusal]]:
    code, said = to_fhir.class_of(found[0])
    concept = {"coding": [{"system": types.LOINC, "code": code}]}
    kind, category = types.typed(concept)
    if said:
        return kind, category, []
    note = Refusal(
        rule="hl7-section",
        found="the message does not say which service made the report; it is taken for a laboratory report",
        mend="Fill OBR-24 with LAB, RAD, … (table 0074)",
        where="OBR-24",
    )
    return kind, category, [note]


def _language(message: Message) -> str:
    """MSH-19, written as ISO 639 code in any case."""
    text = message.get("MSH-19").strip()
    return text.lower() if len(text) in (2, 3) else ""


def _document(message: Message, context: Context, reading: Reading) -> Recognised:
    who = patient(message, reading)
    about = document(message, reading)
    event = message.get("MSH-9.2")
    seen = observations(message, reading)
    files = [File(one.media_type, one.data, one.title) for found in seen for one in contents(found, reading)]
    text = "\n".join(one.text for found in seen if found.type in ("TX", "FT", "ST") for one in found.values)
    if text.strip() and not files:
        files = [File("text/plain", text.encode(), about.type.wording)]
    if not files and event != "T11":
        raise Refused(
            rule="hl7-content",
            found="the message announces a document and does not contain it",
            mend="Send the event with content (T02, T04, T06, T08, T10), the file in an OBX of type ED",
            where="OBX-5",
        )
    time = about.origination or about.activity
    concept = fhir_types.codeable_concept(about.type, context)
    kind, category = types.typed(concept, about.type.wording)
    return Recognised(
        kind="hl7v2",
        media_type=_MEDIA_TYPE,
        event=message.type,
        patient=to_fhir.patient(who, context),
        authors=_authors(about.authors, message, context),
        date=context.time(time) if time else _sent(message, context),
        type=kind,
        category=category,
        confidentiality=types.confidentiality(_LEVELS.get(about.confidentiality, about.confidentiality)),
        language=_language(message),
        title=about.type.wording or about.file_name,
        identifier=_identifier(about.number, context)
        if about.number
        else _message_identifier(message, context),
        relates_to=_relations(about, event, context),
        status=_status(about, event),
        doc_status="amended" if event == "T08" else _COMPLETION.get(about.completion, ""),
        files=tuple(files),
        notes=tuple(reading.notes),
    )


def _relations(about: Document, event: str, context: Context) -> tuple[Relation, ...]:
    """TXA-13 names the document that this one replaces or completes, by the event."""
    code = "replaces" if event in _REPLACEMENTS else "appends" if event in _ADDENDA else ""
    if not code or about.parent is None:
        return ()
    return (Relation(code, _identifier(about.parent, context)),)


def _status(about: Document, event: str) -> str:
    if event == "T11" or about.availability == "CA":
        return "entered-in-error"
    return "superseded" if about.availability == "OB" else "current"


def _visit(message: Message, context: Context, reading: Reading) -> Recognised:
    """ADT carries no document: it brings the patient's data and the visit up to date."""
    who: Patient = patient(message, reading)
    visit = to_fhir.encounter(message, SUBJECT, context, reading)
    recorded = message.get("EVN-2")
    try:
        date = context.time(timestamps.read(recorded))
    except ValueError:
        date = _sent(message, context)
    return Recognised(
        kind="hl7v2",
        media_type=_MEDIA_TYPE,
        event=message.type,
        patient=to_fhir.patient(who, context),
        date=date,
        identifier=_message_identifier(message, context),
        resources=(visit,) if visit else (),
        former_identifiers=tuple(to_fhir.replaced(message, context)),
        notes=tuple(reading.notes),
    )
