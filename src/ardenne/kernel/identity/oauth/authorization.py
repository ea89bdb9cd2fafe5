"""The authorisation request: who asks for what, and where the answer may go.

RFC 6749 section 4.1 as OAuth 2.1 narrows it: PKCE with S256 for everybody, redirect addresses compared sign by
sign, ``iss`` in every answer (RFC 9207), pushed requests (RFC 9126). SMART App Launch 2.2: ``aud``, ``launch``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from ardenne.kernel.identity.caller import Purpose
from ardenne.kernel.identity.errors import OAuthError
from ardenne.kernel.identity.oauth.key_sets import is_loopback
from ardenne.kernel.identity.scopes import ScopeError, narrowed, split
from ardenne.kernel.identity.store_families import Client, Families
from ardenne.kernel.identity.store_sessions import Sessions

PUSHED = "urn:ietf:params:oauth:request_uri:"
_PUSHED_SECONDS = 60
_CHALLENGE = re.compile(r"[A-Za-z0-9\-_]{43}")
_LONGEST = 2_000


class Asked(msgspec.Struct, frozen=True):
    """A valid authorisation request."""

    client: str
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    state: str = ""
    nonce: str = ""
    purpose: str = ""
    launch: str = ""
    prompt: str = ""


class Answerable(Exception):
    """A request that is refused, but whose sender may be told by redirection: ``address`` leads there."""

    def __init__(self, error: OAuthError, address: str) -> None:
        super().__init__(error.message)
        self.error = error
        self.address = address


def parameters(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return parameters by name. Raises OAuthError when one stands twice (RFC 6749, section 3.1)."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise OAuthError("invalid_request", "a parameter stands twice")
    if any(len(value) > 20_000 for value in found.values()):
        raise OAuthError("invalid_request", "a parameter is too long")
    return {name: value for name, value in found.items() if value}


def redirect_problem(address: str) -> str:
    """Return why an address cannot be registered for redirection; empty when it can."""
    if len(address) > _LONGEST or not address.isascii() or not address.isprintable() or " " in address:
        return "an address of at most 2000 printable signs"
    parts = urlsplit(address)
    if "#" in address or "*" in address or "\\" in address or parts.username or parts.password:
        return "an address without fragment, star, backslash or user name"
    if any(step in ("..", ".") for step in parts.path.lower().replace("%2e", ".").split("/")):
        return "an address without steps upward"
    if parts.scheme == "https" and parts.hostname:
        return ""
    if parts.scheme == "http" and parts.hostname and is_loopback(parts.hostname):
        return ""
    return "an address that begins with https://, or with http:// on this machine"


def answer_address(redirect_uri: str, issuer: str, state: str, values: dict[str, str]) -> str:
    """Return the address that carries an answer to the application."""
    content = {**values, "iss": issuer} | ({"state": state} if state else {})
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(content)}"


def purpose_of(text: str) -> Purpose:
    """Return the purpose that a request names, with or without its code system. Raises OAuthError."""
    try:
        return Purpose(text.rpartition("|")[2].rpartition("#")[2])
    except ValueError:
        known = ", ".join(one.value for one in Purpose)
        raise OAuthError("invalid_request", f"purpose_of_use is one of {known}") from None


class Authorization:
    """Reads authorisation requests of one node."""

    def __init__(self, issuer: str, families: Families, sessions: Sessions) -> None:
        self.issuer = issuer
        self._families = families
        self._sessions = sessions

    async def read(self, pairs: Sequence[tuple[str, str]], base: str) -> tuple[Asked, Client]:
        """Return a request and its application.

        Raises OAuthError when it is not known where an answer may go (the person is told, nobody is
        redirected), Answerable for every other fault.
        """
        found = parameters(pairs)
        if "request_uri" in found:
            found = await self._pushed(found)
        client, address = await self._whose(found)
        try:
            return self._asked(found, client, address, base), client
        except OAuthError as error:
            values = {"error": error.error, "error_description": error.message}
            state = found.get("state", "")[:_LONGEST]
            raise Answerable(error, answer_address(address, self.issuer, state, values)) from None

    async def push(self, form: dict[str, str], client: Client, base: str) -> dict[str, Any]:
        """Keep a pushed request and return its name (RFC 9126, section 2.2). Raises OAuthError."""
        if "request_uri" in form:
            raise OAuthError("invalid_request", "a pushed request cannot name another one")
        kept = {name: value for name, value in form.items() if not name.startswith("client_assertion")}
        kept["client_id"] = client.id
        _client, address = await self._whose(kept)
        self._asked(kept, client, address, base)
        secret = await self._sessions.pend("pushed", kept, timedelta(seconds=_PUSHED_SECONDS))
        return {"request_uri": PUSHED + secret, "expires_in": _PUSHED_SECONDS}

    async def _pushed(self, found: dict[str, str]) -> dict[str, str]:
        name = found["request_uri"]
        pending = None
        if name.startswith(PUSHED):
            pending = await self._sessions.take(name.removeprefix(PUSHED), "pushed")
        if pending is None or pending.content.get("client_id") != found.get("client_id"):
            raise OAuthError("invalid_request_uri", "no such pushed request, or it has run out: begin again")
        return {str(key): str(value) for key, value in pending.content.items()}

    async def _whose(self, found: dict[str, str]) -> tuple[Client, str]:
        client = await self._families.client(found.get("client_id", ""))
        if client is None:
            raise OAuthError("invalid_request", "no application of this client_id is registered")
        address = found.get("redirect_uri", "")
        if address not in client.redirect_uris:
            raise OAuthError("invalid_request", "redirect_uri is not one that this application registered")
        return client, address

    def _asked(self, found: dict[str, str], client: Client, address: str, base: str) -> Asked:
        if "request" in found:
            raise OAuthError("request_not_supported", "request objects are not read here: push the request")
        if found.get("response_type") != "code":
            raise OAuthError("unsupported_response_type", "response_type must be 'code'")
        if found.get("response_mode", "query") != "query":
            raise OAuthError("invalid_request", "response_mode must be 'query'")
        if "authorization_code" not in client.grants:
            raise OAuthError("unauthorized_client", "this application may not send people here")
        if found.get("code_challenge_method") != "S256":
            raise OAuthError("invalid_request", "PKCE is needed: code_challenge_method must be S256")
        if not _CHALLENGE.fullmatch(found.get("code_challenge", "")):
            raise OAuthError("invalid_request", "code_challenge must be 43 signs of base64url")
        if any(len(found.get(name, "")) > _LONGEST for name in ("state", "nonce", "launch")):
            raise OAuthError("invalid_request", "state, nonce and launch have at most 2000 signs")
        scopes = self._scopes(found, client)
        if found.get("aud", found.get("resource", "")).rstrip("/") not in self._audiences(scopes, base):
            raise OAuthError("invalid_request", f"aud must be {self.issuer}/fhir")
        purpose = purpose_of(found["purpose_of_use"]).value if "purpose_of_use" in found else ""
        return Asked(
            client.id, address, scopes, found["code_challenge"], found.get("state", ""), found.get("nonce", ""),
            purpose, found.get("launch", ""), found.get("prompt", ""),
        )  # fmt: skip

    def _scopes(self, found: dict[str, str], client: Client) -> tuple[str, ...]:
        try:
            scopes = narrowed(split(found.get("scope", "")), client.scopes)
        except ScopeError as error:
            raise OAuthError("invalid_scope", str(error)) from None
        kept = tuple(one for one in scopes if not one.startswith("system/"))
        if not kept:
            raise OAuthError("invalid_scope", "no scope is left that this application may ask people for")
        return kept

    def _audiences(self, scopes: tuple[str, ...], base: str) -> tuple[str, ...]:
        """Who asks for sign-in only (OpenID Connect) need not name the FHIR door."""
        only_sign_in = not any("/" in one for one in scopes)
        return (f"{self.issuer}/fhir", f"{base}/fhir", *(("",) if only_sign_in else ()))
