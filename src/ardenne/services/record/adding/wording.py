"""What codes are called on the page. The English words are translated by the catalogues."""

from __future__ import annotations

KINDS: dict[str, str] = {
    "consultation": "Consultation report",
    "letter": "Letter to a colleague",
    "discharge": "Discharge letter",
    "laboratory": "Laboratory report",
    "imaging": "Imaging report",
    "care-plan": "Care plan",
    "own": "My own document",
}
SECTIONS: dict[str, str] = {
    "reason": "Reason for the visit",
    "findings": "Findings",
    "assessment": "Assessment",
    "plan": "Plan",
}
LEVELS: dict[str, str] = {
    "normal": "Everybody who may see such documents",
    "restricted": "Only those to whom restricted documents are open",
    "secret": "Only me",
}
PROBLEMS: dict[str, str] = {
    "kind": "Choose what kind of document it is.",
    "title": "Give a title of at least three letters.",
    "day": "The day is today or earlier, such as 2026-01-31.",
    "level": "Choose who may see the document.",
    "size": "Choose a file of at most 20 megabytes.",
    "file": "The file cannot be read.",
    "format": "Here you add PDF, text or a picture. Software files other formats through its own door.",
    "empty": "Write at least one part of the report.",
    "closed": "The record is closed: nothing can be added.",
    "author": "You are not in the directory with this role, so you cannot be named as the author.",
}
LABELS = frozenset({*KINDS.values(), *SECTIONS.values(), *LEVELS.values(), *PROBLEMS.values()})
"""Every text of this module, for the catalogues."""
