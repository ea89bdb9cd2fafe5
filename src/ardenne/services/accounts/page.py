"""What all pages of accounts share: who reads, the form that came, the headers, going on elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ardenne.kernel.identity import cookies
from ardenne.kernel.identity.accounts import Account
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.identity.signing_in import Signed
from ardenne.ui.languages import Words
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import base_of, caller_of

LINK_COOKIE = "link"
"""Holds the proof of an outside provider while its owner is asked whether to link it."""
_LARGEST_FORM = 64 * 1024


class Page:
    """Base of the pages of accounts."""

    def __init__(self, identity: Identity, renderer: Renderer) -> None:
        self.identity = identity
        self.renderer = renderer

    def base(self, request: Request) -> str:
        """Return the address of this server as the reader knows it."""
        return base_of(request, self.identity.settings.base_url)

    def show(
        self,
        request: Request,
        template: str,
        values: Mapping[str, Any],
        status: int = 200,
        form_action: str = "",
    ) -> Response:
        """Return a page that no other page may frame. ``form_action``: an origin to which its form leads on."""
        response = self.renderer.page(request, template, values, status)
        policy = response.headers["content-security-policy"]
        policy = policy.replace("frame-ancestors 'self'", "frame-ancestors 'none'")
        if form_action:
            policy = policy.replace("form-action 'self'", f"form-action 'self' {form_action}")
        response.headers["content-security-policy"] = policy
        response.headers["x-frame-options"] = "DENY"
        return response

    def problem(self, request: Request, message: str, status: int = 400) -> Response:
        """Return a page that says what stands in the way. ``message`` is translated already."""
        heading = self.renderer.words(request).text("That did not work")
        return self.show(request, "problem.html", {"heading": heading, "message": message}, status)

    def words(self, request: Request) -> Words:
        """Return the reader's language."""
        return self.renderer.words(request)

    async def account(self, request: Request) -> tuple[Caller, Account] | None:
        """Return the reader with the account, read anew; None when nobody is signed in by a session."""
        found = caller_of(request)
        if found.kind in (Kind.ANONYMOUS, Kind.OPERATOR) or found.scopes is not None:
            return None
        account = await self.identity.accounts.get(found.account)
        return (found, account) if account else None

    def signed_in(self, request: Request, signed: Signed, address: str) -> Response:
        """Return the answer that hands out a session and goes on."""
        response = go(address)
        self.hand_out(request, response, signed)
        return response

    def hand_out(self, request: Request, response: Response, signed: Signed) -> None:
        """Put a session's cookie into an answer."""
        response.headers.append("set-cookie", cookies.setting(self.base(request), signed.secret))


def go(address: str) -> Response:
    """Return the answer that leads to another address; it is in no cache."""
    return RedirectResponse(address, 303, {"cache-control": "no-store", "referrer-policy": "no-referrer"})


async def form(request: Request) -> dict[str, str]:
    """Return the fields of a form, each once, without control signs."""
    return dict(await pairs(request))


async def pairs(request: Request) -> list[tuple[str, str]]:
    """Return the fields of a form in their order; an empty list for anything else than a small form."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > _LARGEST_FORM:
            return []
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return []
    try:
        return parse_qsl(data.decode("utf-8"), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return []


def device(agent: str) -> str:
    """Return what people call the device that a User-Agent names, such as "Firefox, Linux"."""
    browsers = (
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    systems = (
        ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
        ("Mac OS", "macOS"), ("Linux", "Linux"),
    )  # fmt: skip
    found = [next((name for sign, name in table if sign in agent), "") for table in (browsers, systems)]
    return ", ".join(part for part in found if part) or "?"
