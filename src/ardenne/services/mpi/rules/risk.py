"""How urgent a question is, from 1 to 5: the table ``data/risk.json`` by guard, else by weight. Pure."""

from __future__ import annotations

import functools
import importlib.resources

import msgspec

from ardenne.services.mpi.rules.decision import LINK, Decision


@functools.cache
def _table() -> dict[str, int]:
    data = (importlib.resources.files("ardenne.services.mpi") / "data" / "risk.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, int])


def risk(decision: Decision) -> int:
    """Return the highest risk that a guard of the decision has; without guards that of its zone."""
    table = _table()
    found = [table[guard] for guard in decision.guards if guard in table]
    return max(found, default=table[LINK if decision.outcome == LINK else "ask"])
