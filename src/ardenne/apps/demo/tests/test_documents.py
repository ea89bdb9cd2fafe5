"""The demonstration's documents: the same bytes each time, every format, valid, right check digits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from ardenne.apps.demo.documents import FORMS, write_all
from ardenne.apps.demo.persons import persons
from ardenne.standards.fhir.validator import validate
from ardenne.standards.recognition import Recognised, recognise


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("demo")
    write_all(found)
    return found


def recognised(folder: Path) -> list[tuple[str, Recognised]]:
    found = []
    for path in sorted(folder.glob("*-*/*")):
        if path.with_suffix("").exists():  # a description
            continue
        sidecar = path.with_name(path.name + ".json")
        about: Any = orjson.loads(sidecar.read_bytes()) if sidecar.exists() else None
        answer = recognise(path.read_bytes(), path.name, about)
        assert isinstance(answer, Recognised), f"{path.name}: {answer}"
        assert answer.notes == (), f"{path.name}: {answer.notes}"
        found.append((path.stem.partition("-")[2], answer))
    return found


def test_the_same_bytes_each_time(folder: Path, tmp_path: Path) -> None:
    assert write_all(tmp_path) == 10
    assert contents(tmp_path) == contents(folder)


def test_every_form_is_used() -> None:
    assert {document.form for person in persons() for document in person.documents} == set(FORMS)


def test_each_person_has_a_dozen_documents_over_years() -> None:
    for person in persons():
        years = {document.date[:4] for document in person.documents}
        assert len(person.documents) >= 12, person.key
        assert len(years) >= 2, person.key


def test_every_document_is_recognised_for_its_person(folder: Path) -> None:
    for _form, found in recognised(folder):
        if found.kind == "fhir-ndjson":
            continue
        assert found.patient is not None
        assert "{" not in found.title
        assert found.patient["birthDate"] in {person.birth for person in persons()}


def test_what_documents_say_is_valid(folder: Path) -> None:
    for form, found in recognised(folder):
        whole = [found.resource] if found.resource else []
        for resource in [*whole, *found.resources]:
            problems = [issue for issue in validate(resource) if issue.severity in ("error", "fatal")]
            assert problems == [], f"{form}: {problems[:3]}"


# Luhn and Verhoeff over the first eleven digits of the Luxembourg number (règlement grand-ducal of
# 21 November 2013), modulo 97 for Belgium and France, the weights of the German KVNR.
_TIMES = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5], [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7], [4, 0, 1, 2, 3, 9, 5, 6, 7, 8], [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3], [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
]  # fmt: skip
_TURN = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]


def luhn(digits: str) -> int:
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return -sum(value - 9 if value > 9 else value for value in doubled) % 10


def verhoeff(digits: str) -> int:
    check = 0
    for place, digit in enumerate(reversed(digits), 1):
        value = int(digit)
        for _ in range(place % 8):
            value = _TURN[value]
        check = _TIMES[check][value]
    return _TIMES[check].index(0)


def correct(name: str, value: str, birth: str) -> bool:
    if name == "matricule":
        return (
            value[:8] == birth.replace("-", "") and value[11:] == f"{luhn(value[:11])}{verhoeff(value[:11])}"
        )
    if name == "niss":
        whole = ("2" if birth >= "2000" else "") + value[:9]
        return value[:6] == birth[2:].replace("-", "") and int(value[9:]) == 97 - int(whole) % 97
    if name == "nir":
        return int(value[13:]) == 97 - int(value[:13]) % 97
    letters = f"{ord(value[0]) - 64:02d}{value[1:9]}"
    products = (int(digit) * (1 + place % 2) for place, digit in enumerate(letters))
    return int(value[9]) == sum(product // 10 + product % 10 for product in products) % 10


@pytest.mark.parametrize(
    ("name", "value", "birth"),
    [
        ("matricule", "1980010145728", "1980-01-01"),
        ("matricule", "1893120105732", "1893-12-01"),
        ("niss", "85073003328", "1985-07-30"),
        ("niss", "17073003384", "2017-07-30"),
        ("nir", "295109912611193", "1995-10-01"),
        ("kvid", "A000500015", "1990-01-01"),
    ],
)
def test_the_check_itself(name: str, value: str, birth: str) -> None:
    """Published example numbers pass, and fail with one digit changed."""
    assert correct(name, value, birth)
    assert not correct(name, value[:-1] + str((int(value[-1]) + 1) % 10), birth)


def test_national_numbers_have_the_right_check_digits() -> None:
    numbers = [(name, value, person.birth) for person in persons() for name, value in person.numbers.items()]
    assert len(numbers) >= 11
    for name, value, birth in numbers:
        assert correct(name, value, birth), (name, value)
