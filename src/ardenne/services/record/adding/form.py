"""What comes in from the page, checked, as the description of a file (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from ardenne.standards.fhir.labels import Category

LARGEST = 20 * 1024 * 1024
SECTIONS = ("reason", "findings", "assessment", "plan")
"""Parts of a report written on the page."""


class Kind(NamedTuple):
    """A kind of document that can be added. ``category``: its column in the matrix of access."""

    loinc: str
    category: Category


KINDS: dict[str, Kind] = {
    "consultation": Kind("11488-4", Category.REPORT),
    "letter": Kind("57133-1", Category.REPORT),
    "discharge": Kind("18842-5", Category.REPORT),
    "laboratory": Kind("11502-2", Category.LABORATORY),
    "imaging": Kind("18748-4", Category.IMAGING),
    "care-plan": Kind("18776-5", Category.NURSING),
    "own": Kind("51855-5", Category.PATIENT_AREA),
}
"""Consultation note, referral note, discharge summary, laboratory report, imaging study, plan of care, patient note."""
OWN = "own"
LEVELS = {"normal": "N", "restricted": "R", "secret": "V"}


class AddingError(ValueError):
    """What is wrong with a form. ``rule`` is one of the words of ``wording.PROBLEMS``; ``detail`` says more, in English."""

    def __init__(self, rule: str, detail: str = "") -> None:
        super().__init__(rule)
        self.rule, self.detail = rule, detail


class Asked(NamedTuple):
    """What is to be added: title, kind, day of the content, and who may see it."""

    title: str
    kind: str
    day: str
    level: str
    sections: Mapping[str, str]


def read(form: Mapping[str, Any], today: date, citizen: bool) -> Asked:
    """Return what a form asks for. Raises AddingError."""
    values = {name: str(value).strip() for name, value in form.items() if isinstance(value, str)}
    kind = OWN if citizen else values.get("kind", "")
    if kind not in KINDS or (kind == OWN) != citizen:
        raise AddingError("kind")
    title = " ".join(values.get("title", "").split())[:200]
    if len(title) < 3:
        raise AddingError("title")
    try:
        day = date.fromisoformat(values.get("day", ""))
    except ValueError:
        raise AddingError("day") from None
    if not date(1900, 1, 1) <= day <= today:
        raise AddingError("day")
    level = values.get("level", "normal")
    if level not in LEVELS or (level == "secret" and not citizen):
        raise AddingError("level")
    sections = {name: values[name][:20_000] for name in SECTIONS if values.get(name)}
    return Asked(title, kind, day.isoformat(), level, sections)


def description(asked: Asked, patient_id: str, author: str, name: str, language: str) -> dict[str, Any]:
    """Return the description ("sidecar") of a file that is added. ``author``: its reference ``Type/id``."""
    return {
        "patient": {"reference": f"Patient/{patient_id}"},
        "type": {"code": KINDS[asked.kind].loinc},
        "date": asked.day,
        "author": {"name": name, "reference": author},
        "title": asked.title,
        "language": language,
        "confidentiality": LEVELS[asked.level],
    }
