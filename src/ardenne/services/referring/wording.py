"""What codes are called on the pages. The English words are translated by the catalogues."""

from __future__ import annotations

STAGES: dict[str, str] = {
    "patient-signs": "waits for the patient's signature",
    "doctor-signs": "waits for the doctor's signature",
    "lapsed": "nobody signed in time",
    "agreed": "signed, begins later",
    "in-force": "in force",
    "over": "ended by its date",
    "refused": "refused",
    "ended": "ended",
    "replaced": "replaced by an agreement with another doctor",
}
PROBLEMS: dict[str, str] = {
    "conditions": "Choose at least one long-term condition from the list.",
    "starts": "The first day is today or within a year.",
    "ends": "The last day comes after the first, at most five years later. Leave it empty for no end.",
    "profession": "Only a doctor can be a referring doctor.",
    "patient": "There is no such record, or you may not see it.",
    "exists": "There is an open proposal or agreement between these two already.",
    "closed": 'The record is closed. An agreement needs an open record: the patient opens it under "Who may see my record".',
    "unknown": "There is no such agreement, or it is not yours.",
    "step": "That changed meanwhile: look at the agreement again.",
    "review": "Check every point, or write why one is left open.",
    "stand-in": "Choose a colleague and days from today on, at most 60.",
    "code": "This code opens nothing. It may be mistyped, used or older than 15 minutes: ask for a new one.",
    "other-code": "This code is of another patient. It is used up: ask for a new one.",
    "wait": "Too many wrong codes. Wait ten minutes, or let the patient sign on the own page.",
    "form": "Something in the form cannot be read. Check the days and try again.",
}
DUE: dict[str, str] = {
    "late": "review is overdue since {date}",
    "soon": "review is due by {date}",
    "later": "next review by {date}",
}
LABELS = frozenset({*STAGES.values(), *PROBLEMS.values(), *DUE.values()})
"""Every text of this module, for the catalogues."""
