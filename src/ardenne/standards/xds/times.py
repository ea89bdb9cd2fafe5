"""Times: DTM of XDS (YYYY[MM[DD[hh[mm[ss]]]]], always UTC; ITI TF-3 table 4.2.3.1.7-2) and FHIR's dateTime."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

_DTM = re.compile(r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(\d{2})?)?)?)?)?")
_FIRST = "00000101000000"


def is_dtm(text: str) -> bool:
    """Tell whether a text is a time as XDS writes it."""
    match = _DTM.fullmatch(text)
    if not match:
        return False
    full = _filled(text)
    try:
        datetime(
            int(full[:4]), int(full[4:6]), int(full[6:8]), int(full[8:10]), int(full[10:12]), int(full[12:]), tzinfo=UTC
        )  # fmt: skip
    except ValueError:
        return False
    return True


def _filled(dtm: str) -> str:
    return dtm + _FIRST[len(dtm) :]


def to_fhir(dtm: str) -> str:
    """Return a FHIR dateTime; empty when the text is no DTM. Hours without minutes become the full hour."""
    if not is_dtm(dtm):
        return ""
    parts = [dtm[:4], dtm[4:6], dtm[6:8]]
    date = "-".join(part for part in parts if part)
    if len(dtm) <= 8:
        return date
    full = _filled(dtm)
    return f"{date}T{full[8:10]}:{full[10:12]}:{full[12:14]}Z"


def to_instant(dtm: str) -> str:
    """Return the instant at which the time begins; empty when the text is no DTM."""
    return to_fhir(_filled(dtm)) if is_dtm(dtm) else ""


@lru_cache(maxsize=8192)
def from_fhir(date: str) -> str:
    """Return a FHIR date, dateTime or instant as DTM in UTC; empty when it is none."""
    if "T" not in date:
        found = date.replace("-", "")
        return found if is_dtm(found) else ""
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return ""
    if moment.tzinfo is None:
        return ""
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def span(dtm: str) -> tuple[str, str]:
    """Return the first and the last second of a DTM, so that texts can be compared."""
    last = dtm + "99991231235959"[len(dtm) :]
    return _filled(dtm), last
