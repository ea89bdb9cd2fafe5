"""A plan of visits for somebody who missed doses: few visits, and few injections at each. Pure.

Vaccines are chosen from the products of the table: a combined vaccine covers several groups with one injection when
each of the groups needs a dose on that day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ardenne.services.vaccination.forecasts import Due
from ardenne.services.vaccination.nomenclature import Vaccine, starter


@dataclass(frozen=True, slots=True)
class Visit:
    """A day, the injections proposed, and the vaccine groups that they serve."""

    day: date
    injections: tuple[str, ...]
    groups: tuple[str, ...]


def plan_visits(dues: Sequence[Due], today: date) -> list[Visit]:
    """Today what is due, then the next days on which something becomes due (the next dose of each group only)."""
    open_ = [
        one for one in dues if one.state in ("overdue", "due", "later") and one.recommended and one.earliest
    ]
    by_day: dict[date, list[Due]] = {}
    for one in open_:
        assert one.recommended is not None and one.earliest is not None
        day = max(today, one.earliest if one.state == "overdue" else one.recommended)
        by_day.setdefault(day, []).append(one)
    return [
        Visit(day, tuple(fewest_injections(needed)), tuple(one.group for one in needed))
        for day, needed in sorted(by_day.items())
    ]


def fewest_injections(needed: Sequence[Due]) -> list[str]:
    """Names of products that together hold a preferable valence of every group, and no live or other antigen besides.

    Greedy by how many groups one product serves: exact for the disjoint combinations that exist.
    """
    left = {due.group: due.valences for due in needed}
    allowed = {code for valences in left.values() for choice in valences for code in choice}
    found: list[str] = []
    while left:
        best, served = _best(left, allowed)
        if best is None:
            found += sorted(left)
            break
        found.append(best.name)
        left = {group: valences for group, valences in left.items() if group not in served}
    return found


def _best(left: dict[str, tuple[frozenset[str], ...]], allowed: set[str]) -> tuple[Vaccine | None, set[str]]:
    best: Vaccine | None = None
    served: set[str] = set()
    for vaccine in starter().choices():
        held = set(vaccine.valences)
        if not vaccine.product or not held or not held <= allowed:
            continue
        # A group of several antigens needs a valence of each (diphtheria, tetanus and pertussis).
        groups = {group for group, needs in left.items() if all(held & choice for choice in needs)}
        if len(groups) > len(served):
            best, served = vaccine, groups
    return best, served
