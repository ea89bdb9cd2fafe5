"""The second assertion of a message across borders: who treats whom (IHE XUA with the rules of MyHealth@EU).

The first assertion says who the professional is; this one, of the point of care, that the person is there. It names the
first by its id (Advice/AssertionIDRef), has the same subject and holds at most two hours. Pure; signatures are verified
before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ardenne.standards.saml.assertion import SKEW, Assertion

QUALIFIER = "urn:ehdsi:assertions:trc"
PROFESSIONAL = "urn:ehdsi:assertions:hcp"
LONGEST = timedelta(hours=2)
LONGEST_PROFESSIONAL = timedelta(hours=4)
_PATIENT = re.compile(r"([^\^&]{1,64})\^\^\^&([0-2](?:\.(?:0|[1-9]\d*))+)&ISO")


class Treated(NamedTuple):
    """Whom an assertion names: a number and the OID of its authority."""

    value: str
    authority: str


def is_treatment(found: Assertion) -> bool:
    """Tell whether an assertion is about a treatment relationship."""
    return found.qualifier == QUALIFIER or bool(found.references)


def treated(found: Assertion) -> Treated | None:
    """Return the person whom an assertion names (``number^^^&OID&ISO``), None when none can be read."""
    for text in (found.name, found.resource):
        match = _PATIENT.fullmatch(text.strip())
        if match:
            return Treated(match[1], match[2])
    return None


def check_treatment(
    found: Assertion, professional: Assertion, audiences: Sequence[str], now: datetime
) -> list[str]:
    """Return what speaks against a treatment assertion beside that of its professional; nothing when it holds."""
    problems = []
    if not found.signed:
        problems.append("the treatment assertion is not signed")
    if found.not_on_or_after is None or found.not_before is None:
        problems.append("the treatment assertion says no time (Conditions/@NotBefore, @NotOnOrAfter)")
    else:
        if now >= found.not_on_or_after + SKEW:
            problems.append("the treatment assertion has expired")
        if now < found.not_before - SKEW:
            problems.append("the treatment assertion does not hold yet")
        if found.not_on_or_after - found.not_before > LONGEST:
            problems.append("the treatment assertion holds longer than two hours")
    if found.audiences and not set(audiences) & set(found.audiences):
        problems.append("the treatment assertion is meant for somebody else (Conditions/AudienceRestriction)")
    if professional.id not in found.references:
        problems.append("the treatment assertion rests on another assertion (Advice/AssertionIDRef)")
    if found.subject != professional.subject:
        problems.append("the treatment assertion speaks of another professional (Subject/NameID)")
    if treated(found) is None:
        problems.append("the treatment assertion names no person as number^^^&oid&ISO")
    if len(found.purposes) != 1:
        problems.append(
            f"the treatment assertion names {len(found.purposes)} purposes of use: exactly one is needed"
        )
    return problems


def lives_too_long(found: Assertion) -> bool:
    """Tell whether the assertion of a professional of another country holds longer than four hours."""
    if found.not_before is None or found.not_on_or_after is None:
        return False
    return found.not_on_or_after - found.not_before > LONGEST_PROFESSIONAL
