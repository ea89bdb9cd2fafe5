"""``ardenne doctor``: what stands in the way of running a node here."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ardenne.apps import serving
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.embedded import DatabaseError

_ENOUGH_DISK = 1 << 30
_FIRST_GOOD_DAY = 1_735_689_600  # 2025-01-01: an earlier clock was never set


class Finding(NamedTuple):
    """One thing that was looked at."""

    what: str
    good: bool
    found: str


def examine(settings: Settings) -> list[Finding]:
    """Look at Python, disk, memory, clock, port and database, in this order."""
    return [
        Finding("Python", sys.version_info >= (3, 11), platform.python_version()),
        _packages(),
        _disk(settings.data_folder),
        _memory(),
        Finding(
            "clock", time.time() > _FIRST_GOOD_DAY, time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
        ),
        _tried("port", lambda: _port(settings)),
        _tried("database", lambda: _database(settings)),
    ]


def _packages() -> Finding:
    missing = []
    for requirement in importlib.metadata.requires("ardenne") or []:
        name = requirement.split(">")[0].split("[")[0].split(";")[0].strip()
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    return Finding("packages", not missing, f"missing: {', '.join(missing)}" if missing else "all installed")


def _disk(data: Path) -> Finding:
    folder = data.resolve()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return Finding("disk", free > _ENOUGH_DISK, f"{free / (1 << 30):.1f} GiB free at {folder}")


def _memory() -> Finding:
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Finding("memory", total > 1 << 30, f"{total / (1 << 30):.1f} GiB")


def _port(settings: Settings) -> str:
    serving.check_port(settings.host, settings.port)
    return f"{settings.port} of {settings.host} is free"


def _database(settings: Settings) -> str:
    import psycopg

    with serving.database(settings) as dsn, psycopg.connect(dsn) as connection:
        version = connection.info.server_version
    return f"PostgreSQL {version // 10000}.{version % 10000}"


def _tried(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, look())
    except DatabaseError as error:
        return Finding(what, False, str(error))
