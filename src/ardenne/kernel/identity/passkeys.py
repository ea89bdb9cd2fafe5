"""Passkeys (Web Authentication level 2): enrolment and sign-in without a name, with verification of the user."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ardenne.kernel.identity.accounts import Account
from ardenne.kernel.identity.origins import origin_of
from ardenne.kernel.identity.store_credentials import Credentials, Passkey
from ardenne.kernel.identity.store_sessions import Sessions

_MINUTES = 5
_LARGEST = 20_000
_ERRORS = (WebAuthnException, ValueError, KeyError, TypeError)


class Passkeys:
    """Passkeys for one node; the relying party is the host by which people call it."""

    def __init__(self, sessions: Sessions, credentials: Credentials) -> None:
        self._sessions = sessions
        self._credentials = credentials

    async def enrolment(self, account: Account, base: str) -> dict[str, Any]:
        """Return what a browser needs to make a passkey, with the name of the attempt."""
        known = await self._credentials.passkeys(account.id)
        options = webauthn.generate_registration_options(
            rp_id=_host(base),
            rp_name="Ardenne",
            user_name=account.login,
            user_id=account.id.encode(),
            user_display_name=account.name,
            exclude_credentials=[PublicKeyCredentialDescriptor(one.id) for one in known],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
        return await self._begun("passkey-enrolment", options, options.challenge, account.id)

    async def enrolled(
        self, attempt: str, answer: Any, account: Account, label: str, base: str
    ) -> Passkey | None:
        """Return the passkey that a browser made for this account; None when something does not fit."""
        pending = await self._sessions.take(attempt[:100], "passkey-enrolment")
        if pending is None or pending.account != account.id:
            return None
        try:
            found = webauthn.verify_registration_response(
                credential=answer,
                expected_challenge=base64url_to_bytes(pending.content["challenge"]),
                expected_rp_id=_host(base),
                expected_origin=origin_of(base),
                require_user_verification=True,
            )
        except _ERRORS:
            return None
        return Passkey(
            found.credential_id, found.credential_public_key, found.sign_count, label, datetime.now(UTC), None
        )

    async def question(self, base: str) -> dict[str, Any]:
        """Return what a browser needs to show a passkey, with the name of the attempt."""
        options = webauthn.generate_authentication_options(
            rp_id=_host(base), user_verification=UserVerificationRequirement.REQUIRED
        )
        return await self._begun("passkey", options, options.challenge, "")

    async def answered(self, attempt: str, answer: Any, base: str) -> str:
        """Return the account whose passkey answered; empty when something does not fit."""
        pending = await self._sessions.take(attempt[:100], "passkey")
        try:
            known = await self._credentials.passkey(base64url_to_bytes(str(answer["rawId"])[:2_000]))
            if pending is None or known is None:
                return ""
            found = webauthn.verify_authentication_response(
                credential=answer,
                expected_challenge=base64url_to_bytes(pending.content["challenge"]),
                expected_rp_id=_host(base),
                expected_origin=origin_of(base),
                credential_public_key=known.public_key,
                credential_current_sign_count=known.sign_count,
                require_user_verification=True,
            )
        except _ERRORS:
            return ""
        async with self._sessions.database.connection() as connection:
            await self._credentials.use_passkey(connection, known.id, found.new_sign_count)
        return known.account

    async def _begun(self, kind: str, options: Any, challenge: bytes, account: str) -> dict[str, Any]:
        content = {"challenge": bytes_to_base64url(challenge)}
        attempt = await self._sessions.pend(kind, content, timedelta(minutes=_MINUTES), account)
        return {"attempt": attempt, "options": orjson.loads(webauthn.options_to_json(options))}


def parsed(body: bytes) -> dict[str, Any]:
    """Return the JSON that a page of ours sends about a passkey. Raises ValueError."""
    if len(body) > _LARGEST:
        raise ValueError("too large")
    found = orjson.loads(body)
    if not isinstance(found, dict) or not isinstance(found.get("answer"), dict):
        raise ValueError("not what a browser sends")
    return found


def _host(base: str) -> str:
    return urlsplit(base).hostname or "localhost"
