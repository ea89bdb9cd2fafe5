"""Primitive values at the edges (FHIR R4, Data types, 2.24.0.1; the published regular expressions)."""

from decimal import Decimal

import pytest

from ardenne.standards.fhir.definitions import PRIMITIVE_TYPES
from ardenne.standards.fhir.validator.primitives import CHECKS, MAX_STRING

RIGHT: list[tuple[str, object]] = [
    ("string", " leading and\ttabs\r\n"),
    ("string", "x" * MAX_STRING),
    ("string", "a\u00a0b"),
    ("markdown", "* x\n* y"),
    ("code", "a b"),
    ("uri", "urn:oid:1.2"),
    ("uri", "relative/path?x=1"),
    ("canonical", "http://x/y|1.0#z"),
    ("oid", "urn:oid:2.16.840.1.113883"),
    ("uuid", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"),
    ("id", "A-1." + "x" * 60),
    ("integer", -(2**31)),
    ("integer", 2**31 - 1),
    ("positiveInt", 1),
    ("unsignedInt", 0),
    ("decimal", 1),
    ("decimal", -1.5e-20),
    ("decimal", Decimal("1.00")),
    ("date", "0001"),
    ("date", "2024-02-29"),
    ("dateTime", "2024-02"),
    ("dateTime", "2024-02-29T00:00:00.000000000Z"),
    ("dateTime", "2015-02-07T13:28:17-05:00"),
    ("instant", "2015-02-07T13:28:17.239+02:00"),
    ("time", "23:59:60.5"),
    ("base64Binary", "QUJD"),
    ("base64Binary", "QUJD\r\nQUI="),
    ("boolean", False),
]

WRONG: list[tuple[str, object]] = [
    ("string", ""),
    ("string", "a\x00b"),
    ("string", "x" * (MAX_STRING + 1)),
    ("string", 5),
    ("code", " a"),
    ("code", "a  b"),
    ("code", "a "),
    ("uri", "a b"),
    ("uri", ""),
    ("oid", "1.2.3"),
    ("oid", "urn:oid:3.1"),
    ("oid", "urn:oid:1.02"),
    ("uuid", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520"),
    ("uuid", "c757873d-ec9a-4326-a141-556f43239520"),
    ("id", ""),
    ("id", "a_b"),
    ("id", "a\n"),
    ("integer", 2**31),
    ("integer", "1"),
    ("integer", True),
    ("positiveInt", 0),
    ("unsignedInt", -1),
    ("decimal", "1.0"),
    ("decimal", float("inf")),
    ("decimal", Decimal("NaN")),
    ("decimal", True),
    ("date", "0000"),
    ("date", "2023-00"),
    ("date", "2023-02-29"),
    ("date", "2023-02-30"),
    ("date", "2023-04-31"),
    ("date", "2023-02-01T10:00:00Z"),
    ("dateTime", "2023-02-01T10:00Z"),
    ("dateTime", "2023-02-01T10:00:00"),
    ("dateTime", "2023-02-30T10:00:00Z"),
    ("dateTime", "2023-02-01T24:00:00Z"),
    ("dateTime", "2023-02-01T10:00:00+14:30"),
    ("instant", "2023-02-01"),
    ("time", "24:00:00"),
    ("time", "10:00"),
    ("base64Binary", ""),
    ("base64Binary", "  "),
    ("base64Binary", "QUJDQ"),
    ("base64Binary", "QU*D"),
    ("base64Binary", "QQ==QQ=="),
    ("base64Binary", "é"),
    ("boolean", "false"),
]


def test_every_primitive_type_has_a_check() -> None:
    assert set(CHECKS) == PRIMITIVE_TYPES


@pytest.mark.parametrize(("type_name", "value"), RIGHT)
def test_right(type_name: str, value: object) -> None:
    assert CHECKS[type_name](value) == ""


@pytest.mark.parametrize(("type_name", "value"), WRONG)
def test_wrong(type_name: str, value: object) -> None:
    assert CHECKS[type_name](value)
