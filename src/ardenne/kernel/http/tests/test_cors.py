"""Only named origins get the headers that let a page read an answer."""

from __future__ import annotations

import pytest

from ardenne.kernel.http import cors
from ardenne.kernel.http.message import Request, Response

ALLOWED = "https://app.example, http://localhost:3000"


def _request(method: str = "GET", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, "/fhir/Patient", "", named, b"", "", "127.0.0.1")


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://app.example", True),
        ("http://app.example", False),
        ("https://app.example.evil", False),
        ("", False),
        ("null", False),
    ],
)
def test_origins_are_compared_whole(origin: str, expected: bool) -> None:
    assert cors.is_allowed(_request(origin=origin), ALLOWED) is expected
    assert cors.is_allowed(_request(origin=origin), "") is False


def test_a_preflight_says_what_may_be_sent() -> None:
    asked = _request("OPTIONS", origin="https://app.example", access_control_request_method="PUT")
    assert cors.preflight(asked)
    headers = dict(cors.with_headers(asked, Response(204)).headers)
    assert headers["access-control-allow-origin"] == "https://app.example"
    assert "PUT" in headers["access-control-allow-methods"]
    answer = dict(cors.with_headers(_request(origin="https://app.example"), Response(200)).headers)
    assert "etag" in answer["access-control-expose-headers"]
