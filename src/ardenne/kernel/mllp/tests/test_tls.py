"""MLLP over TLS: encrypted, and closed to senders without a certificate of the authority."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from ardenne.kernel.http.tls import tls_context
from ardenne.kernel.mllp.framing import framed
from ardenne.kernel.mllp.server import MllpServer
from ardenne.kernel.testing_certificates import Authority


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
def authorities(tmp_path: Path) -> tuple[Authority, Authority]:
    return Authority(tmp_path, "trusted"), Authority(tmp_path, "stranger")


def test_only_senders_with_a_certificate_of_the_authority_are_heard(
    authorities: tuple[Authority, Authority],
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
            known = trusted.client(trusted.gives("hospital"))
            assert await _ask(port, known) == framed(b"heard")
            unknown = trusted.client(stranger.gives("hospital"))
            for refused in (unknown, trusted.client()):
                assert await _refused(port, refused)
            distrustful = stranger.client()
            with pytest.raises(ssl.SSLCertVerificationError):
                await _ask(port, distrustful)
            assert await _ask(port, None) == b""
        finally:
            await server.stop()

    asyncio.run(converse())
    assert heard == [b"hello"]


def test_old_versions_of_tls_are_not_spoken(authorities: tuple[Authority, Authority]) -> None:
    trusted, _stranger = authorities
    context = tls_context(*trusted.gives("localhost"), None)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2 and context.verify_mode == ssl.CERT_NONE


def test_certificates_that_nobody_registered_are_not_heard(authorities: tuple[Authority, Authority]) -> None:
    trusted, _stranger = authorities
    registered, other = trusted.gives("hospital"), trusted.gives("practice")
    wanted = ssl.PEM_cert_to_DER_cert(registered[0].read_text())

    async def answer(data: bytes, address: str) -> bytes:
        return b"heard"

    async def admit(der: bytes) -> bool:
        return der == wanted

    async def converse() -> None:
        server = MllpServer(answer, admit=admit)
        port = await server.start("127.0.0.1", 0, tls_context(*trusted.gives("localhost"), trusted.path))
        try:
            assert await _ask(port, trusted.client(registered)) == framed(b"heard")
            assert await _refused(port, trusted.client(other))
        finally:
            await server.stop()

    asyncio.run(converse())
