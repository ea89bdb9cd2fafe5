"""Signing in: password and one-time code, recovery code, the one click of a demonstration; slowing down guessers."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ardenne.kernel.identity import passwords, totp
from ardenne.kernel.identity.accounts import Account
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.identity.events import Happening, SecurityEvent, SecurityEvents
from ardenne.kernel.identity.sealing import Sealing
from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.identity.store_credentials import Credentials, LetterRequests, Throttle
from ardenne.kernel.identity.store_sessions import Sessions
from ardenne.kernel.store.database import Connection

TOTP_PURPOSE = "totp"
_FREE = 3
_FREE_OF_ADDRESS = 30
_SECOND_MINUTES = 5
_SECOND_TRIES = 5


class Slow(Exception):
    """Too many failures from this address: wait ``seconds``. The account's owner elsewhere is not held up."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} seconds")
        self.seconds = seconds


class Signed(NamedTuple):
    """A session that began: the cookie's secret, its id, and whose it is."""

    secret: str
    session: str
    account: Account


class SecondFactor(NamedTuple):
    """The password was right; a code is needed. ``pending`` finds the attempt again."""

    pending: str


class SigningIn:
    """Signs people in, for one node. ``development``: a password alone is enough, and the one click exists."""

    def __init__(
        self,
        accounts: Accounts,
        credentials: Credentials,
        sessions: Sessions,
        sealing: Sealing,
        events: SecurityEvents,
        development: bool,
    ) -> None:
        self.development = development
        self._accounts = accounts
        self._credentials = credentials
        self._sessions = sessions
        self._sealing = sealing
        self._events = events
        self._throttle = Throttle(accounts.database)
        self.letters = LetterRequests(accounts.database)

    async def by_password(
        self, login: str, password: str, address: str, label: str
    ) -> Signed | SecondFactor | None:
        """Sign in by password. None: login and password do not fit, or more than a password is needed here.

        Raises Slow. A right password with a second factor gives SecondFactor.
        """
        keys = await self._allowed(login, address)
        account = await self._accounts.by_login(login)
        usable = account is not None and account.state == "active"
        kept = await self._credentials.password(account.id) if account and usable else ""
        if not await passwords.matches(kept, password) or account is None:
            await self._failed(keys, account, "password")
            return None
        found = await self._credentials.totp(account.id)
        if found is not None and found.confirmed:
            content = {"label": label, "tries": _SECOND_TRIES}
            lasting = timedelta(minutes=_SECOND_MINUTES)
            return SecondFactor(await self._sessions.pend("second-factor", content, lasting, account.id))
        if not self.development:
            await self._failed(keys, account, "no-second-factor")
            return None
        await self._throttle.forgive(keys)
        return await self.begin(account, "low", label, "password")

    async def by_second_factor(self, pending: str, code: str, address: str) -> Signed | None:
        """Finish a sign-in by a one-time code or a recovery code. None: wrong, or it takes too long. Raises Slow."""
        attempt = await self._sessions.pending(pending, "second-factor")
        account = await self._accounts.get(attempt.account) if attempt else None
        if attempt is None or account is None or account.state != "active":
            return None
        keys = await self._allowed(account.login, address)
        async with self._accounts.database.transaction() as connection:
            right = await self.code_is_right(connection, account.id, code)
        if not right:
            await self._failed(keys, account, "code")
            return None
        if await self._sessions.take(pending, "second-factor") is None:
            return None
        await self._throttle.forgive(keys)
        return await self.begin(account, "substantial", str(attempt.content["label"]), "password and code")

    async def code_is_right(self, connection: Connection, account: str, code: str) -> bool:
        """Check a one-time code, or a recovery code, and use it up."""
        found = await self._credentials.totp(account, connection)
        if found is not None:
            secret = self._sealing.open(found.sealed, TOTP_PURPOSE)
            step = totp.matching_step(secret, code, time.time(), found.last_step)
            if step:
                return await self._credentials.use_totp(connection, account, step)
        return await self._credentials.use_recovery_code(connection, account, code)

    async def by_one_click(self, login: str, label: str) -> Signed | None:
        """Sign in as an invented person of a demonstration."""
        account = await self._accounts.by_login(login) if self.development else None
        if account is None or not account.development or account.state != "active":
            return None
        return await self.begin(account, "substantial", label, "demonstration")

    async def begin(self, account: Account, level: str, label: str, means: str) -> Signed:
        """Begin a session. The secret is always new: one that was slipped in before is worth nothing."""
        async with self._accounts.database.transaction() as connection:
            role = account.roles[0].id if len(account.roles) == 1 else ""
            secret, session = await self._sessions.begin(connection, account.id, level, label, role)
            event = SecurityEvent(Happening.SIGNED_IN, account.id, session, detail=means)
            await self._events.record(connection, event)
        return Signed(secret, session, account)

    async def activate(self, login: str, code: str, password: str, address: str) -> Account | None:
        """Use the code of a letter and set the first password. None: login and code do not fit. Raises Slow."""
        keys = await self._allowed(login, address)
        kept = passwords.hashed(password)
        async with self._accounts.database.transaction() as connection:
            account_id = await self._credentials.use_activation(connection, login, code)
            if account_id:
                if await self._accounts.is_active(connection, account_id):
                    await self._begin_anew(connection, account_id)
                await self._accounts.set_state(connection, account_id, "active")
                await self._credentials.set_password(connection, account_id, kept)
                await self._events.record(connection, SecurityEvent(Happening.ACTIVATED, account_id))
        if not account_id:
            await self._failed(keys, None, "activation")
            return None
        return await self._accounts.get(account_id)

    async def _begin_anew(self, connection: Connection, account_id: str) -> None:
        """Somebody who lost the means to sign in has none of the old ones left, and is signed in nowhere; passkeys stay."""
        await self._credentials.drop_totp(connection, account_id)
        await self._credentials.drop_recovery_codes(connection, account_id)
        await self._sessions.end_all(connection, account_id)
        event = SecurityEvent(Happening.CREDENTIAL_REMOVED, account_id, detail="letter")
        await self._events.record(connection, event)

    async def ask_letter(self, login: str, address: str) -> None:
        """Note that somebody who cannot sign in asks for a letter; nothing tells whether there is such a login.

        Raises Slow for an address that asks all the time.
        """
        key = _key("letter", address)
        await self._check([key])
        await self._throttle.failed(key, _FREE_OF_ADDRESS)
        account = await self._accounts.by_login(login)
        if account is None or account.state != "active" or account.kind is Kind.SOFTWARE:
            return
        async with self._accounts.database.transaction() as connection:
            await self.letters.add(connection, account.id)
            event = SecurityEvent(Happening.LETTER_ASKED, account.id)
            await self._events.record(connection, event)

    async def object(self, login: str, code: str, address: str) -> bool:
        """Refuse the record within the time of the letter. Raises Slow.

        Who has an account and only lost the password closes the record on the page for it, signed in.
        """
        keys = await self._allowed(login, address)
        known = await self._accounts.by_login(login)
        if known is None or known.state != "invited":
            await self._failed(keys, None, "activation")
            return False
        async with self._accounts.database.transaction() as connection:
            account_id = await self._credentials.use_activation(connection, login, code)
            if account_id:
                await self._accounts.set_state(connection, account_id, "objected")
                await self._events.record(connection, SecurityEvent(Happening.OBJECTED, account_id))
        if not account_id:
            await self._failed(keys, None, "activation")
        return bool(account_id)

    async def _allowed(self, login: str, address: str) -> list[bytes]:
        """Return the keys that a failure counts for. Raises Slow."""
        keys = [_key(login.strip().lower()[:200], address), _key("", address)]
        await self._check(keys)
        return keys

    async def _check(self, keys: list[bytes]) -> None:
        """Raise Slow while one of the keys must wait."""
        until = await self._throttle.blocked_until(keys)
        if until is not None:
            raise Slow(max(1, int((until - datetime.now(UTC)).total_seconds()) + 1))

    async def _failed(self, keys: list[bytes], account: Account | None, means: str) -> None:
        slowed = await self._throttle.failed(keys[0], _FREE)
        slowed |= await self._throttle.failed(keys[1], _FREE_OF_ADDRESS)
        happened = [Happening.SIGN_IN_FAILED] + ([Happening.SLOWED_DOWN] if slowed else [])
        async with self._accounts.database.transaction() as connection:
            for one in happened:
                event = SecurityEvent(one, account.id if account else "", detail=means)
                await self._events.record(connection, event)


def _key(login: str, address: str) -> bytes:
    return hashlib.sha256(f"{address}\0{login}".encode()).digest()
