"""The invented population: the same for the same seed, valid numbers, valid FHIR, truth that holds."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import orjson

from ardenne.apps.population.command import write
from ardenne.apps.population.persons import _SLOTS, BLOCK, TODAY, Person, _slot, block
from ardenne.kernel.rest import incoming
from ardenne.standards.identifiers import parse

PERSONS = 600


def people(seed: int) -> list[Person]:
    return [person for number in range(PERSONS // BLOCK) for person in block(seed, number)]


def test_a_person_depends_on_seed_and_number_alone(tmp_path: Path) -> None:
    assert people(3) == people(3)
    assert block(3, 7) != block(4, 7)
    write(60, 3, tmp_path / "small")
    write(240, 3, tmp_path / "large")
    small = (tmp_path / "small" / "Patient.ndjson").read_bytes()
    assert (tmp_path / "large" / "Patient.ndjson").read_bytes().startswith(small)


def test_numbers_are_valid_and_carry_the_birth_date() -> None:
    for person in people(1):
        for kind, value in person.numbers:
            number = parse(value, kind)
            assert number.valid, (kind, value, number.problem)
            assert number.birth_date in ("", person.birth)


def test_no_two_persons_have_a_number_in_common() -> None:
    whole = _SLOTS * 16 // BLOCK
    # everywhere in the range, and those whose slots come again
    numbers = [
        *range(800),
        *range(_SLOTS // BLOCK, _SLOTS // BLOCK + 400),
        *range(0, whole, _SLOTS // BLOCK),
    ]
    found = Counter(
        number for place in dict.fromkeys(numbers) for person in block(6, place) for number in person.numbers
    )
    assert len(found) > 5_000
    assert max(found.values()) == 1
    slots = {_slot(6, number) for number in range(0, _SLOTS * 16, 97)}
    assert len(slots) == len(range(0, _SLOTS * 16, 97))


def test_households_are_families() -> None:
    for person in people(1):
        assert 1926 <= int(person.birth[:4]) <= TODAY
    assert any(int(one.birth[:4]) > TODAY - 18 for one in people(1))


def test_both_sides_of_the_border_with_what_matching_finds_hard() -> None:
    found = people(1)
    countries = Counter(person.address.country for person in found)
    assert set(countries) == {"LU", "BE", "FR", "DE"}
    assert any(len(person.numbers) == 2 for person in found), "cross-border workers have two numbers"
    assert any(person.twin_of >= 0 for person in found)
    assert any(not person.given.isascii() and person.culture == "uk" for person in found)
    for person in found:
        if person.twin_of >= 0:
            other = found[person.twin_of]
            assert (other.birth, other.household) == (person.birth, person.household)
            assert other.given != person.given


def test_files_are_valid_and_the_truth_is_known(tmp_path: Path) -> None:
    counts = write(PERSONS, 2, tmp_path)
    for file in tmp_path.glob("*.ndjson"):
        lines = file.read_bytes().splitlines()
        assert len(lines) == counts[file.name]
        for line in lines:
            incoming.check(orjson.loads(line))
    with (tmp_path / "records.csv").open() as records, (tmp_path / "truth.csv").open() as truth:
        written = {row["unique_id"]: row["pid"] for row in csv.DictReader(records)}
        known = {row["unique_id"]: row["pid"] for row in csv.DictReader(truth)}
    assert written == known
    assert PERSONS < len(written) < PERSONS * 1.5
