"""The extract that coverage is counted from: two Parquet files of pseudonyms in the data folder, made anew every day.

The pseudonyms of an extract are keyed by a secret that is thrown away: two extracts cannot be joined, nor one with the store.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import IO

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.background import repeat
from ardenne.kernel.rest.service import FhirService
from ardenne.services.vaccination import store_extract
from ardenne.services.vaccination.nomenclature import Vaccine, starter
from ardenne.services.vaccination.rules.schedule import Ruleset
from ardenne.services.vaccination.schedules import load
from ardenne.services.vaccination.store_coverage import to_parquet

AGE = timedelta(days=1)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class CoverageRunner:
    """Makes the extract when there is none or it is a day old. ``schedule``: what acts are sorted by."""

    def __init__(self, service: FhirService, folder: Path, schedule: str) -> None:
        self._service = service
        self._folder = folder
        self._schedule = schedule

    async def run(self) -> None:
        """Keep the extract fresh, until cancelled."""
        await repeat(self.step, idle=600.0)

    async def step(self) -> bool:
        """Make the extract unless it is fresh or another process makes it."""
        made = made_at(self._folder)
        if made is None or datetime.now(UTC) - made > AGE:
            await extract(self._service, self._folder, load(self._schedule))
        return False


def files_of(folder: Path) -> tuple[Path, Path]:
    """Return the places of persons and acts."""
    return folder / "coverage-persons.parquet", folder / "coverage-acts.parquet"


def made_at(folder: Path) -> datetime | None:
    """Return when the extract was made; None when there is none."""
    persons, acts = files_of(folder)
    if not (persons.is_file() and acts.is_file()):
        return None
    return datetime.fromtimestamp(acts.stat().st_mtime, UTC)


async def extract(service: FhirService, folder: Path, ruleset: Ruleset) -> bool:
    """Write the extract; False when another process does."""
    secret = secrets.token_bytes(32)

    @cache
    def pseudonym(person: int) -> int:
        sealed = hashlib.blake2b(person.to_bytes(8, "big", signed=True), key=secret, digest_size=8)
        return int.from_bytes(sealed.digest(), "big", signed=True)

    groups = _groups(ruleset)
    with _workplace(folder) as work:
        async with store_extract.snapshot(service.database) as connection:
            if connection is None:
                return False
            with (work / "persons.csv").open("w", newline="") as file:
                writer = _writer(file, ("person", "born", "commune"))
                async for person in store_extract.persons(connection):
                    if _DAY.fullmatch(person.born):
                        writer((pseudonym(person.person), person.born, person.place))
            with (work / "acts.csv").open("w", newline="") as file:
                writer = _writer(file, ("person", "day", "vaccine_group"))
                async for act in store_extract.acts(connection):
                    for group in groups(act.codes) if _DAY.fullmatch(act.day) else ():
                        writer((pseudonym(act.person), act.day, group))
            await service.note(connection, "", Action.EXPORT, "coverage-extract", "pseudonyms for coverage")
        await asyncio.to_thread(to_parquet, work)
        for made, kept in zip(("persons.parquet", "acts.parquet"), files_of(folder), strict=True):
            os.replace(work / made, kept)
    return True


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """Lend a folder beside the extract, which is removed with what is left in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".coverage-") as name:
        yield Path(name)


def _writer(file: IO[str], head: tuple[str, ...]) -> Callable[[tuple[object, ...]], object]:
    writer = csv.writer(file)
    writer.writerow(head)
    return writer.writerow


def _groups(ruleset: Ruleset) -> Callable[[tuple[tuple[str, str], ...]], tuple[str, ...]]:
    """Return what tells the vaccine groups of an act's codes: all antigens of a group that is given whole, else any."""

    @cache
    def groups(codes: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
        known: list[Vaccine] = [one for one in (starter().find(*code) for code in codes) if one]
        if not known:
            return ()
        vaccine = max(known, key=lambda one: len(one.valences))
        held = {one.antigen for code in vaccine.valences for one in ruleset.associations.get(code, ())}
        return tuple(
            name
            for name, group in ruleset.groups.items()
            if (held >= set(group.antigens) if group.administer_full else held & set(group.antigens))
        )

    return groups
