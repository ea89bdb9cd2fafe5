"""Ordinary programs at both doors: smtplib, imaplib and ``openssl cms`` with the member's own key file."""

from __future__ import annotations

import asyncio
import email
import email.policy
import imaplib
import shutil
import smtplib
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from ardenne.services.messaging import authority, store_mail
from ardenne.services.messaging.doors.changes import Changes
from ardenne.services.messaging.doors.imap.session import ImapDoor
from ardenne.services.messaging.doors.signing_in import SigningIn
from ardenne.services.messaging.doors.smtp import SmtpDoor
from ardenne.services.messaging.doors.wire import Door
from ardenne.services.messaging.tests.conftest import DOMAIN, PASSPHRASE, Home
from ardenne.standards.mail.entity import with_crlf
from ardenne.standards.mail.receipt import Receipt
from ardenne.standards.smime import opening

ANNA, BERT = f"anna.muller@{DOMAIN}", f"bert.noel@{DOMAIN}"


class Doors(NamedTuple):
    """Both doors of a node that runs in a thread of its own, and passwords of its members."""

    home: Home
    smtp: int
    imap: int
    tls: ssl.SSLContext
    passwords: dict[str, str]
    run: Callable[[Any], Any]

    def reader(self, name: str, address: str) -> imaplib.IMAP4_SSL:
        found = imaplib.IMAP4_SSL("localhost", self.imap, ssl_context=self.tls, timeout=20)
        found.login(address, self.passwords[name])
        return found

    def sender(self, name: str, address: str) -> smtplib.SMTP_SSL:
        found = smtplib.SMTP_SSL("localhost", self.smtp, context=self.tls, timeout=20)
        found.login(address, self.passwords[name])
        return found


