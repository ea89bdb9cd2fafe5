"""``ardenne mpi train``, ``dedupe``, ``receivers`` and ``bench``: commands of the index that need the node's database."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path

import click

from ardenne.kernel.settings import load
from ardenne.kernel.store.database import Database
from ardenne.services.mpi import dedupe as searching
from ardenne.services.mpi import store, store_bulk
from ardenne.services.mpi.cli import command
from ardenne.services.mpi.matching import Matcher
from ardenne.services.mpi.telling import store as telling

_SAMPLE = 200_000
_DATA = click.option(
    "--data", type=click.Path(path_type=Path), help="Data folder of the node (default: data)."
)
_DATABASE = click.option("--database", help="The node's PostgreSQL, if it is not the embedded one.")


@command.command()
@_DATA
@_DATABASE
def train(data: Path | None, database: str | None) -> None:
    """Learn the weights from the persons of the node, and put them in force."""
    from ardenne.apps import serving
    from ardenne.services.mpi.rules import training

    settings = load(data=str(data) if data else None, database=database)
    with serving.database(settings) as dsn:
        everybody = store_bulk.everybody(dsn)
        chosen: Sequence[int] = range(len(everybody.ids))
        if len(chosen) > _SAMPLE:
            chosen = random.Random(1).sample(chosen, _SAMPLE)  # noqa: S311 - a sample, no secret
        records = [everybody.traits(place)[0] for place in chosen]
        if len(records) < 1000:
            raise click.ClickException(
                f"{len(records)} persons are too few to learn from: the shipped weights stay in force"
            )
        weights = training.train(records, time.strftime("own-%Y-%m-%d", time.gmtime()))
        number = asyncio.run(_put(dsn, searching.encoded(weights)))
    click.echo(f"weights {number} learned from {len(records):,} identities are in force")


async def _put(dsn: str, content: bytes) -> int:
    database = Database(dsn, 1)
    try:
        async with database.connection() as connection:
            return await store.add_weights(connection, content)
    finally:
        await database.close()


@command.command()
@_DATA
@_DATABASE
@click.option(
    "--processes", type=click.IntRange(1, 64), default=2, help="Processes that compare (default: 2)."
)
def dedupe(data: Path | None, database: str | None, processes: int) -> None:
    """Search all persons for duplicates and open the questions at the identity desk. For every night."""
    from ardenne.apps import serving

    settings = load(data=str(data) if data else None, database=database)
    with serving.database(settings) as dsn:
        done = asyncio.run(_dedupe(dsn, processes))
    click.echo(
        f"{done.identities:,} identities, {done.pairs:,} pairs compared: {done.links:,} surely one person and "
        f"{done.asks:,} perhaps, all at the identity desk"
    )


async def _dedupe(dsn: str, processes: int) -> searching.Searched:
    database = Database(dsn, 2)
    try:
        return await searching.dedupe(dsn, database, Matcher(), processes)
    finally:
        await database.close()


@command.command()
@_DATA
@_DATABASE
@click.option("--again", metavar="NAME", help="Tell this receiver again what it refused.")
def receivers(data: Path | None, database: str | None, again: str | None) -> None:
    """Whom the node tells when the numbers of a person change, what waits for each and why. Servers may run."""
    from ardenne.apps import serving

    settings = load(data=str(data) if data else None, database=database)
    with serving.database(settings) as dsn:
        states, repeated = asyncio.run(_receivers(dsn, again))
    if again is not None:
        click.echo(f"{repeated} messages wait again for {again}")
    for one in states:
        since = f", the oldest since {one.since:%Y-%m-%d %H:%M} UTC" if one.since else ""
        why = f": {one.problem}" if one.problem else ""
        click.echo(f"{one.name}: {one.waiting} wait, {one.refused} refused{since}{why}")


async def _receivers(dsn: str, again: str | None) -> tuple[list[telling.State], int]:
    database = Database(dsn, 1)
    try:
        repeated = 0
        if again is not None:
            async with database.transaction() as connection:
                repeated = await telling.again(connection, again)
        return await telling.states(database), repeated
    finally:
        await database.close()


@command.command()
@click.option(
    "--persons", type=click.IntRange(1000), default=100_000, help="Invented persons (default: 100000)."
)
@click.option("--seed", type=int, default=2026, help="Seed of the population (default: 2026).")
@click.option("--queries", type=click.IntRange(100), default=3000, help="Online matches (default: 3000).")
def bench(persons: int, seed: int, queries: int) -> None:
    """Load an invented population into a database of its own, match online, search for duplicates; print the figures."""
    from ardenne.apps.bench import persons as measuring

    for line in measuring.run(persons, seed, queries):
        click.echo(line)
