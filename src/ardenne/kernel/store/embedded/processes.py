"""Whether a process of the operating system is the one that is meant, and runs."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")


def runs(pid: int, argument: str) -> bool:
    """Tell whether a process runs that was started with ``argument``.

    A process that ended and waits for its parent to notice (a zombie) does not run; nor is a stranger meant that
    got the number of an ended one. Where the system tells neither, any process of the number counts.
    """
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    if not (_PROC / "self" / "stat").exists():
        return True
    try:
        state = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
        started = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return False
    except PermissionError:
        return True
    return state not in ("Z", "X") and argument.encode() in started
