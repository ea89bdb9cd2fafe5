"""A watched folder: each file is in the record once, whatever happens in between."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from ardenne.kernel.testing import TestNode
from ardenne.services.record import filing, store
from ardenne.services.record.feeds import counting, store_feeds
from ardenne.services.record.feeds.watching import Watcher
from ardenne.services.record.testing.fixtures import stored
from ardenne.services.record.testing.samples import cda, results

ABOUT = {
    "patient": {"family": "Nilles", "birthDate": "1980-01-01"},
    "type": {"code": "11506-3"},
    "date": "2024-02-01",
    "title": "Scan",
}


@pytest.fixture
def watcher(filing_node: TestNode, tmp_path: Path) -> Iterator[Watcher]:
    found = Watcher(filing_node.service, tmp_path)
    yield found
    if found._holding is not None:
        filing_node.run(found._holding.close())


def put(folder: Path, name: str, data: bytes, age: float = 5.0) -> Path:
    """Put a file that was written ``age`` seconds ago."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_files_are_filed_and_moved_away(filing_node: TestNode, watcher: Watcher, tmp_path: Path) -> None:
    put(tmp_path, "summary.xml", cda())
    put(tmp_path, "result.hl7", results("7.1"))
    put(tmp_path, "scan.pdf", b"%PDF-1.4 a scan")
    put(tmp_path, "scan.pdf.json", orjson.dumps(ABOUT))
    put(tmp_path, "nobody.pdf", b"%PDF-1.4 whose?")
    assert filing_node.run(watcher.step())
    assert names(tmp_path / "done") == ["result.hl7", "scan.pdf", "scan.pdf.json", "summary.xml"]
    assert names(tmp_path / "failed") == ["nobody.pdf", "nobody.pdf.reason.txt"]
    assert "description-missing" in (tmp_path / "failed" / "nobody.pdf.reason.txt").read_text()
    assert names(tmp_path) == names(tmp_path / "work") == []
    assert len(stored(filing_node, "DocumentReference")) == 3
    (entry,) = filing_node.run(store.waiting(filing_node.database, 9))[0]
    assert entry.source == "nobody.pdf"
    assert not filing_node.run(watcher.step())


def test_what_is_still_being_written_is_left_alone(
    filing_node: TestNode, watcher: Watcher, tmp_path: Path
) -> None:
    for name, age in (("now.xml", 0.0), ("later.xml.part", 5.0), (".hidden.xml", 5.0)):
        put(tmp_path, name, cda(), age)
    assert not filing_node.run(watcher.step())
    assert names(tmp_path) == [".hidden.xml", "later.xml.part", "now.xml"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_while_a_file_is_in_work_neither_loses_nor_doubles_it(
    filing_node: TestNode, watcher: Watcher, tmp_path: Path, moment: str
) -> None:
    put(tmp_path, "summary.xml", cda())
    watcher.take()
    assert names(tmp_path / "work") == ["summary.xml"]
    if moment == "after":
        filed = filing_node.run(filing.file(filing_node.service, cda(), "summary.xml"))
        assert filed.outcome == "filed"
    assert filing_node.run(watcher.step())
    assert names(tmp_path / "done") == ["summary.xml"]
    assert len(stored(filing_node, "DocumentReference")) == 1


def test_the_same_file_again_changes_nothing_and_both_are_kept(
    filing_node: TestNode, watcher: Watcher, tmp_path: Path
) -> None:
    for _ in range(2):
        put(tmp_path, "summary.xml", cda())
        filing_node.run(watcher.step())
    assert len(names(tmp_path / "done")) == 2
    assert len(stored(filing_node, "DocumentReference")) == 1


def test_a_broken_description_is_told(filing_node: TestNode, watcher: Watcher, tmp_path: Path) -> None:
    put(tmp_path, "scan.pdf", b"%PDF-1.4 a scan")
    put(tmp_path, "scan.pdf.json", b"{")
    filing_node.run(watcher.step())
    assert names(tmp_path / "failed") == ["scan.pdf", "scan.pdf.json", "scan.pdf.reason.txt"]


def test_only_one_worker_watches(filing_node: TestNode, watcher: Watcher, tmp_path: Path) -> None:
    other = Watcher(filing_node.service, tmp_path)
    filing_node.run(watcher.step())
    put(tmp_path, "summary.xml", cda())

    async def both() -> tuple[bool, bool]:
        return await other.step(), await watcher.step()

    assert filing_node.run(both()) == (False, True)
    assert watcher._holding is not None
    filing_node.run(watcher._holding.close())
    put(tmp_path, "more.xml", cda("2"))
    assert filing_node.run(other.step())
    assert other._holding is not None
    filing_node.run(other._holding.close())


def test_what_arrives_is_counted_by_feed(filing_node: TestNode, watcher: Watcher, tmp_path: Path) -> None:
    filing_node.run(counting.flush(filing_node.database))
    filing_node.run(filing_node.database.fetch("delete from feed_count"))
    put(tmp_path, "summary.xml", cda(), age=60.0)
    put(tmp_path, "nobody.pdf", b"%PDF-1.4 whose?", age=20.0)
    filing_node.run(watcher.step())
    filing_node.run(counting.flush(filing_node.database))
    (one,) = filing_node.run(store_feeds.figures(filing_node.database))
    assert (one.feed, one.filed, one.duplicate, one.refused) == ("folder", 1, 0, 1)
    assert one.rate == pytest.approx(2 / 15)
    assert one.lag is not None and one.lag_most is not None
    assert 20 <= one.lag <= one.lag_most
    backlog = filing_node.run(store_feeds.backlog(filing_node.database))
    assert (backlog.desk, backlog.again) == (1, 0)


def test_watching_never_ends_by_a_fault(
    filing_node: TestNode, watcher: Watcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails for want of the database stays in work and is taken again."""
    put(tmp_path, "summary.xml", cda())

    async def broken(*_arguments: object, **_named: object) -> None:
        raise ConnectionResetError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(filing, "file", broken)
        with pytest.raises(ConnectionResetError):
            filing_node.run(watcher.step())
    assert names(tmp_path / "work") == ["summary.xml"]
    assert filing_node.run(watcher.step())
    assert names(tmp_path / "done") == ["summary.xml"]
