"""What a rule says to a person, in the five languages."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources


@lru_cache(maxsize=1)
def _sentences() -> dict[str, dict[str, dict[str, str]]]:
    text = (resources.files(__package__) / "data" / "sentences.toml").read_text("utf-8")
    return tomllib.loads(text)


def sentence(rule: str, permit: bool, language: str = "en") -> str:
    """Return why a rule permitted or refused, and what can be done. Languages: fr, de, lb, en, pt."""
    found = _sentences()["permit" if permit else "deny"]
    texts = found.get(rule) or found.get(rule.partition("-")[0])
    if texts is None:
        raise KeyError(rule)
    return texts.get(language, texts["en"])


def rules(permit: bool) -> frozenset[str]:
    """Return the rules that have a sentence."""
    return frozenset(_sentences()["permit" if permit else "deny"])
