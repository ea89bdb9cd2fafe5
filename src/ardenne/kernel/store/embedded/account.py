"""The operating-system account that runs the database.

PostgreSQL refuses to run as root. An ordinary user runs it as himself; root (containers,
fresh servers) runs it as a system account made for the purpose.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ardenne.kernel.store.embedded.errors import DatabaseError

SYSTEM_ACCOUNT = "ardenne-db"
_MODE_OTHERS_MAY_ENTER = 0o001


@dataclass(frozen=True)
class Account:
    """Who runs the server process: name, numeric ids, and whether we must switch to it."""

    name: str
    uid: int
    gid: int
    switch: bool

    def run_arguments(self) -> dict[str, object]:
        """Return keyword arguments for ``subprocess`` that start a child under this account."""
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_reach(self, folder: Path) -> bool:
        """Tell whether the account may enter every folder above ``folder``."""
        if not self.switch:
            return True
        for parent in folder.resolve().parents:
            status = parent.stat()
            if status.st_uid != self.uid and not status.st_mode & _MODE_OTHERS_MAY_ENTER:
                return False
        return True


def database_account() -> Account:
    """Return the account for the database; as root, create the system account when missing."""
    if os.geteuid() != 0:
        entry = pwd.getpwuid(os.geteuid())
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=False)
    try:
        entry = pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError:
        entry = _create_system_account()
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)


def _create_system_account() -> pwd.struct_passwd:
    useradd = shutil.which("useradd")
    if useradd is None:
        raise DatabaseError(
            "PostgreSQL does not run as root and this system has no 'useradd': "
            "start Ardenne as an ordinary user, or name a database with --database."
        )
    subprocess.run(  # noqa: S603 - fixed arguments
        [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_ACCOUNT],
        check=False,
        capture_output=True,
    )
    try:
        return pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError:
        raise DatabaseError(
            f"the system account '{SYSTEM_ACCOUNT}' could not be created: create it by hand, "
            "or start Ardenne as an ordinary user."
        ) from None
