"""What comes in from the forms (pure)."""

from __future__ import annotations

import re
import uuid
from datetime import date

from starlette.datastructures import FormData

from ardenne.services.referring.rules import AgreementError

_PRACTITIONER = re.compile(r"Practitioner/([A-Za-z0-9\-.]{1,64})")


def identifier(text: str) -> uuid.UUID:
    """Return the id of an agreement. Raises AgreementError."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise AgreementError("unknown") from None


def practitioner(form: FormData) -> str:
    """Return the id of the chosen doctor. Raises AgreementError."""
    found = _PRACTITIONER.fullmatch(str(form.get("party", "")))
    if found is None:
        raise AgreementError("form")
    return found[1]


def day(form: FormData, name: str) -> date:
    """Return a day of the form. Raises AgreementError."""
    try:
        return date.fromisoformat(str(form.get(name, "")))
    except ValueError:
        raise AgreementError("form") from None


def span(form: FormData) -> tuple[date, date | None]:
    """Return first and last day; no last day: until somebody ends it. Raises AgreementError."""
    return day(form, "starts"), day(form, "ends") if form.get("ends") else None


def chosen(form: FormData, name: str) -> list[str]:
    """Return the values of checked boxes."""
    return [str(value)[:40] for value in form.getlist(name)]
