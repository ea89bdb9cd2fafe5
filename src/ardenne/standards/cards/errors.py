"""What is wrong with a card: a rule that scripts can rely on, and a sentence for a person."""

from __future__ import annotations


class CardError(ValueError):
    """A card that must not be trusted. ``rule`` names the check that failed, such as ``signature`` or ``expired``."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule = rule
