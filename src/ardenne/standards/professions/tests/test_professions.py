"""The tables of professions hang together, and hold what the report of the ministry prints."""

from __future__ import annotations

import pytest

from ardenne.standards.professions import COUNTRIES, professions, specialities


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_speciality_is_of_a_profession_of_the_same_register(country: str) -> None:
    table = professions(country)
    for one in table.values():
        assert one.names["fr"] and one.names["de"] and one.names["en"]
        if one.of:
            assert table[one.of].register == one.register and not table[one.of].of


def test_luxembourg_has_the_rows_of_the_printed_tables() -> None:
    """Activity report 2024 of the ministry: 49 specialities of doctors, 2 of dentists, 22 health professions."""
    table = professions("lu")
    assert len(specialities("lu", "doctor-specialist")) == 49
    assert [one.names["fr"] for one in specialities("lu", "dentist-specialist")] == [
        "Chirurgie buccale", "Orthodontie",
    ]  # fmt: skip
    assert sum(one.register == "health-professions" for one in table.values()) == 22


def test_a_language_without_a_name_shows_the_title_of_the_law() -> None:
    urology = professions("lu")["urology"]
    assert (urology.name("de"), urology.name("lb")) == ("Urologie", "Urologie")
    assert professions("lu")["ear-nose-throat"].name("pt") == "Oto-rhino-laryngologie"


def test_an_unknown_country_is_named() -> None:
    with pytest.raises(KeyError, match="no professions are known"):
        professions("xx")
