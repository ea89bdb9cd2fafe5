"""Keys of other parties are read from their addresses, whatever the other side does."""

from __future__ import annotations

import asyncio

import pytest

from ardenne.kernel.identity.oauth import key_sets
from ardenne.kernel.identity.oauth.key_sets import KeySetUnavailable, check_address, fetch


@pytest.mark.parametrize(
    ("address", "loopback", "right"),
    [
        ("https://keys.example/set", False, True),
        ("http://127.0.0.1:9/set", True, True),
        ("http://127.0.0.1:9/set", False, False),
        ("http://keys.example/set", True, False),
        ("https://name@keys.example/set", False, False),
        ("file:///etc/passwd", True, False),
    ],
)
def test_which_addresses_are_asked(address: str, loopback: bool, right: bool) -> None:
    if right:
        check_address(address, loopback)
    else:
        with pytest.raises(KeySetUnavailable):
            check_address(address, loopback)


async def _asked(answer: list[bytes], pause: float) -> object:
    """Ask a server that sends an answer in pieces."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in answer:
            if ended.is_set():
                break
            writer.write(piece)
            await asyncio.sleep(pause)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        return await fetch(f"http://127.0.0.1:{port}/set", True)
    finally:
        ended.set()
        server.close()


def test_an_answer_in_pieces_is_read() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
    assert asyncio.run(_asked([head, b'{"keys"', b":1}"], 0.01)) == {"keys": 1}


def test_whoever_sends_for_ever_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_sets, "_SECONDS", 0.5)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"
    with pytest.raises(KeySetUnavailable, match="TimeoutError"):
        asyncio.run(_asked([head, *[b" "] * 1000], 0.1))


def test_what_is_no_answer_is_told_without_its_content() -> None:
    with pytest.raises(KeySetUnavailable) as found:
        asyncio.run(_asked([b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret"], 0.01))
    assert "secret" not in str(found.value)
