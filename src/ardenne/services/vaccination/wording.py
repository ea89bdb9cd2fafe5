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
LEAFLETS = {
    "country": "Enter the two letters of a country, such as LU, or EU for all.",
    "language": "Enter the two letters of a language, such as fr.",
    "address": "Enter an address that begins with https.",
    "vaccine": "Choose the vaccine, or scan the code of its box.",
}
DISEASES = ("influenza", "covid-19", "measles")
LABELS = (*DISEASES, *STATES.values(), *_GROUPS, *RULES.values(), UNREADABLE, *LEAFLETS.values())
