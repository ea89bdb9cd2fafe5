"""What a vaccinator enters: a scanned box or a choice, a day, and whether it was seen, told, or not given. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ardenne.services.vaccination.acts import parse_day
from ardenne.services.vaccination.nomenclature import Vaccine, starter
from ardenne.standards.gs1 import Box, Gs1Error, read_box


class EntryError(ValueError):
    """What cannot be kept; ``field`` names where: box, vaccine, day, batch, expiry, reason."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, slots=True)
class Entered:
    """An act as entered. ``status`` is that of FHIR: completed or not-done; ``reported``: told or read from paper."""

    vaccine: Vaccine
    day: str
    status: str
    batch: str
    expiry: str
    reported: bool
    reason: str
    anyway: bool = False
    """It was given although its batch is recalled."""


def read_entry(form: Mapping[str, str], today: date) -> Entered:
    """Read the form of the page. What stands on the box wins over what was typed beside it.

    :raises EntryError: naming the field.
    """
    kind = form.get("kind", "given")
    box = _box(form.get("box", "").strip())
    nomenclature = starter()
    vaccine = nomenclature.by_gtin.get(box.gtin) or nomenclature.vaccines.get(form.get("vaccine", ""))
    if vaccine is None:
        raise EntryError("vaccine")
    day = form.get("day", "").strip() or str(today)
    parsed, approximate = parse_day(day)
    written = re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", day)
    if parsed is None or not written or day > str(today)[: len(day)] or (approximate and kind != "reported"):
        raise EntryError("day")
    batch = box.batch or form.get("batch", "").strip()
    expiry = str(box.expiry) if box.expiry else form.get("expiry", "").strip()
    if kind == "given":
        if not re.fullmatch(r"[\w\-./ ]{1,20}", batch):
            raise EntryError("batch")
        if expiry and (parse_day(expiry)[0] or date.min) < parsed:
            raise EntryError("expiry")
    reason = " ".join(form.get("reason", "").split())
    if kind in ("refused", "deferred") and not reason:
        raise EntryError("reason")
    status = "not-done" if kind in ("refused", "deferred") else "completed"
    return Entered(vaccine, day, status, batch, expiry, kind == "reported", reason, bool(form.get("anyway")))


def _box(text: str) -> Box:
    if not text:
        return Box()
    try:
        return read_box(text)
    except Gs1Error:
        raise EntryError("box") from None
