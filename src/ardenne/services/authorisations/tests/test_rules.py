"""The steps of an application, its checklist and its times."""

from __future__ import annotations

from datetime import date, timedelta
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardenne.services.authorisations import pages, rules
from ardenne.services.authorisations.rules import Case, NotAllowed

TODAY = date(2026, 3, 1)
DATA = rules.jurisdiction("lu")
ALL = dict.fromkeys(DATA.checklist["permanent"], "accepted")


def after(
    state: str, act: str, by: str = "officer", verdicts: dict[str, str] | None = None, **more: str
) -> str:
    case = Case(more.get("kind", "permanent"), state, ALL if verdicts is None else verdicts, TODAY)
    return rules.step("lu", case, act, by, more.get("reason", "a reason in words"), TODAY)


def refused(*arguments: object, **named: object) -> str:
    with pytest.raises(NotAllowed) as error:
        after(*arguments, **named)  # type: ignore[arg-type]
    return error.value.rule


def test_the_four_legal_registers_and_their_laws() -> None:
    """Activity report 2024, "Professions de Santé": laws of 1983, 1991, 1992 and 2015."""
    years = {name: register.law.split(" du ")[1].split()[2] for name, register in DATA.registers.items()}
    assert years == {
        "doctors": "1983", "pharmacists": "1991", "health-professions": "1992", "psychotherapists": "2015",
    }  # fmt: skip


def test_the_way_of_an_application() -> None:
    assert after("draft", "submit", "applicant") == "submitted"
    assert after("submitted", "take") == "in-review"
    assert after("in-review", "ask") == "incomplete"
    assert after("incomplete", "submit", "applicant") == "submitted"
    assert after("in-review", "grant") == "granted"
    assert after("in-review", "refuse") == "refused"
    assert after("refused", "appeal", "applicant") == "appealed"
    assert after("appealed", "allow") == "granted"
    assert after("appealed", "dismiss") == "dismissed"
    assert after("granted", "suspend") == "suspended"
    assert after("suspended", "reinstate") == "granted"
    assert after("suspended", "withdraw") == "withdrawn"
    assert after("granted", "expire", "node") == "expired"


def test_steps_have_their_persons_states_and_reasons() -> None:
    assert refused("granted", "grant") == "step"
    assert refused("in-review", "grant", "applicant") == "by"
    assert refused("granted", "withdraw", reason="no") == "reason"
    assert refused("draft", "nonsense") == "step"


def test_the_checklist_must_be_sent_and_accepted() -> None:
    some = {"identity": "open", "diploma": "open"}
    assert refused("draft", "submit", "applicant", some) == "checklist"
    assert after("draft", "submit", "applicant", dict.fromkeys(ALL, "open")) == "submitted"
    assert refused("in-review", "grant", "officer", dict.fromkeys(ALL, "open")) == "checklist"
    assert refused("incomplete", "submit", "applicant", {**ALL, "diploma": "rejected"}) == "checklist"


def test_an_appeal_has_its_time() -> None:
    case = Case("permanent", "refused", ALL, TODAY - timedelta(days=DATA.times.appeal_days))
    assert rules.step("lu", case, "appeal", "applicant", "I disagree because", TODAY) == "appealed"
    late = case._replace(decided=TODAY - timedelta(days=DATA.times.appeal_days + 1))
    with pytest.raises(NotAllowed, match="was possible until"):
        rules.step("lu", late, "appeal", "applicant", "I disagree because", TODAY)


def test_temporary_services_hold_a_year() -> None:
    """Directive 2005/36/EC, article 7: the declaration is renewed once a year."""
    assert rules.ends("lu", "temporary", date(2026, 3, 1)) == date(2027, 2, 28)
    assert rules.ends("lu", "permanent", date(2026, 3, 1)) is None


def test_only_professions_of_the_registers_can_be_asked_for() -> None:
    assert rules.wanted("lu", "urology", "permanent").register == "doctors"
    for code, kind, rule in (("doctor-specialist", "permanent", "profession"), ("x", "permanent", "profession"),
                             ("nurse", "for ever", "kind")):  # fmt: skip
        with pytest.raises(NotAllowed) as error:
            rules.wanted("lu", code, kind)
        assert error.value.rule == rule


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(DATA.steps)), st.sampled_from(["applicant", "officer", "node"]))
    )
)
def test_nobody_practises_without_a_grant(acts: list[tuple[str, str]]) -> None:
    """Whatever is tried in whatever order: in force only after grant, allow or reinstate by an officer."""
    state, granted = "draft", False
    for act, by in acts:
        try:
            state = after(state, act, by)
        except NotAllowed:
            continue
        granted = granted or (act in ("grant", "allow") and by == "officer")
        assert state not in rules.IN_FORCE or granted


def test_a_node_without_register_data_serves_no_register_pages() -> None:
    served = [route.path for route in pages.routes(Mock(), Mock(), "lu")]
    assert "/authorisation" in served and "/desk/authorisations" in served
    assert pages.routes(Mock(), Mock(), "be-wal") == []
