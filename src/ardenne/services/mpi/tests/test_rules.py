"""Distance, comparison, keys, guards: the rules of matching on small cases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardenne.services.mpi.rules.blocking import ENOUGH, asked_keys, kept_keys
from ardenne.services.mpi.rules.comparison import FIELDS, LEVELS, MISSING, compare
from ardenne.services.mpi.rules.decision import ASK, LINK, NEW, decide
from ardenne.services.mpi.rules.distance import edits, within
from ardenne.services.mpi.rules.training import shipped, train
from ardenne.services.mpi.rules.traits import Traits, prepare
from ardenne.services.mpi.rules.weights import Scorer, explained

ANNA = prepare(
    given="Anna Maria", family="Weber", birth="1980-02-01", sex="F", numbers=(("", "1980020145711"),),
    postcode="L-1234", city="Luxembourg", street="rue du Fort", house="7", phone="+352 621 123 456",
)  # fmt: skip


def slow_edits(one: str, other: str) -> int:
    """Optimal string alignment by its textbook table."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for row in range(len(one) + 1):
        for column in range(len(other) + 1):
            if not row or not column:
                table[row][column] = row or column
                continue
            best = min(
                table[row - 1][column] + 1,
                table[row][column - 1] + 1,
                table[row - 1][column - 1] + (one[row - 1] != other[column - 1]),
            )
            swapped = row > 1 and column > 1 and one[row - 1] == other[column - 2]
            if swapped and one[row - 2] == other[column - 1]:
                best = min(best, table[row - 2][column - 2] + 1)
            table[row][column] = best
    return table[-1][-1]


@given(st.text(alphabet="abcd", max_size=9), st.text(alphabet="abcd", max_size=9), st.sampled_from([1, 2]))
def test_distance_equals_the_textbook(one: str, other: str, most: int) -> None:
    assert edits(one, other) == slow_edits(one, other)
    assert within(one, other, most) == (slow_edits(one, other) <= most)


def level(trait: str, other: Traits) -> str:
    found = compare(ANNA, other)[FIELDS.index(trait)]
    return "missing" if found == MISSING else LEVELS[trait][found]


@pytest.mark.parametrize(
    ("trait", "changed", "expected"),
    [
        ("given", {"given": ("anna",)}, "part"),
        ("given", {"given": ("maria", "anna")}, "equal"),
        ("given", {"given": ("weber",), "family": ("anna", "maria")}, "swapped"),
        ("family", {"family": ("webre",)}, "mistyped"),
        ("family", {"family": ("da",)}, "missing"),
        ("birth", {"birth": "19800102"}, "swapped"),
        ("birth", {"birth": "19800211"}, "mistyped"),
        ("birth", {"birth": "19800219"}, "one part differs"),
        ("birth", {"birth": "19810505"}, "different"),
        ("number", {"numbers": (("LU_MATRICULE", "1980020145712", False),)}, "mistyped"),
        ("place", {"postcode": "1243"}, "one of two"),
        ("street", {"street": "rue du fart"}, "equal"),
        ("phone", {"phone": "21123456"}, "equal"),
        ("sex", {"sex": ""}, "missing"),
    ],
)
def test_levels(trait: str, changed: dict[str, object], expected: str) -> None:
    assert level(trait, ANNA._replace(**changed)) == expected  # type: ignore[arg-type]


def shared(asked: Traits, kept: Traits) -> int:
    """What the keys that two identities share are worth."""
    found = set(kept_keys(kept))
    return sum(worth for key, worth in asked_keys(asked).items() if key in found)


@pytest.mark.parametrize(
    "changed",
    [
        {"family": ("mueller",), "postcode": "9999", "street": "", "phone": ""},
        {"numbers": (), "phone": "", "birth": "19800102"},
        {"numbers": (), "phone": "", "birth": "19810201"},
        {"given": ("weber",), "family": ("anna",), "numbers": (), "phone": ""},
        {"numbers": (), "birth": "", "phone": ""},
        {"numbers": (), "phone": "", "postcode": "", "city": "", "street": "", "birth": "19800219"},
        {"numbers": (), "phone": "", "postcode": "", "street": "", "given": ()},
        {"numbers": (), "phone": "", "birth": "1980", "street": ""},
        {"numbers": (), "phone": "", "birth": "19810205", "given": ("a",)},
    ],
)
def test_keys_survive_what_changes(changed: dict[str, object]) -> None:
    other = ANNA._replace(**changed)  # type: ignore[arg-type]
    assert shared(ANNA, other) >= ENOUGH
    assert shared(other, ANNA) >= ENOUGH


def test_neighbours_namesakes_and_those_of_one_birthday_are_not_compared() -> None:
    stranger = prepare(
        given="Carlos", family="Ferreira", birth="1971-09-30", postcode="9999", street="Grand-Rue"
    )
    for changed in (
        {"postcode": "1234", "street": "rue du fort", "house": "7"},
        {"birth": "19800201"},
        {"given": ("anna", "maria"), "family": ("weber",), "birth": "19801205"},
    ):
        assert shared(ANNA, stranger._replace(**changed)) < ENOUGH  # type: ignore[arg-type]


def scorer(relatives: float = 0.3) -> Scorer:
    import msgspec

    return Scorer(msgspec.structs.replace(train([]), relatives=relatives), 1_000_000)


def test_the_same_person_is_linked_and_the_decision_explained() -> None:
    decision = decide(scorer(), ANNA, ANNA._replace(postcode="9999", street="", phone=""))
    assert decision.outcome == LINK
    parts = explained(decision.score)
    assert parts[0].trait == "number"
    assert sum(part.bits for part in parts) + decision.score.prior == pytest.approx(
        decision.score.weight, abs=0.2
    )


def test_twins_are_never_linked_by_the_machine() -> None:
    twin = ANNA._replace(given=("louise",), numbers=())
    assert decide(scorer(), ANNA, twin).outcome in (ASK, NEW)
    first = ANNA._replace(given=("enfant",), birth="20260101", birth_order="1", numbers=())
    second = first._replace(birth_order="2")
    decision = decide(scorer(), first, second)
    assert "twins" in decision.guards
    assert decision.outcome != LINK


def test_a_number_that_two_persons_use_is_asked_about() -> None:
    child = ANNA._replace(given=("leo",), birth="20250105", sex="male", phone="")
    decision = decide(scorer(), ANNA, child)
    assert "shared-number" in decision.guards
    assert decision.outcome == ASK


def test_two_valid_numbers_are_never_linked_by_the_machine() -> None:
    one = ANNA._replace(numbers=(("LU_MATRICULE", "1980010145728", True),))
    other = ANNA._replace(numbers=(("LU_MATRICULE", "1976061212386", True),))
    assert decide(scorer(), one, other).outcome != LINK


def test_thin_evidence_does_not_link_valid_numbers_of_two_countries() -> None:
    one = ANNA._replace(numbers=(("LU_MATRICULE", "1980010145728", True),), phone="")
    sister = one._replace(given=("maria",), numbers=(("BE_NISS", "85073003328", True),))
    decision = decide(scorer(), one, sister)
    assert "two-countries" in decision.guards and decision.outcome != LINK
    commuter = ANNA._replace(numbers=(("BE_NISS", "85073003328", True),))
    shipped_scorer = Scorer(shipped(), 1_000_000)
    assert decide(shipped_scorer, ANNA._replace(numbers=one.numbers), commuter).outcome == LINK
    assert decide(shipped_scorer, one, sister._replace(numbers=())).guards == ()
