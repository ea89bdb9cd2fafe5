"""A plan of visits for somebody who missed doses: as few visits as the windows allow, as few injections at each. Pure.

Vaccines are chosen from the products of the table: a combined vaccine covers several groups with one injection when
each of the groups needs a dose on that day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from ardenne.services.vaccination.forecasts import Due
from ardenne.services.vaccination.nomenclature import starter


@dataclass(frozen=True, slots=True)
class Visit:
    """A day, the injections proposed, and the vaccine groups that they serve."""

    day: date
    injections: tuple[str, ...]
    groups: tuple[str, ...]


def plan_visits(dues: Sequence[Due], today: date) -> list[Visit]:
    """The fewest visits at which every group gets its next dose in its window (the next dose of each group only).

    The window of a dose lasts from the day on which it is recommended (possible, when it is overdue) to the last day before
    it is overdue. Taking the window that ends first, and all that are open then, is what needs fewest days.
    """
    windows = sorted(
        (*_window(one, today), one.group, place) for place, one in enumerate(dues) if _is_open(one)
    )
    windows.sort(key=lambda window: (window[1], window[0]))
    visits = []
    while windows:
        last = windows[0][1]
        together = [window for window in windows if window[0] <= last]
        windows = [window for window in windows if window[0] > last]
        needed = [dues[place] for _start, _end, _group, place in together]
        day = max(start for start, *_rest in together)
        visits.append(Visit(day, tuple(fewest_injections(needed)), tuple(one.group for one in needed)))
    return visits


def _is_open(one: Due) -> bool:
    return one.state in ("overdue", "due", "later") and bool(one.recommended and one.earliest)


def _window(one: Due, today: date) -> tuple[date, date]:
    assert one.recommended is not None and one.earliest is not None
    start = max(today, one.earliest if one.state == "overdue" else one.recommended)
    return start, max(start, one.past_due or start)


def fewest_injections(needed: Sequence[Due]) -> list[str]:
    """Names of the fewest products that together hold a preferable valence of every group, and no other antigen besides.

    Groups for which no product is known stand under their own names. Exact: all sets of groups that so many products
    can serve are followed until one is the whole.
    """
    allowed = frozenset(code for due in needed for choice in due.valences for code in choice)
    serving = _products(allowed, tuple((due.group, due.valences) for due in needed))
    whole = frozenset(group for groups in serving.values() for group in groups)
    reached: dict[frozenset[str], tuple[str, ...]] = {frozenset(): ()}
    border = [frozenset[str]()]
    while whole not in reached:
        following = []
        for state in border:
            for name, groups in serving.items():
                if (more := state | groups) not in reached:
                    reached[more] = (*reached[state], name)
                    following.append(more)
        border = following
    return [*reached[whole], *sorted(due.group for due in needed if due.group not in whole)]


@lru_cache(maxsize=512)
def _products(
    allowed: frozenset[str], needs: tuple[tuple[str, tuple[frozenset[str], ...]], ...]
) -> dict[str, frozenset[str]]:
    """Products that hold nothing but what is allowed, with the groups that each serves; of equal ones the first by name."""
    found: dict[frozenset[str], str] = {}
    for vaccine in starter().choices():
        held = frozenset(vaccine.valences)
        if not vaccine.product or not held or not held <= allowed:
            continue
        # A group of several antigens needs a valence of each (diphtheria, tetanus and pertussis).
        groups = frozenset(group for group, choices in needs if all(held & choice for choice in choices))
        if groups:
            found.setdefault(groups, vaccine.name)
    return {name: groups for groups, name in sorted(found.items(), key=lambda one: (-len(one[0]), one[1]))}
