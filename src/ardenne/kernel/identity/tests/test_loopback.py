"""The open mode answers this machine's own callers only."""

from __future__ import annotations

import pytest

from ardenne.kernel.http.message import Request
from ardenne.kernel.identity.loopback import refusal


def _request(client: str = "127.0.0.1", **headers: str) -> Request:
    named = {"host": "localhost:8080"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("GET", "/fhir/Patient", "", named, b"", "", client)


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.9.1", "::1"])
def test_loopback_is_the_operator(client: str) -> None:
    assert refusal(_request(client)) == ""
    assert refusal(_request(client, origin="http://localhost:8080")) == ""


@pytest.mark.parametrize(
    "request_",
    [
        _request("192.168.1.7"),
        _request("10.0.0.1"),
        _request(x_forwarded_for="1.2.3.4"),
        _request(forwarded="for=1.2.3.4"),
        _request(host="ardenne.example"),
        _request(host="127.0.0.1.evil.example"),
        _request(origin="https://evil.example"),
        _request(origin="http://localhost:9999"),
        _request(sec_fetch_site="cross-site", sec_fetch_mode="cors"),
    ],
)
def test_everybody_else_is_refused_with_a_reason(request_: Request) -> None:
    assert len(refusal(request_)) > 20
