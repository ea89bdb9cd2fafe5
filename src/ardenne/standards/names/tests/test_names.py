"""Spellings of one name meet, different names rarely do.

The spellings are our own list beside this file; those of the corpus were written by other hands.
"""

from __future__ import annotations

import csv
import itertools
import random
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ardenne.standards.names import joined, keys, plain, words

OWN = Path(__file__).parent / "spellings.tsv"
WANTED_RECALL, ALLOWED_RATE = 0.95, 0.005


def pairs(file: Path, first: int) -> list[tuple[str, str]]:
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    rows = list(csv.reader(lines, delimiter="\t"))
    return [(row[first], row[first + 1]) for row in rows]


def recall(found: list[tuple[str, str]]) -> float:
    return sum(bool(keys(one) & keys(other)) for one, other in found) / len(found)


def test_spellings_of_our_own_list_meet() -> None:
    found = pairs(OWN, 1)
    assert len(found) > 200
    assert recall(found) >= WANTED_RECALL


def test_spellings_of_the_corpus_meet(corpus: Path) -> None:
    found = pairs(corpus / "linkage" / "name_variants.tsv", 2)
    assert recall(found) >= WANTED_RECALL


@pytest.mark.parametrize("column", ["given", "family"])
def test_different_names_rarely_meet(corpus: Path, column: str) -> None:
    with (corpus / "linkage" / "lu_synth_20k.csv").open(encoding="utf-8") as file:
        single = {row[column] for row in csv.DictReader(file) if row[column].isalpha()}
    chosen = random.Random(5).sample(sorted(single), 600)
    couples = list(itertools.combinations(chosen, 2))
    met = sum(bool(keys(one) & keys(other)) for one, other in couples)
    assert met / len(couples) <= ALLOWED_RATE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Marie-Thérèse Müller", "MULLER Thérèse Marie"),
        ("Dr. Jean-Claude Van den Berghe", "Vandenberghe Jean"),
        ("Олександр Шевченко", "Chevtchenko Alexandre"),
        ("D'Almeida", "Dalmeida"),
        ("O'Connor", "Oconnor"),
        ("محمد الخوري", "Mohamed Khoury"),
        ("Γεώργιος", "Georges"),
    ],
)
def test_whole_names_meet(one: str, other: str) -> None:
    assert keys(one) & keys(other)


def test_normal_form() -> None:
    assert plain("  Dr. Jürgen  MÜLLER-Weiß ") == "juergen mueller weiss"
    assert words("João da Silva") == ("joao", "silva")
    assert words("Van den") == ("van", "den")
    assert joined("Le Jeune") == "lejeune"
    assert plain("Ковальчук") == "kovaltchuk"
    assert plain("عبد الرحمن") == "abd al rhmn"


def test_nothing_is_no_key() -> None:
    assert keys("") == set()
    assert keys(" - ' ") == set()


@given(st.text(max_size=40))
@example("Uز")
def test_case_order_and_form_do_not_matter(text: str) -> None:
    found = keys(text)
    assert all(isinstance(one, str) and one for one in found)
    assert plain(plain(text)) == plain(text)


@given(st.lists(st.sampled_from(["Anna", "Müller", "Olena", "de", "Шевченко", "Jean"]), max_size=3))
def test_order_of_words_does_not_matter(parts: list[str]) -> None:
    single = {key for part in parts for key in keys(part)}
    assert keys(" ".join(parts)) & single == keys(" ".join(reversed(parts))) & single
