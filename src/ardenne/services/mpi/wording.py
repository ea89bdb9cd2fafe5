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
}  # fmt: skip
CASES: dict[str, str] = {
    "duplicate": "Perhaps one person twice", "overlay": "Suddenly other traits under a known number",
    "unknown": "Person without traits",
}  # fmt: skip
DECISIONS: dict[str, str] = {
    "merged": "merged", "apart": "two persons", "accepted": "new traits accepted", "rejected": "new traits rejected",
    "noted": "noted",
}  # fmt: skip
EVENTS: dict[str, str] = {
    "added": "added", "linked": "linked", "asked": "asked about", "overlay": "other traits not believed",
    "overtaken": "came too late", "merged": "merged", "unmerged": "merge taken back", "split": "split",
    "unsplit": "split taken back", "apart": "told apart", "together": "telling apart taken back",
    "accepted": "new traits accepted",
}  # fmt: skip
LABELS = tuple(
    word for table in (TRAITS, LEVELS, GUARDS, CASES, DECISIONS, EVENTS) for word in table.values()
)
