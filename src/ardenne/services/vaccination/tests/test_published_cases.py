"""The CDC's cases: what differs is listed, with its reason, in a file that these tests compare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ardenne.services.vaccination.cases import read_case, result_of
from ardenne.services.vaccination.rules.engine import assess
from ardenne.services.vaccination.rules.schedule import Antigen, Ruleset, Usual
from ardenne.services.vaccination.tests.conftest import cases_of

pytestmark = pytest.mark.corpus
_FIELDS = ("series_status", "forecast_dose", "earliest", "recommended", "past_due")


def _known() -> dict[str, str]:
    rows = (Path(__file__).parent / "known-differences.tsv").read_text().splitlines()[1:]
    return {row.split("\t")[0]: row.split("\t")[1] for row in rows}


def _difference(case: dict[str, Any], ruleset: Ruleset) -> str:
    found = result_of(read_case(case, ruleset), ruleset)
    fields = [name for name in _FIELDS if found[name] != case["expect"][name]]
    doses = [
        f"dose {number}"
        for number, (dose, expected) in enumerate(zip(found["doses"], case["doses"], strict=True), 1)
        if dose["status"] != expected["expect_status"]
    ]
    return ", ".join(fields + doses)


@pytest.mark.parametrize(("name", "bar"), [("healthy-v4.45.jsonl", 0.992), ("conditions-v4.6.jsonl", 0.89)])
def test_cases(name: str, bar: float, cdsi: Path, acip: Ruleset) -> None:
    cases = cases_of(cdsi, name)
    different = {case["id"]: what for case in cases if (what := _difference(case, acip))}
    ids = {case["id"] for case in cases}
    assert different == {id_: what for id_, what in _known().items() if id_ in ids}
    assert 1 - len(different) / len(cases) >= bar


def test_reasons_are_those_of_the_cases(cdsi: Path, acip: Ruleset) -> None:
    """Why a dose is not valid: in all but a few doses of several antigens that fail for different reasons."""
    same = other = 0
    for case in cases_of(cdsi, "healthy-v4.45.jsonl"):
        for dose, expected in zip(
            result_of(read_case(case, acip), acip)["doses"], case["doses"], strict=True
        ):
            same += dose["reason"] == expected["expect_reason"]
            other += dose["reason"] != expected["expect_reason"]
    assert other <= 6
    assert same > 1700


def test_what_is_not_followed_changes_nothing(
    cdsi: Path, acip: Ruleset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Series that yield to a default are left alone: following all of them has the same end for every group."""

    def ends() -> list[tuple[Any, ...]]:
        return [
            (
                {antigen: [one.series.name for one in best] for antigen, best in found.best.items()},
                [
                    (one.group, one.status, one.dose_number, one.earliest, one.recommended, one.past_due)
                    for forecasts in found.groups.values()
                    for one in forecasts
                ],
                sum(len(followed) for followed in found.relevant.values()),
            )
            for case in cases_of(cdsi, "healthy-v4.45.jsonl")[::9]
            for found in [assess(read_case(case, acip).person, acip)]
        ]

    short = ends()

    def every(antigen: Antigen, gender: str) -> Usual:
        own = [
            (one, False)
            for one in antigen.series
            if one.kind != "Risk" and (not one.genders or gender in one.genders)
        ]
        return Usual(own, own)

    monkeypatch.setattr(Antigen, "usual", every)
    long = ends()
    assert [one[:2] for one in short] == [one[:2] for one in long]
    assert all(one[2] < other[2] for one, other in zip(short, long, strict=True))
