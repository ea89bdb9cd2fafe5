"""National numbers: published vectors, and properties that check digits must have.

Arithmetic of the vectors was recomputed with an independent program (python-stdnum).
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardenne.standards.identifiers import Kind, checks, of_system, parse

VALID = [
    ("1980 01 01 457 28", Kind.LU_MATRICULE, "1980010145728", "1980-01-01", ""),
    ("4005021384333", Kind.LU_MATRICULE_ALT, "4005021384333", "2005-02-13", ""),
    ("85.07.30-033.28", Kind.BE_NISS, "85073003328", "1985-07-30", "male"),
    ("17073003384", Kind.BE_NISS, "17073003384", "2017-07-30", "male"),
    ("85273003371", Kind.BE_BIS, "85273003371", "1985-07-30", ""),
    ("85473003317", Kind.BE_BIS, "85473003317", "1985-07-30", "male"),
    ("2 95 10 99 126 111 93", Kind.FR_NIR, "295109912611193", "", "female"),
    ("A123456780", Kind.DE_KVNR, "A123456780", "", ""),
    ("1-00000-07-999", Kind.BE_NIHDI, "10000007999", "", ""),
    ("71032209", Kind.BE_NIHDI8, "71032209", "", ""),
    ("810000000009", Kind.FR_RPPS, "10000000009", "", ""),
    ("80442 00010 12345 67890", Kind.EHIC, "80442000101234567890", "", ""),
    ("901234-56", Kind.CNS, "90123456", "", ""),
]


@pytest.mark.parametrize(("text", "kind", "value", "born", "sex"), VALID)
def test_a_valid_number_is_recognised_without_its_kind(
    text: str, kind: Kind, value: str, born: str, sex: str
) -> None:
    number = parse(text)
    assert (number.kind, number.value, number.birth_date, number.sex) == (kind, value, born, sex)
    assert number.valid
    assert parse(number.formatted, kind) == number


def test_vectors(corpus: Path) -> None:
    rows = list(csv.DictReader((corpus / "linkage" / "national_id_vectors.tsv").open(), delimiter="\t"))
    assert len(rows) == 24
    for row in rows:
        for number in (parse(row["value"], row["system"]), parse(row["value"])):
            assert number.valid == (row["valid"] == "1"), (row, number)
            assert bool(number.problem) != number.valid


def test_every_invented_person_has_a_valid_matricule(corpus: Path) -> None:
    wrong = []
    with (corpus / "linkage" / "lu_synth_20k.csv").open() as file:
        for row in csv.DictReader(file):
            number = parse(row["nid"], "LU_MATRICULE") if row["nid"] else None
            wrong += [row["nid"]] if number and not number.valid else []
    assert len(wrong) < 250, "only what was mistyped on purpose may be wrong"


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("1980010145718", "LU_MATRICULE", "Luhn digit (digit 12) is 1: for 19800101457 it must be 2"),
        ("1980010145723", "LU_MATRICULE", "Verhoeff digit (digit 13) is 3: for 19800101457 it must be 8"),
        ("1980023045728", "LU_MATRICULE", "no day 30 in 1980-02"),
        ("198001014572", "LU_MATRICULE", "has 13 digits, this one has 12"),
        ("19800101457Z8", "LU_MATRICULE", "character 12 is 'Z'"),
        ("85073003329", "BE_NISS", "must be 28 (born before 2000)"),
        ("85073003328", "BE_BIS", "adds 20 or 40"),
        (
            "2951099126111",
            "FR_NIR",
            "the key (2 digits after the 13) is missing: for 2951099126111 it would be 93",
        ),
        ("A000500014", "DE_KVNR", "for A00050001 it must be 5"),
        ("80999000101234567890", "EHIC", "no country with this code"),
        ("", None, "no known number has this form"),
    ],
)
def test_what_is_wrong_is_said_exactly(text: str, kind: str | None, words: str) -> None:
    assert words in parse(text, kind).problem


def test_a_former_matricule_carries_the_sex() -> None:
    # 5*1+4*9+3*8+2*0+7*0+6*1+5*0+4*1+3*0+2*1 = 77: a multiple of eleven, so the digit is 0
    number = parse("19800101010", Kind.LU_MATRICULE_11)
    assert (number.valid, number.birth_date, number.sex) == (True, "1980-01-01", "male")


def test_corsica_counts_as_a_number() -> None:
    value = "1850" + "1" + "2A" + "004" + "001"
    key = 97 - int("1850119004001") % 97
    assert parse(f"{value}{key:02d}", "FR_NIR").valid


def test_by_fhir_system() -> None:
    assert of_system("1.3.182.4.4", "1980 0101 45728") == parse("1980010145728")
    known = of_system("https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi", "71032209")
    assert known is not None
    assert known.kind is Kind.BE_NIHDI8
    assert of_system("urn:oid:1.2.3.4", "1") is None


def test_an_unknown_kind_is_told() -> None:
    with pytest.raises(ValueError, match="no kind of number"):
        parse("1", "XX")


@given(st.text(alphabet="0123456789", min_size=1, max_size=25))
def test_check_digits_find_every_wrong_digit(digits: str) -> None:
    for check in (checks.luhn, checks.verhoeff):
        right = check(digits)
        for place in range(len(digits)):
            other = digits[:place] + str((int(digits[place]) + 1) % 10) + digits[place + 1 :]
            assert check(other) != right


@given(st.text(alphabet="0123456789", min_size=2, max_size=15))
def test_verhoeff_finds_every_swap_of_neighbours(digits: str) -> None:
    full = digits + str(checks.verhoeff(digits))
    for place in range(len(full) - 1):
        if full[place] == full[place + 1]:
            continue
        swapped = full[:place] + full[place + 1] + full[place] + full[place + 2 :]
        assert checks.verhoeff(swapped[:-1]) != int(swapped[-1])


@given(st.dates(min_value=__import__("datetime").date(1900, 1, 1)), st.integers(1, 997))
def test_numbers_carry_their_birth_date(born: object, counter: int) -> None:
    day = str(born)
    base = day.replace("-", "")[:8] + f"{counter:03d}"
    if day < "2100":
        matricule = parse(f"{base}{checks.luhn(base)}{checks.verhoeff(base)}", "LU_MATRICULE")
        assert (matricule.valid, matricule.birth_date) == (True, day)
        nine = base[2:]
        prefix = "2" if day >= "2000" else ""
        niss = parse(f"{nine}{97 - int(prefix + nine) % 97:02d}", "BE_NISS")
        assert niss.valid
        assert niss.sex == ("male" if counter % 2 else "female")


@given(st.text(max_size=40), st.sampled_from([None, *[kind for kind in Kind if kind]]))
def test_no_text_makes_it_fail(text: str, kind: Kind | None) -> None:
    number = parse(text, kind)
    assert number.valid == (number.problem == "")
    assert number.shaped or not number.valid
