"""The reader's language: choosing it, dates, numbers and plurals as it writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ardenne.ui.languages import LANGUAGES, Words, choose

PACKAGES = ("ardenne.ui",)


@pytest.mark.parametrize(
    ("asked", "cookie", "accept", "chosen"),
    [
        ("de", "fr", "pt", "de"),
        ("xx", "lb", "pt", "lb"),
        ("", "", "pt-PT,pt;q=0.9,en;q=0.8", "pt"),
        ("", "", "nl,en;q=0.5,de;q=0.8", "de"),
        ("", "", "nl", "fr"),
        ("", "", "de;q=nonsense,en", "en"),
        ("", "", "", "fr"),
    ],
)
def test_choosing(asked: str, cookie: str, accept: str, chosen: str) -> None:
    assert choose(asked, cookie, accept) == chosen


@pytest.mark.parametrize(
    ("language", "day", "short", "number"),
    [
        ("fr", "12 mai 2023", "12 mai 2023", "1,14"),
        ("de", "12. Mai 2023", "12.05.2023", "1,14"),
        ("lb", "12. Mee 2023", "12. Mee 2023", "1,14"),
        ("en", "12 May 2023", "12 May 2023", "1.14"),
        ("pt", "12 de maio de 2023", "12/05/2023", "1,14"),
    ],
)
def test_dates_and_numbers(language: str, day: str, short: str, number: str) -> None:
    words = Words(language, PACKAGES)
    assert words.fhir_date("2023-05-12") == day
    assert words.short_date("2023-05-12") == short
    assert words.exact(1.14) == number


def test_times_are_shown_in_the_readers_zone() -> None:
    words = Words("fr", PACKAGES, ZoneInfo("Europe/Luxembourg"))
    assert words.fhir_date("2024-01-31T23:30:00Z") == "1 février 2024, 00:30"
    assert words.moment(datetime(2024, 7, 1, 10, 0, tzinfo=UTC)) == "1 juillet 2024, 12:00"
    assert words.short_date("2024-01-31T23:30:00Z") == "1 févr. 2024"


@pytest.mark.parametrize("text", ["2023-13", "not a date", "2023-02-30", ""])
def test_what_is_no_date_is_shown_as_it_is(text: str) -> None:
    words = Words("fr", PACKAGES)
    assert words.fhir_date(text) == text
    assert words.short_date(text) == text


def test_dates_keep_their_precision() -> None:
    words = Words("fr", PACKAGES)
    assert (words.fhir_date("2023"), words.fhir_date("2023-05")) == ("2023", "mai 2023")


def test_plurals() -> None:
    words = Words("fr", ["ardenne.services.record"])
    forms = ("{n} person found", "{n} persons found")
    assert [words.plural(*forms, number) for number in (0, 1, 2)] == [
        "0 personne trouvée",
        "1 personne trouvée",
        "2 personnes trouvées",
    ]
    assert Words("de", ["ardenne.services.record"]).plural(*forms, 0) == "0 Personen gefunden"


def test_an_unknown_text_stays_english() -> None:
    assert [Words(language, PACKAGES).text("Untranslated {x}", x=1) for language in LANGUAGES] == [
        "Untranslated 1"
    ] * 5
