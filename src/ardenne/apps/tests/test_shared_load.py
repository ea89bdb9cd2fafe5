"""The documents that ``ardenne bench shared`` makes are what a node would take, and are stored as such."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg import errors

from ardenne.apps.bench import shared_load
from ardenne.kernel.blobs import BlobStore
from ardenne.kernel.store.bulk import BulkWriter
from ardenne.kernel.testing import TestNode
from ardenne.standards.fhir import validator


def _records(count: int) -> list[list[tuple[dict[str, object], dict[str, object], bytes]]]:
    return [list(shared_load.record(f"p{number}", number)) for number in range(count)]


def test_what_is_made_is_valid_and_has_the_figures_of_the_country() -> None:
    records = _records(400)
    filled = [one for one in records if one]
    assert abs(len(filled) / len(records) - shared_load.NOT_EMPTY) < 0.08
    assert abs(sum(map(len, filled)) / len(filled) - shared_load.DOCUMENTS) < 3
    for reference, binary, _data in filled[0] + filled[1]:
        assert validator.validate(reference) == []
        assert validator.validate(binary) == []
    ids = [one["id"] for listed in filled for made in listed for one in made[:2]]
    assert len(set(ids)) == len(ids)


def test_contents_that_fill_a_store_are_read_back(node: TestNode, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path / "contents", node.database)
    listed = next(one for one in _records(20) if len(one) > 2)
    changes = [shared_load.made(binary, data) for _reference, binary, data in listed]
    writer = BulkWriter(node.dsn, blobs.fill_with, fresh=True)
    assert writer.write(changes).created == len(changes)
    for one, (_reference, _binary, data) in zip(changes, listed, strict=True):
        assert one.content is not None
        assert node.run(blobs.get(one.content.digest.hex(), one.content.record)) == data
    with pytest.raises(errors.UniqueViolation):
        writer.write(changes)
    writer.close()
    rows = node.run(node.database.fetch("select count(*) from content"))
    assert rows[0][0] == len(changes)
