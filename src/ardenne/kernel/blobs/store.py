"""SQL of the content store. The same text serves asyncpg and psycopg's RawCursor."""

from __future__ import annotations

SHARE_LOCK = "select pg_advisory_xact_lock_shared(7205114931)"
"""Held while a record's key is sealed: rotation must not remove the node's key meanwhile."""
LOCK = "select pg_advisory_xact_lock(7205114931)"

KEYS = "select record, sealed, node_key from content_key where record = any($1::bigint[]) order by record for key share"
ADD_KEYS = """
insert into content_key (record, sealed, node_key)
select * from unnest($1::bigint[], $2::bytea[], $3::smallint[]) as n(record, sealed, node_key) order by record
on conflict (record) do nothing
"""
HOLD = """
update content c set holders = case when w.holder = any(c.holders) then c.holders else c.holders || w.holder end
  from unnest($1::bigint[], $2::bytea[], $3::bigint[]) as w(record, digest, holder)
 where c.record = w.record and c.digest = w.digest
returning c.record, c.digest
"""
PUT = """
insert into content (record, digest, size, sealed, file, holders)
select record, digest, size, sealed, file, array[holder]
  from unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bytea[], $5::text[], $6::bigint[])
    as n(record, digest, size, sealed, file, holder) order by record, digest
on conflict (record, digest) do update
   set holders = case when excluded.holders <@ content.holders then content.holders
                      else content.holders || excluded.holders end
returning file
"""
GET = """
select k.sealed, k.node_key, c.sealed, c.file from content c join content_key k on k.record = c.record
 where c.record = $1 and c.digest = $2
"""
HOLDS = "select 1 from content where record = $1 and digest = $2 and $3 = any(holders)"
RELEASE = """
update content set holders = array_remove(holders, $3) where record = $1 and digest = $2 returning cardinality(holders)
"""
REMOVE = """
with gone as (delete from content where record = $1 and digest = $2 and holders = '{}' returning file)
insert into content_removed (file) select file from gone where file is not null
"""
DESTROY_KEY = "delete from content_key where record = any($1::bigint[])"
DESTROY = """
with gone as (delete from content where record = any($1::bigint[]) returning file),
noted as (insert into content_removed (file) select file from gone where file is not null)
select count(*) from gone
"""
REMOVED = "select file from content_removed limit 1000"
FORGET = "delete from content_removed where file = any($1::text[])"
OLD_KEYS = "select record, sealed, node_key from content_key where node_key <> $1 limit $2"
RESEAL = "update content_key set sealed = $2, node_key = $3 where record = $1 and node_key = $4"
KNOWN_FILES = "select file from content where file = any($1::text[])"
PAGE = """
select record, digest, size from content where (record, digest) > ($1, $2) order by record, digest limit $3
"""
