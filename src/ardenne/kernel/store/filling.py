"""Search indexes that are built after a database was filled: one sort instead of a search for the place of every row.

While they are away their definitions stand in a table, so that a process that died leaves a database that can be
mended: ``build`` makes whatever is missing. Unique indexes stay, for they are rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, Queue

import psycopg

RESOURCES = ("resource", "posting", "string_value", "date_value", "number_value", "position_value")
"""The tables of the resources and of what is searched in them."""
_KEEP = "create table if not exists index_deferred (name text primary key, definition text not null)"
_NOTE = """
insert into index_deferred
select c.relname, pg_get_indexdef(i.indexrelid) from pg_index i
  join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
 where t.relname = any(%s) and t.relnamespace = current_schema()::regnamespace and not i.indisunique
on conflict do nothing
"""
_DROP = """
do $$ declare one text; begin
    for one in select name from index_deferred loop execute format('drop index if exists %I', one); end loop;
end $$
"""
_IS_DEFERRED = "select to_regclass('index_deferred') is not null"
_WAITING = """
select d.definition from index_deferred d where not exists (
    select from pg_class c where c.relname = d.name and c.relnamespace = current_schema()::regnamespace and c.relkind = 'i')
 order by d.definition like '% gin %' desc, d.name
"""
_FORGET = "drop table index_deferred"
_MEMORY = "set maintenance_work_mem = '1GB'"
_ALONE = "set max_parallel_maintenance_workers = 0"


def defer(dsn: str, tables: Sequence[str]) -> None:
    """Take the search indexes of some tables away until ``build``. Nobody else may be working with them."""
    with psycopg.connect(dsn, autocommit=True) as connection, connection.transaction():
        connection.execute(_KEEP)
        connection.execute(_NOTE, (list(tables),))
        connection.execute(_DROP)


def build(dsn: str, connections: int = 2) -> int:
    """Build the indexes that were taken away, some at once; return how many there were."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        if connection.execute(_IS_DEFERRED).fetchone() != (True,):
            return 0
        waiting: Queue[str] = Queue()
        for (definition,) in connection.execute(_WAITING).fetchall():
            waiting.put(definition)
        count = waiting.qsize()
        with ThreadPoolExecutor(connections) as pool:
            for done in [pool.submit(_build, dsn, waiting) for _ in range(connections)]:
                done.result()
        connection.execute(_FORGET)
    return count


def _build(dsn: str, waiting: Queue[str]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_MEMORY)
        connection.execute(_ALONE)
        while True:
            try:
                definition = waiting.get_nowait()
            except Empty:
                return
            # the database wrote the definition itself
            connection.execute(definition.encode())
