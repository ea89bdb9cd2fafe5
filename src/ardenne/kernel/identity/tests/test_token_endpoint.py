"""The token endpoint: what a thief, a careless client and a race can try."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
import uuid
from typing import Any

import orjson
import pytest
from joserfc.jwk import ECKey, RSAKey

from ardenne.kernel.identity.errors import OAuthError, Unauthenticated
from ardenne.kernel.identity.oauth.tokens import ACCESS_TOKEN, EXCHANGE

from .conftest import ISSUER, World


def error_of(world: World, form: dict[str, str]) -> str:
    with pytest.raises(OAuthError) as caught:
        world.run(world.tokens(form))
    return caught.value.error


def first_tokens(world: World, **named: Any) -> dict[str, Any]:
    return dict(world.run(world.tokens(world.code_form(world.run(world.a_code(**named))))))


def test_a_code_becomes_tokens(world: World) -> None:
    found = first_tokens(world)
    assert found["token_type"] == "Bearer" and 300 <= found["expires_in"] <= 600
    assert found["patient"] == world.citizen.patient
    assert {"refresh_token", "id_token"} <= set(found)
    caller = world.run(world.identified(found["access_token"]))
    assert (caller.patient, caller.context, caller.client) == (world.citizen.patient,) * 2 + (world.app.id,)


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://app.example/other"},
        {"redirect_uri": ""},
        {"code_verifier": "w" * 43},
        {"code_verifier": ""},
        {"code_verifier": "short"},
    ],
    ids=str,
)
def test_a_code_is_bound_to_its_redirection_and_verifier(world: World, changed: dict[str, str]) -> None:
    code = world.run(world.a_code())
    assert error_of(world, world.code_form(code, **changed)) == "invalid_grant"
    # the rightful client still gets its tokens: the thief has used nothing up
    assert world.run(world.tokens(world.code_form(code)))["access_token"]


def test_a_code_is_bound_to_its_client(world: World) -> None:
    code = world.run(world.a_code())
    form = {name: value for name, value in world.code_form(code).items() if name != "client_id"}
    assert error_of(world, form | world.assertion()) == "invalid_grant"


def test_a_stolen_code_ends_everything_that_came_of_it(world: World) -> None:
    code = world.run(world.a_code())
    tokens = world.run(world.tokens(world.code_form(code)))
    assert error_of(world, world.code_form(code)) == "invalid_grant"
    with pytest.raises(Unauthenticated):
        world.run(world.identified(tokens["access_token"]))
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
        "client_id": world.app.id,
    }
    assert error_of(world, form) == "invalid_grant"


def test_refresh_tokens_rotate_and_a_second_use_ends_the_family(world: World) -> None:
    old = first_tokens(world)
    form = {"grant_type": "refresh_token", "refresh_token": old["refresh_token"], "client_id": world.app.id}
    new = world.run(world.tokens(form))
    assert new["refresh_token"] != old["refresh_token"]
    assert error_of(world, form) == "invalid_grant"
    assert error_of(world, form | {"refresh_token": new["refresh_token"]}) == "invalid_grant"
    with pytest.raises(Unauthenticated):
        world.run(world.identified(new["access_token"]))


def test_a_refresh_narrows_but_never_widens(world: World) -> None:
    tokens = first_tokens(world)
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
        "client_id": world.app.id,
    }
    assert error_of(world, form | {"scope": "patient/*.cruds"}) == "invalid_scope"
    assert error_of(world, form | {"scope": "user/*.rs"}) == "invalid_scope"
    narrow = world.run(world.tokens(form | {"scope": "patient/Observation.rs"}))
    assert narrow["scope"] == "patient/Observation.rs"
    assert world.run(world.identified(narrow["access_token"])).scopes == ("patient/Observation.rs",)


def test_a_refresh_token_is_bound_to_its_client(world: World) -> None:
    tokens = first_tokens(world)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert error_of(world, form | world.assertion()) == "invalid_grant"


@pytest.mark.parametrize("kind", ["code", "refresh"])
def test_thirty_two_at_once_and_one_succeeds(world: World, kind: str) -> None:
    if kind == "code":
        form = world.code_form(world.run(world.a_code()))
    else:
        refresh = first_tokens(world)["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": world.app.id}

    async def race() -> list[Any]:
        return list(await asyncio.gather(*(world.tokens(form) for _ in range(32)), return_exceptions=True))

    outcomes = world.run(race())
    assert sum(isinstance(one, dict) for one in outcomes) == 1
    assert {one.error for one in outcomes if isinstance(one, OAuthError)} == {"invalid_grant"}
    assert sum(isinstance(one, OAuthError) for one in outcomes) == 31


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
def test_client_credentials(world: World, algorithm: str) -> None:
    key = world.rsa if algorithm == "RS384" else world.ec
    form = {"grant_type": "client_credentials", "scope": "system/Patient.rs system/*.cruds"}
    found = world.run(world.tokens(form | world.assertion(key, algorithm)))
    assert found["scope"] == "system/Patient.rs system/*.rs" and "refresh_token" not in found
    assert world.run(world.identified(found["access_token"])).account == world.system.id


def test_client_credentials_name_a_purpose_that_they_may(world: World) -> None:
    form = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    allowed = world.run(
        world.tokens(
            form | {"purpose_of_use": "urn:oid:2.16.840.1.113883.1.11.20448|PUBHLTH"} | world.assertion()
        )
    )
    assert world.run(world.identified(allowed["access_token"])).purpose == "PUBHLTH"
    assert error_of(world, form | {"purpose_of_use": "ETREAT"} | world.assertion()) == "invalid_request"


def test_an_assertion_is_used_once(world: World) -> None:
    form = {"grant_type": "client_credentials", "scope": "system/*.rs"} | world.assertion()
    world.run(world.tokens(form))
    assert error_of(world, form) == "invalid_client"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://elsewhere.example/token"},
        {"iss": "somebody-else"},
        {"sub": "somebody-else"},
        {"exp": int(time.time()) - 60},
        {"exp": int(time.time()) + 3_600},
        {"nbf": int(time.time()) + 86_400},
        {"jti": "x"},
        {"jti": "x" * 500},
    ],
    ids=lambda one: next(iter(one)),
)
def test_an_assertion_must_fit(world: World, changed: dict[str, Any]) -> None:
    form = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    assert error_of(world, form | world.assertion(**changed)) == "invalid_client"


def test_an_assertion_of_another_key_or_algorithm(world: World) -> None:
    form = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    thief = ECKey.generate_key("P-384", {"kid": str(world.ec.kid)})
    assert error_of(world, form | world.assertion(thief)) == "invalid_client"
    strange = RSAKey.generate_key(2048, auto_kid=True)
    assert error_of(world, form | world.assertion(strange, "RS384")) == "invalid_client"
    assert error_of(world, form | world.assertion(world.rsa, "RS256")) == "invalid_client"
    assert error_of(world, form | by_shared_secret(world)) == "invalid_client"


def by_shared_secret(world: World) -> dict[str, str]:
    """Key confusion: HS384 with the registered public key as the secret."""
    fields = world.assertion(world.rsa, "RS384")
    body = fields["client_assertion"].split(".")[1]
    header = (
        base64.urlsafe_b64encode(orjson.dumps({"alg": "HS384", "kid": world.rsa.kid})).rstrip(b"=").decode()
    )
    mac = hmac.new(world.rsa.as_pem(private=False), f"{header}.{body}".encode(), hashlib.sha384).digest()
    signature = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    return fields | {"client_assertion": f"{header}.{body}.{signature}"}


def test_a_confidential_client_cannot_call_itself_public(world: World) -> None:
    form = {"grant_type": "client_credentials", "scope": "system/*.rs", "client_id": world.backend.id}
    assert error_of(world, form) == "invalid_client"
    assert error_of(world, form | {"client_secret": "x"}) == "invalid_client"
    public = {"grant_type": "client_credentials", "scope": "system/*.rs", "client_id": world.app.id}
    assert error_of(world, public) == "unauthorized_client"


def exchange(world: World, token: str, **more: str) -> dict[str, str]:
    form = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN}
    return form | more | world.assertion()


def test_an_exchange_gives_what_both_have(world: World) -> None:
    subject = first_tokens(world, account=world.doctor, scopes=("user/*.rs",))
    found = world.run(world.tokens(exchange(world, subject["access_token"])))
    assert set(found["scope"].split()) == {"user/Observation.rs", "user/Patient.rs"}
    caller = world.run(world.identified(found["access_token"]))
    assert (caller.account, caller.client) == (world.doctor.id, world.backend.id)
    assert "refresh_token" not in found


def test_an_exchange_never_widens(world: World) -> None:
    subject = first_tokens(world, account=world.doctor, scopes=("user/Observation.rs",))["access_token"]
    assert error_of(world, exchange(world, subject, scope="user/Patient.rs")) == "invalid_scope"
    assert error_of(world, exchange(world, subject, scope="user/Observation.cruds")) == "invalid_scope"
    assert error_of(world, exchange(world, subject, audience="https://elsewhere.example")) == "invalid_target"
    assert error_of(world, exchange(world, "x.y.z")) == "invalid_grant"
    public = {
        "grant_type": EXCHANGE,
        "subject_token": subject,
        "subject_token_type": ACCESS_TOKEN,
        "client_id": world.app.id,
    }
    assert error_of(world, public) == "unauthorized_client"


def test_an_unknown_grant_type(world: World) -> None:
    assert error_of(world, {"grant_type": "password", "client_id": world.app.id}) == "unsupported_grant_type"
    assert error_of(world, {"grant_type": "refresh_token", "client_id": uuid.uuid4().hex}) == "invalid_client"


def test_revocation_and_introspection(world: World) -> None:
    tokens = first_tokens(world)
    identity = world.identity
    own = {"token": tokens["access_token"]}
    assert world.run(identity.inspection.introspect(world.app, own))["active"] is True
    assert world.run(identity.inspection.introspect(world.backend, own)) == {"active": False}
    # what another client asks to revoke stays
    world.run(identity.inspection.revoke(world.backend, own))
    assert world.run(world.identified(tokens["access_token"]))
    world.run(identity.inspection.revoke(world.app, own))
    with pytest.raises(Unauthenticated):
        world.run(world.identified(tokens["access_token"]))
    world.run(identity.inspection.revoke(world.app, {"token": tokens["refresh_token"]}))
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
        "client_id": world.app.id,
    }
    assert error_of(world, form) == "invalid_grant"
    assert identity.issuer == ISSUER
