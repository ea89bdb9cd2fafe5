"""The part of FHIRPath that search parameters use, read into steps.

Paths, `|`, `where(child='text')`, `where(resolve() is Type)`, `where(hasExtension('url'))`, `as` in both
spellings, `ofType()`, `[n]` and `extension('url')`. Anything else is an `UnsupportedExpression`.
"""

import re
from typing import NamedTuple

_TOKEN = re.compile(r"\s*(?:([A-Za-z_%][A-Za-z0-9_]*)|'([^']*)'|([0-9]+)|([().,|=\[\]]))")


class UnsupportedExpression(ValueError):
    """The expression uses more of FHIRPath than extraction compiles."""


class Step(NamedTuple):
    """One step of a path: `kind` is field, as, where, index, resolve, extension or has-extension."""

    kind: str
    name: str
    value: str = ""


Path = tuple[Step, ...]


def parse(expression: str) -> tuple[Path, ...]:
    """The alternatives of a union, each a path whose first step names a type or an element."""
    reader = _Reader(expression)
    paths = reader.union()
    reader.end()
    return paths


class _Reader:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = self._split(expression)
        self.at = 0

    def _split(self, text: str) -> list[tuple[str, str]]:
        tokens, at = [], 0
        text = text.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise UnsupportedExpression(f"{text!r}: cannot read {text[at:]!r}")
            name, literal, number, mark = found.groups()
            if literal is not None:
                tokens.append(("text", literal))
            else:
                tokens.append(("name", name) if name else ("number", number) if number else ("mark", mark))
            at = found.end()
        return tokens

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, kind: str, value: str | None = None) -> str:
        found = self.peek()
        if found[0] != kind or (value is not None and found[1] != value):
            raise UnsupportedExpression(f"{self.expression!r}: expected {value or kind}, found {found[1]!r}")
        self.at += 1
        return found[1]

    def accept(self, kind: str, value: str) -> bool:
        if self.peek() != (kind, value):
            return False
        self.at += 1
        return True

    def end(self) -> None:
        self.take("end") if self.peek()[0] != "end" else None

    def union(self) -> tuple[Path, ...]:
        paths = list(self.term())
        while self.accept("mark", "|"):
            paths.extend(self.term())
        return tuple(paths)

    def term(self) -> tuple[Path, ...]:
        if self.accept("mark", "("):
            paths = self.union()
            self.take("mark", ")")
        else:
            paths = ((Step("field", self.take("name")),),)
        steps = self.steps()
        if self.accept("name", "as"):
            steps = (*steps, Step("as", self.take("name")))
        return tuple((*path, *steps) for path in paths)

    def steps(self) -> Path:
        steps: list[Step] = []
        while True:
            if self.accept("mark", "["):
                steps.append(Step("index", self.take("number")))
                self.take("mark", "]")
            elif self.accept("mark", "."):
                steps.append(self.step())
            else:
                return tuple(steps)

    def step(self) -> Step:
        name = self.take("name")
        if not self.accept("mark", "("):
            return Step("field", name)
        if name in ("as", "ofType"):
            step = Step("as", self.take("name"))
        elif name == "extension":
            step = Step("extension", self.take("text"))
        elif name == "where":
            step = self.condition()
        else:
            raise UnsupportedExpression(f"{self.expression!r}: {name}() is not for search parameters")
        self.take("mark", ")")
        return step

    def condition(self) -> Step:
        name = self.take("name")
        if name == "resolve":
            for mark in "()":
                self.take("mark", mark)
            self.take("name", "is")
            return Step("resolve", self.take("name"))
        if name == "hasExtension":
            self.take("mark", "(")
            step = Step("has-extension", self.take("text"))
            self.take("mark", ")")
            return step
        self.take("mark", "=")
        return Step("where", name, self.take("text"))
