"""Pages of other sites that may call the FHIR door (Fetch standard, CORS protocol)."""

from __future__ import annotations

from ardenne.kernel.http.message import Request, Response

_EXPOSED = "etag, location, last-modified, content-location, x-progress"
_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_HEADERS = "accept, authorization, content-type, if-match, if-none-match, if-none-exist, if-modified-since, prefer, x-request-id"


def is_allowed(request: Request, origins: str) -> bool:
    """Tell whether the request comes from a page of an origin in the comma list (exact, with scheme and port)."""
    origin = request.header("origin")
    return bool(origin) and origin in {one.strip() for one in origins.split(",") if one.strip()}


def preflight(request: Request) -> bool:
    """Tell whether a browser asks what it may send."""
    return request.method == "OPTIONS" and bool(request.header("access-control-request-method"))


def with_headers(request: Request, response: Response) -> Response:
    """Return the answer so that the browser hands it to the page."""
    headers = [("access-control-allow-origin", request.header("origin")), ("vary", "origin")]
    if preflight(request):
        headers += [
            ("access-control-allow-methods", _METHODS),
            ("access-control-allow-headers", _HEADERS),
            ("access-control-max-age", "600"),
        ]
    else:
        headers.append(("access-control-expose-headers", _EXPOSED))
    return response.with_headers(*headers)
