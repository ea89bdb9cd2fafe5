"""``ardenne population``: files of an invented population."""

from __future__ import annotations

import csv
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import click

_COLUMNS = (
    "unique_id", "pid", "given", "family", "sex", "dob", "nid", "cp", "city", "street", "num", "phone",
)  # fmt: skip
_BUFFER = 1 << 20


@click.command("population")
@click.option(
    "--persons", type=click.IntRange(1), default=10_000, show_default=True, help="How many persons."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed makes the same population."
)
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to fill."
)
def command(persons: int, seed: int, out: Path) -> None:
    """Invent persons on both sides of the border, with households, errors and duplicates, and the truth.

    Writes FHIR NDJSON (Patient, RelatedPerson, Practitioner, PractitionerRole, Organization, Location),
    identities.ndjson as hospitals would send them, records.csv for linkage and truth.csv.
    """
    begin, cpu = time.perf_counter(), time.process_time()
    counts = write(persons, seed, out)
    spent, worked = time.perf_counter() - begin, time.process_time() - cpu
    for name, count in counts.items():
        click.echo(f"{name:24} {count:>12,}")
    total = sum(count for name, count in counts.items() if name.endswith(".ndjson"))
    click.echo(
        f"{total:,} resources in {spent:.1f} s, CPU {worked:.1f} s: {total / worked:,.0f} a CPU second"
    )


def write(persons: int, seed: int, out: Path) -> dict[str, int]:
    """Write the files and return how many lines each has."""
    from ardenne.apps.population import fhir
    from ardenne.apps.population.persons import BLOCK, block
    from ardenne.apps.population.providers import providers
    from ardenne.apps.population.records import records

    out.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        files: dict[str, BinaryIO] = {}

        def put(name: str, line: bytes) -> None:
            if name not in files:
                files[name] = stack.enter_context((out / name).open("wb", _BUFFER))
            files[name].write(line + b"\n")
            counts[name] += 1

        table = csv.writer(stack.enter_context((out / "records.csv").open("w", encoding="utf-8", newline="")))
        truth = csv.writer(stack.enter_context((out / "truth.csv").open("w", encoding="utf-8", newline="")))
        table.writerow(_COLUMNS)
        truth.writerow(("unique_id", "pid", "traps"))
        for number in range((persons + BLOCK - 1) // BLOCK):
            people = block(seed, number)[: persons - number * BLOCK]
            for person in people:
                put("Patient.ndjson", fhir.patient(person))
                if person.household != person.id:
                    put(
                        "RelatedPerson.ndjson",
                        fhir.household(person, people[person.household - people[0].id]),
                    )
            for record in records(seed, people):
                put("identities.ndjson", fhir.identity(record))
                row = record[:12]
                table.writerow((*row[:4], row[4][:1].upper(), row[5].replace("-", ""), *row[6:]))
                truth.writerow((record.id, record.person, "+".join(record.traps)))
                counts["records.csv"] += 1
        for resource_type, line in providers(seed, persons):
            put(f"{resource_type}.ndjson", line)
    return dict(counts)
