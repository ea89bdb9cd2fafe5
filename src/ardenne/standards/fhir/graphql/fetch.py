"""Where a query gets its resources from: the server lends an implementation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol


class Match(NamedTuple):
    """One match of a search, as in Bundle.entry.search."""

    resource: dict[str, Any]
    mode: str = "match"
    score: float | None = None


class Page(NamedTuple):
    """One page of a search. The links are cursors, opaque to the client; "" where there is none."""

    matches: Sequence[Match]
    total: int | None = None
    offset: int = 0
    page_size: int = 0
    first: str = ""
    previous: str = ""
    next: str = ""
    last: str = ""


class Fetch(Protocol):
    """Reads and searches as the person who asks; what may not be seen does not exist."""

    async def read(self, resource_type: str, id: str) -> dict[str, Any] | None:
        """The current version, None when there is none."""
        ...

    async def resolve(self, reference: str) -> dict[str, Any] | None:
        """What a literal reference points to, None when it cannot be found."""
        ...

    async def search(self, resource_type: str, parameters: Sequence[tuple[str, str]], whole: bool) -> Page:
        """The matches of search parameters as in a URL: (name, value). `whole` asks for all of
        them in one page; `next` then says that there are too many."""
        ...

    async def page(self, cursor: str) -> Page:
        """The page of a cursor. Raises KeyError for one that is unknown."""
        ...
