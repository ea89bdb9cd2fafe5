"""Forged and misused tokens: each is refused, and the refusal says nothing that helps."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from ardenne.kernel.identity.access_tokens import Family, signed, verified
from ardenne.kernel.identity.errors import InvalidToken, Unauthenticated

from .conftest import ISSUER, World


def _part(content: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(content)).rstrip(b"=").decode()


@pytest.fixture
def token(world: World) -> str:
    family = Family("", world.app.id, world.doctor.id, world.doctor.roles[0].id, ("user/*.rs",), "TREAT")
    return str(world.run(world.identity.tokens.direct(family, world.doctor)))


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return dict(orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def refused(world: World, token: str) -> str:
    with pytest.raises(Unauthenticated) as caught:
        world.run(world.identified(token))
    assert caught.value.status == 401
    assert 'error="invalid_token"' in caught.value.www_authenticate
    assert "\n" not in caught.value.www_authenticate
    return caught.value.message


def resigned(world: World, token: str, kind: str = "at+jwt", **changed: Any) -> str:
    """Return a token with other claims, rightly signed by the node itself."""
    return str(world.run(signed(world.identity.keys, claims_of(token) | changed, kind)))


def test_a_good_token_names_its_caller(world: World, token: str) -> None:
    found = world.run(world.identified(token))
    assert (found.account, found.profession, found.scopes) == (world.doctor.id, "doctor", ("user/*.rs",))


def test_claims_of_iua(world: World, token: str) -> None:
    found = claims_of(token)["extensions"]["ihe_iua"]
    assert found["subject_name"] == "Dr T"
    assert found["subject_organization"] == "House"
    assert found["subject_role"][0]["code"] == "doctor"
    assert found["purpose_of_use"][0]["code"] == "TREAT"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://elsewhere.example/fhir"},
        {"aud": []},
        {"aud": [ISSUER]},
        {"iss": "https://elsewhere.example"},
        {"iss": f"{ISSUER}/"},
        {"exp": int(time.time()) - 1},
        {"nbf": int(time.time()) + 3_600},
        {"iat": int(time.time()) + 3_600},
        {"client_id": "another"},
        {"sub": "00000000-0000-0000-0000-000000000000"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_claims_that_do_not_fit(world: World, token: str, changed: dict[str, Any]) -> None:
    refused(world, resigned(world, token, **changed))


def test_an_id_token_is_no_access_token(world: World, token: str) -> None:
    assert "no access token" in refused(world, resigned(world, token, kind="JWT"))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "HS256", "RS256", "ES384", ""])
def test_another_algorithm_is_refused(world: World, token: str, algorithm: str) -> None:
    kid = world.run(world.identity.keys.published())["keys"][0]["kid"]
    header = _part({"alg": algorithm, "typ": "at+jwt", "kid": kid})
    body = token.split(".")[1]
    refused(world, f"{header}.{body}.")
    refused(world, f"{header}.{body}.{token.split('.')[2]}")


def test_the_public_key_is_no_shared_secret(world: World, token: str) -> None:
    """Key confusion: HS256 with what the node publishes as the secret."""
    published = world.run(world.identity.keys.published())["keys"][0]
    pem = ECKey.import_key(published).as_pem(private=False)
    for secret in (pem, orjson.dumps(published)):
        head = f"{_part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': published['kid']})}.{token.split('.')[1]}"
        mac = base64.urlsafe_b64encode(hmac.new(secret, head.encode(), hashlib.sha256).digest()).rstrip(b"=")
        refused(world, f"{head}.{mac.decode()}")


@pytest.mark.parametrize(
    "kid",
    ["../../etc/passwd", "' or 1=1 --", "https://evil.example/jwks", "", None, 7, "x" * 200, ["a"]],
    ids=str,
)
def test_a_key_id_leads_nowhere(world: World, token: str, kid: object) -> None:
    header = {"alg": "ES256", "typ": "at+jwt", "kid": kid}
    refused(world, f"{_part(header)}.{token.split('.')[1]}.{token.split('.')[2]}")


@pytest.mark.parametrize("place", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_in_the_header_counts_nothing(world: World, token: str, place: str) -> None:
    own = ECKey.generate_key("P-256", auto_kid=True)
    content = {
        "jwk": own.as_dict(private=False),
        "jku": "https://evil.example",
        "x5u": "https://evil.example",
        "x5c": ["AA"],
    }
    header = {"alg": "ES256", "typ": "at+jwt", "kid": own.kid, place: content[place]}
    head = f"{_part(header)}.{token.split('.')[1]}"
    forged = jws.serialize_compact({"alg": "ES256"}, head.encode(), own, ["ES256"]).split(".")[2]
    refused(world, f"{head}.{forged}")


def test_a_signature_of_another_key_under_our_key_id(world: World, token: str) -> None:
    kid = world.run(world.identity.keys.published())["keys"][0]["kid"]
    thief = ECKey.generate_key("P-256")
    header = {"alg": "ES256", "typ": "at+jwt", "kid": kid}
    refused(world, jws.serialize_compact(header, orjson.dumps(claims_of(token)), thief, ["ES256"]))


@pytest.mark.parametrize("text", ["", "x", "a.b", "a.b.c", "....", "x" * 9000, "é.é.é", "null.null.null"])
def test_nonsense_is_refused(world: World, text: str) -> None:
    with pytest.raises(Unauthenticated):
        world.run(world.identified(text))
    with pytest.raises(InvalidToken):
        world.run(verified(world.identity.keys, text, ISSUER, (f"{ISSUER}/fhir",), time.time()))


def test_changed_content_breaks_the_signature(world: World, token: str) -> None:
    head, _body, signature = token.split(".")
    refused(world, f"{head}.{_part(claims_of(token) | {'scope': 'user/*.cruds'})}.{signature}")


def test_tokens_outlive_a_rotation_and_new_ones_use_the_new_key(world: World, token: str) -> None:
    before = {one["kid"] for one in world.run(world.identity.keys.published())["keys"]}
    kid = world.run(world.identity.keys.rotate())
    published = world.run(world.identity.keys.published())["keys"]
    assert before <= {one["kid"] for one in published} and kid not in before
    assert all("d" not in one for one in published)
    assert world.run(world.identified(token)).account == world.doctor.id
    fresh = resigned(world, token)
    assert orjson.loads(base64.urlsafe_b64decode(fresh.split(".")[0] + "==="))["kid"] == kid
