"""The authorisation request: redirect tricks, PKCE downgrade, doubled parameters, wrong audience."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.kernel.identity.errors import OAuthError
from ardenne.kernel.identity.oauth.authorization import Answerable, redirect_problem

from .conftest import CHALLENGE, ISSUER, REDIRECT, World, answered


def asked(world: World, **changed: str) -> list[tuple[str, str]]:
    form = {
        "response_type": "code", "client_id": world.app.id, "redirect_uri": REDIRECT, "scope": "patient/*.rs openid",
        "state": "s-1", "code_challenge": CHALLENGE, "code_challenge_method": "S256", "aud": f"{ISSUER}/fhir",
    }  # fmt: skip
    return [(name, value) for name, value in (form | changed).items() if value]


def read(world: World, pairs: list[tuple[str, str]]) -> Any:
    return world.run(world.identity.authorization.read(pairs, ISSUER))


def answer_to(world: World, **changed: str) -> dict[str, str]:
    with pytest.raises(Answerable) as caught:
        read(world, asked(world, **changed))
    assert caught.value.address.startswith(f"{REDIRECT}?")
    return answered(caught.value.address)


def test_a_good_request(world: World) -> None:
    found, client = read(world, asked(world))
    assert found.scopes == ("patient/*.rs", "openid") and client.id == world.app.id


@pytest.mark.parametrize(
    "address",
    [
        f"{REDIRECT}/", f"{REDIRECT}/more", f"{REDIRECT}?x=1", f"{REDIRECT}#x", REDIRECT.upper(), REDIRECT.replace("app", "APP"),
        REDIRECT.replace("https", "http"), "https://app.example.evil.example/answer", "https://app.example/answer/../evil",
        "https://app.example/%61nswer", "https://app.example@evil.example/answer", "https://app.example:443/answer",
        "//app.example/answer", "javascript:alert(1)", "data:text/html,x", f" {REDIRECT}", f"{REDIRECT}\n", f"{REDIRECT}%0d%0aset-cookie:x",
        "",
    ],
)  # fmt: skip
def test_another_redirect_address_is_never_followed(world: World, address: str) -> None:
    with pytest.raises(OAuthError):
        read(world, asked(world, redirect_uri=address))


def test_an_unknown_client_is_not_redirected(world: World) -> None:
    with pytest.raises(OAuthError):
        read(world, asked(world, client_id="nobody"))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"aud": "https://elsewhere.example/fhir"}, "invalid_request"),
        ({"aud": ""}, "invalid_request"),
        ({"scope": "system/*.rs"}, "invalid_scope"),
        ({"scope": "patient/*.sr"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"purpose_of_use": "CURIOSITY"}, "invalid_request"),
    ],
    ids=str,
)
def test_other_faults_are_told_to_the_application(world: World, changed: dict[str, str], error: str) -> None:
    found = answer_to(world, **changed)
    assert found["error"] == error
    assert (found["state"], found["iss"]) == ("s-1", ISSUER)


def test_scopes_are_cut_to_what_the_client_may(world: World) -> None:
    found, _client = read(world, asked(world, scope="patient/*.cruds user/Patient.rs system/*.rs"))
    assert found.scopes == ("patient/*.rs", "user/Patient.rs")


def test_a_parameter_that_stands_twice(world: World) -> None:
    with pytest.raises(OAuthError):
        read(world, [*asked(world), ("scope", "user/*.cruds")])


def test_a_state_cannot_break_the_header(world: World) -> None:
    with pytest.raises(Answerable) as caught:
        read(world, asked(world, response_type="x", state="a\r\nset-cookie: b=c"))
    assert "\r" not in caught.value.address and "\n" not in caught.value.address


def test_a_pushed_request_is_used_once_and_by_its_client(world: World) -> None:
    authorization = world.identity.authorization
    pushed = world.run(authorization.push(dict(asked(world)), world.app, ISSUER))
    reference = [("client_id", world.app.id), ("request_uri", pushed["request_uri"])]
    with pytest.raises(OAuthError):
        read(world, [("client_id", world.backend.id), reference[1]])
    pushed = world.run(authorization.push(dict(asked(world)), world.app, ISSUER))
    reference = [("client_id", world.app.id), ("request_uri", pushed["request_uri"])]
    assert read(world, reference)
    with pytest.raises(OAuthError):
        read(world, reference)
    with pytest.raises(OAuthError):
        read(world, [("client_id", world.app.id), ("request_uri", "https://evil.example/request")])


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://app.example/a", True), ("http://127.0.0.1:3000/a", True), ("http://localhost/a", True),
        ("http://app.example/a", False), ("https://app.example/a#b", False), ("https://*.example/a", False),
        ("https://user@app.example/a", False), ("https://app.example/../a", False), ("https://app.example/%2e%2e/a", False),
        ("javascript:alert(1)", False), ("https://app.example\\@evil.example", False),
    ],
)  # fmt: skip
def test_what_may_be_registered(address: str, good: bool) -> None:
    assert (redirect_problem(address) == "") is good
