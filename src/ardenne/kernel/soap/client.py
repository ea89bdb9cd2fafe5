"""Sending one SOAP request and reading what comes back."""

from __future__ import annotations

import asyncio
import http.client
import ssl
from urllib.parse import urlsplit

from lxml import etree

from ardenne.standards.xds import soap

_LARGEST = 1 << 20


class CallFailed(Exception):
    """There is no answer that can be read. ``answered``: the other side is there and told so itself (a fault)."""

    def __init__(self, text: str, answered: bool = False) -> None:
        super().__init__(text)
        self.answered = answered


async def call(
    address: str, action: str, body: etree._Element, tls: ssl.SSLContext | None = None, seconds: float = 30.0
) -> etree._Element:
    """Return the body of the answer. Only http and https; redirects are not followed. Raises CallFailed."""
    data = soap.request(action, body, address)
    try:
        async with asyncio.timeout(seconds):
            status, answer = await asyncio.to_thread(_post, address, action, data, tls, seconds)
    except TimeoutError:
        raise CallFailed(f"no answer within {seconds:g} s") from None
    except (OSError, http.client.HTTPException) as error:
        raise CallFailed(f"the connection failed: {type(error).__name__}") from None
    try:
        message = soap.read(answer)
    except soap.Fault:
        raise CallFailed(f"the answer {status} is no SOAP 1.2", answered=True) from None
    if etree.QName(message.body).localname == "Fault" or status != 200:
        raise CallFailed(f"the answer is a fault ({status})", answered=True)
    return message.body


def _post(
    address: str, action: str, data: bytes, tls: ssl.SSLContext | None, seconds: float
) -> tuple[int, bytes]:
    parts = urlsplit(address)
    host, port = str(parts.hostname), parts.port
    if parts.scheme == "https":
        context = tls or ssl.create_default_context()
        link: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=seconds, context=context
        )
    else:
        link = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        kind = f'application/soap+xml; charset=UTF-8; action="{action}"'
        link.request("POST", parts.path or "/", data, {"content-type": kind})
        answer = link.getresponse()
        return answer.status, answer.read(_LARGEST)
    finally:
        link.close()
