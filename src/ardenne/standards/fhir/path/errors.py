"""What can go wrong with a FHIRPath expression: it does not parse, it makes no sense for
the types at hand, it fails on the data, or it would need more work than is allowed."""

from __future__ import annotations


class FhirPathError(ValueError):
    """Any refusal of an expression; the text says what was found and how to mend it."""


class FhirPathSyntaxError(FhirPathError):
    """The text is not FHIRPath.

    `offset` counts characters from 0; `line` and `column` count from 1; `hint` says how
    to mend the expression and may be empty.
    """

    def __init__(self, problem: str, expression: str, offset: int, hint: str = "") -> None:
        self.problem = problem
        self.expression = expression
        self.offset = offset
        self.hint = hint
        before = expression[:offset]
        self.line = before.count("\n") + 1
        self.column = offset - (before.rfind("\n") + 1) + 1
        text = f"FHIRPath, line {self.line}, column {self.column}: {problem}"
        super().__init__(f"{text}; {hint}" if hint else text)


class FhirPathSemanticError(FhirPathError):
    """The expression parses but cannot be meant: unknown function, type or element."""


class FhirPathExecutionError(FhirPathError):
    """The data at hand do not allow the operation, e.g. two items where one is needed."""


class FhirPathLimitError(FhirPathExecutionError):
    """The evaluation would exceed the limits on work, size or depth."""
