"""The directives that a person can choose from, with their texts and versions."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import NamedTuple


class Template(NamedTuple):
    """A directive as people see it. ``swiss``: the Swiss template that it corresponds to, if any."""

    name: str
    version: int
    swiss: str
    titles: dict[str, str]
    texts: dict[str, str]

    def title(self, language: str) -> str:
        """Return the title in a language."""
        return self.titles.get(language, self.titles["en"])

    def text(self, language: str) -> str:
        """Return the text in a language."""
        return self.texts.get(language, self.texts["en"])


@lru_cache(maxsize=1)
def templates() -> dict[str, Template]:
    """Return all templates by name."""
    text = (resources.files(__package__) / "data" / "templates.toml").read_text("utf-8")
    return {
        name: Template(name, found["version"], found["swiss"], found["title"], found["text"])
        for name, found in tomllib.loads(text).items()
    }
