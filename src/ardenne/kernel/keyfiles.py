"""Files of private keys in the data folder: made once, whole or not at all, for their owner alone."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def keep(path: Path, content: bytes) -> None:
    """Write a key file unless there is one: where another process was faster its key counts."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
