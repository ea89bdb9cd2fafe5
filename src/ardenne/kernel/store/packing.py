"""Rows in PostgreSQL's binary COPY format, packed by hand: twice as fast as a general packer.

Format: PostgreSQL manual, COPY, Binary Format. Big-endian; each field is its length and its bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from struct import Struct, pack

from ardenne.kernel.store.change import Change
from ardenne.kernel.store.types import NUMBERS

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + pack(">ii", 0, 0)
TRAILER = pack(">h", -1)

RESOURCE_COLUMNS = (
    "pk", "type", "method", "hot", "version", "self", "patient", "low", "high", "updated", "digest",
    "id", "tokens", "targets", "body", "category", "level", "embargo", "withheld", "authors", "creator",
)  # fmt: skip
_BIGINT_OID = 20
_NULL = pack(">i", -1)
_HEAD = Struct(">hiqihihihiiiq").pack
_PATIENT = Struct(">iq").pack
_TIMES = Struct(">iqiqiqiq").pack
_LABEL = Struct(">ihihiqi?").pack
_POSTING = Struct(">hiqiqiq").pack
_LENGTH = Struct(">i").pack
_EMPTY_ARRAY = pack(">iiii", 12, 0, 0, _BIGINT_OID)


@lru_cache(maxsize=512)
def _array_struct(length: int) -> Struct:
    return Struct(">iiiiii" + "iq" * length)


def bigints(values: Sequence[int]) -> bytes:
    """Return a one-dimensional bigint[] with its length in front."""
    count = len(values)
    if not count:
        return _EMPTY_ARRAY
    interleaved = [8] * (2 * count)
    interleaved[1::2] = values
    return _array_struct(count).pack(20 + 12 * count, 1, 0, _BIGINT_OID, count, 1, *interleaved)


def resource(change: Change, pk: int) -> bytes:
    """Return the row of table resource for version 1 of a change."""
    row, body, label = change.row, change.body, change.label
    assert body is not None
    content = body.with_version(1)
    resource_id = change.resource_id.encode()
    patient = _NULL if change.patient is None else _PATIENT(8, change.patient)
    return b"".join(
        (
            _HEAD(
                len(RESOURCE_COLUMNS),
                8,
                pk,
                2,
                NUMBERS[change.resource_type],
                2,
                change.method,
                2,
                row.hot,
                4,
                1,
                8,
                change.self_hash,
            ),
            patient,
            _TIMES(8, row.low, 8, row.high, 8, change.updated, 8, body.digest),
            _LENGTH(len(resource_id)),
            resource_id,
            bigints(row.tokens),
            bigints(row.targets),
            _LENGTH(len(content)),
            content,
            _LABEL(2, label.category, 2, label.level, 8, label.embargo, 1, label.withheld),
            bigints(label.authors),
            _PATIENT(8, change.account),
        )
    )


def postings(change: Change, pk: int) -> list[bytes]:
    """Return the rows of table posting."""
    row = change.row
    return [_POSTING(3, 8, hashed, 8, row.low, 8, pk) for hashed in row.tokens[: row.hot]]


_DATE = Struct(">hiqiqiqiq").pack
_NUMBER = Struct(">hiqididiqiqiqiq").pack
_POSITION = Struct(">hiqididiq").pack
_KEY = Struct(">hiqi").pack


def strings(change: Change, pk: int) -> list[bytes]:
    """Return the rows of table string_value."""
    row, end, rows = change.row, _PATIENT(8, pk), []
    for key, text in zip(row.string_keys, row.strings, strict=True):
        value = text.encode()
        rows.append(_KEY(3, 8, key, len(value)) + value + end)
    return rows


def dates(change: Change, pk: int) -> list[bytes]:
    """Return the rows of table date_value."""
    row = change.row
    values = zip(row.date_keys, row.date_lows, row.date_highs, strict=True)
    return [_DATE(4, 8, key, 8, low, 8, high, 8, pk) for key, low, high in values]


def numbers(change: Change, pk: int) -> list[bytes]:
    """Return the rows of table number_value."""
    row = change.row
    values = zip(
        row.number_keys, row.number_lows, row.number_highs, row.number_units, row.number_codes, row.number_names,
        strict=True,
    )  # fmt: skip
    return [
        _NUMBER(7, 8, key, 8, low, 8, high, 8, unit, 8, code, 8, name, 8, pk)
        for key, low, high, unit, code, name in values
    ]


def positions(change: Change, pk: int) -> list[bytes]:
    """Return the rows of table position_value."""
    row = change.row
    values = zip(row.position_keys, row.latitudes, row.longitudes, strict=True)
    return [_POSITION(4, 8, key, 8, north, 8, east, 8, pk) for key, north, east in values]
