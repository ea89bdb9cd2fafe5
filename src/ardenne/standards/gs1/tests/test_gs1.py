"""Codes of boxes: the forms in which scanners and people write them."""

from __future__ import annotations

from datetime import date

import pytest

from ardenne.standards.gs1 import Box, Gs1Error, check_digit, read_box

_BOX = Box("03400930004326", "A21CB123", date(2027, 5, 31), "SN0001")


@pytest.mark.parametrize(
    "text",
    [
        "]d2010340093000432617270500" + "10A21CB123\x1d21SN0001",
        "01034009300043261727053110A21CB123\x1d21SN0001",
        "\x1d0103400930004326" + "21SN0001\x1d10A21CB123\x1d17270531",
        "(01)03400930004326(17)270531(10)A21CB123(21)SN0001",
    ],
)
def test_one_box_in_four_writings(text: str) -> None:
    assert read_box(text) == _BOX


def test_check_digit_of_the_general_specifications() -> None:
    """The example of section 7.9: GTIN 6291041500213."""
    assert check_digit("629104150021") == "3"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0103400930004327", "check digit"),
        ("(01)123", "14 digits"),
        ("17271331", "no day"),
        ("hello", "no code"),
        ("10" + "A" * 21, "separator"),
        ("01034009", "14 digits"),
    ],
)
def test_what_is_no_code_of_a_box(text: str, why: str) -> None:
    with pytest.raises(Gs1Error, match=why):
        read_box(text)
