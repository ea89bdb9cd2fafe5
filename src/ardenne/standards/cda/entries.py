"""Find in the sections of a document the entries that mean something for the record.

By template and by section code. Statements about relatives, plans, and statements with a null flavour
are left out; they remain readable in the narrative.
"""

from __future__ import annotations

from collections.abc import Iterator

from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda.concerns import WITHDRAWN, allergy, coded, observations, problem, usable
from ardenne.standards.cda.facts import Entry, Immunization, Medication, Procedure, Result
from ardenne.standards.cda.meanings import absence, section_kind, template_kind
from ardenne.standards.cda.read import ClinicalDocument, Section
from ardenne.standards.cda.statements import Product, Statement

_DOSE_NUMBER = "30973-2"


def entries(document: ClinicalDocument) -> list[Entry]:
    """All entries that this package understands, in document order."""
    return [entry for section in document.sections for entry in _of_section(section)]


def _of_section(section: Section) -> Iterator[Entry]:
    expected = section_kind(section.code)
    if section.about_another or expected == "ignored":
        return
    for statement in section.entries:
        yield from _interpret(statement, expected, section)
    for inner in section.sections:
        yield from _of_section(inner)


def _kind(statement: Statement, expected: str) -> str:
    own = template_kind(statement.templates)
    if not own:
        inner = (template_kind(relation.statement.templates) for relation in statement.related)
        own = next((kind for kind in inner if kind), "") or expected
    if statement.kind == "substanceAdministration":
        return own if own in ("immunization", "prescription", "ignored") else "medication"
    return own


def _interpret(statement: Statement, expected: str, section: Section) -> Iterator[Entry]:
    kind = _kind(statement, expected)
    code = section.code.code if section.code else ""
    if statement.about_another or statement.null or statement.status in WITHDRAWN:
        return
    if kind in ("problem", "allergy"):
        for found in observations(statement):
            yield from (
                problem(found, statement, code) if kind == "problem" else allergy(found, statement, code)
            )
    elif kind in ("medication", "prescription"):
        for found in _administrations(statement):
            yield from _medication(found, code, kind == "prescription")
    elif kind == "immunization" and statement.kind == "substanceAdministration":
        yield from _immunization(statement, code)
    elif kind == "procedure" and statement.kind in ("procedure", "act", "observation"):
        yield from _procedure(statement, code)
    elif kind in ("result", "vital-sign", "social-history", "observation"):
        yield from _results(statement, code, kind, None)


def _administrations(statement: Statement) -> Iterator[Statement]:
    """The statement itself, or those inside an act such as C-CDA's discharge medication."""
    if statement.kind == "substanceAdministration":
        yield statement
    for relation in statement.related if statement.kind == "act" else ():
        inner = relation.statement
        if inner.kind == "substanceAdministration" and not (inner.null or inner.status in WITHDRAWN):
            yield inner


def _product_code(product: Product | None) -> dt.Code | None:
    if product is None:
        return None
    sole = product.ingredients[0].code if len(product.ingredients) == 1 else None
    candidates = (product.code, product.generic, sole)
    found = next((code for code in candidates if code and code.code), None)
    named = next((code for code in candidates if usable(code)), None)
    return found or named or (dt.Code(text=product.name) if product.name else None)


def _denial(statement: Statement, code: dt.Code | None, general: str) -> tuple[dt.Code | None, str]:
    """Code and absence of something given; `general` is what the denial of nothing in particular means."""
    for one in (statement.code, code):
        if missing := absence(one):
            return one, missing
    if statement.negated:
        return (code, "refuted") if code else (dt.Code(general), "known-absent")
    return code, ""


def _medication(statement: Statement, section: str, prescribed: bool) -> Iterator[Medication]:
    if statement.mood not in ("EVN", "INT", "RQO") or statement.status == "cancelled":
        return
    code, missing = _denial(statement, _product_code(statement.product), "no-known-medications")
    if code is None:
        return
    yield Medication(
        path=statement.path,
        section=section,
        identifiers=statement.identifiers,
        code=code,
        absence=missing,
        status=statement.status,
        time=statement.time,
        text=statement.text,
        authors=statement.authors,
        product=statement.product,
        dose=statement.dose,
        route=usable(statement.route),
        schedule=statement.schedule,
        prescribed=prescribed,
    )


def _immunization(statement: Statement, section: str) -> Iterator[Immunization]:
    if statement.mood != "EVN":
        return
    code, missing = _denial(statement, _product_code(statement.product), "no-known-immunizations")
    if code is None:
        return
    inner = [relation.statement for relation in statement.related]
    reasons = (relation.statement for relation in statement.related if relation.type == "RSON")
    numbers = (one for one in inner if one.code and one.code.code == _DOSE_NUMBER)
    number = next((value for one in numbers for value in one.values if isinstance(value, dt.Quantity)), None)
    yield Immunization(
        path=statement.path,
        section=section,
        identifiers=statement.identifiers,
        code=code,
        absence=missing,
        status=statement.status,
        time=statement.time,
        text=statement.text,
        authors=statement.authors,
        performers=statement.performers,
        product=statement.product,
        dose=statement.dose,
        route=usable(statement.route),
        site=usable(statement.site),
        dose_number=number.value if number else "",
        reason=next((coded(one.values) or usable(one.code) for one in reasons), None),
    )


def _procedure(statement: Statement, section: str) -> Iterator[Procedure]:
    if statement.mood != "EVN":
        return
    code, missing = _denial(statement, usable(statement.code), "no-known-procedures")
    if code is None:
        return
    yield Procedure(
        path=statement.path,
        section=section,
        identifiers=statement.identifiers,
        code=code,
        absence=missing,
        status=statement.status,
        time=statement.time,
        text=statement.text,
        authors=statement.authors,
        performers=statement.performers,
        site=usable(statement.site),
    )


def _results(statement: Statement, section: str, kind: str, panel: Statement | None) -> Iterator[Result]:
    """Observations inside panels (organizers and acts), each with the panel it belongs to."""
    if statement.null or statement.about_another or statement.status in WITHDRAWN:
        return
    if statement.kind in ("organizer", "act"):
        for relation in statement.related:
            yield from _results(relation.statement, section, kind, statement)
        return
    if statement.kind != "observation" or statement.negated or statement.mood not in ("EVN", ""):
        return
    yield from _result(statement, section, kind, panel)
    for relation in statement.related:
        if relation.type == "COMP" and relation.statement.kind == "observation":
            yield from _results(relation.statement, section, kind, statement)


def _result(found: Statement, section: str, kind: str, panel: Statement | None) -> Iterator[Result]:
    code = usable(found.code)
    if code is None or not (found.values or found.value_null):
        return
    specimen = found.specimen or (panel.specimen if panel else None)
    yield Result(
        path=found.path,
        section=section,
        identifiers=found.identifiers,
        code=code,
        status=found.status or (panel.status if panel else ""),
        time=found.time or (panel.time if panel else None),
        text=found.text,
        authors=found.authors or (panel.authors if panel else ()),
        performers=found.performers or (panel.performers if panel else ()),
        kind=kind,
        values=found.values,
        value_null=found.value_null,
        interpretation=found.interpretation,
        ranges=found.ranges,
        method=usable(found.method),
        site=usable(found.site),
        specimen=usable(specimen.code) if specimen else None,
        panel=usable(panel.code) if panel else None,
    )
