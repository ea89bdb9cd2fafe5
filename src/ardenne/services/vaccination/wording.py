"""Words of the pages that stand in schedules and states: English texts that the catalogues translate."""

from __future__ import annotations

STATES = {
    "overdue": "Overdue",
    "due": "Due now",
    "later": "Later",
    "complete": "Complete",
    "immune": "Immune",
    "contraindicated": "Not to be given",
    "aged-out": "No longer needed at this age",
    "not-recommended": "Not recommended now",
}
_GROUPS = (
    "Diphtheria, tetanus, pertussis", "Polio", "Haemophilus influenzae b", "Hepatitis B", "Rotavirus", "Pneumococcus",
    "Meningococcus B", "Meningococcus ACWY", "Measles, mumps, rubella", "Varicella", "Papillomavirus", "Influenza",
    "Zoster", "RSV",
)  # fmt: skip
RULES = {
    "signature": "The signature does not belong to this card: it was changed, or signed by somebody else.",
    "unknown-key": "No trusted issuer has the key of this card.",
    "expired": "The card has expired.",
    "not-yet": "The card says that it was issued later than now.",
    "revoked": "The issuer has withdrawn this card.",
    "revoked-key": "The issuer has withdrawn the key of this card.",
    "link": "This is a link; it holds no card itself.",
}
UNREADABLE = "This text is no card that can be read."
FIELDS = {
    "box": "The code of the box cannot be read. Scan it again, or choose the vaccine from the list.",
    "vaccine": "Choose the vaccine, or scan the code of its box.",
    "day": "Enter a day that is not in the future: 2026-03-01, or 2026-03 or 2026 when only that is known.",
    "batch": "Enter the batch of the box, or mark the vaccination as told or read from paper.",
    "recalled": "This batch is recalled. Do not give it.",
    "expiry": "This box had expired on that day. It must not be used.",
    "reason": "Say why it was not given.",
    "changed": "Say why it is changed.",
    "reaction": "Choose the reaction.",
    "told": "Say in words what happened.",
    "began": "The reaction began on a day from the vaccination until today.",
    "form": "The form was not complete. Nothing was changed: try again.",
}
REACTIONS = (
    "Anaphylaxis", "Fever", "Swelling at the injection site", "Fainting", "Seizure", "Other reaction",
)  # fmt: skip
LEAFLETS = {
    "country": "Enter the two letters of a country, such as LU, or EU for all.",
    "language": "Enter the two letters of a language, such as fr.",
    "address": "Enter an address that begins with https.",
    "vaccine": "Choose the vaccine, or scan the code of its box.",
}
DISEASES = ("influenza", "covid-19", "measles")
LABELS = (
    *DISEASES,
    *STATES.values(),
    *_GROUPS,
    *RULES.values(),
    UNREADABLE,
    *LEAFLETS.values(),
    *FIELDS.values(),
    *REACTIONS,
)
