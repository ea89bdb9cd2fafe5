"""Which tokens very many resources have, as the planner's statistics know it.

A prepared question is planned without its values: a code that a third of all patients have looks as rare as one that nobody has.
Where that would cost most (``_has``), the statement is written in another way for these tokens.
"""

from __future__ import annotations

from ardenne.kernel.store.database import Database
from ardenne.kernel.store.types import NUMBERS

MANY, SHARE = 2_000, 0.02
"""Resources with a token from which on it counts as frequent, and how many there are for each Patient at least."""
_FREQUENT = """
with shares as (
    select e.token, e.share from pg_stats s
     cross join lateral unnest(s.most_common_elems::text::bigint[], s.most_common_elem_freqs::float8[]) e(token, share)
     where s.schemaname = current_schema() and s.tablename = 'resource' and s.attname = 'tokens' and e.token is not null),
patients as (
    select coalesce(sum(e.share), 0) as share from pg_stats s
     cross join lateral unnest(s.most_common_vals::text::smallint[], s.most_common_freqs::float8[]) e(type, share)
     where s.schemaname = current_schema() and s.tablename = 'resource' and s.attname = 'type' and e.type = $3)
select shares.token from shares cross join patients join pg_class c on c.oid = 'resource'::regclass
 where shares.share * c.reltuples >= $1 and shares.share >= patients.share * $2
"""


class _Process:
    """What this worker process knows."""

    tokens: frozenset[int] = frozenset()


def is_frequent(token: int) -> bool:
    """Tell whether very many resources have a token."""
    return token in _Process.tokens


async def learn(database: Database) -> None:
    """Take over what the statistics say now; nothing before the first analysis of the table."""
    rows = await database.fetch(_FREQUENT, float(MANY), SHARE, NUMBERS["Patient"])
    _Process.tokens = frozenset(row[0] for row in rows)
