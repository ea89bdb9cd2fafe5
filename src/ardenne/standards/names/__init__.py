"""Names of persons in many scripts and languages: one normal form, and keys that spellings share.

``keys("Шевченко") & keys("Chevtchenko")`` is not empty: two spellings of one name have a key in common,
two different names rarely do. The order of given and family names does not matter, particles may be
missing or glued on, and a first name meets its forms in other languages (Mykola, Nikolaï, Nicolas).
"""

from __future__ import annotations

from ardenne.standards.names.codes import keys, token_keys
from ardenne.standards.names.words import joined, only_particles, plain, words

__all__ = ["joined", "keys", "only_particles", "plain", "token_keys", "words"]
