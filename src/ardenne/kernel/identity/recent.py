"""Callers whom this worker knows already: a bounded memory that revocations empty at once.

The database tells every change of an account, session or token family (NOTIFY). What it tells comes in over
a connection of its own; while that connection does not answer, nothing is remembered.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from ardenne.kernel.identity.caller import Caller
from ardenne.kernel.store.database import Database
from ardenne.kernel.store.listening import listen

CHANNEL = "identity"
_ROOM = 20_000
_BEAT_SECONDS = 0.4
_DEAF_SECONDS = 1.0
"""How old the last sign of the connection may be: then the memory is not used."""


class RecentCallers:
    """Token or cookie → caller. Look-ups cost about a microsecond."""

    def __init__(self) -> None:
        self._callers: dict[str, tuple[Caller, float]] = {}
        self._of: dict[str, set[str]] = {}
        self.changes = 0
        """Counts what was told; a look-up that began before a change is not remembered."""
        self._hearing_until = 0.0

    def get(self, secret: str) -> Caller | None:
        """Return the caller of a secret that holds still."""
        found = self._callers.get(secret)
        if found is None or found[1] <= time.time() or self._hearing_until < time.monotonic():
            return None
        return found[0]

    def put(self, secret: str, caller: Caller, until: float, names: Iterable[str], begun: int) -> None:
        """Remember a caller until a time (seconds since 1970), or until one of ``names`` changes.

        ``begun`` is the count of changes before the look-up.
        """
        if begun != self.changes or self._hearing_until < time.monotonic():
            return
        if len(self._callers) >= _ROOM:
            self.forget_all()
        self._callers[secret] = (caller, until)
        for name in names:
            self._of.setdefault(name, set()).add(secret)

    def forget(self, name: str) -> None:
        """Forget everything that depends on an account, session, family, token or client."""
        self.changes += 1
        for secret in self._of.pop(name, ()):
            self._callers.pop(secret, None)

    def forget_all(self) -> None:
        """Forget everything."""
        self.changes += 1
        self._callers.clear()
        self._of.clear()

    def hearing(self, since: float | None) -> None:
        """Note that the connection answered a question of a time (monotonic); None: it is lost."""
        self._hearing_until = since + _DEAF_SECONDS if since is not None else 0.0


class Listener:
    """Keeps what callers are remembered in step with what the database tells."""

    def __init__(self, database: Database, recent: RecentCallers) -> None:
        self._database = database
        self._recent = recent

    async def run(self) -> None:
        """Listen for ever, and begin again when the connection is lost."""
        await listen(self._database, CHANNEL, self, _BEAT_SECONDS, _DEAF_SECONDS)

    def begun(self) -> None:
        """Forget everything: what changed while nobody listened is not known."""
        self._recent.forget_all()

    def told(self, text: str) -> None:
        """Forget what depends on the account, session, family, token or client that changed."""
        self._recent.forget(text)

    def heard(self, asked: float) -> None:
        """Use the memory for a while."""
        self._recent.hearing(asked)

    def lost(self) -> None:
        """Use the memory no more."""
        self._recent.hearing(None)
        self._recent.forget_all()
