"""The commands as scripts use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ardenne.services.vaccination.card_cli import command as card
from ardenne.services.vaccination.cli import command as vaccination
from ardenne.services.vaccination.tests.conftest import cases_of


@pytest.mark.corpus
def test_evaluate_writes_a_line_for_every_case_also_for_a_bad_one(cdsi: Path, tmp_path: Path) -> None:
    good = cases_of(cdsi, "conditions-v4.6.jsonl")[0]
    cases, out = tmp_path / "cases.jsonl", tmp_path / "result.jsonl"
    cases.write_text(
        "\n".join([json.dumps(good), "{no json", json.dumps(good | {"dob": "soon"}), json.dumps({"id": "x"})])
    )
    rules = str(cdsi / "supporting-data-4.64")
    done = CliRunner().invoke(vaccination, ["evaluate", str(cases), "--rules", rules, "--out", str(out)])
    assert done.exit_code == 2
    first, second, third, fourth = (json.loads(line) for line in out.read_text().splitlines())
    assert set(first) == {
        "id",
        "series_status",
        "forecast_dose",
        "earliest",
        "recommended",
        "past_due",
        "doses",
    }
    assert {name: first[name] for name in ("series_status", "forecast_dose", "earliest")} == {
        name: good["expect"][name] for name in ("series_status", "forecast_dose", "earliest")
    }
    assert first["doses"][0]["cvx"] == good["doses"][0]["cvx"]
    assert "line 2" in second["error"] and "no date" in third["error"] and "missing" in fourth["error"]


def test_a_folder_without_schedule_is_one_clear_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(vaccination, ["check", str(tmp_path)])
    assert done.exit_code == 1
    assert "a schedule needs" in done.output


def test_forecast_of_a_bundle(tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    person = {"resource": {"resourceType": "Patient", "birthDate": "2026-01-01"}}
    file.write_text(json.dumps({"resourceType": "Bundle", "entry": [person]}))
    done = CliRunner().invoke(vaccination, ["forecast", "--schedule", "be", "--on", "2026-02-26", str(file)])
    lines = [json.loads(line) for line in done.output.splitlines()]
    assert done.exit_code == 0
    due = {line["vaccine_group"]: line["recommended"] for line in lines if line["state"] == "due"}
    assert due["Polio"] == "2026-02-26"


def test_a_card_that_is_none_has_exit_code_3() -> None:
    done = CliRunner().invoke(card, ["verify", "HC1:NONSENSE%%%%"])
    assert done.exit_code == 3
    assert json.loads(done.output)["valid"] is False
