"""An entry of a Bundle that submits documents."""

from __future__ import annotations

from typing import Any, NamedTuple


class Sent(NamedTuple):
    """An entry of the Bundle: its place, its address inside the Bundle and its resource.

    ``folder`` is the reference of the List that it updates (PUT), empty: it is new.
    """

    place: int
    full_url: str
    resource: dict[str, Any]
    folder: str = ""
