"""The HL7 version 3 data types that a CDA document uses, as small values.

Source: HL7 v3 Data Types, Abstract Specification, release 1 (the one CDA R2 is built on).
An empty string means: not written. `null` holds a null flavour (NI, UNK, NA, OTH, NASK …).
"""

from __future__ import annotations

import msgspec

from ardenne.standards.timestamps import Timestamp


class Identifier(msgspec.Struct, frozen=True):
    """II: `root` is an OID or UUID, `extension` the value in it; no extension: the root is the identity."""

    root: str
    extension: str = ""
    authority: str = ""


class Code(msgspec.Struct, frozen=True):
    """CD, CE, CV, CS: a code of the system with OID `system`, and the same meaning in other systems.

    `text` is the original text, fetched from the narrative when it was a reference.
    """

    code: str = ""
    system: str = ""
    display: str = ""
    system_name: str = ""
    null: str = ""
    text: str = ""
    translations: tuple[Code, ...] = ()

    @property
    def wording(self) -> str:
        """What to show a person: the words of the code, else the author's, else a translation's.

        The code's words come first because references into the narrative often hit a whole row or,
        in careless documents, another fact.
        """
        own = self.display or self.text
        return own or next((t.wording for t in self.translations if t.wording), "")


class Quantity(msgspec.Struct, frozen=True):
    """PQ, INT, REAL: the number as it was written, and a UCUM unit ("" or "1": none)."""

    value: str = ""
    unit: str = ""
    null: str = ""


class Range(msgspec.Struct, frozen=True):
    """IVL_PQ and IVL_INT; an open end is None."""

    low: Quantity | None = None
    high: Quantity | None = None
    low_closed: bool = True
    high_closed: bool = True


class Ratio(msgspec.Struct, frozen=True):
    """RTO."""

    numerator: Quantity
    denominator: Quantity


class Interval(msgspec.Struct, frozen=True):
    """TS or IVL_TS: either a single `point`, or `low` and `high` of which one may be missing."""

    point: Timestamp | None = None
    low: Timestamp | None = None
    high: Timestamp | None = None
    null: str = ""

    @property
    def start(self) -> Timestamp | None:
        return self.point or self.low


class Text(msgspec.Struct, frozen=True):
    """ST or ED given as plain characters."""

    text: str


class Truth(msgspec.Struct, frozen=True):
    """BL."""

    value: bool


class Attachment(msgspec.Struct, frozen=True):
    """ED with its bytes: media type and content."""

    media_type: str
    data: bytes
    language: str = ""


Value = Code | Quantity | Range | Ratio | Interval | Text | Truth | Attachment


class Name(msgspec.Struct, frozen=True):
    """PN or ON. `use`: L legal, A alias, P pseudonym, C licence …; `text` for unstructured names."""

    use: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()
    birth_family: tuple[str, ...] = ()
    text: str = ""

    @property
    def wording(self) -> str:
        """The name in the order in which it is spoken."""
        parts = (*self.prefix, *self.given, *self.family, *self.suffix)
        return " ".join(parts) or self.text


class Address(msgspec.Struct, frozen=True):
    """AD."""

    use: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    text: str = ""


class Telecom(msgspec.Struct, frozen=True):
    """TEL: a URL (tel:, mailto:, fax:, http:) and its uses (H, HP, WP, MC …)."""

    value: str
    use: tuple[str, ...] = ()
