"""All pages of a search, one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse
from ardenne.kernel.search.searcher import Page


async def pages(
    service: FhirService, types: Sequence[str], pairs: Sequence[tuple[str, str]], size: int
) -> AsyncIterator[Page]:
    """Yield every page of what ``service`` may see, ``size`` matches each; what was seen is journalled page by page."""
    cursor = ""
    asked = [*pairs, ("_count", str(size)), ("_total", "none")]
    while True:
        page = await service.searcher.search(types, parse([*asked, ("_cursor", cursor)] if cursor else asked))
        yield page
        cursor = page.next_cursor
        if not cursor:
            return
        await service.finish()
