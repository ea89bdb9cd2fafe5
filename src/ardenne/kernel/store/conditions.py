"""What a search asks of a resource, as values: the language between ``search`` and the SQL.

A condition speaks about one resource. Keys and hashes come from ``hashing``; spans are microseconds
since 1970 UTC, half open.
"""

from __future__ import annotations

from typing import NamedTuple

from ardenne.kernel.store.permitted import Narrowed, Permitted


class Tokens(NamedTuple):
    """The resource carries any of these token hashes."""

    hashes: tuple[int, ...]
    hot: bool = False


class TokenWords(NamedTuple):
    """Some code of parameter ``key`` is shown with words that match ``pattern`` (a LIKE pattern)."""

    key: int
    pattern: str


class Selves(NamedTuple):
    """The resource is one of these (hashes of ``Type/id``)."""

    hashes: tuple[int, ...]


class OwnedBy(NamedTuple):
    """The resource belongs to one of these patients (hashes of ``Patient/id``)."""

    hashes: tuple[int, ...]


class Strings(NamedTuple):
    """A string of parameter ``key`` matches the LIKE pattern; ``prefix`` allows the btree."""

    key: int
    pattern: str
    prefix: str = ""


class Dates(NamedTuple):
    """A date of parameter ``key`` compares with the span; ``key`` 0 is the main clinical date."""

    key: int
    comparator: str
    low: int
    high: int


class Updated(NamedTuple):
    """meta.lastUpdated compares with the span."""

    comparator: str
    low: int
    high: int


class Numbers(NamedTuple):
    """A number or quantity of ``key`` compares with the value and its implied span [low, high).

    ``unit``, ``code``: hashes that the unit must have (0: any); a code also matches the printed unit.
    """

    key: int
    comparator: str
    value: float
    low: float
    high: float
    unit: int = 0
    code: int = 0


class NumbersTogether(NamedTuple):
    """Numbers that all stand in the same repetition of an element: the index keeps them under one ``unit``."""

    parts: tuple[Numbers, ...]


class AnyDate(NamedTuple):
    """The resource has any date for ``key`` (0: the main clinical date)."""

    key: int


class AnyValue(NamedTuple):
    """The resource has any row for ``key`` in the table of strings, numbers or positions."""

    table: str
    key: int


class Near(NamedTuple):
    """A position of ``key`` lies within ``metres`` of the point (degrees, WGS 84)."""

    key: int
    latitude: float
    longitude: float
    metres: float


class Refers(NamedTuple):
    """Some reference (any of ``keys``) leads to a resource of ``types`` that fulfils the condition.

    ``owner`` says that the reference is the one to the patient whom the row belongs to.
    """

    keys: tuple[int, ...]
    targets: tuple[tuple[int, Condition], ...]
    owner: bool = False


class ReferredBy(NamedTuple):
    """A resource of type ``number`` refers here by ``key`` and fulfils the condition (``_has``)."""

    key: int
    number: int
    condition: Condition
    owner: bool = False


class ListedIn(NamedTuple):
    """The resource is an item of a List with this self hash."""

    list_hash: int


class Unowned(NamedTuple):
    """The resource belongs to no patient."""


class OfTypes(NamedTuple):
    """The resource is of one of these types (numbers)."""

    numbers: tuple[int, ...]


class Contains(NamedTuple):
    """The words of the resource (``narrative``: of its narrative) match a text query."""

    query: str
    narrative: bool


class Contained(NamedTuple):
    """The resource contains one of type ``number`` that fulfils the condition."""

    number: int
    condition: Condition


class All(NamedTuple):
    """Every condition holds; none: always true."""

    conditions: tuple[Condition, ...]


class Any(NamedTuple):
    """Some condition holds; none: never true."""

    conditions: tuple[Condition, ...]


class Not(NamedTuple):
    """The condition does not hold."""

    condition: Condition


Condition = (
    Tokens | TokenWords | Selves | OwnedBy | Strings | Dates | Updated | Numbers | NumbersTogether | AnyDate | AnyValue | Near
    | Refers | ReferredBy | ListedIn | Contains | Contained | Permitted | Narrowed | OfTypes | Unowned | All | Any | Not
)  # fmt: skip

NOTHING = Any(())
EVERYTHING = All(())
