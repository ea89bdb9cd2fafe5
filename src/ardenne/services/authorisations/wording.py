"""What codes of the registers are called on pages. English, translated by the catalogues."""

from __future__ import annotations

STATES = {
    "draft": "Draft",
    "submitted": "Sent",
    "incomplete": "Something is missing",
    "in-review": "In review",
    "granted": "Authorised",
    "refused": "Refused",
    "appealed": "Appeal",
    "dismissed": "Appeal dismissed",
    "suspended": "Suspended",
    "withdrawn": "Withdrawn",
    "expired": "Expired",
    "abandoned": "Given up",
}
KINDS = {"permanent": "Permanent authorisation", "temporary": "Temporary services from another country"}
ITEMS = {
    "identity": "Identity card or passport",
    "diploma": "Diploma",
    "recognition": "Recognition of the diploma",
    "good-standing": "Certificate of good standing",
    "language": "Proof of language",
    "establishment": "Proof of establishment in the other country",
    "insurance": "Proof of insurance",
}
VERDICTS = {"open": "not looked at yet", "accepted": "accepted", "rejected": "not accepted"}
ACTS = {
    "submit": "Send the application",
    "abandon": "Give the application up",
    "appeal": "Appeal",
    "take": "Take into review",
    "ask": "Ask for what is missing",
    "grant": "Grant",
    "refuse": "Refuse",
    "allow": "Allow the appeal",
    "dismiss": "Dismiss the appeal",
    "suspend": "Suspend",
    "reinstate": "Reinstate",
    "withdraw": "Withdraw",
}
EVENTS = {
    **ACTS,
    "begin": "Application begun",
    "import": "Taken over from a list",
    "expire": "The last day is over",
    "document-accepted": "Document accepted",
    "document-rejected": "Document not accepted",
}
PROBLEMS = {
    "step": "That is not possible any more: somebody changed the application meanwhile.",
    "by": "That is not for you to do.",
    "reason": "Write the reason in words, at least ten letters.",
    "checklist": "The checklist is not complete: see what is missing.",
    "late": "The time for an appeal is over.",
    "profession": "Choose a profession or speciality from the list.",
    "kind": "Choose the kind of authorisation.",
    "item": "Choose what the document proves.",
    "many": "No more documents can be added. Put several pages into one file.",
    "unknown": "There is no such application.",
    "file": "Choose a PDF, PNG or JPEG file of at most 10 MB.",
    "person": "Fill in name, birth date (year-month-day) and nationality (two letters).",
}
TABLES = {
    "pharmacists-psychotherapists": "Pharmacists and psychotherapists",
    "medical": "Medical professions",
    "health": "Health professions",
}
LABELS = frozenset(
    text for table in (STATES, KINDS, ITEMS, VERDICTS, EVENTS, PROBLEMS, TABLES) for text in table.values()
)
