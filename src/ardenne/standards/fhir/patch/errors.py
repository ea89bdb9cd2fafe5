"""Why a patch cannot be applied."""

from __future__ import annotations


class PatchError(ValueError):
    """An operation failed; nothing was applied.

    `operation` counts from 0 and is -1 when the patch as a whole is wrong; `path` is the JSON
    pointer or FHIRPath of the operation. `malformed` tells a patch that could never be applied
    (400) from one that does not fit this resource (422).
    """

    def __init__(self, operation: int, path: str, problem: str, malformed: bool = False) -> None:
        self.operation = operation
        self.path = path
        self.problem = problem
        self.malformed = malformed
        place = f"operation {operation + 1}" if operation >= 0 else "the patch"
        super().__init__(f"{place}{f' ({path})' if path else ''}: {problem}")


class Refused(ValueError):
    """The reason inside one operation; the caller adds number and path."""

    def __init__(self, problem: str, malformed: bool = False) -> None:
        super().__init__(problem)
        self.malformed = malformed
