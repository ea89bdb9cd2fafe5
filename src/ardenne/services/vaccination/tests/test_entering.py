"""What a vaccinator enters, and the plan of visits."""

from __future__ import annotations

from datetime import date

import pytest

from ardenne.services.vaccination.card import judge
from ardenne.services.vaccination.entering import EntryError, read_entry
from ardenne.services.vaccination.planning import fewest_injections, plan_visits
from ardenne.services.vaccination.schedules import load

_TODAY = date(2026, 3, 1)
_BOX = "(01)03400927349997(17)270531(10)W1C23M"


def test_a_scanned_box_is_enough() -> None:
    found = read_entry({"box": _BOX}, _TODAY)
    assert (found.vaccine.name, found.batch, found.expiry) == ("HEXYON", "W1C23M", "2027-05-31")
    assert (found.day, found.status, found.reported) == ("2026-03-01", "completed", False)


def test_history_from_paper_may_be_uncertain_and_without_batch() -> None:
    found = read_entry({"vaccine": "VAC0017", "day": "1995", "kind": "reported"}, _TODAY)
    assert (found.day, found.reported, found.batch) == ("1995", True, "")


def test_a_refusal_is_no_vaccination() -> None:
    found = read_entry({"vaccine": "VAC0017", "kind": "refused", "reason": "parents  refuse"}, _TODAY)
    assert (found.status, found.reason) == ("not-done", "parents refuse")


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"box": "hello"}, "box"),
        ({"box": "(01)00000000000000(10)A"}, "vaccine"),
        ({"vaccine": "VAC9999"}, "vaccine"),
        ({"vaccine": "VAC0017"}, "batch"),
        ({"box": _BOX, "day": "2026-03-02"}, "day"),
        ({"box": _BOX, "day": "2026"}, "day"),
        ({"box": _BOX, "day": "2026-02-30"}, "day"),
        ({"box": "(01)03400927349997(17)260228(10)A"}, "expiry"),
        ({"vaccine": "VAC0017", "kind": "deferred"}, "reason"),
    ],
)
def test_what_cannot_be_kept_names_its_field(form: dict[str, str], field: str) -> None:
    with pytest.raises(EntryError) as caught:
        read_entry(form, _TODAY)
    assert caught.value.field == field


def test_an_infant_of_two_months_needs_few_injections() -> None:
    """Luxembourg at two months: one hexavalent vaccine, pneumococcus, rotavirus; six groups, three products."""
    patient = {"birthDate": "2026-01-01", "gender": "female"}
    card = judge(patient, [], load("lu"), _TODAY)
    (first, *_later) = plan_visits(card.dues, _TODAY)
    assert first.day == _TODAY
    assert len(first.groups) == 6 and len(first.injections) == 3


def test_a_group_without_product_is_named_itself() -> None:
    card = judge({"birthDate": "2026-01-01"}, [], load("lu"), _TODAY)
    needed = [due for due in card.dues if due.group == "Polio"]
    assert fewest_injections(needed) == ["IMOVAX POLIO"]
    assert fewest_injections([]) == []
