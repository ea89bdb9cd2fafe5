"""The published suites, whole. A case that fails or passes unexpectedly fails the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from ardenne.apps.conformance import known
from ardenne.apps.conformance.registry import SUITES

pytestmark = pytest.mark.corpus

HERE = Path(__file__).parent


def agrees(suite: str, folder: Path, misses: str = "") -> int:
    """The number of cases, after comparing with the known misses."""
    results = list(SUITES[suite](folder))
    expected = known.read(HERE / misses) if misses else {}
    comparison = known.compare(results, expected)
    assert comparison.new == [], "new misses"
    assert comparison.mended == [], "these pass now: take them from the list"
    assert sum(result.passed for result in results) == len(results) - len(expected)
    return len(results)


def test_fhirpath(corpus: Path) -> None:
    cases = agrees("fhirpath", corpus / "conformance/fhirpath-r4", "fhirpath-r4.known.tsv")
    assert cases == 790
    assert len(known.read(HERE / "fhirpath-r4.known.tsv")) <= cases * 0.02


def test_sql_on_fhir(corpus: Path) -> None:
    assert agrees("sql-on-fhir", corpus / "conformance/sql-on-fhir") == 105


def test_patch(corpus: Path) -> None:
    assert agrees("patch", corpus / "conformance/patch-r4") == 49
