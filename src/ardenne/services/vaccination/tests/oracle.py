"""A naive evaluator of one simple series, written from the specification's tables with days as dates only.

It knows one antigen, ages and intervals from the dose before, and no conditions: enough to disagree with the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


def add_months(day: date, months: int) -> date:
    year, month = day.year, day.month
    for _ in range(months):
        month += 1
        if month == 13:
            year, month = year + 1, 1
    try:
        return date(year, month, day.day)
    except ValueError:
        return date(year + (month == 12), month % 12 + 1, 1)


@dataclass
class Step:
    """Months for ages, days for intervals; None: no limit."""

    min_age: int
    rec_age: int
    late_age: int | None
    max_age: int | None
    min_interval: int | None


def walk(
    born: date, given: list[date], steps: list[Step], today: date
) -> tuple[list[str], str, int, date | None, date | None, date | None]:
    """Verdicts of the doses; status, number and earliest, recommended and past-due day of the next dose."""
    verdicts: list[str] = []
    satisfied = 0
    previous: date | None = None
    newest: date | None = None
    for day in sorted(given):
        if satisfied == len(steps):
            verdicts.append("Extraneous")
            continue
        step = steps[satisfied]
        newest = day
        if day < add_months(born, step.min_age) - timedelta(days=4):
            verdict = "Not Valid"
        elif step.max_age is not None and day >= add_months(born, step.max_age):
            verdict = "Extraneous"
        elif (
            previous
            and step.min_interval is not None
            and day < previous + timedelta(days=step.min_interval - 4)
        ):
            verdict = "Not Valid"
        else:
            verdict = "Valid"
        verdicts.append(verdict)
        if verdict != "Extraneous":
            previous = day
        satisfied += verdict == "Valid"
    if satisfied == len(steps):
        return verdicts, "Complete", 0, None, None, None
    step = steps[satisfied]
    earliest = add_months(born, step.min_age)
    if previous and step.min_interval is not None:
        earliest = max(earliest, previous + timedelta(days=step.min_interval))
    if newest:
        earliest = max(earliest, newest)
    if step.max_age is not None and (
        today >= add_months(born, step.max_age) or earliest >= add_months(born, step.max_age)
    ):
        return verdicts, "Aged out", 0, None, None, None
    late = (
        None if step.late_age is None else max(earliest, add_months(born, step.late_age) - timedelta(days=1))
    )
    return (
        verdicts,
        "Not complete",
        satisfied + 1,
        earliest,
        max(earliest, add_months(born, step.rec_age)),
        late,
    )
