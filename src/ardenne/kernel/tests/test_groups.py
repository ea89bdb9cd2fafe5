"""Patients that are one person: the groups against a naive evaluation of who replaces whom, over random histories."""

from __future__ import annotations

import random

from ardenne.kernel.store import groups
from ardenne.kernel.testing import TestNode

_PATIENTS = range(1, 9)
_STEPS = 40


def _naive(replaced: dict[int, int]) -> dict[int, set[int]]:
    def last(one: int) -> int:
        return last(replaced[one]) if one in replaced else one

    return {one: {other for other in _PATIENTS if last(other) == last(one)} for one in _PATIENTS}


async def _history(node: TestNode, seed: int) -> None:
    chance = random.Random(seed)
    replaced: dict[int, int] = {}
    for _step in range(_STEPS):
        async with node.database.transaction() as connection:
            await groups.lock(connection)
            if replaced and chance.random() < 0.4:
                patient = chance.choice(sorted(replaced))
                assert await groups.part(connection, patient, replaced.pop(patient))
            else:
                free = [one for one in _PATIENTS if one not in replaced]
                if len(free) < 2:
                    continue
                patient, survivor = chance.sample(free, 2)
                replaced[patient] = survivor
                await groups.join(connection, patient, survivor)
        await groups.refresh(node.database)
        for one, expected in _naive(replaced).items():
            assert set(groups.widened([one])) == expected
            assert groups.is_merged(one) == (len(expected) > 1)
            last = one
            while last in replaced:
                last = replaced[last]
            assert await groups.survivor(node.database, one) == last


def test_groups_follow_every_join_and_part(node: TestNode) -> None:
    for seed in range(4):
        node.empty()
        node.run(_history(node, seed))
    node.empty()


def test_parting_what_was_not_joined_changes_nothing(node: TestNode) -> None:
    async def part() -> bool:
        async with node.database.transaction() as connection:
            return await groups.part(connection, 1, 2)

    assert not node.run(part())
