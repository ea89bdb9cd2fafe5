"""What happens to accounts and sessions, as lines of the journal in the transaction in which it happens."""

from __future__ import annotations

from ardenne.kernel.audit import store
from ardenne.kernel.audit.entries import Action, Entry, Line, Outcome, encode
from ardenne.kernel.identity.events import Happening, SecurityEvent
from ardenne.kernel.policy.standing import account_hash
from ardenne.kernel.store import hashing
from ardenne.kernel.store.change import now
from ardenne.kernel.store.database import Connection

_ACTIONS = {
    Happening.SIGNED_IN: Action.SIGN_IN,
    Happening.SIGN_IN_FAILED: Action.SIGN_IN_FAILED,
    Happening.SLOWED_DOWN: Action.SIGN_IN_FAILED,
    Happening.SIGNED_OUT: Action.SIGN_OUT,
    Happening.SESSION_REVOKED: Action.SIGN_OUT,
    Happening.SIGNED_OUT_EVERYWHERE: Action.SIGN_OUT,
    Happening.TOKEN_ISSUED: Action.TOKEN,
    Happening.TOKEN_REVOKED: Action.TOKEN,
    Happening.REUSE_DETECTED: Action.SECURITY,
}
_FAILED = frozenset({Happening.SIGN_IN_FAILED, Happening.SLOWED_DOWN, Happening.REUSE_DETECTED})


class JournalEvents:
    """Keeps security events in the journal."""

    async def record(self, connection: Connection, event: SecurityEvent) -> None:
        """Append a line; when that fails, what happened is undone with it."""
        moment = now()
        action = _ACTIONS.get(event.happening, Action.ACCOUNT)
        outcome = Outcome.REFUSED if event.happening in _FAILED else Outcome.DONE
        detail = ": ".join(filter(None, (event.happening.value, event.detail)))
        entry = Entry(
            moment, int(action), account=event.account, client=event.client, session=event.session,
            patient=event.patient, rule="account", outcome=int(outcome), detail=detail,
        )  # fmt: skip
        patient = hashing.self_hash("Patient", event.patient) if event.patient else None
        line = Line(moment, patient, account_hash(event.account), int(action), int(outcome), 0, encode(entry))
        await store.append(connection, [line])
