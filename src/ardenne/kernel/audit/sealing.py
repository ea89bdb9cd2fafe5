"""Hourly roots: what the journal holds is summed up in a Merkle tree and signed.

A root names the lines that it covers (for each lane from which to which number) and the root before it, so
that a removed line, lane or root is missed. The roots also go to a file, to be published outside the node.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ardenne.kernel.audit import store
from ardenne.kernel.audit.chain import MerkleTree
from ardenne.kernel.store.body import instant
from ardenne.kernel.store.change import now
from ardenne.kernel.store.database import Database

FILE = "journal-roots.ndjson"
PAGE = 20_000


async def seal(database: Database, key: Ed25519PrivateKey, data: Path) -> dict[str, Any] | None:
    """Seal what was written since the last root; return the new root, None when nothing was written.

    Of several processes that do it at once one makes the root.
    """
    async with database.transaction("repeatable_read") as connection:
        if not await store.lock_roots(connection):
            return None
        last = await store.last_root(connection)
        before: dict[str, Any] = orjson.loads(last.statement) if last else {}
        ends = {int(lane): span[1] for lane, span in before.get("heads", {}).items()}
        heads = await store.heads(connection)
        spans = {lane: (ends.get(lane, 0), seq) for lane, seq in sorted(heads.items())}
        if all(first == end for first, end in spans.values()):
            return None
        tree = MerkleTree()
        for lane, (first, end) in spans.items():
            while first < end:
                chains = await store.chains(connection, lane, first, min(first + PAGE, end))
                if not chains:
                    break
                for chain in chains:
                    tree.add(chain)
                first += len(chains)
        statement = {
            "number": before.get("number", 0) + 1,
            "sealed": instant(now()),
            "previous": hashlib.sha256(last.statement).hexdigest() if last else "",
            "size": tree.size,
            "root": tree.root().hex(),
            "heads": {str(lane): list(span) for lane, span in spans.items()},
        }
        content = orjson.dumps(statement)
        signature = key.sign(content)
        await store.add_root(connection, int(statement["number"]), content, signature)
    _publish(data / FILE, content, signature)
    return statement


def _publish(path: Path, content: bytes, signature: bytes) -> None:
    line = orjson.dumps({"statement": orjson.loads(content), "signature": signature.hex()})
    with path.open("ab") as file:
        file.write(line + b"\n")
        file.flush()
        os.fsync(file.fileno())
