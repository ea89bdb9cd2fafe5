"""Every text that pages show stands in every catalogue, and no catalogue holds a text that is gone."""

from __future__ import annotations

import pytest
from tools import texts


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("package", texts.PACKAGES, ids=lambda package: package.folder)
def test_catalogues_are_complete(package: texts.Package, language: str) -> None:
    assert list(texts.problems(package, language)) == []


def test_texts_are_found_in_code_templates_and_tables() -> None:
    """One known text of each kind: the extraction itself works."""
    found = texts.texts(texts.PACKAGES[1])
    assert "Enter a name, a birth date or a number." in found
    assert "All results with their trend" in found
    assert ("{n} person found", "{n} persons found") in found
    assert {"Coded entries", "Medication scheme", "Nursing and care plan", "corrected"} <= found
    assert ("every day", "every {n} days") in found
