"""Access tokens: JWT of RFC 9068, signed ES256, with the claims of SMART App Launch 2.2 and IHE IUA (ITI-71).

A token names its account, its family (``sid``) and what was allowed. Who the caller is today, with
which mandates, is read from the database, so that a change holds at once.
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Collection
from typing import Any

import msgspec
import orjson
from joserfc import jws
from joserfc.errors import JoseError

from ardenne.kernel.identity.accounts import Account, Role
from ardenne.kernel.identity.errors import InvalidToken
from ardenne.kernel.identity.store_keys import SigningKeys

LIFETIME = 600
"""Seconds that an access token holds."""
TYPE = "at+jwt"
BOUND = "x5t#S256"
"""The confirmation of RFC 8705: thumbprint of a certificate."""
_ALGORITHM = "ES256"
_SKEW = 5
_LONGEST = 8_192


class Family(msgspec.Struct, frozen=True):
    """What was allowed to a client: the family that a chain of tokens belongs to."""

    id: str
    client: str
    account: str
    role: str
    scopes: tuple[str, ...]
    purpose: str
    patient: str = ""
    encounter: str = ""
    level: str = ""
    actor: str = ""
    session: str = ""


class Claims(msgspec.Struct, frozen=True):
    """What a verified token says."""

    iss: str
    aud: str | list[str]
    sub: str
    client_id: str
    exp: int
    iat: int
    jti: str
    sid: str
    scope: str
    nbf: int = 0
    patient: str = ""
    cnf: dict[str, str] = {}

    @property
    def certificate(self) -> str:
        """The thumbprint of the certificate to which the token is bound (RFC 8705, section 3.1); empty: none."""
        return self.cnf.get(BOUND, "")


def claims(
    family: Family,
    account: Account,
    issuer: str,
    audience: str,
    scopes: Collection[str],
    now: float,
    lifetime: int,
    bound: str = "",
) -> dict[str, Any]:
    """Return the claims of a new token."""
    role = account.role(family.role) or Role("", "")
    found: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "sub": account.id,
        "client_id": family.client,
        "exp": int(now) + lifetime,
        "iat": int(now),
        "nbf": int(now) - _SKEW,
        "jti": str(uuid.uuid4()),
        "sid": family.id,
        "scope": " ".join(scopes),
        "acr": family.level,
        "fhirUser": fhir_user(account, role),
        "extensions": {"ihe_iua": _iua(family, account, role, issuer)},
    }
    if family.patient:
        found["patient"] = family.patient
    if bound:
        found["cnf"] = {BOUND: bound}
    if family.actor:
        found["act"] = {"sub": family.actor}  # RFC 8693, section 4.1
    return {name: value for name, value in found.items() if value != ""}


def _iua(family: Family, account: Account, role: Role, issuer: str) -> dict[str, Any]:
    """The claims of IUA: who, from where, why."""
    found: dict[str, Any] = {
        "subject_name": account.name,
        "subject_organization": role.organisation_name,
        "subject_organization_id": f"{issuer}/fhir/Organization/{role.organisation}"
        if role.organisation
        else "",
        "subject_role": [{"system": "urn:ardenne:profession", "code": role.profession}]
        if role.profession
        else [],
        "purpose_of_use": [{"system": "urn:oid:2.16.840.1.113883.1.11.20448", "code": family.purpose}],
        "person_id": family.patient,
    }
    return {name: value for name, value in found.items() if value}


def fhir_user(account: Account, role: Role) -> str:
    """Return the resource that a user is (SMART App Launch 2.2, scope ``fhirUser``); empty: none."""
    if account.patient:
        return f"Patient/{account.patient}"
    if role.directory:
        return f"PractitionerRole/{role.directory}"
    return f"Practitioner/{role.practitioner}" if role.practitioner else ""


async def signed(keys: SigningKeys, content: dict[str, Any], kind: str = TYPE) -> str:
    """Return a signed token. ``kind`` is the header ``typ``, which keeps id tokens and access tokens apart."""
    key = await keys.signing()
    header = {"alg": _ALGORITHM, "typ": kind, "kid": key.kid}
    return jws.serialize_compact(header, orjson.dumps(content), key, [_ALGORITHM])


async def verified(
    keys: SigningKeys, token: str, issuer: str, audiences: Collection[str], now: float, kind: str = TYPE
) -> Claims:
    """Return what a token of ours says. Raises InvalidToken with the rule that failed.

    The key is one of our own by its id; a key, a key address or a certificate in the header counts nothing.
    """
    if len(token) > _LONGEST:
        raise InvalidToken("the token is too long")
    header = _header(token)
    if header.get("alg") != _ALGORITHM:
        raise InvalidToken("the token is not signed with ES256")
    if not hmac.compare_digest(str(header.get("typ", "")), kind):
        raise InvalidToken("this is no access token")
    if "crit" in header or "b64" in header:
        raise InvalidToken("the token demands an extension that is not known here")
    kid = header.get("kid")
    key = await keys.verifying(kid) if isinstance(kid, str) and len(kid) < 100 else None
    if key is None:
        raise InvalidToken("the token is signed with a key that is not ours")
    try:
        content = jws.deserialize_compact(token, key, [_ALGORITHM]).payload
        found = msgspec.json.decode(content, type=Claims)
    except (JoseError, msgspec.ValidationError, msgspec.DecodeError, ValueError):
        raise InvalidToken("the token's signature or content is not right") from None
    return _current(found, issuer, audiences, now)


def _header(token: str) -> dict[str, Any]:
    try:
        found = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, UnicodeError):
        raise InvalidToken("this is no token") from None
    return dict(found)


def _current(found: Claims, issuer: str, audiences: Collection[str], now: float) -> Claims:
    if found.iss != issuer:
        raise InvalidToken("the token comes from another issuer")
    named = [found.aud] if isinstance(found.aud, str) else found.aud
    if not any(one in audiences for one in named):
        raise InvalidToken("the token is meant for somebody else")
    if found.exp <= now:
        raise InvalidToken("the token has run out")
    if found.nbf > now + _SKEW or found.iat > now + _SKEW:
        raise InvalidToken("the token is not valid yet")
    return found
