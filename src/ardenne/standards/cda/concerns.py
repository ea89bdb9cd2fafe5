"""Problems and allergies: what the observations inside concern acts mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda.facts import Allergy, Problem, Reaction
from ardenne.standards.cda.meanings import absence, generic_absence, meanings
from ardenne.standards.cda.statements import Statement

WITHDRAWN = frozenset({"nullified", "obsolete"})
_STATUS, _CERTAINTY, _CRITICALITY = "33999-4", "66455-7", "82606-5"


def observations(concern: Statement) -> Iterator[Statement]:
    """The observations of a concern act, or the statement itself when it is one."""
    if concern.kind == "observation":
        yield concern
    for relation in concern.related if concern.kind == "act" else ():
        inner = relation.statement
        if inner.kind == "observation" and not (
            inner.null or inner.about_another or inner.status in WITHDRAWN
        ):
            yield inner


def usable(code: dt.Code | None) -> dt.Code | None:
    """A code that says something: a code, the author's words, or a translation."""
    return code if code and (code.code or code.wording or code.translations) else None


def coded(values: Iterable[dt.Value]) -> dt.Code | None:
    """The first coded value; words alone are a code without code."""
    for value in values:
        if isinstance(value, dt.Code) and usable(value):
            return value
        if isinstance(value, dt.Text):
            return dt.Code(text=value.text)
    return None


def remark(statement: Statement, loinc: str, table: dict[str, str]) -> str:
    """The meaning, by `table`, of the inner observation with the LOINC code `loinc`."""
    for relation in statement.related:
        inner = relation.statement
        if inner.code and inner.code.code == loinc:
            value = coded(inner.values)
            return table.get(value.code, "") if value else ""
    return ""


def severity(statement: Statement) -> dt.Code | None:
    for relation in statement.related:
        inner = relation.statement
        if inner.code and inner.code.code == "SEV":
            return coded(inner.values)
    return None


def problem(found: Statement, concern: Statement, section: str) -> Iterator[Problem]:
    code = coded(found.values)
    missing = absence(code)
    if found.negated and not missing:
        general = generic_absence("problem", code or found.code)
        missing = "known-absent" if general else "refuted"
        code = dt.Code(general) if general else code
    if code is None:
        return
    time = found.time if found.time and (found.time.start or found.time.high) else concern.time
    yield Problem(
        path=found.path,
        section=section,
        identifiers=found.identifiers,
        code=code,
        absence=missing,
        status=concern.status,
        time=time,
        text=found.text or concern.text,
        authors=found.authors or concern.authors,
        clinical_status="active" if missing else _clinical_status(found, concern, time, section),
        severity=severity(found),
    )


def _clinical_status(found: Statement, concern: Statement, time: dt.Interval | None, section: str) -> str:
    """What the status observation says; else resolved with an end date, inactive when no longer followed."""
    said = remark(found, _STATUS, meanings().clinical_statuses)
    if time and time.high:
        return said if said in ("inactive", "resolved") else "resolved"
    if said:
        return said
    closed = concern.kind == "act" and concern.status in ("completed", "suspended", "aborted")
    return "inactive" if closed or section == "11348-0" else "active"


def allergy(found: Statement, concern: Statement, section: str) -> Iterator[Allergy]:
    value = coded(found.values)
    agents = [p for p in found.participants if p.type == "CSM"]
    agent = next((code for p in agents if (code := usable(p.code))), None)
    name = next((p.name for p in agents if p.name), "")
    substance = agent or (dt.Code(text=name) if name else None)
    missing = absence(value) or absence(substance)
    code = substance or value
    if missing:
        code = value if absence(value) else substance
    elif found.negated:
        general = generic_absence("allergen", substance)
        if general == "no-known-allergies" or not substance:
            general = generic_absence("allergy", value, found.code) or general
        missing = "known-absent" if general else "refuted"
        code = dt.Code(general) if general else code
    if code is None:
        return
    types = (meanings().allergy_types.get(one.code) for one in (value, found.code) if one)
    kind, category = next((known for known in types if known), ("", ""))
    yield Allergy(
        path=found.path,
        section=section,
        identifiers=found.identifiers,
        code=code,
        absence=missing,
        status=concern.status,
        time=found.time if found.time and found.time.start else concern.time,
        text=found.text or concern.text,
        authors=found.authors or concern.authors,
        type=kind,
        category=category,
        clinical_status="active" if missing else _clinical_status(found, concern, found.time, section),
        verification=remark(found, _CERTAINTY, meanings().verifications),
        criticality=remark(found, _CRITICALITY, meanings().criticalities),
        reactions=tuple(_reactions(found)),
    )


def _reactions(found: Statement) -> Iterator[Reaction]:
    general = severity(found)
    for relation in found.related:
        inner = relation.statement
        if relation.type != "MFST" or inner.negated or inner.null:
            continue
        manifestation = coded(inner.values) or (dt.Code(text=inner.text) if inner.text else None)
        level = severity(inner) or general
        if manifestation:
            yield Reaction(manifestation, meanings().severities.get(level.code, "") if level else "")
