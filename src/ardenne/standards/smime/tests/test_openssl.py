"""What we write ``openssl cms`` reads, and the other way round."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ardenne.standards.mail.entity import entity
from ardenne.standards.refusal import Refused
from ardenne.standards.smime import certificates, enveloped, letter, opening, signed
from ardenne.standards.smime.letter import Attachment, Letter, Party
from ardenne.standards.smime.tests.conftest import NOW, World

ANNA, BERT = Party("Dr Anna Müller", "anna@mail.example"), Party("Bert", "bert@mail.example")
OpenSSL = Callable[..., bytes]


def a_letter(attachments: Sequence[Attachment] = (), **changed: object) -> Letter:
    made = Letter(
        ANNA, (BERT,), "Résultat de Josée", "Bonjour,\nHbA1c 6,1 %\n.\n\nà bientôt", datetime(2026, 11, 25, 9, 30, tzinfo=UTC),
        "<1@mail.example>", attachments,
    )  # fmt: skip
    return made._replace(**changed)  # type: ignore[arg-type]


def test_openssl_decrypts_and_verifies_what_we_write(world: World, openssl: OpenSSL) -> None:
    files = (Attachment("résumé.pdf", "application/pdf", b"%PDF\r\n\n\x00\xff"),)
    both = [world.anna.certificate, world.bert.certificate]
    raw = letter.written(a_letter(files), world.anna, both)
    assert b"sultat" not in raw and b"HbA1c" not in raw
    for reader in ("anna.pem", "bert.pem"):
        inside = openssl("-decrypt", "-recip", reader, given=raw)
        payload = openssl("-verify", "-CAfile", "authority.pem", "-purpose", "smimesign", given=inside)
        read = email.message_from_bytes(payload, policy=email.policy.default)
        assert read["subject"] == "Résultat de Josée"
        assert read["from"].addresses[0].display_name == "Dr Anna Müller"
        assert read.get_param("hp") == "cipher"
        assert "Subject: [...]" in (read.get_all("HP-Outer") or [])
        body, file = read.iter_parts()
        assert body.get_content().replace("\r", "") == "Bonjour,\nHbA1c 6,1 %\n.\n\nà bientôt\n"
        assert (file.get_filename(), file.get_content()) == ("résumé.pdf", files[0].content)
    openssl("-decrypt", "-recip", "carl.pem", given=raw, fails=True)
    outside = email.message_from_bytes(raw, policy=email.policy.default)
    assert outside["subject"] == "[...]" and outside["to"] == "Bert <bert@mail.example>"


def test_openssl_finds_a_change_of_what_we_signed(world: World, openssl: OpenSSL) -> None:
    raw = letter.written(a_letter(), world.anna, [world.bert.certificate])
    inside = openssl("-decrypt", "-recip", "bert.pem", given=raw)
    openssl(
        "-verify", "-CAfile", "authority.pem", given=inside.replace(b"HbA1c 6,1", b"HbA1c 9,1"), fails=True
    )


@pytest.mark.parametrize("cipher", ["-aes256", "-aes-128-cbc", "-aes-256-gcm"])
@pytest.mark.parametrize("options", [(), ("-nodetach",), ("-keyopt", "rsa_padding_mode:pss")])
def test_we_open_and_verify_what_openssl_writes(
    world: World, openssl: OpenSSL, cipher: str, options: Sequence[str]
) -> None:
    text = b"Content-Type: text/plain; charset=utf-8\n\nline one\n\nwith \xc3\xa9\n"
    made = openssl("-sign", "-signer", "anna.pem", *options, given=text)
    sealed = openssl("-encrypt", cipher, "-stream", "-recip", "bert.pem", "-recip", "carl.pem", given=made)
    found = opening.open_(b"From: anna@mail.example\n" + sealed, [world.bert])
    assert (found.encrypted, found.flaw, found.text) == (True, None, "line one\n\nwith é\n")
    (signature,) = found.signatures
    assert signature.certificate == world.anna.certificate
    assert signature.at is not None and abs(signature.at - datetime.now(UTC)) < timedelta(minutes=10)
    with pytest.raises(Refused, match="not for any of your keys"):
        opening.open_(sealed, [world.anna])


@pytest.mark.parametrize(
    "options", [("-recip", "bert.pem", "-keyopt", "rsa_padding_mode:oaep"), ("-keyid", "-recip", "bert.pem")]
)
def test_other_ways_to_name_and_encrypt_for_a_recipient(
    world: World, openssl: OpenSSL, options: Sequence[str]
) -> None:
    sealed = openssl("-encrypt", "-aes256", *options, given=b"Content-Type: text/plain\n\nhello\n")
    assert opening.open_(sealed, [world.bert]).text == "hello\n"
    envelope = opening.envelope_of(entity(sealed))
    assert envelope is not None and envelope.is_for(world.bert.certificate)
    assert not envelope.is_for(world.anna.certificate)


def test_weak_ciphers_are_refused(openssl: OpenSSL) -> None:
    sealed = openssl("-encrypt", "-des3", "-recip", "bert.pem", given=b"\nhello\n")
    with pytest.raises(Refused, match="AES-256"):
        opening.envelope_of(entity(sealed))


def test_a_signature_with_an_old_digest_is_no_signature(openssl: OpenSSL, world: World) -> None:
    made = openssl(
        "-sign", "-md", "sha1", "-signer", "anna.pem", given=b"Content-Type: text/plain\n\nhello\n"
    )
    found = opening.open_(made, [])
    assert found.flaw is not None and found.flaw.rule == "cms-algorithm" and not found.signatures
    assert not found.encrypted and found.text == "hello\n"


def test_a_large_file_goes_through(world: World, openssl: OpenSSL) -> None:
    content = bytes(range(256)) * (6 * 4096)
    raw = letter.written(
        a_letter([Attachment("scan.pdf", "application/pdf", content)]), world.anna, [world.bert.certificate]
    )
    found = opening.open_(raw, [world.bert])
    assert found.attachments[0].content == content and len(found.signatures) == 1 and found.flaw is None
    assert openssl("-decrypt", "-recip", "bert.pem", given=raw).count(b"\n") > 100_000


def test_detached_signature_is_what_openssl_verifies(
    world: World, openssl: OpenSSL, tmp_path: object
) -> None:
    content = b"some content\r\n"
    made = signed.sign(content, world.anna.certificate, world.anna.key)
    assert signed.verify(made, content)[1][0].certificate == world.anna.certificate
    with pytest.raises(Refused, match="changed after"):
        signed.verify(made, b"Some content\r\n")
    (tmp_path / "content").write_bytes(content)  # type: ignore[operator]
    arguments = ("-verify", "-inform", "DER", "-binary", "-content", "content", "-CAfile", "authority.pem")
    assert openssl(*arguments, given=made) == content


def test_openssl_believes_our_authority_and_its_list(
    world: World, openssl: OpenSSL, tmp_path: object
) -> None:
    revoked = [certificates.Revoked(world.anna.certificate.serial_number, NOW)]
    listed = certificates.revocations(world.authority, revoked, NOW).public_bytes(Encoding.PEM)
    both = world.authority.certificate.public_bytes(Encoding.PEM) + listed
    (tmp_path / "both.pem").write_bytes(both)  # type: ignore[operator]
    for person, fails in (("anna.pem", True), ("bert.pem", False)):
        made = openssl("-sign", "-signer", person, given=b"\nhello\n")
        checks = ("-verify", "-crl_check", "-CAfile", "both.pem")
        openssl(*checks, given=made, fails=fails)
    made = openssl("-sign", "-signer", "carl.pem", given=b"\nhello\n")
    openssl("-verify", "-CAfile", "authority.pem", given=made, fails=True)
    assert enveloped.read(enveloped.seal(b"x", [world.carl.certificate])).is_for(world.carl.certificate)
