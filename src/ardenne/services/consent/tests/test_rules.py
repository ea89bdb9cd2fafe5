"""What a Consent says. Shapes: IHE PCF 1.1 (Basic, Intermediate, Advanced), Swiss templates 202, 203, 301 and 304."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.services.consent.rules import (
    ALWAYS,
    ConsentError,
    Directive,
    What,
    consent,
    directives,
    template_of,
)
from ardenne.services.consent.templates import templates
from ardenne.standards.fhir import dates, validator

DAY = dates.span("2026-12-31")


def basic(kind: str, **root: Any) -> dict[str, Any]:
    return {"resourceType": "Consent", "status": "active", "provision": {"type": kind, **root}}


def actor(reference: str) -> dict[str, Any]:
    return {"role": {"text": "recipient"}, "reference": {"reference": reference}}


@pytest.mark.parametrize("name", sorted(templates()))
def test_every_template_makes_a_valid_consent_that_says_what_it_should(name: str) -> None:
    party = "Practitioner/x" if name.startswith(("grant", "delegate", "exclude")) else ""
    made = consent(
        name, 1, "p", "text", "fr", "2026-11-25T10:00:00Z", party=party, end="2026-12-31" if party else ""
    )
    assert validator.validate(made) == []
    assert template_of(made) == name
    span = (ALWAYS[0], DAY[1])
    expected = {
        "close-record": Directive(What.CLOSE),
        "oppose-record": Directive(What.OPPOSE),
        "grant-normal": Directive(What.GRANT, "Practitioner/x", 0, span),
        "grant-restricted": Directive(What.GRANT, "Practitioner/x", 1, span),
        "delegate-normal": Directive(What.GRANT, "Practitioner/x", 0, span, may_pass_on=True),
        "delegate-restricted": Directive(What.GRANT, "Practitioner/x", 1, span, may_pass_on=True),
        "exclude": Directive(What.EXCLUDE, "Practitioner/x", 0, span),
        "emergency-none": Directive(What.EMERGENCY, level=-1),
        "emergency-normal": Directive(What.EMERGENCY, level=0),
        "new-restricted": Directive(What.NEW, level=1),
        "new-secret": Directive(What.NEW, level=2),
        "research-no": Directive(What.RESEARCH),
    }[name]
    assert directives(made) == [expected]
    assert set(templates()[name].texts) == {"fr", "de", "lb", "en", "pt"} == set(templates()[name].titles)


def test_what_is_not_active_says_nothing() -> None:
    assert directives({**basic("deny"), "status": "inactive"}) == []
    assert directives({"resourceType": "Consent", "status": "active"}) == []


def test_exceptions_of_an_intermediate_consent_turn_the_root_around() -> None:
    found = directives(basic("deny", provision=[{"actor": [actor("Organization/o")]}]))
    assert found == [Directive(What.CLOSE), Directive(What.GRANT, "Organization/o")]
    found = directives(
        basic("permit", provision=[{"type": "deny", "actor": [actor("https://node/fhir/Practitioner/p")]}])
    )
    assert found == [Directive(What.EXCLUDE, "Practitioner/p")]


def test_a_document_can_be_kept_from_one_party() -> None:
    data = [{"meaning": "instance", "reference": {"reference": "DocumentReference/d"}}]
    found = directives(
        basic("permit", provision=[{"type": "deny", "actor": [actor("Practitioner/p")], "data": data}])
    )
    assert found == [Directive(What.EXCLUDE, "Practitioner/p", document="DocumentReference/d")]


def test_periods_are_cut_to_the_root() -> None:
    root = {"period": {"start": "2026-01-01", "end": "2026-06-30"}}
    inner = {"type": "deny", "actor": [actor("Practitioner/p")], "period": {"end": "2026-12-31"}}
    (found,) = directives(basic("permit", **root, provision=[inner]))
    assert found.span == (dates.span("2026-01-01")[0], dates.span("2026-06-30")[1])


@pytest.mark.parametrize(
    ("consent_", "told"),
    [
        (basic("permit", actor=[actor("Group/g")]), "Practitioner"),
        (basic("permit", provision=[{"provision": [{"type": "deny"}]}]), "beside each other"),
        (basic("deny", data=[{"reference": {"reference": "DocumentReference/d"}}]), "actor"),
        (basic("permit", period={"start": "soon"}), "period"),
    ],
)
def test_what_cannot_be_enforced_is_refused_with_the_reason(consent_: dict[str, Any], told: str) -> None:
    with pytest.raises(ConsentError, match=told):
        directives(consent_)
