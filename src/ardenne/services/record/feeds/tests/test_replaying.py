"""What waits at the error desk is tried again, all of it or what one rule refused."""

from __future__ import annotations

import psycopg

from ardenne.kernel.store import hashing
from ardenne.kernel.testing import TestNode
from ardenne.services.record import filing, store
from ardenne.services.record.feeds import store_feeds
from ardenne.services.record.feeds.replaying import ReplayRunner
from ardenne.services.record.testing.fixtures import stored
from ardenne.services.record.testing.samples import cda


def file(node: TestNode, data: bytes, name: str) -> filing.Filed:
    return node.run(filing.file(node.service, data, name))


def close(node: TestNode, patient: str, state: int) -> None:
    """Close (1) or open (0) a record."""
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        connection.execute(
            "insert into policy_record (patient, patient_id, state) values (%s, %s, %s) "
            "on conflict (patient) do update set state = excluded.state",
            (hashing.self_hash("Patient", patient), patient, state),
        )


def wait(node: TestNode) -> list[str]:
    return sorted(one.reasons[0]["rule"] for one in node.run(store.waiting(node.database, 99))[0])


def replay(node: TestNode) -> int:
    runner, number = ReplayRunner(node.service), 0
    while node.run(runner.step()):
        number += 1
    return number


def test_everything_that_one_rule_refused_is_filed_once_the_cause_is_mended(filing_node: TestNode) -> None:
    patient = file(filing_node, cda("0"), "0.xml").patient_id
    close(filing_node, patient, 1)
    for number in range(1, 6):
        assert file(filing_node, cda(str(number)), f"{number}.xml").outcome == "refused"
    file(filing_node, b"%PDF-1.4 whose?", "scan.pdf")
    rules = filing_node.run(store_feeds.rules(filing_node.database))
    assert rules == [("record-closed", 5), ("description-missing", 1)]
    close(filing_node, patient, 0)
    assert filing_node.run(store_feeds.try_again(filing_node.database, "record-closed")) == 5
    assert filing_node.run(store_feeds.backlog(filing_node.database)).again == 5
    assert replay(filing_node) == 5
    assert wait(filing_node) == ["description-missing"]
    assert len(stored(filing_node, "DocumentReference")) == 6


def test_what_is_refused_again_waits_again(filing_node: TestNode) -> None:
    file(filing_node, b"%PDF-1.4 whose?", "scan.pdf")
    assert filing_node.run(store_feeds.try_again(filing_node.database)) == 1
    assert filing_node.run(store_feeds.try_again(filing_node.database)) == 0
    assert replay(filing_node) == 1
    assert wait(filing_node) == ["description-missing"]
    assert replay(filing_node) == 0
