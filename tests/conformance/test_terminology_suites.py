"""The published suites of terminology and validation, whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ardenne.apps.conformance import known
from ardenne.apps.conformance.registry import SUITES

pytestmark = pytest.mark.corpus

HERE = Path(__file__).parent


def test_terminology(corpus: Path) -> None:
    results = list(SUITES["terminology"](corpus / "conformance/terminology"))
    expected = known.read(HERE / "terminology.known.tsv")
    comparison = known.compare(results, expected)
    assert comparison.new == [], "new misses"
    assert comparison.mended == [], "these pass now: take them from the list"
    assert len(results) == 421
    assert all("lacks" in reason for reason in expected.values())


def test_every_suite_whose_files_are_there_reaches_its_bar(corpus: Path) -> None:
    results = list(SUITES["terminology"](corpus / "conformance/terminology"))
    lacking = known.read(HERE / "terminology.known.tsv")
    asked = [result for result in results if result.name not in lacking]
    all_of = Counter(result.name.partition("/")[0] for result in asked)
    passed = Counter(result.name.partition("/")[0] for result in asked if result.passed)
    below = {suite: passed[suite] / count for suite, count in all_of.items() if passed[suite] < 0.95 * count}
    assert below == {}


def test_validator(corpus: Path) -> None:
    results = list(SUITES["validator"](corpus / "conformance/validator-r4"))
    assert len(results) == 162
    assert sum(result.passed for result in results) >= 0.95 * len(results)
