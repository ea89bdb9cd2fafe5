"""Base45, CBOR and COSE against the examples of their standards, and what must be refused."""

from __future__ import annotations

import zlib

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given
from hypothesis import strategies as st

from ardenne.standards.cards import base45, cbor, cose
from ardenne.standards.cards.errors import CardError
from ardenne.standards.cards.packing import pack, unpack


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0")],
)
def test_base45_examples_of_rfc_9285(content: bytes, text: str) -> None:
    assert base45.encode(content) == text
    assert base45.decode(text) == content


@given(st.binary(max_size=300))
def test_base45_there_and_back(content: bytes) -> None:
    assert base45.decode(base45.encode(content)) == content


@pytest.mark.parametrize("text", ["GGW", ":::", "A", "ABCD", "ab", "Ä", "Z:"])
def test_base45_refuses(text: str) -> None:
    with pytest.raises(CardError) as caught:
        base45.decode(text)
    assert caught.value.rule == "base45"


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(max_size=8)
    | st.binary(max_size=8)
    | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers(0, 99) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_VALUES)
def test_cbor_reads_what_another_library_writes(value: object) -> None:
    assert cbor.loads(cbor2.dumps(value)) == value


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("a201020103", "stands twice"),
        ("bf01020103ff", "stands twice"),
        ("8301", "ends in the middle"),
        ("0101", "follow"),
        ("62c328", "UTF-8"),
        ("f0", "simple value"),
        ("1c", "reserved"),
        ("81" * 30 + "01", "too deeply"),
        ("ff", "follow"),
        ("a1ff", "key is expected"),
        ("5f6161ff", "another kind"),
        ("a18001", "cannot be one"),
        ("9b7fffffffffffffff01", "ends in the middle"),
    ],
)
def test_cbor_refuses(content: str, why: str) -> None:
    with pytest.raises(CardError, match=why):
        cbor.loads(bytes.fromhex(content))


@example(b"\xa1\xc0\x80")
@given(st.binary(max_size=80))
def test_cbor_never_fails_otherwise(content: bytes) -> None:
    try:
        cbor.loads(content)
    except CardError as error:
        assert error.rule == "cbor"


def test_open_lengths_can_be_refused() -> None:
    with pytest.raises(CardError, match="open length"):
        cbor.loads(bytes.fromhex("bf0102ff"), indefinite=False)


_A3 = (
    "d28443a10126a104524173796d6d657472696345434453413235365850a70175636f61703a2f2f61732e6578616d706c652e636f6d02656572696b77"
    "037818636f61703a2f2f6c696768742e6578616d706c652e636f6d041a5612aeb0051a5610d9f0061a5610d9f007420b7158405427c1ff28d23fbad1"
    "f29c4c7c6a555e601d6fa29f9179bc3d7438bacaca5acd08c8d4d4f96131680c429a01f85951ecee743a52b9b63632c57209120e1c9e30"
)


def _a3_key() -> ec.EllipticCurvePublicKey:
    x = int("143329cce7868e416927599cf65a34f3ce2ffda55a7eca69ed8919a394d42f0f", 16)
    y = int("60f7f1a780d8a783bfb7a2dd6b2796e8128dbbcef9d3d168db9529971a36e7b9", 16)
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def test_signed_token_of_rfc_8392_a3() -> None:
    message = cose.parse(bytes.fromhex(_A3))
    cose.verify(message, _a3_key())
    assert message.kid == b"AsymmetricECDSA256"
    assert cbor.loads(message.payload)[1] == "coap://as.example.com"


@pytest.mark.parametrize("place", [6, 60, 120, 150, 170])
def test_a_changed_byte_is_noticed(place: int) -> None:
    changed = bytearray(bytes.fromhex(_A3))
    changed[place] ^= 1
    with pytest.raises(CardError):
        cose.verify(cose.parse(bytes(changed)), _a3_key())


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_signing_and_another_curve(curve: ec.EllipticCurve) -> None:
    key, other = ec.generate_private_key(curve), ec.generate_private_key(ec.SECP256K1())
    message = cose.parse(cose.sign(b"payload", key, {4: b"LUX26A"}))
    cose.verify(message, key.public_key())
    with pytest.raises(CardError) as caught:
        cose.verify(message, other.public_key())
    assert caught.value.rule == "key"


def test_a_bomb_is_refused_before_it_unpacks() -> None:
    with pytest.raises(CardError) as caught:
        unpack(zlib.compress(b"\0" * 50_000_000, 9))
    assert caught.value.rule == "size"


def test_what_is_cut_off_or_followed_is_refused() -> None:
    packed = pack(b"content")
    assert unpack(packed) == b"content"
    for wrong in (packed[:-3], packed + b"x", b"no zlib"):
        with pytest.raises(CardError) as caught:
            unpack(wrong)
        assert caught.value.rule == "compression"
