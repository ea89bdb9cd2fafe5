"""The Bundle of a search: joined from stored bytes, without parsing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import orjson

from ardenne.kernel.search.query import Query
from ardenne.kernel.search.searcher import Page, Row
from ardenne.kernel.search.subset import subset
from ardenne.kernel.store.body import instant
from ardenne.kernel.store.change import new_id, now
from ardenne.standards.fhir.outcome import operation_outcome


def searchset(page: Page, query: Query, base: str, path: str) -> bytes:
    """Return the searchset Bundle. ``base`` is the server's address, ``path`` what was searched."""
    cut = _cutter(query)
    entries = _entries(page.matches, base, "match", cut) + _entries(page.included, base, "include", cut)
    if page.issues:
        outcome = orjson.dumps(operation_outcome(page.issues))
        entries += [b',{"resource":%b,"search":{"mode":"outcome"}}' % outcome]
    parts = [
        b'{"resourceType":"Bundle","id":"%b","meta":{"lastUpdated":"%b"},"type":"searchset"'
        % (new_id().encode(), instant(now()).encode())
    ]
    if page.total is not None:
        parts.append(b',"total":%d' % page.total)
    parts.append(b',"link":%b' % orjson.dumps(_links(page, query, base, path)))
    if entries:
        # the first piece begins with a comma, which becomes the bracket
        entries[0] = b"[" + entries[0][1:]
        parts += [b',"entry":', *entries, b"]"]
    parts.append(b"}")
    return b"".join(parts)


def _links(page: Page, query: Query, base: str, path: str) -> list[dict[str, str]]:
    address = f"{base}/{path}" if path else base
    text = query.text
    own = text + (("&" if text else "") + f"_cursor={query.cursor}" if query.cursor else "")
    links = [{"relation": "self", "url": f"{address}?{own}" if own else address}]
    if query.cursor:
        links.append({"relation": "first", "url": f"{address}?{text}" if text else address})
    if page.next_cursor:
        following = text + ("&" if text else "") + f"_cursor={page.next_cursor}"
        links.append({"relation": "next", "url": f"{address}?{following}"})
    return links


def _entries(rows: Sequence[Row], base: str, mode: str, cut: Callable[[bytes], bytes] | None) -> list[bytes]:
    """Return the pieces of the entries, the first beginning with a comma: they are joined only once."""
    if not rows:
        return []
    end = f',"search":{{"mode":"{mode}"}}}}'
    begin = f'{end},{{"fullUrl":"{base}/'
    pieces: list[bytes] = []
    add = pieces.append
    for kind, name, _version, _updated, body, _patient in rows:
        # a contained resource is called by its container: Type/id#local
        address = name if "#" in name else f"{kind}/{name}"
        # the end of the entry before and the beginning of this one are one piece
        add(f'{begin}{address}","resource":'.encode())
        add(cut(body) if cut else body)
    pieces[0] = pieces[0][len(end) :]
    add(end.encode())
    return pieces


def _cutter(query: Query) -> Callable[[bytes], bytes] | None:
    if query.summary in ("true", "text", "data") or query.elements:
        return lambda body: subset(body, query.summary, query.elements)
    return None
