"""Loading the demonstration: everything arrives with the right person, and a second start changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from ardenne.apps.demo.documents import write_all
from ardenne.apps.demo.persons import persons
from ardenne.kernel.store.migrate import migrate
from ardenne.kernel.testing import TestNode
from ardenne.services.record import cli

ZONE = ZoneInfo("Europe/Luxembourg")
WITHOUT_REFERENCE = ("transaction", "ndjson", "adt")
"""Forms that bring facts and are no documents."""


@pytest.fixture
def demonstration(node: TestNode, tmp_path: Path) -> tuple[TestNode, Path]:
    migrate(node.dsn, ["ardenne.services.record.migrations"])
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        connection.execute("truncate error_desk, loaded_file")
    write_all(tmp_path)
    return node, tmp_path


def load(node: TestNode, folder: Path) -> dict[str, int]:
    return dict(cli.run([folder], node.dsn, node.contents, 1, True, ZONE, node.service.registry).outcomes)


def stored(node: TestNode, query: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in node.call("GET", query).entries("match")]


def versions(node: TestNode) -> set[tuple[str, str, str]]:
    types = (
        "Patient",
        "Observation",
        "DocumentReference",
        "Condition",
        "Immunization",
        "Encounter",
        "Provenance",
    )
    return {
        (name, one["id"], one["meta"]["versionId"])
        for name in types
        for one in stored(node, f"{name}?_count=1000")
    }


def test_every_document_is_filed_with_its_person_and_a_second_time_nothing_changes(
    demonstration: tuple[TestNode, Path],
) -> None:
    node, folder = demonstration
    total = sum(len(person.documents) for person in persons())
    assert load(node, folder) == {"filed": total, "rejected": 2}
    assert len(stored(node, "Patient?_count=100")) == len(persons())
    for person in persons():
        (patient,) = stored(node, f"Patient?birthdate={person.birth}")
        references = stored(node, f"DocumentReference?patient={patient['id']}&_count=100")
        expected = [one for one in person.documents if one.form not in WITHOUT_REFERENCE]
        assert len(references) == len(expected), person.key
    before = versions(node)
    assert load(node, folder) == {"duplicate": total, "rejected": 2}
    assert versions(node) == before


def test_the_corrected_value_stands_and_the_replaced_summary_is_superseded(
    demonstration: tuple[TestNode, Path],
) -> None:
    node, folder = demonstration
    load(node, folder)
    (weber,) = stored(node, "Patient?birthdate=1958-03-14")
    corrected = stored(node, f"Observation?patient={weber['id']}&code=4548-4&status=corrected")
    assert [one["valueQuantity"]["value"] for one in corrected] == [8.1]
    superseded = stored(node, f"DocumentReference?patient={weber['id']}&status=superseded")
    assert [one["description"] for one in superseded] == ["Résumé patient"]