@pytest.fixture
def doors(home: Home) -> Iterator[Doors]:
    loop = home.node._loop
    signing_in = SigningIn(home.node.service, DOMAIN)
    changes = Changes(home.node.database)
    smtp, imap = Door(SmtpDoor(signing_in, DOMAIN).converse), Door(ImapDoor(signing_in, changes).converse)
    tls = authority.door_context(home.settings, home.trust.own)

    async def start() -> tuple[int, int, asyncio.Task[None]]:
        listening = asyncio.ensure_future(changes.run())
        return await smtp.start("127.0.0.1", 0, tls), await imap.start("127.0.0.1", 0, tls), listening

    async def password(name: str) -> str:
        return await home.members(name).new_password(await home.member(name), "program")

    passwords = {name: home.node.run(password(name)) for name in ("anna", "bert")}
    ports = home.node.run(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    client = ssl.create_default_context(cadata=home.trust.own.certificate.public_bytes(Encoding.PEM).decode())

    def run(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    try:
        yield Doors(home, ports[0], ports[1], client, passwords, run)
    finally:

        async def stop() -> None:
            await smtp.stop()
            await imap.stop()
            ports[2].cancel()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def openssl(*arguments: str, given: bytes, folder: Path) -> bytes:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("no openssl on this machine")
    done = subprocess.run([program, "cms", *arguments], input=given, capture_output=True, cwd=folder)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


_FILES: dict[str, bytes] = {}


def key_files(doors: Doors, folder: Path) -> None:
    """Bert's and Anna's key files as they get them on the web page, turned into PEM; certificates of both."""
    for name in ("anna", "bert") if not _FILES else ():
        member = doors.run(doors.home.member(name))
        content = doors.run(doors.home.members(name).export(member, PASSPHRASE))
        key, certificate, _more = pkcs12.load_key_and_certificates(content, PASSPHRASE.encode())
        assert key is not None and certificate is not None
        pem = certificate.public_bytes(Encoding.PEM)
        _FILES[f"{name}.cer"] = pem
        _FILES[f"{name}.pem"] = pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _FILES["authority.pem"] = doors.home.trust.own.certificate.public_bytes(Encoding.PEM)
    for name, content in _FILES.items():
        (folder / name).write_bytes(content)


def test_written_on_the_web_read_by_imap_and_openssl(doors: Doors, tmp_path: Path) -> None:
    key_files(doors, tmp_path)
    sent = doors.run(doors.home.send("anna", ["bert"], text="HbA1c 6,1 %"))
    with doors.reader("bert", BERT) as reader:
        assert reader.select()[1] == [b"1"]
        _ok, data = reader.fetch("1", "(UID FLAGS BODY.PEEK[])")
        raw = data[0][1]
        assert raw == sent
        inside = openssl("-decrypt", "-recip", "bert.pem", given=raw, folder=tmp_path)
        payload = openssl("-verify", "-CAfile", "authority.pem", given=inside, folder=tmp_path)
        read = email.message_from_bytes(payload, policy=email.policy.default)
        assert read["subject"] == "Subject inside" and "HbA1c 6,1 %" in read.get_content()


def encrypted(
    tmp_path: Path, to: str = "bert", sender: str = ANNA, more: str = "", message_id: str = "<a@b>"
) -> bytes:
    text = b"Content-Type: text/plain\nSubject: inside\n\nfrom a program\n"
    signed = openssl("-sign", "-signer", "anna.pem", given=text, folder=tmp_path)
    sealed = openssl("-encrypt", "-aes256", f"{to}.cer", "anna.cer", given=signed, folder=tmp_path)
    head = f"From: {sender}\nTo: {BERT}\nMessage-ID: {message_id}\nSubject: [...]\n{more}"
    return with_crlf(head.encode() + sealed)


def test_sent_by_smtp_and_openssl_read_on_the_web(doors: Doors, tmp_path: Path) -> None:
    key_files(doors, tmp_path)
    raw = encrypted(tmp_path)
    with doors.sender("anna", ANNA) as sender:
        assert sender.sendmail(ANNA, [BERT], raw) == {}
        # the same once more, as after a lost answer: it is there once
        assert sender.sendmail(ANNA, [BERT], raw) == {}
    (entry,) = doors.run(doors.home.folder("bert"))
    content = doors.run(store_mail.content(doors.home.node.database, entry.message))
    found = opening.open_(content, doors.run(doors.home.mailbox("bert")).holdings)
    assert (found.text.strip(), found.flaw, len(found.signatures)) == ("from a program", None, 1)


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        (
            lambda raw, folder: b"From: %s\r\nMessage-ID: <1@x>\r\n\r\nplain" % ANNA.encode(),
            550,
            "not encrypted",
        ),
        (lambda raw, folder: encrypted(folder, to="anna"), 550, "not encrypted for bert.noel"),
        (lambda raw, folder: encrypted(folder, sender=BERT), 553, "not from the address"),
        (lambda raw, folder: encrypted(folder, message_id=""), 554, "Message-ID"),
    ],
)
def test_what_the_smtp_door_refuses(
    doors: Doors, tmp_path: Path, change: Callable[[bytes, Path], bytes], code: int, told: str
) -> None:
    key_files(doors, tmp_path)
    with doors.sender("anna", ANNA) as sender, pytest.raises(smtplib.SMTPDataError) as refused:
        sender.sendmail(ANNA, [BERT], change(b"", tmp_path))
    assert refused.value.smtp_code == code and told in refused.value.smtp_error.decode()
    assert doors.run(doors.home.folder("bert")) == []


def test_who_may_hand_over_and_to_whom(doors: Doors, tmp_path: Path) -> None:
    key_files(doors, tmp_path)
    with smtplib.SMTP_SSL("localhost", doors.smtp, context=doors.tls, timeout=20) as stranger:
        stranger.ehlo()
        assert stranger.mail(ANNA)[0] == 530
        with pytest.raises(smtplib.SMTPAuthenticationError):
            stranger.login(ANNA, "ABCDE-ABCDE-ABCDE-ABCDE")
    with doors.sender("anna", ANNA) as sender:
        assert sender.mail(BERT)[0] == 553
        sender.rset()
        assert sender.mail(ANNA, ["SIZE=99999999999"])[0] == 552
        assert sender.mail(ANNA)[0] == 250
        assert sender.rcpt("somebody@elsewhere.example")[0] == 550
        assert sender.rcpt(f"nobody@{DOMAIN}")[0] == 550
        doors.run(doors.home.suspend("bert", True))
        assert sender.rcpt(BERT)[0] == 550
        doors.run(doors.home.suspend("anna", True))
        sender.rset()
        assert sender.mail(ANNA)[0] == 535
        doors.run(doors.home.suspend("bert", False))


