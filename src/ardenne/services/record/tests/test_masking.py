"""What the page of a document shows of somebody under protection."""

from __future__ import annotations

import pytest

from ardenne.services.mpi.contract import Hidden
from ardenne.services.record.masking import Mask

_HIDDEN = Hidden(
    {"name": [{"use": "anonymous", "given": ["Marie"], "family": "Feller"}], "birthDate": "1980"},
    frozenset({"Léa", "Hoffmann", "Groß"}),
    frozenset({"1980010145728", "+352 621 123 456"}),
    frozenset({"1980-01-31"}),
    frozenset({"12 rue de l'Eau", "lea@example.org"}),
)


def _date(text: str) -> str:
    return {"1980-01-31": "31 janvier 1980"}.get(text, text)


_MASK = Mask(_HIDDEN, _date)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Patient: Léa Hoffmann, née", "Patient: Marie Feller, née"),
        ("HOFFMANN^LEA^^", "Marie Feller^^"),
        ("Hoffmann-Gross, Lea", "Marie Feller"),
        ("LE\u0301A hoffmann", "Marie Feller"),
        ("Mme Hoffmann va mieux.", "Mme Marie Feller va mieux."),
        ("Hoffmannsthal et Leandre restent", "Hoffmannsthal et Leandre restent"),
        ("no 1980 0101 457 28.", "no •••."),
        ("tel. +352 621 123456", "tel. •••"),
        ("born 1980-01-31, 31.01.1980, 19800131 or 31 janvier 1980", "born 1980, 1980, 1980 or 1980"),
        ("lives 12 RUE DE L'EAU", "lives •••"),
        ("", ""),
    ],
)
def test_names_numbers_and_dates_are_replaced_however_they_are_written(written: str, shown: str) -> None:
    assert _MASK.plain(written) == shown


def test_markup_stays_and_text_is_escaped_again() -> None:
    fragment = '<img src="/hoffmann" alt="X-ray of L&eacute;a"><p class="hoffmann">Dr Weis &amp; <b>L&eacute;a</b> Hoffmann &lt;1980010145728&gt;</p>'
    masked = _MASK.fragment(fragment)
    assert (
        masked
        == '<img src="/hoffmann" alt="X-ray of Marie Feller"><p class="hoffmann">Dr Weis &amp; <b>Marie Feller</b> Marie Feller &lt;•••&gt;</p>'
    )


def test_without_names_nothing_is_replaced_and_without_alias_name_nothing_is_told() -> None:
    empty = frozenset[str]()
    assert Mask(Hidden({}, empty, empty, empty, empty), _date).plain("Léa Hoffmann") == "Léa Hoffmann"
    assert Mask(_HIDDEN._replace(alias={}), _date).plain("Léa Hoffmann 1980-01-31") == "••• •••"
