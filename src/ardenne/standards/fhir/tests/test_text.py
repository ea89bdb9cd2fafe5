"""Search keys of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardenne.standards.fhir.text import normalise


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("  Éva   Ünal-Weiß\t", "eva unal-weiss"),
        ("SØRENSEN", "sorensen"),
        ("Łódź", "lodz"),
        ("D’Hondt", "d'hondt"),
        ("Œuvre ÆTHER", "oeuvre aether"),
        ("ﬁn Ⅳ", "fin iv"),
        ("İstanbul", "istanbul"),
        ("山田\u3000太郎", "山田 太郎"),
        ("", ""),
    ],
)
def test_keys(text: str, key: str) -> None:
    assert normalise(text) == key


@given(st.text())
def test_idempotent_and_indifferent_to_case(text: str) -> None:
    key = normalise(text)
    assert normalise(key) == key
    assert normalise(f" {text} ") == key
