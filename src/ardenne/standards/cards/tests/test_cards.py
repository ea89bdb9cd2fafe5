"""Cards issued here are read and verified here; what was tampered with, expired or withdrawn is refused with its rule."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ardenne.standards.cards import base45, cbor, cose, evc, qr, shc
from ardenne.standards.cards.cwt import Claims, write_claims
from ardenne.standards.cards.errors import CardError
from ardenne.standards.cards.evc import CardDose, VaccinationCard
from ardenne.standards.cards.keys import Key, KeyStore, next_kid, read_jwks, thumbprint, write_jwks
from ardenne.standards.cards.packing import MAX_TEXT, pack
from ardenne.standards.cards.reading import Verdict, verify

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_KEY = ec.generate_private_key(ec.SECP256R1())


def _card(doses: int) -> VaccinationCard:
    chance = random.Random(1)
    born = date(1980, 2, 29)
    held = tuple(
        CardDose(
            born + timedelta(days=chance.randrange(50, 16_000)), chance.randrange(1, 1000), "LUX", 1, index
        )
        for index in range(doses)
    )
    return VaccinationCard("SCHMITZ", "ANNE", born, held, "1.3.182.4.4", "1980022912345")


def _store(**changes: object) -> KeyStore:
    store = KeyStore()
    store.add(replace(Key(b"LUX26A", _KEY.public_key()), **changes))  # type: ignore[arg-type]
    return store


def _check(text: str, store: KeyStore | None = None, now: datetime = _NOW) -> Verdict:
    return verify(text, store or _store(), int(now.timestamp()))


def test_a_card_there_and_back() -> None:
    text = evc.issue(_card(25), "LUX", "LUX26A", _KEY, _NOW)
    verdict = _check(text)
    assert (verdict.valid, verdict.kind, verdict.issuer) == (True, "evc", "LUX")
    read = evc.read_card(verdict.content)
    assert sorted(read.doses, key=lambda dose: dose.index) == list(_card(25).doses)
    assert (read.family, read.given, read.born, read.person_id) == (
        "SCHMITZ",
        "ANNE",
        date(1980, 2, 29),
        "1980022912345",
    )


def test_the_form_is_that_of_the_plans() -> None:
    """Claims 1, 4, 6 and -260 holding the card directly; the key's name unprotected; ten years."""
    from ardenne.standards.cards.reading import open_message

    message = open_message(evc.issue(_card(1), "LUX", "LUX26A", _KEY, _NOW))
    claims = cbor.loads(message.payload)
    assert set(claims) == {1, 4, 6, -260}
    assert datetime.fromtimestamp(claims[4], UTC) == datetime(2036, 3, 1, 12, tzinfo=UTC)
    assert set(claims[-260]) == {"ver", "nam", "dob", "pid", "v"}
    assert set(claims[-260]["v"][0]) == {"reg", "rep", "i", "a", "mp"}
    assert 4 in message.unprotected and 4 not in message.protected


def test_a_card_of_120_doses_fits_one_code() -> None:
    text = evc.issue(_card(120), "LUX", "LUX26A", _KEY, _NOW)
    assert len(text) < 3391
    assert len(qr.matrix(text)) <= 177
    assert _check(text).valid


def test_what_does_not_fit_a_code_says_so() -> None:
    with pytest.raises(CardError) as caught:
        qr.matrix("A" * 5000)
    assert caught.value.rule == "size"


def test_refusals_name_their_rule() -> None:
    text = evc.issue(_card(3), "LUX", "LUX26A", _KEY, _NOW)
    other = _store(public=ec.generate_private_key(ec.SECP256R1()).public_key())
    identifier = _check(text).identifier
    withdrawn = _store()
    withdrawn.revoked_cards.add(identifier)
    duplicate = cose.sign(bytes.fromhex("a3011864011864041a70000000"), _KEY, {4: b"LUX26A"})
    cases = {
        "signature": _check(text, other),
        "unknown-key": _check(text, KeyStore()),
        "revoked-key": _check(text, _store(revoked=True)),
        "key-time": _check(text, _store(not_after=1_000)),
        "revoked": _check(text, withdrawn),
        "expired": _check(text, now=datetime(2037, 1, 1, tzinfo=UTC)),
        "not-yet": _check(text, now=datetime(2026, 2, 1, tzinfo=UTC)),
        "size": _check("A" * (MAX_TEXT + 1)),
        "base45": _check("lower case"),
        "compression": _check(base45.encode(b"nothing packed")),
        "cose": _check(base45.encode(pack(cbor.dumps([1, 2])))),
        "cbor": _check(base45.encode(pack(duplicate))),
        "link": _check(shc.write_link(shc.HealthLink("https://example.org/m", bytes(32)))),
    }
    assert {rule: verdict.rule for rule, verdict in cases.items()} == {rule: rule for rule in cases}
    assert all(not verdict.valid and verdict.reason for verdict in cases.values())


