"""The queue of documents whose facts are to be read out of their contents."""

from __future__ import annotations

from collections.abc import Sequence

from ardenne.kernel.store.database import Connection, Database

_QUEUE = (
    "insert into document_facts (document) select * from unnest($1::text[]) on conflict (document) do nothing"
)
_CLAIM = """
update document_facts f
   set attempts = f.attempts + 1, due = now() + least(interval '1 hour', interval '10 seconds' * 2 ^ f.attempts)
 where f.document = (select document from document_facts where done is null and due <= now()
                      order by due, document limit 1 for update skip locked)
returning f.document, f.attempts
"""
_DONE = "update document_facts set done = now(), problem = $2 where document = $1"
_WAITING = "select count(*) from document_facts where done is null"
_PROBLEM = "select problem from document_facts where document = $1 and done is not null"


async def queue(connection: Connection, documents: Sequence[str]) -> None:
    """Queue documents (ids of DocumentReferences) in the transaction that stores them."""
    await connection.execute(_QUEUE, list(documents))


async def claim(database: Database) -> tuple[str, int] | None:
    """Take the next document and say at which attempt; it comes again later unless it is done. None: none is due."""
    async with database.connection() as connection:
        row = await connection.fetchrow(_CLAIM)
    return (row[0], row[1]) if row is not None else None


async def done(connection: Connection, document: str, problem: str = "") -> None:
    """Take a document out of the queue, with the facts in one transaction."""
    await connection.execute(_DONE, document, problem[:100])


async def waiting(database: Database) -> int:
    """Return how many documents wait."""
    return int((await database.fetch(_WAITING))[0][0])


async def problem(database: Database, document: str) -> str | None:
    """Return the rule by which no facts were taken of a document, empty when all is well; None while it waits."""
    rows = await database.fetch(_PROBLEM, document)
    return str(rows[0][0]) if rows else None
