"""Demonstration messages in HL7 version 2.5: results (ORU^R01), documents (MDM^T02), visits (ADT)."""

from __future__ import annotations

import base64

from ardenne.apps.demo import facts, pdf
from ardenne.apps.demo.persons import Document, Person, Professional, professionals
from ardenne.standards.hl7v2 import er7

_SERVICES = {"fr": "Analyses de laboratoire", "de": "Laboruntersuchung", "en": "Laboratory studies"}
_DELIMITERS = er7.Delimiters()


def _text(value: str) -> str:
    return er7.escape(value, _DELIMITERS)


def _message(segments: list[er7.Segment]) -> bytes:
    lines = []
    for found in segments:
        lines.append("|".join((found.name, *found.fields)) + "\r")
    return "".join(lines).encode()


def _head(person: Person, document: Document, event: str, suffix: str = "") -> list[er7.Segment]:
    """MSH and PID. The time of MSH-7 has no zone, as most senders leave it."""
    house = professionals()[document.author].organization
    control = facts.identity("message", facts.document_number(person, document), suffix)[:20]
    code, trigger = event.split("^")
    structure = {"ORU": "ORU_R01", "MDM": "MDM_T02", "ADT": "ADT_A01"}[code]
    names = "^".join((_text(person.family), *(_text(one) for one in person.given[:2])))
    numbers = "~".join(
        f"{value}^^^{system.assigner}&{system.oid}&ISO^{system.type}"
        for name, value in person.numbers.items()
        if (system := facts.SYSTEMS[name])
    )
    address = f"{_text(person.line)}^^{_text(person.city)}^^{person.postal}^{person.country}^H"
    message = er7.segment(
        "MSH", "^~\\&", "DEMO", _text(house), "ARDENNE", "", facts.plain(document.date[:16]), "",
        f"{code}^{trigger}^{structure}", control, "P", "2.5.1", "", "", "", "", "", "UNICODE UTF-8",
        facts.language(document).upper(),
    )  # fmt: skip
    patient = er7.segment(
        "PID", "1", "", numbers, "", f"{names}{'' if len(person.given) > 1 else '^'}^^^^L", "",
        person.birth.replace("-", ""), person.gender[0].upper(), "", "", address, "",
        f"^PRN^CP^^^^^^^^^{person.phone}",
    )  # fmt: skip
    return [message, patient]


def _person(author: Professional) -> str:
    """XCN."""
    system, number = author.number
    oid = facts.SYSTEMS[system].oid
    name = f"{_text(author.family)}^{_text(author.given)}^^^{_text(author.prefix)}"
    return f"{number}^{name}^^^&{oid}&ISO^L"


def results(person: Person, document: Document) -> bytes:
    """ORU^R01 with one collection; a message that corrects another carries its order number."""
    author = professionals()[document.author]
    corrected = next((one for one in person.documents if one.name and one.name == document.corrects), None)
    before = _values(person, corrected) if corrected else {}
    order = facts.document_number(person, corrected or document)
    language = facts.language(document)
    collected, state = facts.plain(document.collected), "C" if corrected else "F"
    segments = _head(person, document, "ORU^R01")
    fields = [""] * 32
    fields[0:4] = ["1", "", f"{order}^LAB^{facts.EXAMPLES}.5^ISO", f"26436-6^{_SERVICES[language]}^LN"]
    fields[6], fields[21], fields[23], fields[24] = collected, facts.plain(document.date[:16]), "LAB", state
    fields[31] = "&".join(
        (author.number[1], _text(author.family), _text(author.given), "", "", _text(author.prefix))
    )
    segments.append(er7.segment("OBR", *fields))
    if document.text:
        segments.append(er7.segment("NTE", "1", "", _text(document.text)))
    for number, one in enumerate(facts.measured(person, document.collected, document.changed), 1):
        changed = corrected is None or one.value != before.get(one.analysis.loinc)
        segments.append(_result(number, one, language, state if changed else "F"))
    return _message(segments)


def _values(person: Person, document: Document) -> dict[str, float]:
    found = facts.measured(person, document.collected, document.changed)
    return {one.analysis.loinc: one.value for one in found}


def _result(number: int, found: facts.Measured, language: str, state: str) -> er7.Segment:
    analysis = found.analysis
    low, high = analysis.low, analysis.high
    limits = ""
    if low is not None and high is not None:
        limits = f"{facts.number_text(low)}-{facts.number_text(high)}"
    elif high is not None:
        limits = f"<{facts.number_text(high)}"
    elif low is not None:
        limits = f">{facts.number_text(low)}"
    unit = f"{_text(analysis.ucum)}^{_text(analysis.unit)}^UCUM" if analysis.unit else ""
    code = f"{analysis.loinc}^{_text(analysis.name(language))}^LN"
    return er7.segment(
        "OBX", str(number), "NM", code, "", facts.number_text(found.value), unit, limits, found.flag, "", "",
        state, "", "", facts.plain(found.collected),
    )  # fmt: skip


def document(person: Person, found: Document) -> bytes:
    """MDM^T02 with the text of the document, one OBX a paragraph."""
    segments = _announced(person, found, "TX")
    for number, line in enumerate(found.text.strip().split("\n"), 1):
        segments.append(
            er7.segment("OBX", str(number), "TX", f"{found.type}^^LN", "", _text(line), *[""] * 5, "F")
        )
    return _message(segments)


def file(person: Person, found: Document) -> bytes:
    """MDM^T02 with a PDF."""
    author = professionals()[found.author]
    head = f"{person.full_name} - {person.birth} - {author.wording}, {author.organization}"
    content = pdf.write(found.title, head, found.text, facts.plain(found.date)[:8])
    value = f"^application^pdf^Base64^{base64.b64encode(content).decode()}"
    code = f"{found.type}^{_text(found.title)}^LN"
    return _message(
        [*_announced(person, found, "AP"), er7.segment("OBX", "1", "ED", code, "", value, *[""] * 5, "F")]
    )


def _announced(person: Person, found: Document, presentation: str) -> list[er7.Segment]:
    """MSH, EVN, PID, PV1 and TXA."""
    message, patient = _head(person, found, "MDM^T02")
    when = facts.plain(found.date[:16])
    author = professionals()[found.author]
    number = f"{facts.document_number(person, found)}^DOC^{facts.EXAMPLES}.6^ISO"
    txa = er7.segment(
        "TXA", "1", f"{found.type}^{_text(found.title)}^LN", presentation, when, "", when, "", "",
        _person(author), "", "", number, "", "", "", "", "LA", {"N": "U"}.get(found.confidentiality, "R"), "AV",
    )  # fmt: skip
    return [message, er7.segment("EVN", "T02", when), patient, er7.segment("PV1", "1", "O"), txa]


def visit(person: Person, found: Document) -> bytes:
    """ADT: a visit begins (A01) or ends (A03)."""
    message, patient = _head(person, found, f"ADT^{found.event}")
    author = professionals()[found.author]
    start, end = found.stay or ("", "")
    fields = [""] * 45
    fields[0:3] = ["1", "I", f"{_text(author.organization)}"]
    fields[6] = _person(author)
    fields[18] = f"{found.visit}^^^VISIT&{facts.EXAMPLES}.7&ISO^VN"
    fields[43], fields[44] = facts.plain(start), facts.plain(end) if end else ""
    event = er7.segment("EVN", found.event, facts.plain(found.date[:16]))
    return _message([message, event, patient, er7.segment("PV1", *fields)])
