"""What traits, levels, guards and kinds are called on the pages. The English words are translated by the catalogues."""

from __future__ import annotations

TRAITS: dict[str, str] = {
    "given": "Given names", "family": "Family name", "birth": "Date of birth", "sex": "Sex", "number": "National number",
    "place": "Place", "street": "Street", "extra": "More of the address", "phone": "Telephone", "email": "E-mail",
}  # fmt: skip
LEVELS: dict[str, str] = {
    "different": "different", "swapped": "swapped", "sounds alike": "sounds alike", "part": "in part", "mistyped": "mistyped",
    "equal": "equal", "same year": "same year", "first of January": "first of January", "one part differs": "one part differs",
    "near": "near", "one of two": "one of two", "house number only": "house number only", "street only": "street only",
}  # fmt: skip
GUARDS: dict[str, str] = {
    "two-numbers": "two valid numbers that differ", "twins": "perhaps twins", "shared-number": "one number, two persons?",
    "other-birth-year": "another date of birth", "no-given-name": "no given name",
    "two-countries": "valid numbers of two countries",
}  # fmt: skip
CASES: dict[str, str] = {
    "duplicate": "Perhaps one person twice", "overlay": "Suddenly other traits under a known number",
    "unknown": "Person without traits", "split": "To be parted into two persons",
}  # fmt: skip
DECISIONS: dict[str, str] = {
    "merged": "merged", "apart": "two persons", "accepted": "new traits accepted", "rejected": "new traits rejected",
    "noted": "noted", "split": "split", "kept": "left together",
}  # fmt: skip
EVENTS: dict[str, str] = {
    "added": "added", "linked": "linked", "asked": "asked about", "overlay": "other traits not believed",
    "overtaken": "came too late", "merged": "merged", "unmerged": "merge taken back", "split": "split",
    "unsplit": "split taken back", "apart": "told apart", "together": "telling apart taken back",
    "accepted": "new traits accepted", "protected": "put under protection", "unprotected": "protection ended",
}  # fmt: skip
WHY: dict[str, str] = {
    "four-eyes": "You proposed it yourself: a second officer must agree.", "closed": "This was decided meanwhile.",
    "undone": "This was decided meanwhile.", "choice": "Choose an answer.",
    "apart": "An officer said that they are two persons: take that back first.",
    "all": "One identity must stay with the person.",
    "identity": "Choose at least one identity that says something of the person.",
    "reason": "Write the reason for the decision.", "alias": "Write a given and a family name for the alias.",
}  # fmt: skip
"""Why an act is not possible, by the rule of ``CannotMerge``."""
OTHERWISE = "That is not possible here: look at the history of the person."
SEXES: dict[str, str] = {"female": "female", "male": "male", "other": "other", "unknown": "unknown"}
STATES: dict[str, str] = {"running": "running", "done": "done", "failed": "failed"}
LABELS = (
    OTHERWISE,
    *(
        word
        for table in (TRAITS, LEVELS, GUARDS, CASES, DECISIONS, EVENTS, WHY, SEXES, STATES)
        for word in table.values()
    ),
)


def why(rule: str) -> str:
    """Return why an act is not possible, in English."""
    return WHY.get(rule, OTHERWISE)
