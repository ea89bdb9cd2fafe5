"""Connections of one worker process to PostgreSQL.

A small stack of asyncpg connections, last used first, whose prepared statements stay warm.
The stock pool of asyncpg resets the session at every release, which costs more than a read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

_STATEMENT_MILLISECONDS = 60_000
"""No question keeps a connection longer; a search that needs more is refused."""

BROKEN = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    OSError,
)
"""What tells that a connection is lost; whether its last statement was carried out is not known then."""


class DatabaseUnavailable(Exception):
    """The database does not answer at the moment; the request may be repeated."""


class Database:
    """At most ``size`` connections, opened when first needed.

    Who holds one must not wait for a second: when all do so, none gets it. Where that would happen the request is
    refused; with ``strict``, in tests, it is a fault at once, whether a connection is free or not.
    """

    strict = False

    def __init__(self, dsn: str, size: int = 8) -> None:
        self._arguments = _arguments(dsn)
        self._idle: list[Connection] = []
        self._free = asyncio.Semaphore(size)
        self._holding: set[asyncio.Task[Any] | None] = set()

    async def close(self) -> None:
        """Close every idle connection."""
        while self._idle:
            # nothing is under way on an idle connection: a polite farewell to a dead server would hang
            self._idle.pop().terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection. A connection that broke is dropped, never lent again."""
        task = asyncio.current_task()
        if task in self._holding:
            self._refuse_a_second()
            task = None
        async with self._free:
            connection = await self._take()
            try:
                if task is not None:
                    self._holding.add(task)
                yield connection
            except (*BROKEN, asyncio.CancelledError):
                # a cancelled request may leave its statement running
                connection.terminate()
                raise
            except BaseException:
                if connection.is_in_transaction():
                    connection.terminate()
                raise
            finally:
                self._holding.discard(task)
                if not connection.is_closed():
                    self._idle.append(connection)

    def _refuse_a_second(self) -> None:
        """Keep who holds a connection from waiting for another. Raises DatabaseUnavailable."""
        if self.strict:
            raise RuntimeError("a second connection is asked for while one is held: ask on that one")
        if self._free.locked():
            raise DatabaseUnavailable("every connection is in use")

    @asynccontextmanager
    async def transaction(self, isolation: str = "read_committed") -> AsyncIterator[Connection]:
        """Lend a connection inside a transaction."""
        async with self.connection() as connection, connection.transaction(isolation=isolation):  # type: ignore[arg-type]
            yield connection

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Run a read and return its rows; a connection lost before the answer is tried once more."""
        for last in (False, True):
            try:
                return await self._fetch(query, arguments)
            except BROKEN as error:
                if last:
                    raise DatabaseUnavailable("the database connection was lost") from error
        raise AssertionError("unreachable")

    async def _fetch(self, query: str, arguments: tuple[Any, ...]) -> list[asyncpg.Record]:
        """As over ``connection()``, written out: this is the hottest path of all."""
        if self._holding and asyncio.current_task() in self._holding:
            self._refuse_a_second()
        await self._free.acquire()
        try:
            connection = await self._take()
            try:
                found = await connection.fetch(query, *arguments)
            except (*BROKEN, asyncio.CancelledError):
                connection.terminate()
                raise
            except BaseException:
                self._idle.append(connection)
                raise
            self._idle.append(connection)
            return found
        finally:
            self._free.release()

    async def dedicated(self) -> Connection:
        """Return a new connection outside the count, for who listens; the taker closes it."""
        try:
            return await asyncpg.connect(**self._arguments)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DatabaseUnavailable("the database cannot be reached") from error

    async def _take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await self.dedicated()


def _arguments(dsn: str) -> dict[str, Any]:
    """Translate a libpq connection string (URI or key=value) for asyncpg."""
    parts = conninfo_to_dict(dsn)
    known = {"host": "host", "port": "port", "user": "user", "password": "password", "dbname": "database"}
    arguments: dict[str, Any] = {known[name]: value for name, value in parts.items() if name in known}
    if "port" in arguments:
        arguments["port"] = int(arguments["port"])
    if parts.get("sslmode"):
        arguments["ssl"] = parts["sslmode"]
    arguments["server_settings"] = {
        "application_name": "ardenne",
        "jit": "off",
        "timezone": "UTC",
        "statement_timeout": str(_STATEMENT_MILLISECONDS),
    }
    return arguments
