"""The command ``ardenne bench``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import orjson

if TYPE_CHECKING:
    from ardenne.apps.bench.node import Measured, Node, Remote
    from ardenne.apps.bench.workloads import Row

NAMES = ("ingest", "read", "search", "write", "access", "contents", "shared", "all", "curve")


@click.command("bench")
@click.argument("name", type=click.Choice(NAMES))
@click.option(
    "--resources",
    type=click.IntRange(1000),
    default=60_000,
    show_default=True,
    help="Resources to load first; of 'shared' records (Luxembourg has 1,106,909).",
)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Server processes.")
@click.option("--port", type=int, default=18_080, show_default=True, help="Port of the measured server.")
@click.option("--against", metavar="URL", help="Measure another FHIR server by its base address instead.")
@click.option(
    "--seconds",
    type=click.IntRange(5),
    default=30,
    show_default=True,
    help="How long the shared record is asked.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    name: str, resources: int, workers: int, port: int, against: str | None, seconds: int, as_json: bool
) -> None:
    """Measure a workload on a node of its own, beside the floor of the same run.

    The floor is a bare answer of 2 kB by the same server. CPU is what the operating system accounts
    to the processes of the server and of the database; on shared machines trust it more than rates.
    """
    from ardenne.apps.bench.node import Node, Remote

    if against:
        rows, facts = _measure_remote(Remote(against), name, resources)
    else:
        node = Node(workers, port)
        try:
            rows, facts = _measure(node, name, resources, seconds)
        finally:
            node.close()
    if as_json:
        click.echo(orjson.dumps({"rows": [row._asdict() for row in rows], **facts}).decode())
        return
    click.echo(_table(rows))
    click.echo("  ".join(f"{key} {value:,.1f}" for key, value in facts.items()))


def _measure_remote(node: Remote, name: str, resources: int) -> tuple[list[Row], dict[str, float]]:
    from ardenne.apps.bench import workloads

    rows = [workloads.transactions(node, resources)]
    rows += _requests(node, name, 0)
    return rows, {"resources": float(resources)}


def _requests(node: Measured, name: str, floor: float) -> list[Row]:
    from ardenne.apps.bench import workloads

    rows: list[Row] = []
    for kind, workload in (
        ("read", workloads.read),
        ("search", workloads.search),
        ("write", workloads.write),
    ):
        if name in (kind, "all"):
            rows += workload(node, floor)
    return rows


def _measure(node: Node, name: str, resources: int, seconds: int) -> tuple[list[Row], dict[str, float]]:
    from ardenne.apps.bench import access, contents, shared, workloads

    if name == "contents":
        return contents.contents(node), {"database MB": node.bytes_on_disk() / 1e6}
    if name == "shared":
        return shared.shared(node, resources, seconds)
    load = workloads.curve if name in ("curve", "access") else workloads.ingest
    rows = load(node, resources, 2)
    facts = {"database MB": node.bytes_on_disk() / 1e6, "resources": float(resources)}
    node.settle()
    node.serve()
    floor = workloads.floor(node)
    rows.append(floor)
    if name == "curve":
        rows += workloads.long_records(node, floor.rate)
        rows += workloads.read(node, floor.rate) + workloads.search(node, floor.rate)
        rows += workloads.write(node, floor.rate)
    rows += _requests(node, name, floor.rate)
    if name == "access":
        rows += access.requests(node, floor.rate) + access.decisions() + access.journal(node)
    facts["largest server process MB"] = node.server_usage().resident / 1e6
    return rows, facts


def _table(rows: list[Row]) -> str:
    lines = [
        f"{'':26} {'rate/s':>9} {'p50 ms':>8} {'p99 ms':>8} {'server µs':>10} {'database µs':>12} {'of floor':>9}"
    ]
    for row in rows:
        share = f"{row.of_floor:9.0%}" if row.of_floor else " " * 9
        line = (
            f"{row.name:26} {row.rate:9,.0f} {row.p50:8.2f} {row.p99:8.2f} "
            f"{row.server_cpu:10.0f} {row.database_cpu:12.0f} {share}"
        )
        lines.append(line + (f"  {row.failures} failed" if row.failures else ""))
    return "\n".join(lines)
