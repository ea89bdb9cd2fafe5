"""What entries say, as values: problems, allergies, medicines, immunisations, results, procedures.

Nothing negative is positive here: `absence` says that there is none ("known-absent"), that nothing is
known ("unknown"), or that the fact named is denied ("refuted").
"""

from __future__ import annotations

import msgspec

from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda import parties
from ardenne.standards.cda.statements import Product, ReferenceRange, Schedule


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What all entries have. `path` is unique in the document; `status` is the CDA act status."""

    path: str
    section: str
    identifiers: tuple[dt.Identifier, ...]
    code: dt.Code | None
    absence: str = ""
    status: str = ""
    time: dt.Interval | None = None
    text: str = ""
    authors: tuple[parties.Party, ...] = ()
    performers: tuple[parties.Party, ...] = ()


class Problem(Entry, frozen=True, kw_only=True):
    clinical_status: str = ""
    severity: dt.Code | None = None


class Reaction(msgspec.Struct, frozen=True):
    manifestation: dt.Code
    severity: str


class Allergy(Entry, frozen=True, kw_only=True):
    """`code` is the substance; `type` allergy|intolerance, `category` food|medication|environment."""

    type: str = ""
    category: str = ""
    clinical_status: str = ""
    verification: str = ""
    criticality: str = ""
    reactions: tuple[Reaction, ...] = ()


class Medication(Entry, frozen=True, kw_only=True):
    """A medicine taken, or prescribed when `prescribed`."""

    product: Product | None = None
    dose: dt.Quantity | dt.Range | None = None
    route: dt.Code | None = None
    schedule: Schedule | None = None
    prescribed: bool = False


class Immunization(Entry, frozen=True, kw_only=True):
    product: Product | None = None
    dose: dt.Quantity | dt.Range | None = None
    route: dt.Code | None = None
    site: dt.Code | None = None
    dose_number: str = ""
    reason: dt.Code | None = None


class Result(Entry, frozen=True, kw_only=True):
    """A measurement or finding; `kind` is result, vital-sign, social-history or observation."""

    kind: str
    values: tuple[dt.Value, ...] = ()
    value_null: str = ""
    interpretation: tuple[dt.Code, ...] = ()
    ranges: tuple[ReferenceRange, ...] = ()
    method: dt.Code | None = None
    site: dt.Code | None = None
    specimen: dt.Code | None = None
    panel: dt.Code | None = None


class Procedure(Entry, frozen=True, kw_only=True):
    site: dt.Code | None = None
