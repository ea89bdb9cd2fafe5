"""Filling an empty content store: keys and contents by COPY, in PostgreSQL's binary form (manual, COPY, Binary Format)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from struct import Struct
from typing import Any

import psycopg

from ardenne.kernel.blobs import sealing
from ardenne.kernel.blobs.keys import SIZE, KeyRing
from ardenne.kernel.blobs.putting import Held
from ardenne.kernel.store import packing

_COPY_KEYS = b"copy content_key (record, sealed, node_key) from stdin (format binary)"
_COPY = b"copy content (record, digest, size, sealed, holders) from stdin (format binary)"
_KEY = Struct(">hiqi").pack
_NODE_KEY = Struct(">ih").pack
_RECORD = Struct(">hiqi").pack
_SIZE = Struct(">iqi").pack


def fill(
    connection: psycopg.Connection[Any], ring: KeyRing, wanted: Mapping[int, Mapping[bytes, Held]]
) -> None:
    """Write new records' keys and small contents (by record and SHA-256) in the caller's transaction."""
    keys, contents = [], []
    made = ring.seal_many((record, secrets.token_bytes(SIZE)) for record in sorted(wanted))
    for record, key, sealed in made:
        keys.append(_KEY(3, 8, record, len(sealed.sealed)) + sealed.sealed + _NODE_KEY(2, sealed.node_key))
        for digest, held in wanted[record].items():
            data = held.content.data or b""
            body = b"".join(sealing.seal(key, digest, data))
            contents.append(
                b"".join(
                    (
                        _RECORD(5, 8, record, len(digest)), digest, _SIZE(8, len(data), len(body)), body,
                        packing.bigints((held.holder,)),
                    )
                )
            )  # fmt: skip
    _send(connection, _COPY_KEYS, keys)
    _send(connection, _COPY, contents)


def _send(connection: psycopg.Connection[Any], statement: bytes, rows: list[bytes]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(packing.SIGNATURE + b"".join(rows) + packing.TRAILER)
