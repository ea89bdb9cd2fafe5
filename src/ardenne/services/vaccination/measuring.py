"""How fast one core applies a schedule."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import cycle, islice
from typing import Any

from ardenne.services.vaccination.cases import read_case, result_of
from ardenne.services.vaccination.rules.dates import shift
from ardenne.services.vaccination.rules.engine import assess
from ardenne.services.vaccination.rules.history import Dose, Person
from ardenne.services.vaccination.rules.schedule import Ruleset


def measure(ruleset: Ruleset, rows: list[Any] | None, persons: int) -> tuple[float, str]:
    """Persons a second of processor time, and what was measured."""
    if rows:
        cases = [read_case(row, ruleset) for row in islice(cycle(rows), persons)]
        gc.disable()
        begun = time.process_time()
        for case in cases:
            result_of(case, ruleset)
        return persons / (
            time.process_time() - begun
        ), f"cases, one vaccine group each, {len(rows)} different"
    invented = list(islice(_invented(ruleset), persons))
    gc.disable()
    begun = time.process_time()
    for person in invented:
        assess(person, ruleset)
    doses = sum(len(person.doses) for person in invented) / persons
    return persons / (time.process_time() - begun), f"all vaccine groups, {doses:.1f} doses a person"


def _invented(ruleset: Ruleset) -> Iterator[Person]:
    """Persons of all ages who had most doses of the schedule, some of them late; the same at every run."""
    chance = random.Random(7)  # noqa: S311
    today = date(2026, 1, 1)
    series = [
        one for antigen in ruleset.antigens.values() for one in antigen.series if one.kind == "Standard"
    ]
    while True:
        born = (today - timedelta(days=chance.randrange(30, 30_000))).toordinal()
        doses = []
        for one in series:
            for dose in one.doses:
                if not (dose.ages and dose.ages[0].earliest_recommended and dose.preferable):
                    continue
                day = shift(born, dose.ages[0].earliest_recommended) + chance.randrange(0, 200)
                if day < today.toordinal() and chance.random() < 0.3:
                    doses.append(Dose(day, dose.preferable[0].code))
        yield Person(born, chance.choice(("Female", "Male")), today.toordinal(), doses)
