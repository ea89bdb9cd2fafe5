"""Engine and naive evaluator agree on 10,000 random histories of random small schedules."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta

from ardenne.services.vaccination.rules.engine import assess
from ardenne.services.vaccination.rules.history import Dose, Person
from ardenne.services.vaccination.rules.reading import read_ruleset
from ardenne.services.vaccination.rules.schedule import Ruleset
from ardenne.services.vaccination.tests.oracle import Step, walk


def _steps(chance: random.Random) -> list[Step]:
    found, age = [], chance.randrange(0, 4)
    for number in range(chance.randrange(1, 5)):
        minimum = age
        recommended = minimum + chance.randrange(0, 3)
        late = recommended + chance.randrange(1, 4) if chance.random() < 0.8 else None
        found.append(
            Step(
                minimum,
                recommended,
                late,
                chance.choice((None, None, 30, 60)),
                chance.choice((None, 21, 28, 60)) if number else None,
            )
        )
        age = recommended + chance.randrange(0, 8)
    return found


def _ruleset(steps: list[Step]) -> Ruleset:
    doses = []
    for number, step in enumerate(steps, 1):
        age = {
            "absMinAge": f"{step.min_age} months - 4 days",
            "minAge": f"{step.min_age} months",
            "earliestRecAge": f"{step.rec_age} months",
            "latestRecAge": "" if step.late_age is None else f"{step.late_age} months",
            "maxAge": "" if step.max_age is None else f"{step.max_age} months",
        }
        interval = (
            []
            if step.min_interval is None
            else [
                {
                    "fromPrevious": "Y",
                    "absMinInt": f"{step.min_interval} days - 4 days",
                    "minInt": f"{step.min_interval} days",
                }
            ]
        )
        doses.append(
            {
                "doseNumber": f"Dose {number}",
                "age": age,
                "interval": interval,
                "preferableVaccine": {"cvx": "X"},
                "recurringDose": "No",
            }
        )
    series = {
        "seriesName": "S", "targetDisease": "A", "vaccineGroup": "A", "seriesType": "Standard",
        "selectSeries": {"defaultSeries": "Yes", "seriesGroup": "1"}, "seriesDose": doses,
    }  # fmt: skip
    schedule = {
        "vaccineGroupToAntigenMap": {"vaccineGroupMap": {"name": "A", "antigen": "A"}},
        "cvxToAntigenMap": {"cvxMap": {"cvx": "X", "association": {"antigen": "A"}}},
    }
    return read_ruleset(
        [
            ("a.json", json.dumps({"antigenSupportingData": {"series": series}}).encode()),
            ("s.json", json.dumps({"scheduleSupportingData": schedule}).encode()),
        ]
    )


def test_ten_thousand_histories() -> None:
    chance = random.Random(42)
    statuses: set[str] = set()
    for _ in range(100):
        steps = _steps(chance)
        ruleset = _ruleset(steps)
        for _ in range(100):
            born = date(2015, 1, 1) + timedelta(days=chance.randrange(2000))
            given = sorted(born + timedelta(days=chance.randrange(900)) for _ in range(chance.randrange(6)))
            today = max([*given, born]) + timedelta(days=chance.randrange(700))
            person = Person(
                born.toordinal(), "Female", today.toordinal(), [Dose(day.toordinal(), "X") for day in given]
            )
            (series,) = assess(person, ruleset).relevant["A"]
            forecast = series.forecast
            ours = (
                [str(one.status) for one in series.evaluated],
                str(forecast.status),
                forecast.dose_number or 0,
                *(
                    date.fromordinal(day) if day else None
                    for day in (forecast.earliest, forecast.recommended, forecast.past_due)
                ),
            )
            assert ours == walk(born, given, steps, today), (steps, born, given, today)
            statuses |= {ours[1], *ours[0]}
    assert statuses == {"Valid", "Not Valid", "Extraneous", "Complete", "Not complete", "Aged out"}
