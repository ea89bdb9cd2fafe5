"""Numbered SQL migrations, one folder per module, with checksum and advisory lock.

A migration is a file ``NNNN_name.sql``. It runs once, in its own transaction; a file that was
changed after it ran is refused, because the database would no longer be what the files say.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

import psycopg

from ardenne.kernel.store.embedded.errors import DatabaseError

_LOCK = 7_205_114_919  # any constant of our own: one migration run at a time per database
_FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_SUPPORTED = range(15, 20)

_TABLE = """
create table if not exists migration (
    module text not null, number integer not null, name text not null, checksum text not null,
    applied timestamptz not null default now(), primary key (module, number))
"""


@dataclass(frozen=True)
class Migration:
    """One migration file of a module."""

    module: str
    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def find(package: str) -> list[Migration]:
    """Return the migrations in ``package`` (for example ``ardenne.kernel.store.migrations``) in order."""
    found = []
    for entry in resources.files(package).iterdir():
        match = _FILE_NAME.fullmatch(entry.name)
        if match:
            found.append(Migration(package, int(match[1]), entry.name, entry.read_text(encoding="utf-8")))
    return sorted(found, key=lambda migration: migration.number)


def migrate(dsn: str, packages: Sequence[str]) -> list[Migration]:
    """Bring the database up to date and return what was applied.

    Raises DatabaseError when the server is too old or an applied file was changed.
    """
    wanted = [migration for package in packages for migration in find(package)]
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            _check_version(connection)
            connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
            connection.execute(_TABLE)
            return list(_apply(connection, wanted))
    except psycopg.OperationalError as error:
        raise DatabaseError(
            f"the database cannot be reached: {str(error).strip().splitlines()[-1]}"
        ) from None


def _check_version(connection: psycopg.Connection) -> None:
    major = connection.info.server_version // 10000
    if major not in _SUPPORTED:
        raise DatabaseError(f"PostgreSQL {major} is not supported: use 15 to 18.")


def _apply(connection: psycopg.Connection, wanted: Iterable[Migration]) -> Iterable[Migration]:
    rows = connection.execute("select module, number, checksum from migration").fetchall()
    applied = {(module, number): checksum for module, number, checksum in rows}
    for migration in wanted:
        checksum = applied.get((migration.module, migration.number))
        if checksum == migration.checksum:
            continue
        if checksum is not None:
            raise DatabaseError(
                f"migration {migration.name} of {migration.module} was changed after it ran: "
                "restore the file and put the change into a new migration."
            )
        with connection.transaction():
            connection.execute(migration.sql.encode())
            connection.execute(
                "insert into migration (module, number, name, checksum) values (%s, %s, %s, %s)",
                (migration.module, migration.number, migration.name, migration.checksum),
            )
        yield migration
