"""Lists are filtered by the same rules as single decisions: the policy as SQL against the function, on random data."""

from __future__ import annotations

import random
import uuid

from ardenne.kernel.policy import store
from ardenne.kernel.policy.clauses import Act
from ardenne.kernel.policy.decide import decide, permitted
from ardenne.kernel.policy.facts import PatientFacts
from ardenne.kernel.policy.matrix import shipped
from ardenne.kernel.policy.narrowing import narrowed
from ardenne.kernel.policy.standing import standing
from ardenne.kernel.policy.tests import cases
from ardenne.kernel.store import groups
from ardenne.kernel.store.database import Connection
from ardenne.kernel.store.permitted import Narrowed
from ardenne.kernel.store.predicates import Predicates
from ardenne.kernel.store.resources import RowFacts
from ardenne.kernel.testing import TestNode

ROUNDS = 25
ROWS = 200
_INSERT = """
insert into resource (type, method, version, self, patient, low, high, updated, id, category, level, embargo,
                      withheld, authors, creator, body)
values (1, 1, 1, $1, $2, 0, 0, 0, $3, $4, $5, $6, $7, $8, $9, '{}')
"""


async def _fill(connection: Connection, rows: list[RowFacts], known: dict[int, PatientFacts]) -> None:
    await connection.executemany(
        _INSERT,
        [
            (row.self_hash, row.patient, str(row.self_hash), row.category, row.level, row.embargo, row.withheld,
             row.authors, row.creator)
            for row in rows
        ],
    )  # fmt: skip
    for patient, facts in known.items():
        await connection.execute(
            "insert into policy_record (patient, patient_id, state, emergency_level) values ($1, '', $2, $3)",
            patient, facts.state, facts.emergency_level,
        )  # fmt: skip
        for grant in facts.grants:
            await connection.execute(
                "insert into policy_grant values ($1, $2, $3, '', $4, $5, $6, $7, '')",
                uuid.uuid4(), patient, grant.party, grant.kind, grant.level, grant.starts, grant.ends,
            )  # fmt: skip
        for one in facts.exclusions:
            await connection.execute(
                "insert into policy_exclusion values ($1, $2, $3, '', $4, $5, $6, '')",
                uuid.uuid4(), patient, one.party, one.document, one.starts, one.ends,
            )  # fmt: skip


async def _listed(connection: Connection, rules: Narrowed, patient: int) -> set[int]:
    write = Predicates()
    where = write.write(rules, "r")
    text = f"select r.self from resource r where {where} and r.patient = {patient}"
    return {record[0] for record in await connection.fetch(text, *write.arguments)}


async def _round(node: TestNode, seed: int) -> tuple[int, int]:
    chance = random.Random(seed)
    found = standing(cases.caller(chance), shipped(chance.choice(("lu", "be-wal"))))
    rows = [cases.row(chance, found.account) for _ in range(ROWS)]
    hashes = [row.self_hash for row in rows]
    known = {patient: cases.facts(chance, found, chance.choice(hashes)) for patient in cases.PATIENTS}
    async with node.database.connection() as connection:
        outer = connection.transaction()
        await outer.start()
        try:
            await _fill(connection, rows, known)
            if seed % 2:
                # three patients are one person, two others another
                for loser, survivor in ((0, 1), (1, 2), (3, 4)):
                    await groups.join(connection, cases.PATIENTS[loser], cases.PATIENTS[survivor])
                await groups.refresh(connection)
            loaded = await store.facts(connection, cases.PATIENTS, found.parties)
            permits = 0
            for act in Act:
                write = Predicates()
                where = write.write(permitted(found, act, cases.NOW), "r")
                listed = {
                    record[0]
                    for record in await connection.fetch(
                        f"select r.self from resource r where {where}", *write.arguments
                    )
                }
                expected = {
                    row.self_hash
                    for row in rows
                    if decide(found, loaded.get(row.patient or 0, PatientFacts()), row, act, cases.NOW).permit
                }
                assert listed == expected, (seed, act, found.caller)
                permits += len(expected)
                for patient, facts in loaded.items():
                    own = {row.self_hash for row in rows if row.patient == patient}
                    rules = narrowed(permitted(found, act, cases.NOW), patient, facts)
                    if rules is None:
                        assert facts.others
                        continue
                    assert await _listed(connection, rules, patient) == expected & own, (seed, act, facts)
                    for version in (-1, None):
                        changed = rules._replace(version=version)
                        assert not await _listed(connection, changed, patient)
            return permits, len(rows) * len(Act)
        finally:
            await outer.rollback()
            groups.forget()


def test_a_list_holds_exactly_what_single_decisions_permit(node: TestNode) -> None:
    permits = total = 0
    for seed in range(ROUNDS):
        some, all_ = node.run(_round(node, seed))
        permits += some
        total += all_
    # neither everything nor nothing: the comparison would prove little
    assert 0.05 < permits / total < 0.95
