"""Versions, languages and the words of messages."""

from __future__ import annotations

import pytest

from ardenne.standards.fhir.terminology.languages import LanguageError, parse
from ardenne.standards.fhir.terminology.messages import choices
from ardenne.standards.fhir.terminology.versions import latest, matches


@pytest.mark.parametrize(
    ("pattern", "version", "expected"),
    [
        ("", "1.0.0", True),
        ("1.0.0", "1.0.0", True),
        ("1", "1.0.0", False),
        ("1.x", "1.2.3", True),
        ("1.x.x", "1.2.3", True),
        ("1.2.x", "1.3.0", False),
        ("1.*", "2.0", False),
        ("*", "2024-01", True),
        ("1.2.x", "1.2", True),
        ("1.x.3", "1.2.4", False),
        ("http://snomed.info/sct/11000172109", "http://snomed.info/sct/11000172109/version/20240315", True),
        ("http://snomed.info/sct/11000172", "http://snomed.info/sct/11000172109/version/20240315", False),
    ],
)
def test_matches(pattern: str, version: str, expected: bool) -> None:
    assert matches(pattern, version) is expected


def test_latest_counts_numbers_as_numbers_and_releases_after_their_candidates() -> None:
    assert latest(["1.9.0", "1.10.0", "1.2.0"]) == "1.10.0"
    assert latest(["2.0.0-rc1", "2.0.0", "2.0.0-beta"]) == "2.0.0"
    assert latest(["20240101", "20231231"]) == "20240101"
    assert latest(["", "1"]) == "1"
    assert latest([]) == ""


def test_languages_in_order_of_their_weight() -> None:
    assert parse("en;q=0.3, de, fr;q=0.5").wanted == ("de", "fr", "en")
    assert parse("de, *;q=0").only is True
    assert parse("").accepts("zh") is True
    assert parse("de").accepts("de-CH") is True
    assert parse("de").accepts("den") is False


@pytest.mark.parametrize("text", ["-", "d e", "de;q=high", "de;q=2", "de;x=1"])
def test_what_is_no_language(text: str) -> None:
    with pytest.raises(LanguageError):
        parse(text)


def test_choices() -> None:
    assert [choices(["a"]), choices(["a", "b"]), choices(["a", "b", "c"])] == ["a", "a or b", "a, b or c"]
