"""The table of the security standard names every requirement of levels 1 and 2 once, and tests that exist."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
_TABLE = ROOT / "docs" / "security" / "asvs.md"
_PLACES = {"identity/": "src/ardenne/kernel/identity/tests/", "journeys/": "tests/journeys/"}
_REQUIREMENTS = 253
"""70 of level 1 and 183 of level 2 in version 5.0.0."""


def test_every_requirement_stands_once() -> None:
    rows = [line.split("|")[1] for line in _TABLE.read_text().splitlines() if line.startswith("| V")]
    found = Counter(one for row in rows for one in re.findall(r"V\d+\.\d+\.\d+", row))
    assert [one for one, times in found.items() if times > 1] == []
    assert len(found) == _REQUIREMENTS


def test_the_tests_that_it_names_exist() -> None:
    for line in _TABLE.read_text().splitlines():
        cells = line.split("|")
        if not line.startswith("| V"):
            continue
        assert cells[2].strip() in ("met", "part", "no", "site", "n.a."), line
        for name in re.findall(r"`([^`]+\.py)`", cells[4]):
            place = next(
                (name.replace(short, long, 1) for short, long in _PLACES.items() if name.startswith(short)),
                name,
            )
            assert (ROOT / place).is_file(), name
