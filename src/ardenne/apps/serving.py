"""Running a node: database, migrations, workers."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces, Loops

from ardenne.kernel.http.faults import report
from ardenne.kernel.identity.store_accounts import has_development_logins
from ardenne.kernel.migrations import KERNEL
from ardenne.kernel.rest.profile_rules import read_rules
from ardenne.kernel.settings import WORKER_VARIABLE, Settings, SettingsError, encode
from ardenne.kernel.store import filling
from ardenne.kernel.store.database import Database
from ardenne.kernel.store.embedded import DatabaseError, EmbeddedDatabase, claim
from ardenne.kernel.store.migrate import migrate
from ardenne.services.mpi import store_bulk
from ardenne.services.mpi.matching import keys_of
from ardenne.services.mpi.telling import receivers

_LOGGER = logging.getLogger("ardenne.serving")
_WATCH_SECONDS = 1.0
_STOP_SECONDS = 10
"""How long a worker may take to end; what a dead database keeps waiting is cut off then."""
MIGRATIONS = (
    *KERNEL,
    "ardenne.services.record.migrations",
    "ardenne.services.access.migrations",
    "ardenne.services.authorisations.migrations",
    "ardenne.services.mpi.migrations",
    "ardenne.services.referring.migrations",
    "ardenne.services.notices.migrations",
    "ardenne.services.affiliation.migrations",
    "ardenne.services.retention.migrations",
    "ardenne.services.stock.migrations",
    "ardenne.services.vaccination.migrations",
    "ardenne.services.messaging.migrations",
)


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Lend the connection string of the node's database, started and migrated. Raises DatabaseError."""
    if settings.database:
        prepare(settings.database)
        yield settings.database
        return
    embedded = EmbeddedDatabase(settings.data_folder)
    dsn = embedded.start()
    ended = threading.Event()
    watching = threading.Thread(target=_watch, args=(embedded, ended), daemon=True)
    try:
        prepare(dsn)
        watching.start()
        yield dsn
    finally:
        ended.set()
        if watching.is_alive():
            # a watcher that still runs would start the database that is being stopped
            watching.join(_STOP_SECONDS)
        embedded.stop()


def prepare(dsn: str) -> None:
    """Bring a database up to this version: tables, indexes that a filling left away, keys of persons."""
    migrate(dsn, MIGRATIONS)
    filling.build(dsn)
    renewed = store_bulk.renew_keys(dsn, keys_of)
    if renewed:
        _LOGGER.warning("the keys of %d identities were made anew", renewed)


def _watch(embedded: EmbeddedDatabase, ended: threading.Event) -> None:
    """Start the database again when somebody killed it; it recovers by itself from its log."""
    while not ended.wait(_WATCH_SECONDS):
        try:
            if embedded.revive():
                _LOGGER.warning("the database had died and was started again")
        except DatabaseError as error:
            _LOGGER.error("the database had died and cannot be started: %s", error)
        except Exception as error:
            report(error)


@contextmanager
def only_server(data: Path) -> Iterator[None]:
    """Hold the place of the one server of a data folder. Raises DatabaseError when it is taken."""
    claim(data)
    with (data / "server.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            twin = lock.read().strip() or "another process"
            raise DatabaseError(
                f"{data} is served already by {twin}: stop it or name another --data."
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        yield


def issuer_of(data: Path) -> str:
    """Return the issuer of the server that runs on a data folder, or that ran there last; empty: none ever did."""
    try:
        return (data / "server.issuer").read_text()
    except OSError:
        return ""


def check_port(host: str, port: int) -> None:
    """Raise DatabaseError when the port is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise DatabaseError(
                f"port {port} of {host} cannot be used ({error.strerror}): name another --port."
            ) from None


def _check_profiles(settings: Settings) -> None:
    try:
        read_rules(settings.required_profiles, settings.declared_profiles)
    except ValueError as error:
        raise SettingsError(f"required_profiles: {error}") from None


def _check_receivers(settings: Settings) -> None:
    if settings.person_receivers:
        try:
            receivers.read(Path(settings.person_receivers).expanduser())
        except receivers.ReceiversError as error:
            raise SettingsError(str(error)) from None


def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve until the process is told to stop. ``ready`` gets the address as soon as it answers."""
    _check_profiles(settings)
    _check_receivers(settings)
    check_port(settings.host, settings.port)
    with only_server(settings.data_folder), database(settings) as dsn:
        import msgspec

        running = msgspec.structs.replace(settings, database=dsn)
        check_profile(settings, dsn)
        (settings.data_folder / "server.issuer").write_text(settings.issuer)
        os.environ[WORKER_VARIABLE] = encode(running)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{host}:{settings.port}"
        threading.Thread(target=_announce, args=(address, ready), daemon=True).start()
        server = Granian(
            "ardenne.apps.asgi:app",
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            workers=settings.workers,
            loop=Loops.uvloop,
            backlog=1024,
            log_enabled=False,
            respawn_failed_workers=True,
            workers_kill_timeout=_STOP_SECONDS,
        )
        server.serve()


def check_profile(settings: Settings, dsn: str) -> None:
    """Raise DatabaseError when a production node holds logins whose password everybody knows."""
    if settings.profile != "production":
        return

    async def holds() -> bool:
        database = Database(dsn, 1)
        try:
            async with database.connection() as connection:
                return await has_development_logins(connection)
        finally:
            await database.close()

    if asyncio.run(holds()):
        raise DatabaseError(
            "this database holds the built-in logins of a demonstration: a production node begins with an empty one"
        )


def _announce(address: str, ready: Callable[[str], None]) -> None:
    while True:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):  # noqa: S310 - our own address
                break
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    ready(address)
