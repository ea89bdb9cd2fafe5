"""What can go wrong with the embedded database, in words an operator can act on."""

from __future__ import annotations

from pathlib import Path


class DatabaseError(Exception):
    """The database cannot be used. The message says what was found and how to mend it."""


_KNOWN_CAUSES = (
    ("No space left on device", "the disk is full: free some space and start again"),
    ("could not create lock file", "the folder cannot be written by the database account: check its owner"),
    ("Permission denied", "the database account may not read the folder: check owner and mode (0700)"),
    (
        "database files are incompatible",
        "the folder was made by another PostgreSQL version: use that version",
    ),
    ("could not create shared memory", "the machine has no shared memory left: stop other programs"),
    ("Address already in use", "another server holds the socket: stop it first"),
    ("checkpoint record", "the write-ahead log is damaged: restore the folder from a backup"),
)


def explain_log(log: Path) -> str:
    """Return the likely cause of a failed start, read from the last lines of the server log."""
    if not log.exists():
        return "the database wrote no log"
    lines = log.read_text(errors="replace").splitlines()[-40:]
    text = "\n".join(lines)
    for marker, advice in _KNOWN_CAUSES:
        if marker in text:
            return advice
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return f"{(fatal or lines or ['no message'])[-1]} (full log: {log})"
