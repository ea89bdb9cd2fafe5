"""The data folder: claimed by a marker, so that no other folder is taken for one."""

from __future__ import annotations

import json
from pathlib import Path

from ardenne.kernel.store.embedded.errors import DatabaseError

_MARKER = "ardenne-data.json"
_FORMAT = 1


def is_claimed(data: Path) -> bool:
    """Tell whether the folder is one of Ardenne's."""
    return (data / _MARKER).is_file()


def claim(data: Path) -> None:
    """Make the folder Ardenne's, or find that it is. Raises DatabaseError for a foreign folder."""
    marker = data / _MARKER
    try:
        data.mkdir(parents=True, exist_ok=True)
        if not marker.exists():
            if any(data.iterdir()):
                raise DatabaseError(
                    f"{data} holds files that are not Ardenne's: name an empty folder with --data."
                )
            marker.write_text(json.dumps({"format": _FORMAT}) + "\n")
        found = json.loads(marker.read_text() or "{}").get("format")
    except OSError as error:
        raise DatabaseError(f"the data folder {data} cannot be used: {error.strerror}") from None
    except ValueError:
        raise DatabaseError(f"{marker} is damaged: restore it or name another --data folder.") from None
    if found != _FORMAT:
        raise DatabaseError(
            f"{data} has format {found}, this Ardenne knows format {_FORMAT}: update Ardenne."
        )
