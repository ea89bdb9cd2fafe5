"""Terminology of a node: what the engine reads, and where it works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import orjson

from ardenne.kernel.store.database import Connection, Database
from ardenne.kernel.terminology import store
from ardenne.kernel.terminology.loaded import Cache, LoadedSystem, WithGrammar
from ardenne.kernel.terminology.reading import Fetch, blocking
from ardenne.standards.fhir.terminology import Layers, Published, Resources, Source, System
from ardenne.standards.fhir.terminology.concepts import Json, text_of
from ardenne.standards.fhir.terminology.grammar import GRAMMARS

Result = TypeVar("Result")

_THREADS = 4
_MOST_KEPT = 2_000


class Kept:
    """What was read from the database, valid as long as the stamp is the same."""

    def __init__(self) -> None:
        self.definitions: dict[tuple[str, str], Resources] = {}
        self.resources: dict[tuple[str, str], list[Json]] = {}
        self.loaded: dict[str, list[Any]] = {}
        self.maps: list[Json] | None = None


class NodeSource:
    """Definitions among the resources of the node, and loaded code systems."""

    def __init__(self, fetch: Fetch, kept: Kept, cache: Cache) -> None:
        self.fetch = fetch
        self._kept = kept
        self._cache = cache

    def resources(self, resource_type: str, url: str) -> list[Json]:
        """The resources of a type with this `url`."""
        key = (resource_type, url)
        if key not in self._kept.resources:
            if len(self._kept.resources) > _MOST_KEPT:
                self._kept.resources.clear()
                self._kept.definitions.clear()
            token = store.url_token(resource_type, url)
            rows = self.fetch(store.BY_URL, store.type_number(resource_type), token)
            found = [orjson.loads(row["body"]) for row in rows]
            # the index keeps hashes: the text decides
            self._kept.resources[key] = [each for each in found if each.get("url") == url]
        return self._kept.resources[key]

    def _of(self, resource_type: str, url: str) -> Resources:
        key = (resource_type, url)
        if key not in self._kept.definitions:
            self._kept.definitions[key] = Resources(self.resources(resource_type, url))
        return self._kept.definitions[key]

    def _loaded(self, url: str) -> list[Any]:
        if url not in self._kept.loaded:
            self._kept.loaded[url] = list(self.fetch(store.SYSTEMS, url))
        return self._kept.loaded[url]

    def system_versions(self, url: str) -> Sequence[str]:
        """The versions of a code system; () when it is not known."""
        loaded = (row["version"] for row in self._loaded(url))
        return tuple(dict.fromkeys((*loaded, *self._of("CodeSystem", url).system_versions(url))))

    def system(self, url: str, version: str) -> System | None:
        """One version of a code system; a loaded one before a resource."""
        for row in self._loaded(url):
            if row["version"] == version:
                kind = WithGrammar if url in GRAMMARS else LoadedSystem
                return kind(row, self.fetch, self._cache)
        return self._of("CodeSystem", url).system(url, version)

    def supplements(self, url: str) -> Sequence[Json]:
        """The supplements that have this URL of their own."""
        return self._of("CodeSystem", url).supplements(url)

    def value_sets(self, url: str) -> Sequence[Json]:
        """All versions of a value set."""
        return self.resources("ValueSet", url)

    def concept_maps(self) -> Iterator[Json]:
        """Every concept map of the node."""
        if self._kept.maps is None:
            rows = self.fetch(store.ALL, store.type_number("ConceptMap"))
            self._kept.maps = [orjson.loads(row["body"]) for row in rows]
        return iter(self._kept.maps)

    def structure(self, url: str) -> Json | None:
        """The newest StructureDefinition of the node with this canonical URL."""
        name, _, version = url.partition("|")
        found = [
            each
            for each in self.resources("StructureDefinition", name)
            if not version or each.get("version") == version
        ]
        return max(found, key=lambda each: text_of(each.get("version")), default=None)


class Terminology:
    """Runs terminology work of one worker process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept = Kept()
        self._stamp = ""
        self._cache: Cache = {}
        self._threads = ThreadPoolExecutor(_THREADS, "terminology")

    async def run(
        self, work: Callable[[Source, NodeSource], Result], connection: Connection | None = None
    ) -> Result:
        """Do `work` in a thread, with all definitions (those of the node before those of R4).

        `connection`: read in the caller's transaction. Raises what `work` raises.
        """
        fetch = connection.fetch if connection is not None else self._database.fetch
        numbers = [store.type_number(name) for name in store.DEFINITION_TYPES]
        stamp = (await fetch(store.STAMP, numbers))[0][0]
        if stamp != self._stamp:
            self._stamp, self._kept = stamp, Kept()
        loop = asyncio.get_running_loop()
        node = NodeSource(blocking(fetch, loop), self._kept, self._cache)
        source = Layers(node, Published())
        return await loop.run_in_executor(self._threads, work, source, node)
