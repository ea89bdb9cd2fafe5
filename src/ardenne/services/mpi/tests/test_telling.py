"""Other systems are told when the numbers of a person change: PIX (ADT^A31) and PMIR, in order, at least once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ardenne.kernel.mllp.server import MllpServer
from ardenne.kernel.store import groups
from ardenne.kernel.subscriptions.tests.receiver import RULES, listening
from ardenne.kernel.testing import TestNode
from ardenne.services.mpi import merging
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.merging import Officer
from ardenne.services.mpi.telling import receivers, store
from ardenne.services.mpi.telling.receivers import Receiver, ReceiversError
from ardenne.services.mpi.telling.runner import TellingRunner
from ardenne.services.mpi.tests.persons import NORTH, SOUTH, patient, register
from ardenne.standards.hl7v2 import er7
from ardenne.standards.hl7v2.acknowledgement import acknowledge

_OTHER: dict[str, Any] = {
    "name": [{"family": "Weis", "given": ["Paul"]}],
    "birthDate": "1955-05-05",
    "gender": "male",
}
_OFFICER = Officer("Josée Kremer", "same birth certificate")


class Hospital:
    """A system that takes ADT^A31: what it was told, and how it answers."""

    def __init__(self) -> None:
        self.messages: list[er7.Message] = []
        self.code = "AA"
        self.meanwhile: Callable[[], Any] | None = None

    async def answer(self, data: bytes, address: str) -> bytes:
        message = er7.read(data)
        self.messages.append(message)
        if self.meanwhile is not None:
            work, self.meanwhile = self.meanwhile, None
            await work()
        return acknowledge(message, self.code, time="20260101", control_id="X")

    @property
    def numbers(self) -> list[list[str]]:
        """The numbers of each message."""
        return [sorted(one.get("PID-3").split("~")) if one.get("PID-3") else [] for one in self.messages]

    def told(self) -> list[set[str]]:
        """The values of PID-3 of each message."""
        found = []
        for one in self.messages:
            pid = one.first("PID")
            assert pid is not None
            found.append({part.partition("^")[0] for part in pid.raw(3).split("~") if part})
        return found


@contextmanager
def running(node: TestNode, hospital: Hospital) -> Iterator[int]:
    server = MllpServer(hospital.answer)
    port = node.run(server.start("127.0.0.1", 0))
    try:
        yield port
    finally:
        node.run(server.stop())


@pytest.fixture
def world(index_node: TestNode) -> Iterator[tuple[TestNode, Hospital, Receiver]]:
    with psycopg.connect(index_node.dsn, autocommit=True) as connection:
        connection.execute("delete from mpi_receiver")
    hospital = Hospital()
    with running(index_node, hospital) as port:
        yield index_node, hospital, Receiver("north", "pix", f"mllp://127.0.0.1:{port}")
    with psycopg.connect(index_node.dsn, autocommit=True) as connection:
        connection.execute("delete from mpi_receiver")


def runner_of(node: TestNode, *found: Receiver) -> TellingRunner:
    runner = TellingRunner(node.service, found, "1.3.6.1.4.1.21367.42", RULES)
    node.run(runner.know())
    return runner


def settle(node: TestNode, runner: TellingRunner) -> None:
    for _ in range(20):
        if not node.run(runner.step()):
            return
    raise AssertionError("telling does not end")


def add(node: TestNode, number: str, system: str = NORTH, **changed: Any) -> str:
    return str(node.run(register(node, Index(), patient(number, system, **changed), sender=system)).person)


def soon(node: TestNode) -> None:
    """Let what waits after a failure be due."""
    node.run(node.database.fetch("update mpi_receiver set due = now() returning name"))


async def merge(node: TestNode, gone: str, kept: str) -> int:
    async with node.database.transaction() as connection:
        number = await merging.merge(node.service, connection, gone, kept, _OFFICER)
    await groups.refresh(node.database)
    return number


def test_a_link_a_merge_and_its_undo_are_told(world: tuple[TestNode, Hospital, Receiver]) -> None:
    node, hospital, receiver = world
    runner = runner_of(node, receiver)
    add(node, "N1")
    settle(node, runner)
    kept = add(node, "S1", SOUTH)  # the same traits: one person
    settle(node, runner)
    assert hospital.told() == [{"N1"}, {"N1", "S1"}]
    message = hospital.messages[0]
    assert (
        message.get("MSH-9").startswith("ADT^A31^ADT_A05") or message.segments[0].raw(9) == "ADT^A31^ADT_A05"
    )
    pid = message.first("PID")
    assert pid is not None and pid.raw(3) == "N1^^^&1.2.3.1&ISO" and pid.raw(5) == "~^^^^^^S"
    gone = add(node, "S2", SOUTH, **_OTHER)
    settle(node, runner)
    number = node.run(merge(node, gone, kept))
    settle(node, runner)
    assert hospital.told()[2:] == [{"S2"}, {"N1", "S1", "S2"}]

    async def undo() -> None:
        async with node.database.transaction() as connection:
            await merging.undo(node.service, connection, number, _OFFICER)
        await groups.refresh(node.database)

    node.run(undo())
    settle(node, runner)
    assert sorted(map(sorted, hospital.told()[4:])) == [["N1", "S1"], ["S2"]]
    lines = node.call("GET", "AuditEvent?_count=200").body.decode()
    assert "receiver:north" in lines


def test_a_receiver_is_told_of_the_domains_that_concern_it(
    world: tuple[TestNode, Hospital, Receiver],
) -> None:
    node, hospital, receiver = world
    runner = runner_of(node, receiver._replace(domains=(SOUTH,)))
    add(node, "N1")
    add(node, "N2", **_OTHER)
    settle(node, runner)
    assert hospital.messages == []
    add(node, "S1", SOUTH)
    settle(node, runner)
    assert hospital.told() == [{"S1"}]


def test_nothing_is_lost_while_a_receiver_is_down(world: tuple[TestNode, Hospital, Receiver]) -> None:
    node, hospital, receiver = world
    away = receiver._replace(address="mllp://127.0.0.1:1")
    runner = runner_of(node, away)
    for number in ("N1", "N2"):
        add(node, number, **(_OTHER if number == "N2" else {}))
    node.run(runner.step())
    node.run(runner.step())
    (state,) = node.run(store.states(node.database))
    assert (state.waiting, state.refused, state.failures) == (2, 0, 1)
    assert "connection failed" in state.problem
    soon(node)
    settle(node, runner_of(node, receiver))
    assert hospital.told() == [{"N1"}, {"N2"}]
    (state,) = node.run(store.states(node.database))
    assert (state.waiting, state.failures, state.problem) == (0, 0, "")


def test_what_is_refused_holds_up_nothing_and_can_be_told_again(
    world: tuple[TestNode, Hospital, Receiver],
) -> None:
    node, hospital, receiver = world
    runner = runner_of(node, receiver)
    add(node, "N1")
    hospital.code = "AR"
    settle(node, runner)
    hospital.code = "AA"
    add(node, "N2", **_OTHER)
    settle(node, runner)
    assert hospital.told() == [{"N1"}, {"N2"}]
    (state,) = node.run(store.states(node.database))
    assert (state.waiting, state.refused) == (0, 1)

    async def again() -> int:
        async with node.database.transaction() as connection:
            return await store.again(connection, "north")

    assert node.run(again()) == 1
    settle(node, runner)
    assert hospital.told()[2:] == [{"N1"}]


def test_a_receiver_that_cannot_work_now_is_asked_again(world: tuple[TestNode, Hospital, Receiver]) -> None:
    node, hospital, receiver = world
    runner = runner_of(node, receiver)
    add(node, "N1")
    hospital.code = "AE"
    settle(node, runner)
    hospital.code = "AA"
    soon(node)
    settle(node, runner)
    assert hospital.told() == [{"N1"}, {"N1"}]


def test_a_change_while_a_message_is_under_way_is_told_too(
    world: tuple[TestNode, Hospital, Receiver],
) -> None:
    node, hospital, receiver = world
    runner = runner_of(node, receiver)
    add(node, "N1")

    async def link() -> None:
        await register(node, Index(), patient("S1", SOUTH), sender="south")

    hospital.meanwhile = link
    settle(node, runner)
    assert hospital.told() == [{"N1"}, {"N1", "S1"}]


def test_two_workers_share_and_nothing_is_told_twice(world: tuple[TestNode, Hospital, Receiver]) -> None:
    node, hospital, receiver = world
    first, second = runner_of(node, receiver), runner_of(node, receiver)
    for number in range(5):
        add(
            node,
            f"N{number}",
            name=[{"family": f"Fam{number}{number}"}],
            birthDate=f"19{50 + number}-01-0{number + 1}",
        )

    async def both() -> None:
        for _ in range(3):
            await asyncio.gather(first.step(), second.step())

    node.run(both())
    assert sorted(map(sorted, hospital.told())) == [[f"N{number}"] for number in range(5)]


def test_pmir_tells_the_patients_with_their_links(world: tuple[TestNode, Hospital, Receiver]) -> None:
    node, _hospital, _receiver = world
    with listening() as receiver:
        runner = runner_of(node, Receiver("registry", "pmir", f"{receiver.address}/fhir/$process-message"))
        kept, gone = add(node, "N1"), add(node, "S2", SOUTH, **_OTHER)
        settle(node, runner)
        node.run(merge(node, gone, kept))
        settle(node, runner)
        told = [call.json for call in receiver.calls]
    header, inner = told[0]["entry"]
    assert (told[0]["type"], header["resource"]["eventUri"]) == (
        "message",
        "urn:ihe:iti:pmir:2019:patient-feed",
    )
    assert header["resource"]["focus"] == [{"reference": inner["fullUrl"]}]
    assert inner["resource"]["type"] == "history"
    entries = [entry for one in told for entry in one["entry"][1]["resource"]["entry"]]
    assert all(
        one["request"] == {"method": "PUT", "url": f"Patient/{one['resource']['id']}"} for one in entries
    )
    newest = {one["resource"]["id"]: one["resource"] for one in entries}
    assert newest[gone]["active"] is False
    assert newest[gone]["link"] == [{"other": {"reference": f"Patient/{kept}"}, "type": "replaced-by"}]


def test_the_table_of_receivers(tmp_path: Path) -> None:
    path = tmp_path / "receivers.tsv"
    path.write_text(
        "# who is told\nname\taddress\tdomains\nnorth\tmllps://north.example:2576\t1.2.3.1 1.2.3.2\nreg\thttps://reg.example/fhir/$process-message\n"
    )
    assert receivers.read(path) == [
        Receiver("north", "pix", "mllps://north.example:2576", (NORTH, SOUTH)),
        Receiver("reg", "pmir", "https://reg.example/fhir/$process-message"),
    ]
    for row, told in {
        "north\tftp://x": "begins with mllp", "north\tmllp://x": "names its port", "no rth\tmllp://x:1": "no name",
        "a\tmllp://x:1\tx.y": "no OID", "a\tmllp://x:1\na\tmllp://x:2": "twice",
    }.items():  # fmt: skip
        path.write_text(f"name\taddress\tdomains\n{row}\n")
        with pytest.raises(ReceiversError) as refused:
            receivers.read(path)
        assert told in str(refused.value)
