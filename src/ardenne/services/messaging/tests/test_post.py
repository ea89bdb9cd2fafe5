"""Delivering: once, whole, to members alone, whatever happens at the same moment."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ardenne.kernel.store.database import Connection
from ardenne.services.messaging import rules, store_mail, store_members
from ardenne.services.messaging.tests.conftest import DOMAIN, Home
from ardenne.standards.mail.entity import entity
from ardenne.standards.mail.receipt import Receipt
from ardenne.standards.refusal import Refused
from ardenne.standards.smime import opening
from ardenne.standards.smime.certificates import problem


def test_a_message_is_delivered_as_it_was_sent_and_only_its_readers_open_it(home: Home) -> None:
    raw = home.node.run(home.send("anna", ["bert"], text="HbA1c 6,1 %"))
    (entry,) = home.node.run(home.folder("bert"))
    assert home.node.run(store_mail.content(home.node.database, entry.message)) == raw
    assert (entry.sender_name, entry.sender_local, entry.flags) == ("Dr Anna Müller", "anna.muller", [])
    (sent,) = home.node.run(home.folder("anna", "Sent"))
    assert sent.message == entry.message and sent.flags == ["\\Seen"]
    for reader in ("bert", "anna"):
        found = opening.open_(raw, home.node.run(home.mailbox(reader)).holdings)
        assert (found.subject, found.text.strip()) == ("Subject inside", "HbA1c 6,1 %")
        (signature,) = found.signatures
        address = f"anna.muller@{DOMAIN}"
        assert problem(signature.certificate, home.trust.trusted, address, datetime.now(UTC)) == ""
    with pytest.raises(Refused):
        opening.open_(raw, home.node.run(home.mailbox("carl")).holdings)


def test_the_same_message_many_times_at_once_is_delivered_once(home: Home) -> None:
    raw = home.node.run(home.written("anna", ["bert", "carl"]))

    async def race() -> None:
        await asyncio.gather(*(home.send("anna", ["bert", "carl"], raw) for _ in range(8)))

    home.node.run(race())
    for name in ("bert", "carl"):
        assert len(home.node.run(home.folder(name))) == 1
    assert len(home.node.run(home.folder("anna", "Sent"))) == 1


def test_messages_to_and_fro_at_once_all_arrive_with_numbers_of_their_own(home: Home) -> None:
    async def race() -> None:
        letters = [
            await home.written(*pair) for pair in (("anna", ["bert"]), ("bert", ["anna"])) for _ in range(6)
        ]
        pairs = [("anna", ["bert"])] * 6 + [("bert", ["anna"])] * 6
        for name in ("anna", "bert"):
            member = await home.member(name)
            async with home.node.database.transaction() as connection:
                today = datetime.now(UTC).date()
                await store_members.set_away(connection, member.id, today, None, "away")
        await asyncio.gather(
            *(home.send(who, to, raw) for (who, to), raw in zip(pairs, letters, strict=True))
        )

    home.node.run(race())
    for name in ("anna", "bert"):
        found = home.node.run(home.folder(name))
        # six messages and one answer of the other who is away
        assert [one.automatic for one in found].count(True) == 1 and len(found) == 7
        assert len({one.uid for one in found}) == 7


def test_another_message_of_the_same_id_is_refused(home: Home) -> None:
    home.node.run(home.send("anna", ["bert"], message_id="<same@x>"))
    with pytest.raises(Refused, match="same Message-ID"):
        home.node.run(home.send("anna", ["bert"], message_id="<same@x>", text="other"))
    assert len(home.node.run(home.folder("bert"))) == 1


def test_whoever_loses_the_role_neither_receives_nor_is_found(home: Home) -> None:
    address = f"bert.noel@{DOMAIN}"
    office = home.office("anna")
    assert home.node.run(office.members([address]))[0].name == "Bert Noël"
    home.node.run(home.suspend("bert", True))
    with pytest.raises(Refused, match="no mailbox here"):
        home.node.run(office.members([address]))
    assert home.node.run(home.members("bert").mine()) is None
    assert home.node.run(store_members.named(home.node.database, "noël", 10)) == []
    home.node.run(home.suspend("bert", False))
    assert home.node.run(home.members("bert").mine()) is not None


@pytest.mark.parametrize(
    ("head", "rule"),
    [
        (b"From: bert.noel@mail.example", "sender"),
        (b"From: anna.muller@mail.example, bert.noel@mail.example", "sender"),
        (b"From: anna.muller@mail.example\r\nFrom: anna.muller@mail.example", "sender"),
        (b"", "sender"),
        (b"From: anna.muller@mail.example", "encrypted"),
    ],
)
def test_what_the_post_office_refuses(home: Home, head: bytes, rule: str) -> None:
    raw = head + b"\r\nMessage-ID: <1@x>\r\nContent-Type: text/plain\r\n\r\nhello"
    with pytest.raises(Refused) as refused:
        home.node.run(home.send("anna", ["bert"], raw))
    assert refused.value.refusal.rule == f"messaging-{rule}"


def test_a_message_must_be_encrypted_for_every_recipient(home: Home) -> None:
    raw = home.node.run(home.written("anna", ["bert"]))
    with pytest.raises(Refused, match=r"not encrypted for carl\.weis"):
        home.node.run(home.send("anna", ["bert", "carl"], raw))
    assert home.node.run(home.folder("bert")) == []


def test_nobody_can_write_to_a_revoked_certificate_and_old_keys_open_old_mail(home: Home) -> None:
    old = home.node.run(home.send("anna", ["carl"]))
    member = home.node.run(home.member("carl"))
    home.node.run(home.members("carl").revoke(member, "lost"))
    with pytest.raises(Refused, match="no certificate that counts"):
        home.node.run(home.send("anna", ["carl"]))
    listed = dict(home.node.run(store_members.revoked(home.node.database, own=True)))
    assert len(listed) == 1
    from ardenne.services.messaging.tests.conftest import PASSPHRASE

    home.node.run(home.members("carl").renew(member, PASSPHRASE))
    member = home.node.run(home.member("carl"))
    assert home.node.run(home.members("carl").opened(member, home.people["carl"].secret)) is None
    secret = home.node.run(home.members("carl").unlock(member, PASSPHRASE))
    home.people["carl"] = home.people["carl"]._replace(secret=secret)
    new = home.node.run(home.send("anna", ["carl"]))
    mailbox = home.node.run(home.mailbox("carl"))
    for raw in (old, new):
        assert opening.open_(raw, mailbox.holdings).text.strip() == "hello"


def test_an_absence_is_told_once_and_never_to_automatic_mail(home: Home) -> None:
    bert = home.node.run(home.member("bert"))

    async def away(connection: Connection | None = None) -> None:
        async with home.node.database.transaction() as found:
            today = datetime.now(UTC).date()
            await store_members.set_away(found, bert.id, today, today + timedelta(days=3), "Back on Monday")

    home.node.run(away())
    for _ in range(3):
        home.node.run(home.send("anna", ["bert"]))
    (answer,) = home.node.run(home.folder("anna"))
    assert answer.automatic and answer.sender_local == "bert.noel"
    raw = home.node.run(store_mail.content(home.node.database, answer.message))
    found = opening.open_(raw, home.node.run(home.mailbox("anna")).holdings)
    assert found.text.strip() == "Back on Monday" and found.automatic and not found.signatures
    home.node.run(home.send("carl", ["bert"], automatic=True))
    assert home.node.run(home.folder("carl")) == []


def test_absences_have_days() -> None:
    day = datetime(2026, 12, 24, tzinfo=UTC).date()
    one = timedelta(days=1)
    assert rules.is_away(day, day, day) and rules.is_away(day, None, day + 100 * one)
    assert not rules.is_away(day, day, day + one)
    assert not rules.is_away(day + one, None, day) and not rules.is_away(None, None, day)


def test_a_receipt_is_given_once_and_only_when_asked_for(home: Home) -> None:
    home.node.run(home.send("anna", ["bert"], receipt=True))
    home.node.run(home.send("anna", ["bert"]))
    plain, asked = home.node.run(home.folder("bert"))
    anna, bert = home.node.run(home.member("anna")), home.node.run(home.member("bert"))
    office = home.office("bert")
    assert asked.receipt and not home.node.run(office.read(bert, anna.id, plain.message_id))
    assert home.node.run(office.read(bert, anna.id, asked.message_id))
    assert not home.node.run(office.read(bert, anna.id, asked.message_id))
    (recipient,) = home.node.run(store_mail.recipients(home.node.database, asked.message))
    assert recipient.displayed is not None
    (mail,) = home.node.run(home.folder("anna"))
    raw = home.node.run(store_mail.content(home.node.database, mail.message))
    told = Receipt.read(entity(raw), datetime.now(UTC))
    assert told is not None
    assert (told.reader, told.message_id) == (f"bert.noel@{DOMAIN}", asked.message_id)
    assert b"Subject inside" not in raw


def test_a_keyring_needs_its_secret_in_its_session(home: Home) -> None:
    member = home.node.run(home.member("anna"))
    members = home.members("anna")
    assert home.node.run(members.opened(member, "x" * 43)) is None
    assert home.node.run(members.opened(member, "")) is None
    other = home.people["bert"].caller
    from ardenne.services.messaging.members import Members

    stranger = Members(home.node.service.seen_by(other), home.trust, DOMAIN)
    assert home.node.run(stranger.opened(member, home.people["anna"].secret)) is None
    with pytest.raises(rules.MessagingError, match="passphrase"):
        home.node.run(members.unlock(member, "seven quiet rivers flew"))


def test_addresses_come_from_names() -> None:
    assert rules.local_part("Dr Josée Weiß-Müller") == "josee.weiss.muller"
    assert rules.local_part("Prof. Dr. med. Jean Noël", 2) == "jean.noel.3"
    assert rules.local_part("Владимир") == "member"
