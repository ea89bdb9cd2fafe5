"""A document that might be: to ask the policy about a kind of data without touching any."""

from __future__ import annotations

from ardenne.kernel.policy.service import UNREAD
from ardenne.kernel.store import hashing
from ardenne.kernel.store.resources import RowFacts
from ardenne.standards.fhir.labels import Category


def imagined(
    patient: str, category: Category, level: int = 0, embargo: int = 0, withheld: bool = False
) -> RowFacts:
    """Return the facts of a document of a category in a patient's record, written by nobody in particular."""
    return RowFacts(
        0, hashing.self_hash("Patient", patient), int(category), level, embargo, withheld, (), 0, UNREAD
    )
