"""Registering an application by hand: what may stand in it (pure).

OAuth 2.1 (redirect addresses, no shared secrets), RFC 7517 (key sets), SMART App Launch 2.2 (scopes, launch address).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import msgspec
import orjson
from cryptography import x509
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ardenne.kernel.http import certificates
from ardenne.kernel.identity.oauth.authorization import redirect_problem
from ardenne.kernel.identity.scopes import ScopeError, parse
from ardenne.kernel.identity.store_families import Client

_ID = re.compile(r"[a-z0-9][a-z0-9.\-_]{2,60}")
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KEY_TYPES = frozenset({"EC", "RSA"})


class Sort(StrEnum):
    """What sort of application it is, which decides about keys and grants."""

    DEVICE = "device"
    """On a phone or in a browser: it can keep no secret, people sign in."""
    SERVER = "server"
    """On a server, with a key of its own: people sign in."""
    SYSTEM = "system"
    """A system of an organisation, without people (SMART Backend Services)."""


GRANTS: dict[Sort, tuple[str, ...]] = {
    Sort.DEVICE: ("authorization_code", "refresh_token"),
    Sort.SERVER: ("authorization_code", "refresh_token", "introspection"),
    Sort.SYSTEM: ("client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange", "introspection"),
}


class RegistrationError(ValueError):
    """What is wrong. ``rule``: id, name, redirect, launch, key, certificate, scope; ``detail`` says more, in English."""

    def __init__(self, rule: str, detail: str = "") -> None:
        super().__init__(rule)
        self.rule, self.detail = rule, detail


def read(form: Mapping[str, str], account: str = "") -> Client:
    """Return the application that a form describes. ``account``: the software account of a system.

    Raises RegistrationError.
    """
    try:
        sort = Sort(form.get("sort", ""))
    except ValueError:
        raise RegistrationError("sort") from None
    client_id, name = form.get("id", "").strip(), " ".join(form.get("name", "").split())
    if not _ID.fullmatch(client_id):
        raise RegistrationError("id")
    if not 3 <= len(name) <= 80:
        raise RegistrationError("name")
    redirects = tuple(form.get("redirects", "").split()) if sort is not Sort.SYSTEM else ()
    for address in redirects:
        if problem := redirect_problem(address):
            raise RegistrationError("redirect", problem)
    if sort is not Sort.SYSTEM and not redirects:
        raise RegistrationError("redirect", "at least one address")
    launch = form.get("launch", "").strip()
    if launch and (problem := redirect_problem(launch)):
        raise RegistrationError("launch", problem)
    jwks, jwks_uri = _keys(form, sort)
    return Client(
        client_id, name, sort is not Sort.DEVICE, redirects, launch, jwks, jwks_uri, _scopes(form, sort),
        GRANTS[sort], account, *_certificate(form, sort),
    )  # fmt: skip


def sort_of(client: Client) -> Sort:
    """Return what sort a registered application is."""
    if client.account:
        return Sort.SYSTEM
    return Sort.SERVER if client.confidential else Sort.DEVICE


def changed(client: Client, form: Mapping[str, str]) -> Client:
    """Return an application as a form changes it. Raises RegistrationError.

    Id, sort and account stay, and so does the certificate when the form brings none.
    """
    found = read({**form, "sort": sort_of(client), "id": client.id}, client.account)
    if found.has_certificate:
        return found
    return msgspec.structs.replace(
        found, certificate=client.certificate, certificate_subject=client.certificate_subject
    )


def takes_away(before: Client, after: Client) -> bool:
    """Tell whether a change takes away what tokens in use may rest on: a scope, an address, a key, a certificate."""
    return (
        not set(before.scopes) <= set(after.scopes)
        or not set(before.redirect_uris) <= set(after.redirect_uris)
        or (before.jwks, before.jwks_uri) != (after.jwks, after.jwks_uri)
        or (before.certificate, before.certificate_subject) != (after.certificate, after.certificate_subject)
    )


def state(client: Client) -> str:
    """Return a short mark of an application as it stands, by which a change made meanwhile is seen."""
    return sha256(msgspec.json.encode(client, order="sorted")).hexdigest()[:16]


def _certificate(form: Mapping[str, str], sort: Sort) -> tuple[str, str]:
    """Return thumbprint and subject of the certificate that an application is bound to; one of them, or neither."""
    text, subject = form.get("certificate", "").strip(), form.get("certificate_subject", "").strip()
    if not text and not subject:
        return "", ""
    if sort is Sort.DEVICE:
        raise RegistrationError("certificate", "an application on a phone can keep no key")
    if text and subject:
        raise RegistrationError("certificate", "either the certificate or its subject")
    try:
        if text:
            return certificates.named(certificates.read(text)).thumbprint, ""
        return "", x509.Name.from_rfc4514_string(subject).rfc4514_string()
    except ValueError as error:
        raise RegistrationError("certificate", str(error)) from None


def _keys(form: Mapping[str, str], sort: Sort) -> tuple[dict[str, Any] | None, str]:
    text, address = form.get("jwks", "").strip(), form.get("jwks_uri", "").strip()
    if sort is Sort.DEVICE:
        return None, ""
    if bool(text) == bool(address):
        raise RegistrationError("key", "either the key set or its address")
    if address:
        if urlsplit(address).scheme != "https" or redirect_problem(address):
            raise RegistrationError("key", "the address of the key set begins with https://")
        return None, address
    try:
        found = orjson.loads(text)
        keys = found["keys"]
        KeySet.import_key_set(found)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, JoseError):
        raise RegistrationError("key", 'a JSON Web Key Set: {"keys": [...]}') from None
    if not keys or any(key.get("kty") not in _KEY_TYPES for key in keys):
        raise RegistrationError("key", "public keys of type EC or RSA")
    if any(_PRIVATE & key.keys() for key in keys):
        raise RegistrationError("private", "make a new key: this one has left the system that it belongs to")
    return found, ""


def _scopes(form: Mapping[str, str], sort: Sort) -> tuple[str, ...]:
    found = []
    for text in form.get("scopes", "").split():
        try:
            one = parse(text)
        except ScopeError as error:
            raise RegistrationError("scope", str(error)) from None
        level = "" if isinstance(one, str) else one.level
        # a system acts for itself or, by token exchange, for a person; people do not sign in to it
        if not level if sort is Sort.SYSTEM else level == "system":
            raise RegistrationError("scope", f"{text} is not for an application of this sort")
        found.append(str(one))
    if not found:
        raise RegistrationError("scope", "at least one scope")
    return tuple(dict.fromkeys(found))
