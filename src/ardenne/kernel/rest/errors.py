"""Errors of the FHIR door: an HTTP status and the issues that explain it."""

from __future__ import annotations

from collections.abc import Sequence

from ardenne.kernel.http.message import Request
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy.sentences import sentence
from ardenne.kernel.policy.service import AccessRefused
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


def refusal(error: AccessRefused, request: Request) -> RestError:
    """Return what a caller is told whom the policy refused: that nothing is there, or the rule and its reason."""
    rule = error.decision.rule
    if request.caller.kind is Kind.ANONYMOUS:
        return refuse(401, "login", sentence("sign-in", False), "sign-in")
    if error.hidden:
        return refuse(404, "not-found", "there is no such resource that you may see", "access")
    return refuse(403, "forbidden", sentence(rule, False), rule)
