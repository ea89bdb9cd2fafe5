"""The place where a page ended, as an opaque text in the link to the next page.

The cursor holds the sort values of the last row and nothing of the caller: it can be kept as long
as one likes, survives writes between pages, and opens nothing, because every page is searched
and authorised anew. A cursor of another search is refused.
"""

from __future__ import annotations

import base64
import binascii

import orjson
from xxhash import xxh3_64_hexdigest

from ardenne.kernel.search.errors import SearchError


def fingerprint(pairs: tuple[tuple[str, str], ...], resource_type: str) -> str:
    """Return what ties a cursor to its search."""
    return xxh3_64_hexdigest(orjson.dumps([resource_type, pairs]))


def encode(values: tuple[object, ...], search: str) -> str:
    """Return the cursor text of sort values followed by the row's key."""
    return base64.urlsafe_b64encode(orjson.dumps([search, *values])).decode().rstrip("=")


def decode(text: str, search: str, length: int) -> tuple[object, ...]:
    """Return the values of a cursor. Raises SearchError when it is damaged or of another search."""
    try:
        padded = text + "=" * (-len(text) % 4)
        found = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        found = None
    if (
        not isinstance(found, list)
        or len(found) != length + 2
        or found[0] != search
        or not all(isinstance(value, int | float | str) for value in found)
        or not isinstance(found[-1], int)
    ):
        raise SearchError("_cursor", "it belongs to another search: follow the links of the first page")
    return tuple(found[1:])
