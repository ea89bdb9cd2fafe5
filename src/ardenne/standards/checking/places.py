"""Where in a JSON text the element of a FHIRPath stands."""

from __future__ import annotations

import re

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]|\n|[^\s"{}\[\],:]+')
_STEP = re.compile(r"([A-Za-z_]\w*)|\[(\d+)\]")


class Lines:
    """The lines of the elements of one JSON text."""

    def __init__(self, text: bytes) -> None:
        self._lines = _scan(text)

    def of(self, path: str) -> int:
        """Return the line of ``Patient.name[0].given``, or of the nearest element around it that is there."""
        steps = tuple(name or int(number) for name, number in _STEP.findall(path))[1:]
        while steps not in self._lines and steps:
            # FHIRPath leaves out [0] of what is no list; JSON has the index where there is one
            if (*steps, 0) in self._lines:
                return self._lines[(*steps, 0)]
            steps = steps[:-1]
        return self._lines.get(steps, 1)


def _scan(text: bytes) -> dict[tuple[str | int, ...], int]:
    """Return the line of every member and item by the steps that lead to it."""
    found: dict[tuple[str | int, ...], int] = {(): 1}
    stack: list[str | int | None] = []
    line, key, expects_key, begins_item = 1, "", False, False
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token == b"\n":
            line += 1
            continue
        if begins_item and token != b"]":
            found.setdefault(_steps(stack), line)
        begins_item = False
        if token == b"[":
            stack.append(0)
            begins_item = True
        elif token == b"{":
            stack.append(None)
            expects_key = True
        elif token in (b"}", b"]"):
            stack.pop()
        elif token == b",":
            last = stack[-1] if stack else None
            if isinstance(last, int):
                stack[-1] = last + 1
                begins_item = True
            else:
                expects_key = True
        elif token == b":":
            stack[-1] = key
            found.setdefault(_steps(stack), line)
        elif expects_key:
            key, expects_key = token[1:-1].decode("utf-8", "replace"), False
    return found


def _steps(stack: list[str | int | None]) -> tuple[str | int, ...]:
    return tuple(step for step in stack if step is not None)