def test_lines_that_two_readers_would_read_differently_are_refused(doors: Doors, tmp_path: Path) -> None:
    key_files(doors, tmp_path)
    raw = encrypted(tmp_path)
    with doors.sender("anna", ANNA) as sender:
        sender.mail(ANNA)
        sender.rcpt(BERT)
        sender.putcmd("data")
        assert sender.getreply()[0] == 354
        sender.send(raw + b"\n.\nMAIL FROM:<x>\r\n.\r\n")
        assert sender.getreply()[0] == 554


def test_a_program_s_receipt_is_noted_and_its_text_is_not_kept(doors: Doors) -> None:
    doors.run(doors.home.send("anna", ["bert"], receipt=True))
    (entry,) = doors.run(doors.home.folder("bert"))
    told = Receipt(BERT, ANNA, entry.message_id, "<receipt@program>", datetime.now(UTC)).written()
    with doors.sender("bert", BERT) as sender:
        assert sender.sendmail("", [ANNA], told.replace(b"That it was understood", b"HbA1c 6,1 %")) == {}
        with pytest.raises(smtplib.SMTPDataError):
            sender.sendmail("", [ANNA], told.replace(b"disposition-notification", b"delivery-status"))
    (recipient,) = doors.run(store_mail.recipients(doors.home.node.database, entry.message))
    assert recipient.displayed is not None
    (mail,) = doors.run(doors.home.folder("anna"))
    assert b"HbA1c" not in doors.run(store_mail.content(doors.home.node.database, mail.message))


def test_the_life_of_a_mailbox_in_a_mail_program(doors: Doors) -> None:
    for number in range(3):
        doors.run(doors.home.send("anna", ["bert"], message_id=f"<{number}@x>"))
    with doors.reader("bert", BERT) as reader:
        listed = reader.list()[1]
        assert b'(\\HasNoChildren \\Sent) "/" "Sent"' in listed and len(listed) == 4
        assert reader.create('"Patients 2026"')[0] == "OK" and reader.create("INBOX")[0] == "NO"
        assert reader.status("INBOX", "(MESSAGES UNSEEN UIDNEXT)")[1] == [
            b'"INBOX" (MESSAGES 3 UNSEEN 3 UIDNEXT 4)'
        ]
        reader.select()
        assert reader.search(None, "UNSEEN", "FROM", "anna.muller")[1] == [b"1 2 3"]
        assert reader.search(None, "HEADER", "Message-ID", "<1@x>")[1] == [b"2"]
        assert reader.search(None, "OR", "UID", "1", "(SEEN)")[1] == [b"1"]
        assert reader.search(None, "BODY", "hello")[1] == [b""]
        _ok, data = reader.fetch("1:*", "(ENVELOPE BODYSTRUCTURE RFC822.SIZE INTERNALDATE)")
        assert len(data) == 3
        # the name stays an encoded word: programs decode it themselves
        assert b'(("Dr Anna =?utf-8?q?M=C3=BCller?=" NIL "anna.muller" "mail.example"))' in data[0]
        assert b'("APPLICATION" "PKCS7-MIME" ("NAME" "smime.p7m" "SMIME-TYPE" "enveloped-data")' in data[0]
        assert reader.fetch("2", "(BODY[HEADER.FIELDS (SUBJECT)]<0.9>)")[1][0][1] == b"Subject: "
        assert reader.search(None, "SEEN")[1] == [b"2"]
        assert reader.store("1", "+FLAGS", "(\\Flagged $Forwarded nonsense)")[1] == [
            b"1 (FLAGS ($Forwarded \\Flagged))"
        ]
        assert reader.uid("COPY", "2", '"Patients 2026"')[0] == "OK"
        assert reader.uid("MOVE", "3", "Archive")[0] == "OK"
        assert reader.search(None, "ALL")[1] == [b"1 2"]
        assert reader.store("1", "FLAGS", "(\\Deleted)")[0] == "OK"
        # the library gives what MOVE told with it
        assert reader.expunge()[1] == [b"3", b"1"]
        assert reader.search(None, "ALL")[1] == [b"1"]
        assert reader.select('"Patients 2026"')[1] == [b"1"]
        assert reader.select("Archive", readonly=True)[1] == [b"1"]
        assert reader.store("1", "+FLAGS", "(\\Seen)")[0] == "NO"
        assert reader.select("Nowhere")[0] == "NO"


