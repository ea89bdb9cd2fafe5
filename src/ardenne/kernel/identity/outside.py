"""Sign-in at an outside provider: OpenID Connect relying party, authorization code with PKCE and nonce.

The provider is named in the settings; its metadata must name the same issuer, its answer too (RFC 9207), and
its token must be signed with one of its own keys, so that answers of providers cannot be mixed up.
"""

from __future__ import annotations

import base64
import hashlib
import time
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
import orjson
from joserfc import jws
from joserfc.errors import JoseError

from ardenne.kernel.identity.oauth.key_sets import KeySetUnavailable, RemoteKeys, fetch
from ardenne.kernel.identity.opaque import fresh
from ardenne.kernel.identity.store_sessions import Sessions

CALLBACK = "/sign-in/outside/answer"
_ALGORITHMS = ["ES256", "RS256", "PS256", "ES384", "RS384"]
_MINUTES = 10
_SKEW = 60
_METADATA_SECONDS = 600.0


class OutsideError(Exception):
    """The outside provider did not do what it must; the text says which rule failed, without its data."""


class Provider(NamedTuple):
    """What the settings say: issuer, our client id, the claim that names an account's link, the button's words."""

    issuer: str
    client_id: str
    claim: str = "sub"
    name: str = ""


class Known(NamedTuple):
    """Whom the provider vouches for. ``acr``: the level of assurance it states."""

    issuer: str
    subject: str
    acr: str
    next: str


class _Metadata(msgspec.Struct):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    authorization_response_iss_parameter_supported: bool = False


class Outside:
    """The relying party of one node. ``loopback``: a provider on this machine may be called by http."""

    def __init__(self, provider: Provider, sessions: Sessions, loopback: bool) -> None:
        self.provider = provider
        self._sessions = sessions
        self._loopback = loopback
        self._keys = RemoteKeys(loopback)
        self._metadata: tuple[float, _Metadata] | None = None

    async def address(self, base: str, next_: str) -> tuple[str, str]:
        """Return where to send a person, and the secret that binds the answer to this browser. Raises OutsideError."""
        metadata = await self._read_metadata()
        verifier, nonce, state = fresh(), fresh(), fresh()
        content = {
            "verifier": verifier, "nonce": nonce, "next": next_, "redirect_uri": base + CALLBACK, "state": state,
        }  # fmt: skip
        secret = await self._sessions.pend(f"outside:{state}", content, timedelta(minutes=_MINUTES))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        values = {
            "response_type": "code", "client_id": self.provider.client_id, "redirect_uri": base + CALLBACK,
            "scope": "openid profile", "state": state, "nonce": nonce, "code_challenge": challenge,
            "code_challenge_method": "S256",
        }  # fmt: skip
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        return f"{metadata.authorization_endpoint}{joint}{urlencode(values)}", secret

    async def answered(self, values: dict[str, str], secret: str) -> Known:
        """Return whom the provider vouches for. Raises OutsideError."""
        state = values.get("state", "")[:100]
        pending = await self._sessions.take(secret, f"outside:{state}") if secret and state else None
        if pending is None:
            raise OutsideError("this sign-in was not begun in this browser, or it took too long: begin again")
        metadata = await self._read_metadata()
        stated = values.get("iss", "")
        if stated != metadata.issuer and (stated or metadata.authorization_response_iss_parameter_supported):
            raise OutsideError("the answer comes from another provider than the one that was asked")
        if "error" in values or not values.get("code"):
            raise OutsideError("the provider did not sign you in")
        token = await self._exchange(metadata, values["code"], pending.content)
        claims = await self._verified(metadata, token, str(pending.content["nonce"]))
        subject = claims.get(self.provider.claim)
        if not isinstance(subject, str) or not subject:
            raise OutsideError(f"the provider does not state the claim '{self.provider.claim}'")
        return Known(metadata.issuer, subject, str(claims.get("acr", "")), str(pending.content["next"]))

    async def _exchange(self, metadata: _Metadata, code: str, content: dict[str, Any]) -> str:
        form = urlencode(
            {
                "grant_type": "authorization_code", "code": code, "redirect_uri": content["redirect_uri"],
                "client_id": self.provider.client_id, "code_verifier": content["verifier"],
            }
        )  # fmt: skip
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        try:
            answer = await fetch(metadata.token_endpoint, self._loopback, form.encode(), headers)
        except KeySetUnavailable as error:
            raise OutsideError(f"the provider refused the code: {error}") from None
        token = answer.get("id_token") if isinstance(answer, dict) else None
        if not isinstance(token, str):
            raise OutsideError("the provider sent no id token")
        return token

    async def _verified(self, metadata: _Metadata, token: str, nonce: str) -> dict[str, Any]:
        try:
            header = jws.extract_compact(token.encode()).headers()
            if header.get("alg") not in _ALGORITHMS:
                raise OutsideError("the id token is signed in a way that is not accepted")
            key = await self._keys.key(metadata.jwks_uri, str(header.get("kid", "")))
            if key is None:
                raise OutsideError("the id token is signed with a key that the provider does not publish")
            claims = orjson.loads(jws.deserialize_compact(token, key, [str(header["alg"])]).payload)
        except (JoseError, KeySetUnavailable, ValueError, UnicodeError):
            raise OutsideError("the id token cannot be verified") from None
        now = time.time()
        audiences = claims.get("aud")
        audiences = [audiences] if isinstance(audiences, str) else audiences
        if claims.get("iss") != metadata.issuer:
            raise OutsideError("the id token comes from another issuer")
        if not isinstance(audiences, list) or self.provider.client_id not in audiences:
            raise OutsideError("the id token is meant for somebody else")
        if len(audiences) > 1 and claims.get("azp") != self.provider.client_id:
            raise OutsideError("the id token is meant for somebody else too")
        if not isinstance(claims.get("exp"), int) or claims["exp"] < now - _SKEW:
            raise OutsideError("the id token has run out")
        if not isinstance(claims.get("iat"), int) or claims["iat"] > now + _SKEW:
            raise OutsideError("the id token is not valid yet")
        if claims.get("nonce") != nonce:
            raise OutsideError("the id token does not belong to this sign-in")
        return dict(claims)

    async def _read_metadata(self) -> _Metadata:
        if self._metadata and time.monotonic() - self._metadata[0] < _METADATA_SECONDS:
            return self._metadata[1]
        address = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found = msgspec.convert(await fetch(address, self._loopback), _Metadata)
        except (KeySetUnavailable, msgspec.ValidationError):
            raise OutsideError("the provider cannot be reached: try again later") from None
        if found.issuer != self.provider.issuer:
            raise OutsideError("the provider calls itself by another name than the settings")
        self._metadata = (time.monotonic(), found)
        return found
