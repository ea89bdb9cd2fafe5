"""Search keys of text: FHIR string search ignores case and accents (FHIR R4, Search, 3.1.1.4.8)."""

import unicodedata

# Letters that Unicode does not decompose, as readers of the languages around type them.
_PLAIN = str.maketrans(
    {
        "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i",
        "ł": "l", "ŋ": "n", "þ": "th", "ŧ": "t",
        "’": "'", "‘": "'", "ʼ": "'", "‐": "-", "‑": "-", "–": "-", "—": "-",
    }
)  # fmt: skip


def normalise(text: str) -> str:
    """`text` case-folded, without accents, blanks collapsed: equal keys mean equal for search.

    "  Ünal-Weiß  Éva" and "unal-weiss eva" have the same key. Idempotent.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    # Casefolding after decomposition catches compatibility letters (e.g. mathematical capitals).
    return " ".join(plain.casefold().translate(_PLAIN).split())
