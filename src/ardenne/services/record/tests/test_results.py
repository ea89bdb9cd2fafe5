"""Measured values: one value once, the trend in one unit, numbers as readers write them."""

from __future__ import annotations

import csv
import io
from typing import Any

from ardenne.services.record import results, wording
from ardenne.ui.languages import Words

FRENCH = Words("fr", ["ardenne.services.record"])
ENGLISH = Words("en", ["ardenne.services.record"])


def observation(date: str, value: float, unit: str = "mg/dL", **more: Any) -> dict[str, Any]:
    found = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}], "text": "Creatinine"},
        "effectiveDateTime": date,
        "valueQuantity": {"value": value, "unit": unit},
    }
    return {**found, **more}


def test_values_are_newest_first_and_each_once() -> None:
    again = observation("2024-01-01T07:00:00Z", 1.14)
    (found,) = results.series([again, observation("2025-01-01", 1.2), {**again, "id": "copy"}])
    assert [point.number for point in found.points] == [1.2, 1.14]


def test_a_corrected_value_is_marked() -> None:
    (found,) = results.series([observation("2024-01-01", 1.1, status="corrected")])
    assert found.points[0].corrected


def test_values_in_another_unit_are_not_plotted_together() -> None:
    (found,) = results.series([observation("2024-01-01", 100, "umol/L"), observation("2025-01-01", 1.2)])
    assert [point.number for point in found.plotted] == [1.2]


def test_the_flag_is_the_senders_else_that_of_the_range() -> None:
    limits = [{"low": {"value": 0.6}, "high": {"value": 1.2}}]
    said = {"interpretation": [{"coding": [{"code": "N"}]}]}
    flags = [
        results.series([one])[0].points[0].flag
        for one in (
            observation("2024", 1.3, referenceRange=limits),
            observation("2024", 0.5, referenceRange=limits),
            observation("2024", 1.3, referenceRange=limits, **said),
            observation("2024", 1.3),
        )
    ]
    assert flags == ["high", "low", "", ""]


def test_mistakes_are_not_shown() -> None:
    assert results.series([observation("2024", 1.3, status="entered-in-error")]) == []


def test_components_are_series_of_their_own() -> None:
    pressure = {
        "resourceType": "Observation",
        "effectiveDateTime": "2024-01-01",
        "code": {"text": "Blood pressure"},
        "component": [
            {"code": {"text": "systolic"}, "valueQuantity": {"value": 131, "unit": "mmHg"}},
            {"code": {"text": "diastolic"}, "valueQuantity": {"value": 78, "unit": "mmHg"}},
        ],
    }
    assert [(one.name, one.points[0].number) for one in results.series([pressure])] == [
        ("diastolic", 78),
        ("systolic", 131),
    ]


def test_numbers_are_written_as_the_reader_writes_them() -> None:
    (found,) = results.series([observation("2024", 0.00012, referenceRange=[{"high": {"value": 1.5}}])])
    assert results.value_text(found.points[0], FRENCH) == "0,00012 mg/dl"
    assert results.value_text(found.points[0], ENGLISH) == "0.00012 mg/dl"
    assert results.range_text(found.points[0], FRENCH) == "≤ 1,5"


def test_the_table_holds_every_value_and_no_formula() -> None:
    found = results.series([observation("2024", 1.1), observation("2025", 1.2, code={"text": "=1+1"})])
    rows = list(csv.reader(io.StringIO(results.table(found))))
    assert rows[0] == ["code", "name", "date", "value", "unit", "low", "high", "flag"]
    assert [row[1:4] for row in rows[1:]] == [["'=1+1", "2025", "1.2"], ["Creatinine", "2024", "1.1"]]


def test_dosages_are_the_authors_words_else_what_is_coded() -> None:
    coded = {
        "doseAndRate": [{"doseQuantity": {"value": 1.5, "unit": "ml"}}],
        "timing": {"repeat": {"frequency": 1, "period": 12, "periodUnit": "h", "when": ["PC"]}},
        "asNeededBoolean": True,
    }
    assert wording.dosages((coded,), ENGLISH) == "1.5 ml · every 12 hours · after meals · as needed"
    assert wording.dosages((coded,), FRENCH) == "1,5 ml · toutes les 12 heures · après les repas · si besoin"
    assert wording.dosages(({**coded, "text": "matin et soir"},), FRENCH) == "matin et soir"
    thrice = {"timing": {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}}}
    assert wording.dosages((thrice,), FRENCH) == "3 fois par jour"
    assert wording.dosages((), FRENCH) == ""
