"""Writing a release into the database by COPY, in one transaction: readers see all of it or nothing."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator

import orjson
import psycopg

from ardenne.kernel.terminology import store
from ardenne.kernel.terminology.loaders.model import Item, LoadError, Release
from ardenne.standards.fhir.text import normalise

_LONGEST_WORDS = 4000


class Order:
    """The concepts of a release in order, with their ancestors, by number."""

    def __init__(self, items: dict[str, Item]) -> None:
        self.codes = _ordered(items)
        self.numbers = {code: number for number, code in enumerate(self.codes)}
        self.parents = [
            array("q", sorted({self.numbers[p] for p in items[code].parents if p in items and p != code}))
            for code in self.codes
        ]
        self.above = self._closed()
        self.inner = {number for parents in self.parents for number in parents}

    def _closed(self) -> list[array[int]]:
        """All ancestors of each concept. Raises LoadError for a circle."""
        waiting = [len(parents) for parents in self.parents]
        below: list[list[int]] = [[] for _code in self.codes]
        for number, parents in enumerate(self.parents):
            for parent in parents:
                below[parent].append(number)
        above: list[array[int]] = [array("q")] * len(self.codes)
        ready = [number for number, count in enumerate(waiting) if count == 0]
        done = 0
        while ready:
            number = ready.pop()
            done += 1
            found = set(self.parents[number])
            for parent in self.parents[number]:
                found.update(above[parent])
            above[number] = array("q", sorted(found))
            for child in below[number]:
                waiting[child] -= 1
                if waiting[child] == 0:
                    ready.append(child)
        if done < len(self.codes):
            code = next(self.codes[number] for number, count in enumerate(waiting) if count > 0)
            raise LoadError(f"the hierarchy turns in a circle at or above '{code}'")
        return above


def _ordered(items: dict[str, Item]) -> list[str]:
    """Codes with each concept behind its first parent, siblings in the order of the files."""
    below: dict[str, list[str]] = {}
    roots = []
    for code, item in items.items():
        known = [parent for parent in item.parents if parent in items and parent != code]
        if known:
            below.setdefault(known[0], []).append(code)
        else:
            roots.append(code)
    found: dict[str, None] = {}
    stack = roots[::-1]
    while stack:
        code = stack.pop()
        if code not in found:
            found[code] = None
            stack.extend(reversed(below.get(code, ())))
    # what only hangs together in a circle is told by the closure
    return [*found, *(code for code in items if code not in found)]


def write(dsn: str, release: Release, progress: Callable[[int], None] = lambda count: None) -> int:
    """Write a release; one with the same URL and version is replaced. Returns the number of concepts.

    Raises LoadError; then nothing has changed.
    """
    order = Order(release.items)
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(store.DELETE_SYSTEM, (release.url, release.version))
        cursor.execute(
            store.INSERT_SYSTEM,
            (
                release.url,
                release.version,
                release.name,
                release.title,
                release.language,
                release.copyright,
                release.case_sensitive,
                orjson.dumps(release.properties).decode(),
            ),
        )
        row = cursor.fetchone()
        assert row is not None
        system = int(row[0])
        with cursor.copy(store.COPY_CONCEPTS) as copy:
            for number, code in enumerate(order.codes):
                copy.write_row(_concept(system, number, release.items[code], order))
                if number % 10_000 == 0:
                    progress(number)
        with cursor.copy(store.COPY_NAMES) as copy:
            for line in _names(system, release, order):
                copy.write_row(line)
        cursor.execute(store.FINISH_SYSTEM, (len(order.codes), system))
        cursor.execute(store.ANALYZE)
    progress(len(order.codes))
    return len(order.codes)


def _concept(system: int, number: int, item: Item, order: Order) -> tuple[object, ...]:
    names = " ".join([item.code, item.display, *(name.value for name in item.names)])
    return (
        system, number, _clean(item.code), _clean(item.display), _clean(item.definition), item.inactive,
        item.abstract, number not in order.inner, item.status,
        [system << 32 | each for each in order.parents[number]],
        [system << 32 | each for each in order.above[number]],
        _clean(orjson.dumps(item.properties).decode()).replace("\\u0000", ""),
        normalise(_clean(names))[:_LONGEST_WORDS],
    )  # fmt: skip


def _names(system: int, release: Release, order: Order) -> Iterator[tuple[object, ...]]:
    for number, code in enumerate(order.codes):
        for name in release.items[code].names:
            yield system, number, name.language, name.use_system, name.use_code, _clean(name.value)


def _clean(text: str) -> str:
    return text.replace("\0", "")


def listed(dsn: str) -> list[tuple[str, str, str, int, object]]:
    """URL, version, name, number of concepts and time of every code system that is loaded."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(store.LIST_SYSTEMS).fetchall()


def remove(dsn: str, url: str, version: str) -> int:
    """Remove a code system. Returns how many there were (0 or 1)."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(store.DELETE_SYSTEM, (url, version)).rowcount
