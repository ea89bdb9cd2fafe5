"""Random callers, rows and directives for the proofs of the policy."""

from __future__ import annotations

import random

from ardenne.kernel.identity.caller import Caller, Kind, Mandate, Purpose
from ardenne.kernel.policy.facts import Exclusion, Grant, PatientFacts
from ardenne.kernel.policy.standing import Standing
from ardenne.kernel.store import hashing
from ardenne.kernel.store.resources import RowFacts

NOW = 1_700_000_000_000_000
PATIENTS = [hashing.self_hash("Patient", f"p{number}") for number in range(6)]
PROFESSIONS = (
    "doctor", "dentist", "pharmacist", "nurse", "midwife", "therapist", "laboratory", "imaging", "secretary",
    "foreign-doctor", "foreign-pharmacist", "unheard-of",
)  # fmt: skip
OFFICES = ("identity", "payer", "public-health", "data-protection", "operator", "policy", "auditor")
SYSTEMS = ("laboratory", "hospital", "platform", "imaging")


def caller(chance: random.Random) -> Caller:
    """Return a caller of any kind."""
    purpose = chance.choice(list(Purpose)) if chance.random() < 0.3 else Purpose.TREATMENT
    number = chance.randrange(4)
    match chance.randrange(10):
        case 0:
            return Caller(Kind.ANONYMOUS)
        case 1 | 2:
            mandates = tuple(
                Mandate(f"p{chance.randrange(6)}", "parent", chance.random() < 0.5)
                for _ in range(chance.randrange(3))
            )
            return Caller(Kind.CITIZEN, f"c{number}", patient=f"p{chance.randrange(6)}", mandates=mandates)
        case 3:
            return Caller(Kind.OFFICER, f"o{number}", profession=chance.choice(OFFICES), purpose=purpose)
        case 4:
            profession = chance.choice(SYSTEMS)
            return Caller(
                Kind.SOFTWARE, f"s{number}", profession=profession, organisation=f"org{number}", purpose=purpose
            )  # fmt: skip
    return Caller(
        Kind.PROFESSIONAL, f"a{number}", practitioner=f"d{number}", role=f"r{number}", organisation=f"org{number}",
        profession=chance.choice(PROFESSIONS), principal="d0" if chance.random() < 0.1 else "", purpose=purpose,
        treats=f"p{chance.randrange(6)}" if chance.random() < 0.3 else "",
    )  # fmt: skip


def row(chance: random.Random, account: int = 0) -> RowFacts:
    """Return the facts of a row of any kind."""
    owned = chance.random() < 0.85
    authors = [
        hashing.reference(
            chance.choice(("Practitioner/d", "PractitionerRole/r", "Organization/org")) + str(n)
        )
        for n in chance.sample(range(4), chance.randrange(3))
    ]
    return RowFacts(
        chance.getrandbits(60),
        chance.choice(PATIENTS) if owned else None,
        chance.choice((-1, 0, *range(1, 19)))
        if not owned or chance.random() < 0.1
        else chance.randrange(1, 19),
        chance.choice((0, 0, 1, 2)),
        chance.choice((0, 0, 0, NOW - 5, NOW + 5)),
        chance.random() < 0.2,
        authors,
        account if chance.random() < 0.1 else chance.getrandbits(40),
        1,
    )


def facts(chance: random.Random, standing: Standing, self_hash: int) -> PatientFacts:
    """Return directives that name parties of the caller, and others."""
    parties = [*standing.parties, 4711]

    def span() -> tuple[int, int]:
        return chance.choice(((NOW - 10, NOW + 10), (NOW - 10, NOW), (NOW + 1, NOW + 10), (NOW, NOW + 1)))

    grants = tuple(
        Grant(chance.choice(parties), chance.randrange(1, 7), chance.randrange(2), *span())
        for _ in range(chance.randrange(4))
    )
    exclusions = tuple(
        Exclusion(chance.choice(parties), chance.choice((None, self_hash, 99)), *span())
        for _ in range(1 if chance.random() < 0.15 else 0)
    )
    state = chance.choice((0,) * 9 + (1, 2))
    return PatientFacts(1, state, chance.choice((1, 1, 0, -1)), grants, exclusions)
