"""Acts of members: joining, unlocking, renewing, revoking, passwords of mail programs. Each is one transaction with its line."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.identity import opaque
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.identity.sealing import SealBroken
from ardenne.kernel.identity.store_credentials import Throttle
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection
from ardenne.services.messaging import listing, rules, store_members
from ardenne.services.messaging.authority import Trust
from ardenne.services.messaging.keyring import Keyring, exported
from ardenne.services.messaging.rules import MessagingError
from ardenne.services.messaging.store_members import Certificate, Member
from ardenne.standards.smime import certificates
from ardenne.standards.smime.enveloped import Holding

_FREE = 3
"""Wrong passphrases that cost nothing; then each makes the next wait longer."""


class Mailbox(NamedTuple):
    """A member whose keys are at hand. ``holdings``: certificates with keys, the current one first."""

    member: Member
    keyring: Keyring
    holdings: Sequence[Holding]
    signer: Holding | None
    """With what this member signs; None: the certificate ended or was revoked."""


class Members:
    """The members of one node, for one caller. ``domain`` stands after the @."""

    def __init__(self, service: FhirService, trust: Trust, domain: str) -> None:
        self._service = service
        self._trust = trust
        self._throttle = Throttle(service.database)
        self.domain = domain

    def address(self, member: Member) -> str:
        """Return the address of a member."""
        return f"{member.local}@{self.domain}"

    async def mine(self) -> Member | None:
        """Return the member that the caller is; None without a mailbox or without a role of the directory."""
        caller = self._service.caller
        if caller.kind is not Kind.PROFESSIONAL or not caller.account:
            return None
        found = await store_members.by_account(self._service.database, caller.account)
        listed = found is not None and found.active and await listing.is_listed(self._service, caller.account)
        return found if listed else None

    async def join(self, passphrase: str, again: str) -> Member:
        """Make the caller a member with address, key and certificate. Raises MessagingError."""
        caller = self._service.caller
        if caller.kind is not Kind.PROFESSIONAL or not await store_members.may_join(
            self._service.database, caller.account
        ):
            raise MessagingError("directory")
        problem = rules.passphrase_problem(passphrase, again)
        if problem:
            raise MessagingError(problem)
        number, key = uuid.uuid4(), await asyncio.to_thread(certificates.new_key)
        ring = Keyring.new(key)
        sealed = await ring.sealed_by(passphrase, str(number))
        async with self._service.database.transaction() as connection:
            base = rules.local_part(caller.name)
            others = await store_members.taken(connection, base)
            local = next(
                name
                for name in (rules.local_part(caller.name, at) for at in range(10_000))
                if name not in others
            )
            if not await store_members.add(
                connection, number, caller.account, local, caller.name, sealed, rules.FOLDERS
            ):
                raise MessagingError("member")
            made = certificates.member(
                self._trust.own, key.public_key(), caller.name, f"{local}@{self.domain}", datetime.now(UTC)
            )
            await self._certify(connection, number, made, own=True)
            await self._publish(connection, str(number), caller.name, f"{local}@{self.domain}", made)
            await self._note(connection, "messaging-joined")
        found = await store_members.by_id(self._service.database, number)
        assert found is not None
        return found

    async def unlock(self, member: Member, passphrase: str) -> str:
        """Open the keyring for the caller's session; return the secret that the browser keeps. Raises MessagingError."""
        ring = await self._opened(member, passphrase)
        secret = opaque.fresh()
        expires = datetime.now(UTC) + rules.UNLOCKED
        sealed = ring.sealed_for(secret, str(member.id))
        async with self._service.database.transaction() as connection:
            session = self._service.caller.session
            await store_members.unlock(connection, opaque.digest(secret), member.id, session, sealed, expires)
            await self._note(connection, "messaging-unlocked")
        return secret

    async def opened(self, member: Member, secret: str) -> Mailbox | None:
        """Return the mailbox that a browser's secret opens in this session; None: it is locked."""
        session = self._service.caller.session
        if not secret or not session:
            return None
        sealed = await store_members.unlocked(
            self._service.database, opaque.digest(secret), member.id, session
        )
        if sealed is None:
            return None
        try:
            ring = Keyring.opened_for(sealed, secret, str(member.id))
        except SealBroken:
            return None
        return await self._mailbox(member, ring)

    async def lock(self, member: Member) -> None:
        """Close the keyring in every session."""
        async with self._service.database.transaction() as connection:
            await store_members.close(connection, member.id)

    async def renew(self, member: Member, passphrase: str) -> None:
        """Make a new key and certificate; older keys go on opening older mail. Raises MessagingError."""
        await self._opened(member, passphrase)
        key = await asyncio.to_thread(certificates.new_key)
        async with self._service.database.transaction() as connection:
            ring = await self._newest(connection, member, passphrase)
            sealed = await ring.with_key(key).sealed_by(passphrase, str(member.id))
            await store_members.set_keyring(connection, member.id, sealed)
            made = certificates.member(
                self._trust.own, key.public_key(), member.name, self.address(member), datetime.now(UTC)
            )
            await self._certify(connection, member.id, made, own=True)
            await self._publish(connection, str(member.id), member.name, self.address(member), made)
            # open sessions hold a keyring without the new key
            await store_members.close(connection, member.id)
            await self._note(connection, "messaging-renewed")

    async def revoke(self, member: Member, reason: str) -> None:
        """Revoke the current certificate: nobody can write to the member until it is renewed."""
        current = self.current(await store_members.certificates(self._service.database, [member.id]))
        if current is None:
            raise MessagingError("certificate")
        async with self._service.database.transaction() as connection:
            print_ = fingerprint(current.certificate)
            await store_members.revoke(connection, member.id, print_, datetime.now(UTC), reason[:200])
            await self._publish(connection, str(member.id), member.name, self.address(member), None)
            await self._note(connection, "messaging-revoked")

    async def change_passphrase(self, member: Member, old: str, new: str, again: str) -> None:
        """Seal the keyring by another passphrase. Raises MessagingError."""
        problem = rules.passphrase_problem(new, again)
        if problem:
            raise MessagingError(problem)
        await self._opened(member, old)
        async with self._service.database.transaction() as connection:
            ring = await self._newest(connection, member, old)
            await store_members.set_keyring(connection, member.id, await ring.sealed_by(new, str(member.id)))
            await self._note(connection, "messaging-passphrase")

    async def opened_with(self, member: Member, passphrase: str) -> Mailbox:
        """Return the mailbox that a passphrase opens, for one act. Raises MessagingError."""
        return await self._mailbox(member, await self._opened(member, passphrase))

    async def export(self, member: Member, passphrase: str) -> bytes:
        """Return key and certificate for a mail program (PKCS#12), under the same passphrase. Raises MessagingError."""
        found = await self.opened_with(member, passphrase)
        if found.signer is None:
            raise MessagingError("certificate")
        async with self._service.database.transaction() as connection:
            await self._note(connection, "messaging-key-taken")
        return await asyncio.to_thread(exported, found.signer, self.address(member), passphrase)

    async def bring(
        self, member: Member, passphrase: str, certificate: x509.Certificate, key: object
    ) -> None:
        """Take a certificate of another authority that the operator trusts, with its key. Raises MessagingError."""
        problem = certificates.problem(
            certificate, self._trust.trusted, self.address(member), datetime.now(UTC)
        )
        if problem:
            raise MessagingError(f"brought-{problem}")
        if not isinstance(key, certificates.PrivateKey) or not certificates.can_be_encrypted_for(certificate):
            raise MessagingError("brought-key")
        async with self._service.database.transaction() as connection:
            ring = await self._newest(connection, member, passphrase)
            sealed = await ring.with_key(key).sealed_by(passphrase, str(member.id))
            await store_members.set_keyring(connection, member.id, sealed)
            await self._certify(connection, member.id, certificate, own=False)
            await self._publish(connection, str(member.id), member.name, self.address(member), certificate)
            await store_members.close(connection, member.id)
            await self._note(connection, "messaging-renewed")

    async def new_password(self, member: Member, label: str) -> str:
        """Return a new password for a mail program, shown once."""
        password = opaque.fresh_for_people()
        async with self._service.database.transaction() as connection:
            digest = opaque.digest_of_copied(password)
            await store_members.add_password(connection, member.id, digest, label.strip()[:60] or "-")
            await self._note(connection, "messaging-password")
        return password

    def current(self, known: Sequence[Certificate]) -> Certificate | None:
        """Return the certificate for which others encrypt; None: there is none that holds."""
        now = datetime.now(UTC)
        return next((one for one in known if one.current and one.ends > now and one.revoked is None), None)

    async def _newest(self, connection: Connection, member: Member, passphrase: str) -> Keyring:
        """Return the keyring as it stands now, locked, by a passphrase that just opened it."""
        kept = await store_members.keyring(connection, member.id)
        if kept is None:
            raise MessagingError("keyring")
        try:
            return await Keyring.opened_by(kept, passphrase, str(member.id))
        except SealBroken:
            raise MessagingError("passphrase") from None

    async def _opened(self, member: Member, passphrase: str) -> Keyring:
        if member.keyring is None:
            raise MessagingError("keyring")
        key = hashlib.sha256(f"keyring\0{member.id}".encode()).digest()
        if await self._throttle.blocked_until([key]) is not None:
            raise MessagingError("wait")
        try:
            found = await Keyring.opened_by(member.keyring, passphrase, str(member.id))
        except SealBroken:
            await self._throttle.failed(key, _FREE)
            raise MessagingError("passphrase") from None
        await self._throttle.forgive([key])
        return found

    async def _mailbox(self, member: Member, ring: Keyring) -> Mailbox:
        known = await store_members.certificates(self._service.database, [member.id])
        holdings = ring.holdings([one.certificate for one in known])
        current = self.current(known)
        signer = next((one for one in holdings if current and one.certificate == current.certificate), None)
        return Mailbox(member, ring, holdings, signer)

    async def _certify(
        self, connection: Connection, member: uuid.UUID, made: x509.Certificate, *, own: bool
    ) -> None:
        content = made.public_bytes(Encoding.DER)
        if not await store_members.certify(connection, member, fingerprint(made), made, content, own):
            raise MessagingError("brought-known")

    async def _publish(
        self, connection: Connection, member: str, name: str, address: str, made: x509.Certificate | None
    ) -> None:
        await listing.publish(self._service, connection, listing.endpoint(member, name, address, made))

    async def _note(self, connection: Connection, rule: str) -> None:
        await self._service.note(connection, "", Action.ACCOUNT, rule)


def fingerprint(certificate: x509.Certificate) -> bytes:
    """Return the SHA-256 of a certificate."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()
