"""MLLP over TLS: encrypted, and closed to senders without a certificate of the authority."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ardenne.kernel.mllp.framing import framed
from ardenne.kernel.mllp.server import MllpServer, tls_context

Key = ec.EllipticCurvePrivateKey


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(subject: str, key: Key, issuer: str, issuer_key: Key, authority: bool) -> x509.Certificate:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(_name(subject)).issuer_name(_name(issuer)).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
    )  # fmt: skip
    return made.sign(issuer_key, hashes.SHA256())


class _Authority:
    """An authority that gives certificates, in a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name, self._key = folder, name, ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(name, self._key, name, self._key, True)
        self.path = folder / f"{name}.pem"
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def gives(self, subject: str) -> tuple[Path, Path]:
        """Return the files of certificate and key of somebody."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(subject, key, self._name, self._key, False)
        paths = self._folder / f"{subject}-{self._name}.crt", self._folder / f"{subject}-{self._name}.key"
        paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return paths


async def _ask(port: int, context: ssl.SSLContext | None) -> bytes:
    named = "localhost" if context is not None else None
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=named)
    try:
        writer.write(framed(b"hello"))
        await writer.drain()
        # a server that refuses a certificate under TLS 1.3 says so only with its first answer
        return await asyncio.wait_for(reader.read(100), 10)
    finally:
        writer.close()


async def _refused(port: int, context: ssl.SSLContext) -> bool:
    try:
        return await _ask(port, context) == b""
    except (ssl.SSLError, ConnectionError):
        return True


@pytest.fixture
def authorities(tmp_path: Path) -> tuple[_Authority, _Authority]:
    return _Authority(tmp_path, "trusted"), _Authority(tmp_path, "stranger")


def test_only_senders_with_a_certificate_of_the_authority_are_heard(
    authorities: tuple[_Authority, _Authority],
) -> None:
    trusted, stranger = authorities
    heard: list[bytes] = []

    async def answer(data: bytes, address: str) -> bytes:
        heard.append(data)
        return b"heard"

    async def converse() -> None:
        server = MllpServer(answer)
        port = await server.start("127.0.0.1", 0, tls_context(*trusted.gives("localhost"), trusted.path))
        try:
            known = ssl.create_default_context(cafile=str(trusted.path))
            known.load_cert_chain(*trusted.gives("hospital"))
            assert await _ask(port, known) == framed(b"heard")
            unknown = ssl.create_default_context(cafile=str(trusted.path))
            unknown.load_cert_chain(*stranger.gives("hospital"))
            for refused in (unknown, ssl.create_default_context(cafile=str(trusted.path))):
                assert await _refused(port, refused)
            distrustful = ssl.create_default_context(cafile=str(stranger.path))
            with pytest.raises(ssl.SSLCertVerificationError):
                await _ask(port, distrustful)
            assert await _ask(port, None) == b""
        finally:
            await server.stop()

    asyncio.run(converse())
    assert heard == [b"hello"]


def test_old_versions_of_tls_are_not_spoken(authorities: tuple[_Authority, _Authority]) -> None:
    trusted, _stranger = authorities
    context = tls_context(*trusted.gives("localhost"), None)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2 and context.verify_mode == ssl.CERT_NONE
