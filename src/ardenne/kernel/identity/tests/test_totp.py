"""One-time codes against the published vectors."""

from __future__ import annotations

import pytest

from ardenne.kernel.identity.totp import code, matching_step

_SECRET = b"12345678901234567890"


_RFC_4226 = (
    "755224",
    "287082",
    "359152",
    "969429",
    "338314",
    "254676",
    "287922",
    "162583",
    "399871",
    "520489",
)


@pytest.mark.parametrize(("counter", "expected"), list(enumerate(_RFC_4226)))
def test_rfc_4226_appendix_d(counter: int, expected: str) -> None:
    assert code(_SECRET, counter) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
        (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_rfc_6238_appendix_b(seconds: int, expected: str) -> None:
    assert code(_SECRET, seconds // 30, 8) == expected


def test_a_code_holds_one_step_around_and_counts_once() -> None:
    now = 1_234_567_890
    step = now // 30
    assert matching_step(_SECRET, code(_SECRET, step), now, 0) == step
    assert matching_step(_SECRET, code(_SECRET, step - 1), now, 0) == step - 1
    assert matching_step(_SECRET, code(_SECRET, step - 2), now, 0) == 0
    assert matching_step(_SECRET, code(_SECRET, step), now, step) == 0
    assert matching_step(_SECRET, "", now, 0) == 0
