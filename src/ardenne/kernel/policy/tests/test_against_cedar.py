"""The decisions against an independent engine: Cedar, with the rules written out a second time as prose says them.

``ARDENNE_CEDAR`` sets how many requests are compared (default 20,000; 100,000 take about a minute).
"""

from __future__ import annotations

import os
import random
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cedarpy

from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy import matrix
from ardenne.kernel.policy.clauses import Act
from ardenne.kernel.policy.decide import decide
from ardenne.kernel.policy.facts import PatientFacts
from ardenne.kernel.policy.standing import Standing, standing
from ardenne.kernel.policy.tests import cases
from ardenne.kernel.store import hashing
from ardenne.kernel.store.resources import RowFacts

REQUESTS = int(os.environ.get("ARDENNE_CEDAR", "20000"))
BATCH = 2000
POLICIES = cedarpy.PolicySet.from_str((Path(__file__).parent / "policies.cedar").read_text("utf-8"))
_ORDINARY = {1, 3, 4, 6}


def table(jurisdiction: str) -> Callable[[str, int, str], str]:
    """Return a reader of the matrix that shares no code with ours: profession, category number, R or W → reach."""
    found = tomllib.loads(matrix.text_of(jurisdiction))
    numbers = {name: place for place, name in enumerate(found["columns"]["order"], 1)}
    fixed = {"IDENTITY": 1, "SUMMARY": 2, "CONSENT": 18}
    assert {name: numbers[name] for name in fixed} == fixed

    def reach(profession: str, category: int, letter: str) -> str:
        row = found["rows"].get(profession)
        text = row[category - 1] if row and category > 0 else ""
        words = text.split()
        for place, word in enumerate(words):
            if letter in word and word in ("R", "W", "RW"):
                after = words[place + 1 : place + 2]
                return after[0] if after and after[0] in ("own", "any", "restricted") else "relation"
        return "none"

    return reach


def context(
    found: Standing,
    facts: PatientFacts,
    row: RowFacts,
    act: Act,
    reach: Callable[[str, int, str], str],
    shared: set[int],
) -> dict[str, Any]:
    caller = found.caller
    now = cases.NOW
    in_force = [
        grant for grant in facts.grants if grant.starts <= now < grant.ends and grant.party in found.parties
    ]

    def best(kinds: set[int]) -> int:
        return max((grant.level for grant in in_force if grant.kind in kinds), default=-1)

    excluded = any(
        one.party in found.parties and one.starts <= now < one.ends and one.document in (None, row.self_hash)
        for one in facts.exclusions
    )
    patients = {hashing.self_hash("Patient", mandate.patient) for mandate in caller.mandates}
    full = {hashing.self_hash("Patient", mandate.patient) for mandate in caller.mandates if mandate.full}
    own = hashing.self_hash("Patient", caller.patient) if caller.patient else 0
    return {
        "kind": caller.kind.value, "profession": caller.profession, "purpose": caller.purpose.value, "act": act.value,
        "owned": row.patient is not None, "category": row.category, "level": row.level,
        "embargoed": row.embargo > now, "withheld": row.withheld,
        "treated": bool(caller.treats) and row.patient == hashing.self_hash("Patient", caller.treats),
        "own": row.patient == own, "represented": row.patient in patients, "representedFully": row.patient in full,
        "author": row.creator == found.account or bool(set(row.authors) & set(found.authorship)),
        "barred": row.patient is not None and (excluded or facts.state != 0), "shared": row.category in shared,
        "read": reach(caller.profession, row.category, "R"), "write": reach(caller.profession, row.category, "W"),
        "referringRead": reach("referring-doctor", row.category, "R"),
        "referringWrite": reach("referring-doctor", row.category, "W"),
        "emergencyRead": reach("emergency", row.category, "R"),
        "ordinary": best(_ORDINARY if caller.profession == "doctor" else _ORDINARY | {2}),
        "referring": best({2}), "emergency": best({5}), "emergencyLimit": facts.emergency_level,
    }  # fmt: skip


def test_every_decision_is_that_of_cedar() -> None:
    chance = random.Random(20261125)
    tables = {name: (matrix.shipped(name), table(name)) for name in ("lu", "be-wal")}
    permits = 0
    for _batch in range(0, REQUESTS, BATCH):
        requests, ours, told = [], [], []
        for _ in range(BATCH):
            held, reach = tables[chance.choice(("lu", "be-wal"))]
            found = standing(cases.caller(chance), held)
            row = cases.row(chance, found.account)
            if row.category == -1 and found.caller.kind is not Kind.SOFTWARE:
                row = row._replace(category=chance.randrange(1, 19))
            facts = cases.facts(chance, found, row.self_hash)
            act = chance.choice(list(Act))
            facts_of_request = context(found, facts, row, act, reach, {int(one) for one in held.shared})
            requests.append(
                {"principal": 'P::"x"', "action": 'A::"x"', "resource": 'R::"x"', "context": facts_of_request}
            )
            ours.append(decide(found, facts, row, act, cases.NOW).permit)
            told.append((found.caller, row, facts, act))
        theirs = cedarpy.is_authorized_batch(requests, POLICIES, [])
        for mine, other, about in zip(ours, theirs, told, strict=True):
            assert not other.diagnostics.errors
            assert mine == (other.decision == cedarpy.Decision.Allow), about
        permits += sum(ours)
    assert 0.05 < permits / REQUESTS < 0.95
