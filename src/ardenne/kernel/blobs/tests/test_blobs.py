"""Contents are found by their hash and are whole or absent."""

from __future__ import annotations

from pathlib import Path

import pytest

from ardenne.kernel.blobs import BlobStore

# the SHA-256 of "abc" (FIPS 180-2, appendix B.1)
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_content_is_found_under_its_hash(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    assert store.put(b"abc") == ABC
    assert store.put(b"abc") == ABC
    assert store.get(ABC) == b"abc"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [ABC]


def test_a_damaged_content_is_not_handed_out(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    store.put(b"abc")
    next(path for path in tmp_path.rglob("*") if path.is_file()).write_bytes(b"abd")
    with pytest.raises(ValueError, match="damaged"):
        store.get(ABC)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", ABC.upper(), "0" * 64])
def test_no_other_file_can_be_reached(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        BlobStore(tmp_path).get(name)
