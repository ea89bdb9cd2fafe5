"""Cross-site request forgery: an act that a cookie vouches for must come from a page of this very site.

OWASP calls it verifying the origin with standard headers; browsers send ``Origin`` with every POST.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from ardenne.kernel.http.message import Request

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def is_own(request: Request) -> bool:
    """Tell whether a request reads only, or comes from a page of this site."""
    if request.method in _READING:
        return True
    origin = request.header("origin")
    if origin:
        return origin.lower() == origin_of(request.base)
    # without Origin only the browser's own word counts; software that has a cookie sends an Origin
    return request.header("sec-fetch-site") == "same-origin"


def origin_of(address: str) -> str:
    """Return scheme, host and port of an address, as browsers write them."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()


def local_path(text: str) -> str:
    """Return a path of this site to go on to; "/" for everything that could lead elsewhere."""
    if len(text) > 500 or not text.startswith("/") or text.startswith("//"):
        return "/"
    if any(sign in text for sign in "\\\r\n\t\0@") or not text.isprintable() or not text.isascii():
        return "/"
    parts = urlsplit(text)
    return text if not parts.scheme and not parts.netloc else "/"
