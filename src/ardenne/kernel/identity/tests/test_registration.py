"""What may stand in the registration of an application."""

from __future__ import annotations

import json

import pytest
from joserfc.jwk import ECKey

from ardenne.kernel.identity.oauth.registration import (
    GRANTS,
    RegistrationError,
    Sort,
    changed,
    read,
    sort_of,
    state,
    takes_away,
)

KEY = ECKey.generate_key("P-384", {"alg": "ES384", "use": "sig"}, auto_kid=True)
PUBLIC = json.dumps({"keys": [KEY.as_dict(private=False)]})
PRIVATE = json.dumps({"keys": [KEY.as_dict(private=True)]})
APP = {
    "sort": "device", "id": "my-app", "name": "My App", "redirects": "https://app.example/back\nhttp://127.0.0.1:3000/",
    "scopes": "openid launch patient/Observation.rs patient/*.read",
}  # fmt: skip
SYSTEM = {"sort": "system", "id": "lab", "name": "Lab", "scopes": "system/*.cruds", "jwks": PUBLIC}


def test_an_app_on_a_phone_has_no_key_and_its_addresses() -> None:
    found = read(APP)
    assert (found.confidential, found.grants) == (False, GRANTS[Sort.DEVICE])
    assert found.redirect_uris == ("https://app.example/back", "http://127.0.0.1:3000/")
    assert found.scopes == ("openid", "launch", "patient/Observation.rs", "patient/*.rs")


def test_a_system_has_a_key_and_no_addresses() -> None:
    found = read({**SYSTEM, "redirects": "https://ignored.example/"}, "account")
    assert found.confidential and found.redirect_uris == () and found.account == "account"
    assert found.jwks == json.loads(PUBLIC) and "client_credentials" in found.grants


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"sort": "?"}, "sort"),
        ({"id": "My App"}, "id"),
        ({"name": "x"}, "name"),
        ({"redirects": ""}, "redirect"),
        ({"redirects": "https://app.example/#part"}, "redirect"),
        ({"redirects": "http://app.example/"}, "redirect"),
        ({"redirects": "javascript:alert(1)"}, "redirect"),
        ({"launch": "ftp://app.example/"}, "launch"),
        ({"scopes": ""}, "scope"),
        ({"scopes": "patient/Observation"}, "scope"),
        ({"scopes": "system/*.rs"}, "scope"),
        ({"sort": "server"}, "key"),
        ({"sort": "server", "jwks": "{}"}, "key"),
        ({"sort": "server", "jwks": '{"keys": []}'}, "key"),
        ({"sort": "server", "jwks": '{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}'}, "key"),
        ({"sort": "server", "jwks": PRIVATE}, "private"),
        ({"sort": "server", "jwks": PUBLIC, "jwks_uri": "https://app.example/jwks"}, "key"),
        ({"sort": "server", "jwks_uri": "http://app.example/jwks"}, "key"),
        ({"certificate_subject": "CN=phone"}, "certificate"),
        ({"sort": "server", "jwks": PUBLIC, "certificate": "hospital"}, "certificate"),
        ({"sort": "server", "jwks": PUBLIC, "certificate_subject": "hospital"}, "certificate"),
        (
            {"sort": "server", "jwks": PUBLIC, "certificate": "x", "certificate_subject": "CN=x"},
            "certificate",
        ),
    ],
)
def test_what_is_refused(changed: dict[str, str], rule: str) -> None:
    with pytest.raises(RegistrationError) as refused:
        read({**APP, **changed})
    assert refused.value.rule == rule


def test_people_do_not_sign_in_to_a_system() -> None:
    with pytest.raises(RegistrationError) as refused:
        read({**SYSTEM, "scopes": "system/*.rs openid"})
    assert refused.value.rule == "scope"


def test_what_an_application_is_stays_when_it_is_changed() -> None:
    app, system = read(APP), read(SYSTEM, "account")
    other = changed(app, {**APP, "id": "other", "sort": "system", "scopes": "openid", "name": "My Other App"})
    assert (other.id, sort_of(other), other.scopes, other.name) == (
        "my-app",
        Sort.DEVICE,
        ("openid",),
        "My Other App",
    )
    assert changed(system, SYSTEM) == system and sort_of(system) is Sort.SYSTEM
    assert state(other) != state(app) == state(read(APP))
    with pytest.raises(RegistrationError):
        changed(app, {**APP, "scopes": "system/*.rs"})


@pytest.mark.parametrize(
    ("form", "taken"),
    [
        ({"name": "Renamed"}, False),
        ({"scopes": APP["scopes"] + " fhirUser"}, False),
        ({"scopes": "openid launch patient/*.read"}, True),
        ({"redirects": "http://127.0.0.1:3000/"}, True),
        ({"redirects": APP["redirects"] + "\nhttps://app.example/more"}, False),
    ],
)
def test_what_a_change_takes_away(form: dict[str, str], taken: bool) -> None:
    before = read(APP)
    assert takes_away(before, changed(before, {**APP, **form})) is taken


def test_another_key_takes_the_old_one_away() -> None:
    before = read(SYSTEM, "account")
    other = json.dumps({"keys": [ECKey.generate_key("P-384").as_dict(private=False)]})
    assert takes_away(before, changed(before, {**SYSTEM, "jwks": other}))
