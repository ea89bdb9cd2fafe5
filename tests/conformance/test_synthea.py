"""Synthea's bundles load as transactions over HTTP and as bulk import; a second import changes nothing."""

from __future__ import annotations

import gzip
import os
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from ardenne.kernel.testing import TestNode
from ardenne.services.record import cli, pool

pytestmark = pytest.mark.corpus
SAMPLE = int(os.environ.get("ARDENNE_SYNTHEA_BUNDLES", "12"))
"""Bundles a test loads; 200 are all there are."""


def _bundles(corpus: Path) -> list[bytes]:
    found: list[bytes] = []
    for path in sorted((corpus / "synthea").glob("synthea-r4-bundles-*.ndjson.gz")):
        found += gzip.decompress(path.read_bytes()).splitlines()
        if len(found) >= SAMPLE:
            break
    return found[:SAMPLE]


def test_bundles_load_as_transactions(node: TestNode, corpus: Path) -> None:
    expected: Counter[str] = Counter()
    for content in _bundles(corpus):
        bundle = orjson.loads(content)
        answer = node.call("POST", "", content)
        assert answer.status == 200, answer.body[:500]
        assert all(entry["response"]["status"].startswith("201") for entry in answer.json["entry"])
        expected.update(entry["resource"]["resourceType"] for entry in bundle["entry"])
    for kind, number in expected.items():
        assert node.call("GET", f"{kind}?_summary=count").json["total"] == number, kind
    encounter = node.call("GET", "Encounter?_count=1&_include=Encounter:patient")
    assert encounter.entries("include"), "references were rewritten"


def test_a_second_import_changes_nothing(node: TestNode, corpus: Path, tmp_path: Path) -> None:
    source = tmp_path / "bundles.ndjson"
    source.write_bytes(b"\n".join(_bundles(corpus)))
    for name in ("bulk10-Patient", "bulk10-Condition", "bulk10-Encounter"):
        (tmp_path / f"{name}.ndjson.gz").write_bytes((corpus / "synthea" / f"{name}.ndjson.gz").read_bytes())
    migrate_record(node)
    contents = tmp_path / "contents"
    files = sorted(tmp_path.glob("*.ndjson*"))
    first = cli.run(
        files, node.dsn, contents, 2, quiet=True, zone=ZoneInfo("UTC"), registry=node.service.registry
    )
    assert (first.outcomes["filed"], first.outcomes["rejected"]) == (len(files), 0)
    before = node.call("GET", "_history?_count=1").body
    second = cli.run(
        files, node.dsn, contents, 2, quiet=True, zone=ZoneInfo("UTC"), registry=node.service.registry
    )
    assert (second.outcomes["duplicate"], second.stored) == (len(files), 0)
    again = [
        pool.Line("again", number, line) for number, line in enumerate(source.read_bytes().splitlines(), 1)
    ]
    tally = sum((batch.tally for batch in pool.load(node.dsn, contents, again, 1)), pool.Tally())
    assert (tally.created, tally.updated) == (0, 0)
    after = node.call("GET", "_history?_count=1").body
    assert orjson.loads(before)["entry"] == orjson.loads(after)["entry"]


def migrate_record(node: TestNode) -> None:
    from ardenne.apps.serving import MIGRATIONS
    from ardenne.kernel.store.migrate import migrate

    migrate(node.dsn, MIGRATIONS)
