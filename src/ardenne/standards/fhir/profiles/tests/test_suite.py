"""The HL7 validator suite: the same verdict for at least 95 % of its R4 cases, each miss with its reason."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ardenne.standards.fhir.profiles import suite

ROOT = Path(__file__).resolve().parents[6]
SUITE = Path(os.environ.get("ARDENNE_CORPUS") or ROOT.parent / "shared/data") / "conformance/validator-r4"
MISSES: dict[str, str] = json.loads(Path(__file__).with_name("misses.json").read_text())

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not SUITE.is_dir(), reason=f"no validator suite in {SUITE} (set ARDENNE_CORPUS)"),
]


def cases() -> list[tuple[dict[str, Any], bool]]:
    found = []
    for case in json.loads((SUITE / "manifest.json").read_text()):
        path = SUITE / "outcomes" / Path(str(case.get("_outcome"))).name
        outcome = json.loads(path.read_text()) if path.is_file() else None
        verdict = suite.expected(case, outcome)
        if verdict is not None:
            found.append((case, verdict))
    return found


def test_the_same_verdict_except_for_listed_misses() -> None:
    all_cases = cases()
    wrong = {
        str(case["name"])
        for case, verdict in all_cases
        if suite.found(case, (SUITE / case["file"]).read_bytes()) is not verdict
    }
    assert wrong == set(MISSES)
    assert len(all_cases) == 162
    assert len(wrong) <= len(all_cases) * 0.05
