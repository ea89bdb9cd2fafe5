"""Does the journal still say what it said? Every chain, every root, every signature."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ardenne.kernel.audit import chain, store
from ardenne.kernel.audit.chain import MerkleTree
from ardenne.kernel.audit.sealing import FILE, PAGE
from ardenne.kernel.store.database import Connection, Database


class Finding(NamedTuple):
    """Something that is not as it was written. ``lane`` and ``seq`` say where (0: a root or the whole lane)."""

    lane: int
    seq: int
    what: str


class Report(NamedTuple):
    """The result of a verification."""

    lines: int
    lanes: int
    roots: int
    sealed: int
    findings: list[Finding]


async def verify(database: Database, key: Ed25519PublicKey, data: Path) -> Report:
    """Read the whole journal in one snapshot and return everything that does not fit."""
    findings: list[Finding] = []
    async with database.transaction("repeatable_read") as connection:
        roots = await store.roots(connection)
        statements = _check_signatures(roots, key, findings)
        _check_published(statements, data / FILE, findings)
        lines, chains = 0, 0
        heads = await store.lane_heads(connection)
        lanes = sorted({*heads, *await store.lanes(connection)})
        for lane in lanes:
            lines += await _check_lane(connection, lane, heads.get(lane), findings)
        for statement in statements:
            chains += await _check_root(connection, statement, findings)
    return Report(lines, len(lanes), len(roots), chains, findings)


async def _check_lane(
    connection: Connection, lane: int, head: tuple[int, bytes] | None, findings: list[Finding]
) -> int:
    seq, before = 0, chain.first(lane)
    rows = await store.page(connection, lane, seq, PAGE)
    while rows:
        # the database reads the next page while this one is checked
        following = asyncio.ensure_future(store.page(connection, lane, rows[-1][0], PAGE))
        await asyncio.sleep(0)
        seq, before = _check_lines(rows, lane, (seq, before), findings)
        rows = await following
    if head is None:
        findings.append(Finding(lane, 0, "the head of the lane is gone"))
    elif head != (seq, before):
        told = f"{seq + 1} to {head[0]}" if head[0] > seq else "changed"
        findings.append(Finding(lane, head[0], f"missing at the end: {told}"))
    return seq


def _check_lines(
    rows: list[Any], lane: int, head: tuple[int, bytes], findings: list[Finding]
) -> tuple[int, bytes]:
    """Check lines of a lane behind a number and its hash; return those of the last."""
    seq, before = head
    for number, at, patient, account, action, outcome, version, content, digest, link in rows:
        if number != seq + 1:
            missing = f"{seq + 1}" if number == seq + 2 else f"{seq + 1} to {number - 1}"
            findings.append(Finding(lane, number, f"missing before it: {missing}"))
        hashed = hashlib.sha256(content).digest() if content is not None else digest
        expected = chain.link(before, hashed, number, at, patient, account, action, outcome, version)
        if expected != link and number == seq + 1:
            findings.append(Finding(lane, number, "changed or inserted"))
        if content is not None and _at_of(content) != at:
            findings.append(Finding(lane, number, "its time differs from its content"))
        # go on from what stands there, so that one change is told once
        seq, before = number, link
    return seq, before


class _Timed(msgspec.Struct):
    """What of a content is compared with its columns."""

    at: int


_TIMED = msgspec.json.Decoder(_Timed)


def _at_of(content: bytes) -> int | None:
    try:
        return _TIMED.decode(content).at
    except msgspec.DecodeError:
        return None


async def _check_root(connection: Connection, statement: dict[str, Any], findings: list[Finding]) -> int:
    tree = MerkleTree()
    for lane, (first, end) in sorted(statement["heads"].items(), key=lambda item: int(item[0])):
        at = first
        while at < end:
            chains = await store.chains(connection, int(lane), at, min(at + PAGE, end))
            if not chains:
                break
            for one in chains:
                tree.add(one)
            at += len(chains)
    if (tree.size, tree.root().hex()) != (statement["size"], statement["root"]):
        findings.append(Finding(0, 0, f"root {statement['number']} does not fit the lines that it sealed"))
    return tree.size


def _check_signatures(
    roots: list[store.Root], key: Ed25519PublicKey, findings: list[Finding]
) -> list[dict[str, Any]]:
    statements = []
    previous = ""
    for place, root in enumerate(roots, 1):
        statement: dict[str, Any] = orjson.loads(root.statement)
        try:
            key.verify(root.signature, root.statement)
        except InvalidSignature:
            findings.append(Finding(0, 0, f"root {statement['number']} is not signed by this node"))
        if statement["number"] != place or statement["previous"] != previous:
            findings.append(Finding(0, 0, f"root {place} is missing or out of order"))
        previous = hashlib.sha256(root.statement).hexdigest()
        statements.append(statement)
    return statements


def _check_published(statements: list[dict[str, Any]], path: Path, findings: list[Finding]) -> None:
    """Compare with the roots in the file: roots removed from the database still stand there."""
    if not path.is_file():
        if statements:
            findings.append(Finding(0, 0, f"the file {path.name} with the published roots is gone"))
        return
    published = [orjson.loads(line)["statement"] for line in path.read_bytes().splitlines() if line]
    for statement in published:
        if statement not in statements:
            findings.append(Finding(0, 0, f"root {statement['number']} was published and is gone or changed"))
