"""Endpoints that lie, stall or should not be called; e-mail."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler

import pytest

from ardenne.kernel.mail import MailServer
from ardenne.kernel.subscriptions import endpoint
from ardenne.kernel.subscriptions.endpoint import DeliveryError
from ardenne.kernel.subscriptions.rules import Rules
from ardenne.kernel.subscriptions.tests.receiver import RULES, Receiver, World, mailbox


def _redirect(door: BaseHTTPRequestHandler) -> None:
    door.send_response(307)
    door.send_header("Location", "http://127.0.0.1:1/")
    door.end_headers()


def _stall(door: BaseHTTPRequestHandler) -> None:
    door.wfile.write(b"HTTP/1.1 100 Continue\r\n")
    for _second in range(20):
        door.wfile.write(b"X: y\r\n")
        time.sleep(0.1)


def _endless_line(door: BaseHTTPRequestHandler) -> None:
    try:
        for _part in range(10_000):
            door.wfile.write(b"HTTP" * 10_000)
    except OSError:
        return


def _huge(door: BaseHTTPRequestHandler) -> None:
    door.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
    _endless_line(door)


def _other(door: BaseHTTPRequestHandler) -> None:
    door.wfile.write(b"220 mail.example ESMTP\r\n")


def _interim(door: BaseHTTPRequestHandler) -> None:
    door.wfile.write(b"HTTP/1.1 102 Processing\r\nX: y\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")


def _nothing(_door: BaseHTTPRequestHandler) -> None:
    return


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (_redirect, "the endpoint answered 307: redirects are not followed"),
        (_stall, "the endpoint did not answer within 1 s"),
        (_endless_line, "the endpoint cannot be reached: its answer has no end of line"),
        (_other, "the endpoint does not speak HTTP"),
        (_nothing, "the endpoint cannot be reached: it closed the connection without an answer"),
        (_huge, ""),
        (_interim, ""),
    ],
)
def test_hostile_receivers(world: World, behaviour: object, reason: str) -> None:
    world.receiver.answer = behaviour  # type: ignore[assignment]
    found = world.read(world.subscribe(extensions={"timeout": 1}))
    assert found.get("error", "") == reason
    assert found["status"] == ("error" if reason else "active")


@pytest.mark.parametrize(
    ("address", "rules", "reason"),
    [
        ("http://127.0.0.1:9/x", Rules(), "on this machine"),
        ("http://localhost:9/x", Rules(), "on this machine"),
        ("http://[::1]:9/x", Rules(), "on this machine"),
        ("http://[::ffff:127.0.0.1]:9/x", Rules(), "on this machine"),
        ("http://0.0.0.0:9/x", RULES, "on this machine"),
        ("http://169.254.169.254/latest", RULES, "on this machine"),
        ("http://127.0.0.1:9/x", RULES._replace(hosts=frozenset({"hook.example"})), "not among those"),
        ("ftp://hook.example/", RULES, "http:// or https://"),
        ("file:///etc/passwd", RULES, "http:// or https://"),
        ("http://hook.example/a b", RULES, "http:// or https://"),
        ("http://hook.example/\r\nX: y", RULES, "http:// or https://"),
        ("http://user:secret@hook.example/", RULES, "user name"),
        ("http://hook.example:99999/", RULES, "not an address"),
        ("http://127.0.0.1:1/", RULES, "nobody listens"),
    ],
)
def test_addresses_that_are_not_called(world: World, address: str, rules: Rules, reason: str) -> None:
    with pytest.raises(DeliveryError, match=reason):
        world.node.run(endpoint.post(address, (), b"", 5, rules))


def test_an_email_says_only_that_there_is_news(world: World, receiver: Receiver) -> None:
    with mailbox() as (port, messages):
        world.rules = RULES._replace(mail=MailServer("127.0.0.1", port, "node@ardenne.example"))
        world.restart()
        key = world.subscribe(
            channel={"type": "email", "endpoint": "mailto:nurse@example.org"}, content="full-resource"
        )
        assert world.read(key)["status"] == "active"
        world.observe("secret-code")
        world.observe("secret-code")
        world.settle()
    (message,) = messages
    assert "To: nurse@example.org" in message
    assert f"{key}: 2." in message
    assert "secret-code" not in message
    assert receiver.calls == []
