"""Members in the directory, certificates that they bring, whose signature counts, forms that are sent twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ardenne.kernel.settings import SettingsError, load
from ardenne.services.messaging import listing, rules, store_mail, store_members, writing
from ardenne.services.messaging.authority import Trust
from ardenne.services.messaging.members import Members
from ardenne.services.messaging.rules import MessagingError
from ardenne.services.messaging.tests.conftest import DOMAIN, PASSPHRASE, Home
from ardenne.services.messaging.writing import Draft, Writer
from ardenne.standards.refusal import Refused
from ardenne.standards.smime import certificates, opening
from ardenne.standards.smime.letter import Attachment
from ardenne.standards.smime.signed import Signature

NOW = datetime.now(UTC)


def test_a_mailbox_is_an_endpoint_of_the_directory_while_its_certificate_holds(home: Home) -> None:
    member = home.node.run(home.member("bert"))
    service, connection = home.service("bert"), home.node.database.transaction
    current = home.node.run(home.mailbox("bert")).holdings[0].certificate
    address = f"bert.noel@{DOMAIN}"

    async def publish(certificate: x509.Certificate | None) -> None:
        async with connection() as found:
            made = listing.endpoint(str(member.id), member.name, address, certificate)
            await listing.publish(service, found, made)

    home.node.call(
        "PUT", "PractitionerRole/r", {"resourceType": "PractitionerRole", "id": "r", "active": True}
    )
    home.node.run(publish(current))
    home.node.run(publish(current))
    found = home.node.call("GET", f"Endpoint/{member.id}").json
    assert (found["status"], found["address"]) == ("active", f"mailto:{address}")
    published = x509.load_pem_x509_certificate(found["extension"][0]["valueString"].encode())
    assert published == current
    role = home.node.call("GET", "PractitionerRole/r").json
    assert [one["reference"] for one in role["endpoint"]] == [f"Endpoint/{member.id}"]
    home.node.run(publish(None))
    assert home.node.call("GET", f"Endpoint/{member.id}").json["status"] == "suspended"


@pytest.mark.parametrize(
    ("role", "listed"),
    [
        ({"active": True}, True),
        ({"active": False}, False),
        ({"active": True, "period": {"end": "2020-01-31"}}, False),
        ({"active": True, "period": {"end": "2020"}}, False),
        ({"period": {"end": "2999-01-01"}}, True),
    ],
)
def test_a_role_that_a_feed_ended_in_the_directory_closes_the_mailbox(
    home: Home, role: dict[str, object], listed: bool
) -> None:
    content = {"resourceType": "PractitionerRole", "id": "r-bert", **role}
    assert home.node.call("PUT", "PractitionerRole/r-bert", content).status == 201
    assert (home.node.run(home.members("bert").mine()) is not None) is listed
    office = home.office("anna")
    if listed:
        assert home.node.run(office.members([f"bert.noel@{DOMAIN}"]))
    else:
        with pytest.raises(Refused, match="no mailbox here"):
            home.node.run(office.members([f"bert.noel@{DOMAIN}"]))


def test_a_certificate_of_another_authority_counts_when_the_operator_trusts_it(home: Home) -> None:
    other = certificates.authority("Other", certificates.new_key(2048), NOW)
    key = certificates.new_key(2048)
    made = certificates.member(other, key.public_key(), "Carl", f"carl.weis@{DOMAIN}", NOW)
    member = home.node.run(home.member("carl"))
    with pytest.raises(MessagingError, match="brought-authority"):
        home.node.run(home.members("carl").bring(member, PASSPHRASE, made, key))
    trusting = Members(
        home.service("carl"),
        Trust(home.trust.own, [home.trust.own.certificate, other.certificate]),
        DOMAIN,
    )
    wrong = certificates.member(other, key.public_key(), "Carl", f"anna.muller@{DOMAIN}", NOW)
    with pytest.raises(MessagingError, match="brought-address"):
        home.node.run(trusting.bring(member, PASSPHRASE, wrong, key))
    home.node.run(trusting.bring(member, PASSPHRASE, made, key))
    member = home.node.run(home.member("carl"))
    secret = home.node.run(trusting.unlock(member, PASSPHRASE))
    home.people["carl"] = home.people["carl"]._replace(secret=secret)
    mailbox = home.node.run(home.mailbox("carl"))
    assert mailbox.signer is not None and mailbox.signer.certificate == made
    raw = home.node.run(home.send("anna", ["carl"]))
    assert opening.open_(raw, [mailbox.signer]).text.strip() == "hello"


def test_after_wrong_passphrases_even_the_right_one_must_wait(home: Home) -> None:
    member = home.node.run(home.member("anna"))
    told = set()
    for _ in range(6):
        with pytest.raises(MessagingError) as refused:
            home.node.run(home.members("anna").unlock(member, "not the right one"))
        told.add(refused.value.rule)
    assert told == {"passphrase", "wait"}
    with pytest.raises(MessagingError, match="wait"):
        home.node.run(home.members("anna").unlock(member, PASSPHRASE))
    import psycopg

    with psycopg.connect(home.node.dsn, autocommit=True) as connection:
        connection.execute("truncate throttle")


def test_whose_signature_counts(home: Home) -> None:
    anna = home.node.run(home.mailbox("anna")).holdings[0].certificate
    address, trusted = f"anna.muller@{DOMAIN}", home.trust.trusted
    now = datetime.now(UTC)
    mine = [Signature(anna, now, [])]

    def judged(
        signatures: list[Signature],
        broken: bool = False,
        sender: str = address,
        ended: datetime | None = None,
    ) -> str:
        revoked = {anna.serial_number: ended} if ended else {}
        return rules.judge(signatures, broken, sender, trusted, revoked, now).problem

    assert judged(mine) == ""
    assert judged([]) == "unsigned"
    assert judged(mine, broken=True) == "broken"
    assert judged(mine, sender=f"bert.noel@{DOMAIN}") == "address"
    assert judged(mine, ended=now - timedelta(hours=1)) == "revoked"
    # what was signed before the revocation stays what it was
    assert judged(mine, ended=now + timedelta(hours=1)) == ""


def test_a_form_that_is_sent_twice_sends_once_and_its_summary_is_sealed(home: Home) -> None:
    mailbox = home.node.run(home.mailbox("anna"))
    writer = Writer(home.service("anna"), home.office("anna"), mailbox)
    files = [Attachment("ecg.pdf", "application/pdf", b"%PDF")]
    draft = Draft("0f" * 16, [f"bert.noel@{DOMAIN}"], [], "A subject", "text", files)

    async def twice() -> None:
        await asyncio.gather(*(writer.send(draft) for _ in range(4)))

    home.node.run(twice())
    home.node.run(writer.send(draft))
    (entry,) = home.node.run(home.folder("bert"))
    (sent,) = home.node.run(home.folder("anna", "Sent"))
    assert sent.message == entry.message
    assert sent.summary is not None and b"A subject" not in sent.summary
    assert writing.summary_of(sent, mailbox) == writing.Summary("A subject", ("ecg.pdf",))
    other = home.node.run(home.mailbox("bert"))
    assert writing.summary_of(sent, other) is None
    found = home.node.run(writing.opened(home.service("bert"), other, entry))
    assert found.attachments[0].content == b"%PDF"
    (again,) = home.node.run(home.folder("bert"))
    assert writing.summary_of(again, other) == writing.Summary("A subject", ("ecg.pdf",))


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"token": "x"}, "form"),
        ({"to": []}, "recipients"),
        ({"subject": " "}, "subject"),
        ({"groups": ["x"]}, "group"),
    ],
)
def test_what_a_form_refuses(home: Home, changed: dict[str, object], rule: str) -> None:
    writer = Writer(home.service("anna"), home.office("anna"), home.node.run(home.mailbox("anna")))
    draft = Draft("0e" * 16, [f"bert.noel@{DOMAIN}"], [], "S", "t", [])._replace(**changed)
    with pytest.raises(MessagingError, match=rule):
        home.node.run(writer.send(draft))


def test_typed_addresses() -> None:
    typed = "anne.weber, Dr Luc <luc.thill@mail.example>;\nX.Y@mail.example,,"
    assert writing.typed_addresses(typed, DOMAIN) == [
        "anne.weber@mail.example", "luc.thill@mail.example", "x.y@mail.example",
    ]  # fmt: skip


def test_the_list_of_revoked_certificates_is_signed_by_the_authority(home: Home) -> None:
    member = home.node.run(home.member("carl"))
    known = home.node.run(store_members.certificates(home.node.database, [member.id]))
    made = certificates.revocations(home.trust.own, [certificates.Revoked(7, NOW)], NOW)
    read = x509.load_der_x509_crl(made.public_bytes(Encoding.DER))
    assert read.is_signature_valid(home.trust.own.key.public_key())
    assert read.get_revoked_certificate_by_serial_number(7) is not None
    assert read.get_revoked_certificate_by_serial_number(known[0].certificate.serial_number) is None


def test_folders_have_sensible_names(home: Home) -> None:
    assert all(rules.is_folder_name(name) for name in ("Patients 2026", "Études", "a"))
    assert not any(
        rules.is_folder_name(name)
        for name in ("", " a", "inbox", "a/b", "a%", "*", 'a"b', "a\r\nb", "x" * 61)
    )
    assert home.node.run(store_mail.folders(home.node.database, home.node.run(home.member("bert")).id))


def test_a_production_node_lets_mail_programs_in_only_under_a_domain_of_its_own() -> None:
    chosen = {"profile": "production", "base_url": "https://node.example", "messaging_imap_port": 993}
    with pytest.raises(SettingsError, match="messaging_domain"):
        load(**chosen)
    assert load(**chosen, messaging_domain="mail.node.example").messaging_imap_port == 993