@pytest.mark.parametrize(
    "change",
    [
        {"dob": "soon"},
        {"nam": {}},
        {"v": {}},
        {"v": [{"reg": "L", "rep": 1, "i": 1, "a": 1, "mp": 1}]},
        {"v": [{"reg": "LUX", "rep": 1, "i": 1, "a": -1, "mp": 1}]},
        {"v": [{"reg": "LUX", "rep": 1, "i": 1, "a": 10**9, "mp": 1}]},
        {"pid": 3},
    ],
)
def test_signed_nonsense_is_refused(change: dict[str, object]) -> None:
    health = evc.health_of(_card(1)) | change
    payload = write_claims(Claims("LUX", 0, None, health))
    assert _check(base45.encode(pack(cose.sign(payload, _KEY, {4: b"LUX26A"})))).rule == "content"


def test_a_dose_before_birth_is_not_issued() -> None:
    card = replace(_card(0), doses=(CardDose(date(1970, 1, 1), 1, "LUX", 1, 1),))
    with pytest.raises(CardError, match="before birth"):
        evc.issue(card, "LUX", "LUX26A", _KEY, _NOW)


def test_a_smart_health_card_there_and_back_also_in_pieces() -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": "resource:0", "resource": {"resourceType": "Patient"}}],
    }
    jws = shc.issue(bundle, "https://node.example", _KEY, int(_NOW.timestamp()))
    store = KeyStore()
    store.add(Key(thumbprint(_KEY.public_key()).encode(), _KEY.public_key()))
    text = shc.numeric(jws)
    verdict = _check(text, store)
    assert (verdict.valid, verdict.kind, verdict.content) == (True, "shc", bundle)
    digits = text.removeprefix("shc:/")
    half = len(digits) // 4 * 2
    pieces = [f"shc:/2/2/{digits[half:]}", f"shc:/1/2/{digits[:half]}"]
    assert _check("\n".join(pieces), store).valid
    assert _check(pieces[0], store).rule == "incomplete"
    changed = text[:40] + ("11" if text[40:42] != "11" else "12") + text[42:]
    assert not _check(changed, store).valid


def test_a_link_and_its_file() -> None:
    link = shc.HealthLink(
        "https://example.org/manifest", bytes(range(32)), "Vaccination card", "LP", 1_900_000_000
    )
    assert shc.read_link("https://viewer.example/#" + shc.write_link(link)) == link
    sealed = shc.seal_file(b"{}", link.key, "application/fhir+json")
    assert shc.open_file(sealed, link.key) == (b"{}", "application/fhir+json")
    with pytest.raises(CardError) as caught:
        shc.open_file(sealed, bytes(32))
    assert caught.value.rule == "key"


def test_key_sets_there_and_back() -> None:
    store = _store(not_before=1, not_after=2, revoked=True)
    written = json.dumps(write_jwks(key for keys in store.keys.values() for key in keys))
    (read,) = read_jwks(written)
    assert (read.kid, read.not_before, read.not_after, read.revoked) == (b"LUX26A", 1, 2, True)
    assert read.public == _KEY.public_key()
    legacy = json.loads(written)["keys"][0] | {"kid": "0x0011223344556677"}
    legacy["x"] = legacy["x"].replace("-", "+").replace("_", "/") + "="
    (other,) = read_jwks(json.dumps({"keys": [legacy]}))
    assert other.kid == bytes.fromhex("0011223344556677") and other.public == _KEY.public_key()


def test_names_of_keys_go_on_through_the_year() -> None:
    assert next_kid("LUX", 2026, []) == "LUX26A"
    assert next_kid("LUX", 2026, ["LUX26A", "LUX25B"]) == "LUX26B"
