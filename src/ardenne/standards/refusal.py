"""Why a document or message cannot be taken: one value that every reader of this layer uses.

A refusal is written for the person who made the document: which rule failed, where it failed,
what was found there, and what to write instead.
"""

from __future__ import annotations

import msgspec


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One failed rule. `where` is a path in the format's own notation, `line` counts from 1 (0: unknown)."""

    rule: str
    found: str
    mend: str
    where: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.where, f"line {self.line}" if self.line else "") if part)
        return f"{self.rule}{f' at {place}' if place else ''}: {self.found}. {self.mend}"


class Refused(Exception):
    """The content breaks a rule without which it cannot be read; carries the refusal."""

    def __init__(self, *, rule: str, found: str, mend: str, where: str = "", line: int = 0) -> None:
        self.refusal = Refusal(rule=rule, found=found, mend=mend, where=where, line=line)
        super().__init__(str(self.refusal))


def excerpt(text: str, length: int = 60) -> str:
    """Foreign text made fit for a one-line message: control characters out, cut to `length`."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    return clean if len(clean) <= length else clean[: length - 1] + "…"
