"""Pages over the node as the reader may see it: decided, and in the journal before the page is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from ardenne.kernel.identity.caller import ANONYMOUS, Caller
from ardenne.kernel.rest.service import FhirService

Pages = TypeVar("Pages")
Endpoint = Callable[[Request], Awaitable[Response]]


def caller_of(request: Request) -> Caller:
    """Return who reads the page."""
    found = request.scope.get("state", {}).get("caller", ANONYMOUS)
    assert isinstance(found, Caller)
    return found


def address_of(request: Request) -> str:
    """Return the network address of the reader, for the journal and for slowing down guessers."""
    return request.client.host if request.client else ""


def base_of(request: Request, configured: str = "") -> str:
    """Return the address of this server as the reader knows it; ``configured`` wins."""
    return configured.rstrip("/") or f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"


def as_seen(
    service: FhirService,
    make: Callable[[FhirService], Pages],
    page: Callable[[Pages, Request], Awaitable[Response]],
) -> Endpoint:
    """Return the endpoint of a page: ``make`` builds the pages over what the caller may see."""

    async def answer(request: Request) -> Response:
        seen = service.seen_by(caller_of(request), address_of(request))
        try:
            return await page(make(seen), request)
        finally:
            # nothing is sent before the journal has it
            await seen.finish()

    return answer
