"""Certificates of clients: over a TLS port of our own, and in the header of a proxy (RFC 9440)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ssl
from pathlib import Path
from urllib.parse import quote

import pytest

from ardenne.kernel.http import mutual_tls
from ardenne.kernel.http.asgi import Receive, RequestRefused, Scope, Send
from ardenne.kernel.http.certificates import Shown, networks
from ardenne.kernel.http.message import ClientCertificate
from ardenne.kernel.http.tls import tls_context
from ardenne.kernel.testing_certificates import Authority

PROXY = ("10.1.2.3", 40_000)


@pytest.fixture
def authorities(tmp_path: Path) -> tuple[Authority, Authority]:
    return Authority(tmp_path, "trusted"), Authority(tmp_path, "stranger")


def thumbprint(certificate: Path) -> str:
    """As RFC 8705 says it: the SHA-256 of the DER, in base64url without padding."""
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")


async def tells(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that says whom it sees."""
    shown = Shown("").of(scope)
    body = (shown.thumbprint if shown else "nobody").encode()
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def ask(port: int, context: ssl.SSLContext) -> str:
    """Return what the application says, empty when the server does not let us in."""
    try:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname="localhost"
        )
        writer.write(b"GET / HTTP/1.1\r\nhost: localhost\r\nclient-cert: :AAAA:\r\nconnection: close\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
    except (ssl.SSLError, ConnectionError):
        return ""
    return answer.decode().rpartition("\r\n\r\n")[2]


def test_only_certificates_of_the_authority_that_hold_come_in(
    authorities: tuple[Authority, Authority],
) -> None:
    trusted, stranger = authorities
    files = trusted.gives("hospital")

    async def converse() -> None:
        tls = tls_context(*trusted.gives("localhost"), trusted.path)
        server = await mutual_tls.start(tells, "127.0.0.1", 0, tls)
        port = server.sockets[0].getsockname()[1]
        async with server:
            assert await ask(port, trusted.client(files)) == thumbprint(files[0])
            assert await ask(port, trusted.client()) == ""
            assert await ask(port, trusted.client(stranger.gives("hospital"))) == ""
            assert await ask(port, trusted.client(trusted.gives("hospital", -3, -1))) == ""
            assert await ask(port, trusted.client(trusted.gives("hospital", 1, 2))) == ""

    asyncio.run(converse())


def scope(value: str, client: tuple[str, int] = PROXY, times: int = 1) -> Scope:
    return {"client": client, "headers": [(b"client-cert", value.encode())] * times}


def as_rfc_9440(certificate: Path) -> str:
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    return f":{base64.b64encode(der).decode()}:"


def test_a_proxy_passes_certificates_on(authorities: tuple[Authority, Authority]) -> None:
    trusted, _stranger = authorities
    certificate, _key = trusted.gives("hospital")
    shown = Shown("10.0.0.0/8, 192.0.2.1", str(trusted.path))
    expected = ClientCertificate(thumbprint(certificate), "CN=hospital")
    for text in (as_rfc_9440(certificate), quote(certificate.read_text())):  # the second: nginx
        assert shown.of(scope(text)) == expected
        assert shown.of(scope(text, ("192.0.2.1", 1))) == expected
        # whoever comes past the proxy may write what it likes
        assert shown.of(scope(text, ("192.0.2.2", 1))) is None
        assert Shown("").of(scope(text)) is None


def test_what_a_proxy_passes_on_must_hold(authorities: tuple[Authority, Authority]) -> None:
    trusted, stranger = authorities
    shown = Shown("10.0.0.0/8", str(trusted.path))
    good = as_rfc_9440(trusted.gives("hospital")[0])
    cases = {
        as_rfc_9440(trusted.gives("hospital", -3, -1)[0]): 403,
        as_rfc_9440(trusted.gives("hospital", 1, 2)[0]): 403,
        as_rfc_9440(stranger.gives("hospital")[0]): 403,
        ":AAAA:": 400,
        "hospital": 400,
    }
    for text, status in cases.items():
        with pytest.raises(RequestRefused) as refused:
            shown.of(scope(text))
        assert refused.value.status == status
    with pytest.raises(RequestRefused):
        shown.of(scope(good, times=2))


def test_networks_of_proxies() -> None:
    assert [str(one) for one in networks("10.0.0.1, fd00::/8")] == ["10.0.0.1/32", "fd00::/8"]
    with pytest.raises(ValueError):
        networks("proxy.example")
