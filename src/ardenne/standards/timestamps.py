"""Points in time as HL7 version 2 and version 3 write them: YYYY[MM[DD[HH[MM[SS[.S…]]]]]][±ZZZZ].

Sources: HL7 v2.5.1 chapter 2A.77 (TS, DTM); HL7 v3 data types release 1, TS. Precision and zone
are part of the value: nothing that the author did not write is ever added, except that a FHIR
dateTime needs seconds where it has hours (FHIR R4 datatypes, dateTime: "zero-filled").
"""

from __future__ import annotations

import datetime
import re

import msgspec

_FORM = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)"
    r"(?:(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?)?)?)?)?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_PRECISIONS = ("fraction", "second", "minute", "hour", "day", "month", "year")


class Timestamp(msgspec.Struct, frozen=True):
    """A point in time with the precision ("year" … "fraction") and the zone that were written.

    `zone` is "+02:00", "Z" or "" when the author gave none.
    """

    text: str
    precision: str
    moment: datetime.datetime
    zone: str
    fraction: str = ""

    def date(self) -> str:
        """FHIR date of at most day precision, in the zone in which it was written."""
        parts = {"year": 1, "month": 2}.get(self.precision, 3)
        return "-".join((self.text[:4], self.text[4:6], self.text[6:8])[:parts])

    def fhir(self, zone: datetime.tzinfo | None = None) -> str:
        """FHIR dateTime. A time without zone is read in `zone`; if that is None, only the date is kept.

        FHIR demands a zone beside every time of day, and a guessed one would be a false statement.
        """
        if self.precision in ("year", "month", "day"):
            return self.date()
        if not self.zone and zone is None:
            return self.date()
        moment = self.moment if self.zone else self.moment.replace(tzinfo=zone)
        clock = moment.replace(tzinfo=None).isoformat(timespec="seconds")
        fraction = f".{self.fraction}" if self.fraction else ""
        return clock + fraction + (self.zone or _offset(moment))


def _offset(moment: datetime.datetime) -> str:
    delta = moment.utcoffset() or datetime.timedelta()
    minutes = round(delta.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def read(text: str) -> Timestamp:
    """Read an HL7 point in time; raises ValueError saying what is wrong with it."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(_explain(text.strip()))
    parts = found.groupdict()
    precision = next(name for name in _PRECISIONS if parts[name])
    zone = parts["zone"] or ""
    if zone and precision in ("year", "month", "day"):
        zone = ""
    if zone and zone != "Z" and ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:]}"
    try:
        moment = datetime.datetime(
            int(parts["year"]),
            int(parts["month"] or 1),
            int(parts["day"] or 1),
            int(parts["hour"] or 0),
            int(parts["minute"] or 0),
            int(parts["second"] or 0),
            int(((parts["fraction"] or "") + "000000")[:6]),
            tzinfo=_timezone(zone),
        )
    except ValueError as error:
        raise ValueError(f"no such date or time: {error}") from error
    return Timestamp(text.strip(), precision, moment, zone, parts["fraction"] or "")


def _timezone(zone: str) -> datetime.timezone | None:
    if not zone:
        return None
    if zone == "Z":
        return datetime.UTC
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 14 or minutes > 59:
        raise ValueError(f"zone {zone} does not exist")
    delta = datetime.timedelta(hours=hours, minutes=minutes)
    return datetime.timezone(-delta if zone[0] == "-" else delta)


def _explain(text: str) -> str:
    if text.isdigit() and len(text) in (10, 13) and text[0] == "1":
        return "this looks like seconds or milliseconds since 1970, not like a date"
    if re.match(r"\d{4}-\d\d", text):
        return "hyphens and colons are not allowed here, only digits: YYYYMMDDHHMMSS+ZZZZ"
    return "not of the form YYYY[MM[DD[HH[MM[SS[.SSSS]]]]]][+/-ZZZZ]"
