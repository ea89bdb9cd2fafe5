"""Errors of the FHIR door: an HTTP status and the issues that explain it."""

from __future__ import annotations

from collections.abc import Sequence

from ardenne.standards.fhir.outcome import Issue


class RestError(Exception):
    """The interaction failed; nothing was written."""

    def __init__(self, status: int, issues: Sequence[Issue]) -> None:
        super().__init__(issues[0].message if issues else str(status))
        self.status = status
        self.issues = list(issues)


def refuse(status: int, code: str, message: str, rule: str = "", path: str = "") -> RestError:
    """Return the error with one issue."""
    return RestError(status, [Issue("error", code, path, message, rule)])
