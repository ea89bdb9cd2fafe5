"""What a run shows: passed, failed and each miss, as text or JSON."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from .known import Comparison
from .suite import Result


def as_text(suite: str, results: Sequence[Result], comparison: Comparison | None) -> str:
    """One line a miss, then the figures."""
    missed = [result for result in results if not result.passed]
    lines = [f"MISS  {result.name}: {result.reason}" for result in missed]
    passed = len(results) - len(missed)
    share = 100 * passed / len(results) if results else 0
    lines.append(f"{suite}: {passed} passed, {len(missed)} failed of {len(results)} ({share:.1f} %)")
    if comparison is not None:
        lines.extend(f"NEW MISS  {result.name}" for result in comparison.new)
        lines.extend(
            f"PASSES NOW, take it from the list of known misses  {name}" for name in comparison.mended
        )
    return "\n".join(lines)


def as_json(suite: str, results: Sequence[Result], comparison: Comparison | None) -> bytes:
    """{"suite", "passed", "failed", "misses": [{"name", "reason"}], ...}"""
    missed = [result for result in results if not result.passed]
    report: dict[str, object] = {
        "suite": suite,
        "passed": len(results) - len(missed),
        "failed": len(missed),
        "misses": [{"name": result.name, "reason": result.reason} for result in missed],
    }
    if comparison is not None:
        report["new"] = [result.name for result in comparison.new]
        report["mended"] = comparison.mended
    return orjson.dumps(report, option=orjson.OPT_INDENT_2)
