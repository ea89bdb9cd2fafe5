"""Contents: encrypted with their record's key, stored once in a record, whole or absent, gone with the key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ardenne.kernel.blobs import KEPT, WAITING, BlobStore, ContentDamaged, Held, KeyMissing, upkeep
from ardenne.kernel.blobs.putting import SMALL
from ardenne.kernel.store.contents import Content, of, record_of
from ardenne.kernel.testing import TestNode

# the SHA-256 of "abc" (FIPS 180-2, appendix B.1)
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
ANNE, JEAN = record_of("anne"), record_of("jean")
LARGE = bytes(range(256)) * 1000


@pytest.fixture
def blobs(node: TestNode, tmp_path: Path) -> Iterator[BlobStore]:
    yield BlobStore(tmp_path / "contents", node.database)


def files(blobs: BlobStore) -> list[Path]:
    return [path for path in blobs.files.folder.rglob("*") if path.is_file()]


def test_a_content_is_found_under_its_hash_in_its_record_alone(node: TestNode, blobs: BlobStore) -> None:
    assert node.run(blobs.put(b"abc", KEPT, ANNE)) == ABC
    assert node.run(blobs.put(b"abc", KEPT, ANNE)) == ABC
    assert node.run(blobs.get(ABC, ANNE)) == b"abc"
    with pytest.raises(FileNotFoundError):
        node.run(blobs.get(ABC, JEAN))
    assert [tuple(row) for row in node.run(node.database.fetch("select record, size from content"))] == [
        (ANNE, 3)
    ]


@pytest.mark.parametrize("size", [0, 1, SMALL, SMALL + 1, 64 * 1024, 64 * 1024 + 1, 200_000])
def test_nothing_readable_reaches_the_disk(node: TestNode, blobs: BlobStore, size: int) -> None:
    data = (b"Diagnose: Asthma. " * (size // 18 + 1))[:size]
    digest = node.run(blobs.put(data, KEPT, ANNE))
    assert node.run(blobs.get(digest, ANNE)) == data
    row = node.run(node.database.fetch("select sealed from content"))[0]
    kept = row[0] if row[0] is not None else files(blobs)[0].read_bytes()
    assert len(kept) > size
    assert b"Asthma" not in kept


def test_the_same_content_in_two_records_is_encrypted_differently(node: TestNode, blobs: BlobStore) -> None:
    for record in (ANNE, JEAN):
        node.run(blobs.put(LARGE, KEPT, record))
    first, second = (path.read_bytes() for path in files(blobs))
    assert first != second


@pytest.mark.parametrize("harm", ["flip", "cut", "swap", "empty"])
def test_tampering_is_noticed(node: TestNode, blobs: BlobStore, harm: str) -> None:
    digest = node.run(blobs.put(LARGE, KEPT, ANNE))
    (path,) = files(blobs)
    sealed, chunk = path.read_bytes(), 64 * 1024 + 16
    path.write_bytes(
        {
            "flip": sealed[:70_000] + bytes([sealed[70_000] ^ 1]) + sealed[70_001:],
            "cut": sealed[: 3 * chunk],
            "swap": sealed[chunk : 2 * chunk] + sealed[:chunk] + sealed[2 * chunk :],
            "empty": b"",
        }[harm]
    )
    with pytest.raises(ContentDamaged, match=r"damaged on disk|empty on disk"):
        node.run(blobs.get(digest, ANNE))
    assert [one[0] for one in node.run(upkeep.verify(blobs)).damaged] == [digest]


def test_a_row_of_another_record_cannot_be_passed_off(node: TestNode, blobs: BlobStore) -> None:
    node.run(blobs.put(b"abc", KEPT, ANNE))
    node.run(blobs.put(b"xyz", KEPT, JEAN))
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        connection.execute("update content set record = %s where record = %s", (JEAN, ANNE))
    with pytest.raises(ContentDamaged):
        node.run(blobs.get(ABC, JEAN))


def test_whoever_destroys_the_key_destroys_the_contents(node: TestNode, blobs: BlobStore) -> None:
    large = node.run(blobs.put(LARGE, KEPT, ANNE))
    node.run(blobs.put(b"abc", KEPT, ANNE))
    other = node.run(blobs.put(b"abc", KEPT, JEAN))

    async def destroy() -> int:
        async with node.database.transaction() as connection:
            return await blobs.destroy(connection, [ANNE])

    (copy,) = [path.read_bytes() for path in files(blobs)]
    assert copy
    assert node.run(destroy()) == 2
    for digest in (large, ABC):
        with pytest.raises(FileNotFoundError):
            node.run(blobs.get(digest, ANNE))
    assert node.run(blobs.get(other, JEAN)) == b"abc"
    assert node.run(blobs.discard()) == 1
    assert files(blobs) == []
    # the record can be begun anew, with another key
    assert node.run(blobs.get(node.run(blobs.put(LARGE, KEPT, ANNE)), ANNE)) == LARGE
    assert files(blobs)[0].read_bytes() != copy


def test_a_content_stays_until_its_last_holder_lets_go(node: TestNode, blobs: BlobStore) -> None:
    async def let_go(holder: int) -> None:
        async with node.database.transaction() as connection:
            await blobs.release(connection, ABC, holder, ANNE)

    async def put() -> None:
        async with node.database.transaction() as connection:
            content = of("anne", b"abc")
            await blobs.put_in(connection, [Held(content, WAITING), Held(content, KEPT)])

    node.run(put())
    node.run(let_go(WAITING))
    assert node.run(blobs.get(ABC, ANNE)) == b"abc"
    node.run(let_go(KEPT))
    with pytest.raises(FileNotFoundError):
        node.run(blobs.get(ABC, ANNE))


def test_what_a_transaction_takes_back_was_never_stored(node: TestNode, blobs: BlobStore) -> None:
    async def fail() -> None:
        async with node.database.transaction() as connection:
            await blobs.put_in(connection, [Held(of("anne", LARGE), KEPT)])
            raise LookupError

    with pytest.raises(LookupError):
        node.run(fail())
    with pytest.raises(FileNotFoundError):
        node.run(blobs.get(of("anne", LARGE).digest.hex(), ANNE))


def test_writers_at_once_store_a_content_once(node: TestNode, blobs: BlobStore) -> None:
    async def race() -> list[str]:
        return await asyncio.gather(*(blobs.put(LARGE, holder, ANNE) for holder in range(10, 18)))

    (digest,) = set(node.run(race()))
    assert node.run(blobs.get(digest, ANNE)) == LARGE
    assert len(files(blobs)) == 1
    held = node.run(node.database.fetch("select holders from content"))[0][0]
    assert sorted(held) == list(range(10, 18))


def test_filing_and_destroying_at_once_leave_nothing_unreadable(node: TestNode, blobs: BlobStore) -> None:
    async def destroy() -> None:
        async with node.database.transaction() as connection:
            await blobs.destroy(connection, [ANNE])

    async def race() -> None:
        for number in range(6):
            data = b"%d" % number * SMALL * 2
            await asyncio.gather(blobs.put(data, KEPT, ANNE), destroy(), blobs.put(b"abc", KEPT, ANNE))

    node.run(race())
    assert node.run(upkeep.verify(blobs)).damaged == []


def test_bulk_loaders_store_the_same(node: TestNode, blobs: BlobStore) -> None:
    with psycopg.connect(node.dsn, autocommit=True) as connection, connection.transaction():
        held = [Held(of(who, data), KEPT) for who in ("anne", "jean") for data in (b"abc", LARGE)]
        blobs.put_many(connection, held)
    for record in (ANNE, JEAN):
        assert node.run(blobs.get(ABC, record)) == b"abc"
        assert node.run(blobs.get(of("", LARGE).digest.hex(), record)) == LARGE


def test_a_new_key_of_the_node_takes_over(node: TestNode, blobs: BlobStore) -> None:
    node.run(blobs.put(b"abc", KEPT, ANNE))
    before = [path.read_bytes() for path in (blobs.ring._folder).iterdir()]
    assert node.run(upkeep.rotate(blobs)) == 1
    after = [path.read_bytes() for path in (blobs.ring._folder).iterdir()]
    assert len(after) == 1 and after != before
    fresh = BlobStore(blobs.files.folder, node.database)
    assert node.run(fresh.get(ABC, ANNE)) == b"abc"


def test_a_rotation_that_was_broken_off_goes_on(node: TestNode, blobs: BlobStore) -> None:
    node.run(blobs.put(b"abc", KEPT, ANNE))
    blobs.ring.add()  # the key was made, then the machine stopped
    node.run(blobs.put(b"abc", KEPT, JEAN))
    assert node.run(upkeep.rotate(blobs)) == 1
    assert blobs.ring.numbers() == [2]
    assert node.run(blobs.get(ABC, ANNE)) == node.run(blobs.get(ABC, JEAN)) == b"abc"


def test_keys_made_during_a_rotation_survive_it(node: TestNode, blobs: BlobStore) -> None:
    other = BlobStore(blobs.files.folder, node.database)

    async def race() -> None:
        await asyncio.gather(
            upkeep.rotate(blobs), *(other.put(b"abc", KEPT, record_of(str(number))) for number in range(20))
        )

    node.run(blobs.put(b"abc", KEPT, ANNE))
    node.run(race())
    node.run(upkeep.rotate(blobs))
    assert node.run(upkeep.verify(blobs)) == upkeep.Found(21, 63, [], 0)


def test_another_key_of_the_node_is_named(node: TestNode, blobs: BlobStore) -> None:
    node.run(blobs.put(b"abc", KEPT, ANNE))
    (path,) = blobs.ring._folder.iterdir()
    path.write_bytes(bytes(32))
    with pytest.raises(KeyMissing, match=r"0001\.key is not the key"):
        node.run(BlobStore(blobs.files.folder, node.database).get(ABC, ANNE))
    path.unlink()
    with pytest.raises(KeyMissing, match=r"0001\.key is missing"):
        node.run(BlobStore(blobs.files.folder, node.database).get(ABC, ANNE))


def test_what_an_older_version_kept_is_still_read(node: TestNode, blobs: BlobStore) -> None:
    path = blobs.files.folder / ABC[:2] / ABC[2:4] / ABC
    path.parent.mkdir(parents=True)
    path.write_bytes(b"abc")
    assert node.run(blobs.get(ABC)) == b"abc"
    path.write_bytes(b"abd")
    with pytest.raises(ContentDamaged, match="damaged"):
        node.run(blobs.get(ABC))


@pytest.mark.parametrize("name", ["", "../../etc/passwd", ABC[:-1], "0" * 64])
def test_no_other_file_can_be_reached(node: TestNode, blobs: BlobStore, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        node.run(blobs.get(name))


def test_a_content_without_its_bytes_is_not_stored(node: TestNode, blobs: BlobStore) -> None:
    async def put() -> None:
        async with node.database.transaction() as connection:
            await blobs.put_in(connection, [Held(Content(ANNE, bytes(32)), KEPT)])

    with pytest.raises(AssertionError):
        node.run(put())
