"""Explained validation: what is wrong with a document or message, where, and how to mend it (pure).

The same engine stands at the door: what is an error here is refused there. ``RULES`` names the version of the rules.
"""

from ardenne.standards.checking.engine import RULES, Finding, Verdict, check

__all__ = ["RULES", "Finding", "Verdict", "check"]
