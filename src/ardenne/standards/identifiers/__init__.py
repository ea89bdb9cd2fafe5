"""National numbers of persons and professionals: reading, checking, writing, and saying what is wrong.

``parse("1980 01 01 457 28")`` gives the kind, the bare digits, the form in which people write it, and
the birth date and sex where the number carries them. A number that breaks a rule is returned too, with
``valid`` false and ``problem`` saying which rule, at which place, and what would be right.
"""

from __future__ import annotations

from ardenne.standards.identifiers.number import Kind, Number
from ardenne.standards.identifiers.reading import OF_SYSTEM, SYSTEM, of_system, parse

__all__ = ["OF_SYSTEM", "SYSTEM", "Kind", "Number", "of_system", "parse"]
