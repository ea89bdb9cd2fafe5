"""What happens to accounts and sessions, told to whoever keeps the journal."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from ardenne.kernel.store.database import Connection


class Happening(StrEnum):
    """What happened."""

    SIGNED_IN = "signed-in"
    SIGN_IN_FAILED = "sign-in-failed"
    SLOWED_DOWN = "slowed-down"
    SIGNED_OUT = "signed-out"
    SESSION_REVOKED = "session-revoked"
    SIGNED_OUT_EVERYWHERE = "signed-out-everywhere"
    ROLE_CHOSEN = "role-chosen"
    ACTIVATED = "activated"
    OBJECTED = "objected"
    LETTER_ASKED = "letter-asked"
    CREDENTIAL_ADDED = "credential-added"
    CREDENTIAL_REMOVED = "credential-removed"
    MANDATE_GIVEN = "mandate-given"
    MANDATE_REVOKED = "mandate-revoked"
    APPLICATION_ALLOWED = "application-allowed"
    APPLICATION_REGISTERED = "application-registered"
    APPLICATION_CHANGED = "application-changed"
    APPLICATION_SHUT_OFF = "application-shut-off"
    APPLICATION_LET_IN = "application-let-in"
    ACCOUNT_LINKED = "account-linked"
    ACCOUNT_UNLINKED = "account-unlinked"
    ACCOUNT_SHUT_OFF = "account-shut-off"
    ACCOUNT_LET_IN = "account-let-in"
    TOKEN_ISSUED = "token-issued"  # noqa: S105 - a name, no secret
    TOKEN_REVOKED = "token-revoked"  # noqa: S105
    REUSE_DETECTED = "reuse-detected"


class SecurityEvent(msgspec.Struct, frozen=True):
    """One happening. Ids only: ``account`` uuid, ``session`` uuid or token family, ``patient`` of a mandate."""

    happening: Happening
    account: str = ""
    session: str = ""
    client: str = ""
    patient: str = ""
    detail: str = ""


class SecurityEvents(Protocol):
    """Keeps security events, in the transaction in which they happen."""

    async def record(self, connection: Connection, event: SecurityEvent) -> None:
        """Keep an event; when it cannot be kept, raise, and what happened is undone."""
        ...


class Unrecorded:
    """Keeps nothing."""

    async def record(self, connection: Connection, event: SecurityEvent) -> None:
        """Forget the event."""