def test_a_copy_of_what_was_sent_can_be_kept_but_nothing_that_can_be_read_here(doors: Doors) -> None:
    raw = doors.run(doors.home.send("anna", ["bert"], copy=False))
    with doors.reader("anna", ANNA) as reader:
        assert reader.append("Sent", "(\\Seen)", imaplib.Time2Internaldate(0), raw)[0] == "OK"
        assert reader.append("Sent", "", "", b"X-Program: yes\r\n" + raw)[0] == "OK"
        plain = f"From: {ANNA}\r\nMessage-ID: <d@x>\r\n\r\na draft".encode()
        refused = reader.append("Sent", "(\\Draft)", "", plain)
        assert refused[0] == "NO" and b"not encrypted" in refused[1][0]
        assert reader.select("Sent")[1] == [b"2"]
        assert reader.fetch("1", "(FLAGS INTERNALDATE)")[1] == [
            b'1 (FLAGS (\\Seen) INTERNALDATE "01-Jan-1970 00:00:00 +0000")'
        ]


def test_a_waiting_program_is_told_of_a_new_message_and_a_suspended_member_is_sent_away(doors: Doors) -> None:
    with doors.reader("bert", BERT) as reader:
        reader.select()
        reader.send(b"A1 IDLE\r\n")
        assert reader.readline().startswith(b"+")
        doors.run(doors.home.send("anna", ["bert"]))
        assert reader.readline() == b"* 1 EXISTS\r\n"
        reader.send(b"DONE\r\n")
        assert reader.readline().startswith(b"A1 OK")
        doors.run(doors.home.suspend("bert", True))
        reader.send(b"A2 SEARCH ALL\r\n")
        assert reader.readline() == b"* BYE your role in the directory has ended\r\n"
        assert reader.readline() == b""
        doors.run(doors.home.suspend("bert", False))
        reader.state = "LOGOUT"


STRANGE = (
    b"A1 FETCH 1 (BODY[)", b"A1 FETCH ((((((((((((((1)))))))))))))) ALL", b"A1 SEARCH " + b"NOT " * 500 + b"ALL",
    b"A1 FETCH 1 BODY[9999999]", b"A1 STORE 1 FLAGS", b"A1 UID NOTHING", b'A1 SELECT "unclosed', b"A1",
    b"A1 FETCH 4294967296:* (UID)", b"A1 SEARCH CHARSET KOI8-R ALL", b"A1 APPEND Sent (", b"A1 FETCH 0 ALL",
    b'A1 LIST "" "' + b"%*" * 400 + b'"', b"A1 SEARCH SINCE 99-Foo-2026", b"A1 _ONE", b"A1 RUN", b"A1 FETCH 1:2:3 ALL",
    b"A1 FETCH 1 BODY[1.2.3.HEADER]", b"A1 SEARCH LARGER x", b"A1 STORE 1 FLAGS (\\Seen", b"A1 COPY 1", b"A1 AUTHENTICATE PLAIN",
)  # fmt: skip


def test_strange_commands_get_an_answer_and_the_conversation_goes_on(doors: Doors) -> None:
    doors.run(doors.home.send("anna", ["bert"]))
    with doors.reader("bert", BERT) as reader:
        for line in STRANGE:
            reader.select()
            reader.send(line + b"\r\n")
            answer = reader.readline()
            while answer.startswith(b"* "):
                answer = reader.readline()
            assert answer.split(b" ")[1] in (b"BAD", b"NO", b"OK"), (line, answer)
            assert b"SERVERBUG" not in answer, line
        assert reader.noop()[0] == "OK"


def test_a_flood_before_signing_in_ends_the_conversation(doors: Doors) -> None:
    for given in (b"A1 LOGIN {999999999}\r\n", b"x" * 100_000, b"A1 LOGIN {999999999+}\r\n", b"A1 \0\r\n"):
        reader = imaplib.IMAP4_SSL("localhost", doors.imap, ssl_context=doors.tls, timeout=20)
        try:
            reader.send(given)
            answer = reader.readline()
        except (OSError, imaplib.IMAP4.abort):
            answer = b""
        assert answer == b"" or b"too long" in answer
        reader.shutdown()
    with pytest.raises(imaplib.IMAP4.error):
        imaplib.IMAP4_SSL("localhost", doors.imap, ssl_context=doors.tls, timeout=20).login(ANNA, "wrong")
