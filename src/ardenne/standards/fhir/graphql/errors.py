"""Why a query has no answer, in the shape that GraphQL clients read."""

from __future__ import annotations

from typing import Any

from ardenne.standards.fhir.outcome import Issue, operation_outcome


class GraphQLError(ValueError):
    """A query that cannot be answered.

    `line` and `column` count from 1 (0 when there is no place in the query); `code` is the
    IssueType: "invalid" for the query, "not-found", "too-costly" or "processing".
    """

    def __init__(self, message: str, line: int = 0, column: int = 0, code: str = "invalid") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.code = code

    def answer(self) -> dict[str, Any]:
        """The response body: no data, one error with its OperationOutcome."""
        outcome = operation_outcome([Issue("error", self.code, "", self.message)])
        error: dict[str, Any] = {"message": self.message, "extensions": {"resource": outcome}}
        if self.line:
            error["locations"] = [{"line": self.line, "column": self.column}]
        return {"data": None, "errors": [error]}
