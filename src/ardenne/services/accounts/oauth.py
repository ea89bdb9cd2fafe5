"""The endpoints of the authorisation server that software calls: thin faces over ``kernel.identity.oauth``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ardenne.kernel.identity.errors import OAuthError
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.identity.oauth import metadata
from ardenne.kernel.identity.oauth.authorization import parameters
from ardenne.kernel.identity.store_families import Client
from ardenne.services.accounts.page import pairs
from ardenne.ui.seen import caller_of

MACHINE_PATHS = frozenset(
    {"/oauth/token", "/oauth/par", "/oauth/revoke", "/oauth/introspect", "/oauth/userinfo"}
)
"""No cookie counts here, so that no page of another site can use one."""
PUBLIC_PATHS = frozenset(
    {"/oauth/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"}
)
_HEADERS = {"cache-control": "no-store", "pragma": "no-cache", "x-content-type-options": "nosniff"}

Work = Callable[[Client, dict[str, str], str], Awaitable[Any]]


class OAuthDoor:
    """The endpoints for software."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def routes(self) -> list[Route]:
        """Return the addresses."""
        issuer = self._identity.issuer
        return [
            Route("/oauth/token", self._form(self._token), methods=["POST"]),
            Route("/oauth/par", self._form(self._push, 201), methods=["POST"]),
            Route("/oauth/revoke", self._form(self._revoke), methods=["POST"]),
            Route("/oauth/introspect", self._form(self._introspect), methods=["POST"]),
            Route("/oauth/userinfo", self.userinfo, methods=["GET", "POST"]),
            Route("/oauth/jwks", self.jwks),
            Route("/.well-known/openid-configuration", _fixed(metadata.openid_provider(issuer))),
            Route("/.well-known/oauth-authorization-server", _fixed(metadata.authorization_server(issuer))),
        ]

    def _form(self, work: Work, status: int = 200) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that authenticates the application and answers in JSON."""

        async def endpoint(request: Request) -> Response:
            try:
                sent = parameters(await pairs(request))
                if request.query_params:
                    raise OAuthError("invalid_request", "parameters belong in the form, not in the address")
                if "authorization" in request.headers:
                    raise OAuthError(
                        "invalid_client", "authenticate by client_assertion, not by a header", 401
                    )
                shown = getattr(request.state, "certificate", None)
                client = await self._identity.clients.client(sent, shown)
                base = f"{request.url.scheme}://{request.headers.get('host', '')}"
                return JSONResponse(await work(client, sent, base), status, _HEADERS)
            except OAuthError as error:
                content = {"error": error.error, "error_description": error.message}
                return JSONResponse(content, error.status, _HEADERS)

        return endpoint

    async def _token(self, client: Client, sent: dict[str, str], base: str) -> Any:
        return await self._identity.tokens.answer(client, sent, base)

    async def _push(self, client: Client, sent: dict[str, str], base: str) -> Any:
        return await self._identity.authorization.push(sent, client, base)

    async def _revoke(self, client: Client, sent: dict[str, str], base: str) -> Any:
        await self._identity.inspection.revoke(client, sent)
        return {}

    async def _introspect(self, client: Client, sent: dict[str, str], base: str) -> Any:
        if not client.confidential:
            raise OAuthError("invalid_client", "only an application with a key may look at tokens", 401)
        return await self._identity.inspection.introspect(client, sent)

    async def userinfo(self, request: Request) -> Response:
        """Tell an application who signed in."""
        found = caller_of(request)
        account = await self._identity.accounts.get(found.account) if found.scopes is not None else None
        if account is None or found.scopes is None or "openid" not in found.scopes:
            header = {
                "www-authenticate": 'Bearer realm="ardenne", error="insufficient_scope", scope="openid"'
            }
            return JSONResponse({"error": "insufficient_scope"}, 403, {**_HEADERS, **header})
        role = next((one.id for one in account.roles if one.directory == found.role), "")
        return JSONResponse(
            await self._identity.inspection.userinfo(account, role, found.scopes), 200, _HEADERS
        )

    async def jwks(self, request: Request) -> Response:
        """Publish the keys that verify our tokens."""
        headers = {"cache-control": "public, max-age=300", "x-content-type-options": "nosniff"}
        return JSONResponse(await self._identity.keys.published(), 200, headers)


def _fixed(content: dict[str, Any]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return JSONResponse(
            content, 200, {"cache-control": "public, max-age=300", "x-content-type-options": "nosniff"}
        )

    return endpoint
