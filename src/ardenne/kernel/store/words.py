"""The index of words behind ``_text`` and ``_content``: filled in transaction order, in the background."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ardenne.kernel.store.database import Connection

LANGUAGES = ("simple", "french", "german", "english")

_LOCK = "select pg_try_advisory_xact_lock(7205114921)"
_BEGIN = "select upto::text, after_tx::text, after_pk from word_progress"
_PAGE = """
select r.pk, r.tx::text, r.body from resource r
 where (r.tx, r.pk) > ($1::text::xid8, $2) and r.tx < pg_snapshot_xmin(pg_current_snapshot())
 order by r.tx, r.pk limit $3
"""
_HORIZON = (
    "select pg_snapshot_xmin(pg_current_snapshot())::text, pg_snapshot_xmax(pg_current_snapshot())::text"
)
_DELETE = "delete from word_index where pk = any($1::bigint[])"


def _vector(text: str) -> str:
    return " || ".join(f"to_tsvector('{language}', {text})" for language in LANGUAGES)


_WRITE = f"""
insert into word_index (pk, narrative, content)
select p, {_vector("n")}, {_vector("c")} from unnest($1::bigint[], $2::text[], $3::text[]) u(p, n, c)
on conflict (pk) do update set narrative = excluded.narrative, content = excluded.content
"""
_PROGRESS = "update word_progress set upto = $1::text::xid8, after_tx = $2::text::xid8, after_pk = $3"


class Page(NamedTuple):
    """Versions to index: pk, transaction, body."""

    rows: Sequence[Any]
    horizon: str
    """No transaction below it runs any more."""
    newest: int
    """The number of the next transaction: how fast it grows tells how busy writers are."""
    reached: int


async def begin(connection: Connection, limit: int) -> Page | None:
    """Return the next versions, inside the caller's transaction; None when another process is at it."""
    if not await connection.fetchval(_LOCK):
        return None
    upto, after_tx, after_pk = await connection.fetchrow(_BEGIN)  # type: ignore[misc]
    horizon, newest = await connection.fetchrow(_HORIZON)  # type: ignore[misc]
    rows = await connection.fetch(_PAGE, after_tx, after_pk, limit)
    return Page(rows, horizon, int(newest), int(upto))


async def finish(
    connection: Connection,
    page: Page,
    texts: Sequence[tuple[int, str, str]],
    gone: Sequence[int],
    complete: bool,
) -> None:
    """Write the words of a page (key, narrative, content) and how far that is."""
    if gone:
        await connection.execute(_DELETE, list(gone))
    if texts:
        keys, narratives, contents = zip(*texts, strict=True)
        await connection.execute(_WRITE, list(keys), list(narratives), list(contents))
    if complete:
        await connection.execute(_PROGRESS, page.horizon, str(int(page.horizon) - 1), _LAST_KEY)
    elif page.rows:
        last = page.rows[-1]
        await connection.execute(_PROGRESS, last["tx"], last["tx"], last["pk"])


_LAST_KEY = (1 << 63) - 1


def found(column: str, query: str, scanned: str) -> str:
    """Return SQL for the keys of resources with the words of ``query`` (a bound text).

    ``scanned``: the predicate that reads the row ``i``, for what is not indexed yet.
    """
    asked = " || ".join(f"websearch_to_tsquery('{language}', {query})" for language in LANGUAGES)
    reached = "(select upto from word_progress)"
    return (
        f"select w.pk from word_index w join resource i on i.pk = w.pk "
        f"where w.{column} @@ ({asked}) and i.tx < {reached} "
        f"union all select i.pk from resource i where i.tx >= {reached} and i.body is not null and {scanned}"
    )
