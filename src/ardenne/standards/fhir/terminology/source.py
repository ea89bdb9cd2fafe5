"""Where the engine finds code systems, value sets and concept maps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Protocol

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.terminology import versions
from ardenne.standards.fhir.terminology.concepts import Json, text_of
from ardenne.standards.fhir.terminology.grammar import GRAMMARS
from ardenne.standards.fhir.terminology.listed import ListedSystem
from ardenne.standards.fhir.terminology.system import System


class Source(Protocol):
    """Definitions by URL and version. A supplement is a CodeSystem resource with content = supplement."""

    def system_versions(self, url: str) -> Sequence[str]:
        """The versions of a code system, "" for one without version; () when it is not known."""

    def system(self, url: str, version: str) -> System | None:
        """One version of a code system, exactly as `system_versions` names it."""

    def supplements(self, url: str) -> Sequence[Json]:
        """The supplements that have this URL of their own."""

    def value_sets(self, url: str) -> Sequence[Json]:
        """All versions of a value set."""

    def concept_maps(self) -> Iterator[Json]:
        """Every concept map."""


class Resources:
    """Definitions from resources in memory; others are ignored."""

    def __init__(self, resources: Iterable[Json]) -> None:
        self._systems: dict[str, dict[str, Json]] = {}
        self._supplements: dict[str, list[Json]] = {}
        self._value_sets: dict[str, list[Json]] = {}
        self._maps: list[Json] = []
        self._read: dict[tuple[str, str], System] = {}
        for resource in resources:
            self._add(resource)

    def _add(self, resource: Json) -> None:
        url, version = text_of(resource.get("url")), text_of(resource.get("version"))
        match resource.get("resourceType"):
            case "CodeSystem" if resource.get("content") == "supplement":
                self._supplements.setdefault(url, []).append(resource)
            case "CodeSystem":
                self._systems.setdefault(url, {})[version] = resource
            case "ValueSet":
                self._value_sets.setdefault(url, []).append(resource)
            case "ConceptMap":
                self._maps.append(resource)

    def system_versions(self, url: str) -> Sequence[str]:
        """The versions of a code system; () when it is not known."""
        return tuple(self._systems.get(url, ()))

    def system(self, url: str, version: str) -> System | None:
        """One version of a code system, read when first asked for."""
        resource = self._systems.get(url, {}).get(version)
        if resource is None:
            return None
        key = (url, version)
        if key not in self._read:
            self._read[key] = ListedSystem(resource)
        return self._read[key]

    def supplements(self, url: str) -> Sequence[Json]:
        """The supplements that have this URL of their own."""
        return self._supplements.get(url, ())

    def value_sets(self, url: str) -> Sequence[Json]:
        """All versions of a value set."""
        return self._value_sets.get(url, ())

    def concept_maps(self) -> Iterator[Json]:
        """Every concept map."""
        return iter(self._maps)


class Layers:
    """Several sources; of the same URL and version the first one counts."""

    def __init__(self, *sources: Source) -> None:
        self._sources = sources

    def system_versions(self, url: str) -> Sequence[str]:
        """The versions that any source has."""
        found = (version for source in self._sources for version in source.system_versions(url))
        return tuple(dict.fromkeys(found))

    def system(self, url: str, version: str) -> System | None:
        """The first source's code system of that version."""
        for source in self._sources:
            found = source.system(url, version)
            if found is not None:
                return found
        return None

    def supplements(self, url: str) -> Sequence[Json]:
        """The supplements that any source has."""
        return [each for source in self._sources for each in source.supplements(url)]

    def value_sets(self, url: str) -> Sequence[Json]:
        """The value sets that any source has, each version once."""
        found: dict[str, Json] = {}
        for source in self._sources:
            for each in source.value_sets(url):
                found.setdefault(text_of(each.get("version")), each)
        return list(found.values())

    def concept_maps(self) -> Iterator[Json]:
        """The concept maps of all sources."""
        for source in self._sources:
            yield from source.concept_maps()


@lru_cache(maxsize=128)
def _published_system(url: str) -> System | None:
    if url in GRAMMARS:
        return GRAMMARS[url]
    resource = definitions.code_system(url)
    return ListedSystem(resource) if resource is not None else None


@lru_cache(maxsize=256)
def _published_value_set(url: str) -> Json | None:
    return definitions.value_set(url)


@lru_cache(maxsize=1)
def _published_maps() -> tuple[Json, ...]:
    return tuple(definitions.concept_maps())


class Published:
    """What FHIR R4 publishes itself."""

    def system_versions(self, url: str) -> Sequence[str]:
        """The one version that R4 publishes."""
        found = _published_system(url)
        return (found.version,) if found is not None else ()

    def system(self, url: str, version: str) -> System | None:
        """A code system of R4."""
        found = _published_system(url)
        return found if found is not None and found.version == version else None

    def supplements(self, url: str) -> Sequence[Json]:
        """R4 publishes none."""
        return ()

    def value_sets(self, url: str) -> Sequence[Json]:
        """A value set of R4."""
        found = _published_value_set(url)
        return (found,) if found is not None else ()

    def concept_maps(self) -> Iterator[Json]:
        """The concept maps of R4."""
        return iter(_published_maps())


def find_value_set(source: Source, url: str, version: str) -> Json | None:
    """The newest value set of a URL whose version fits; `version` may have wildcards or be ""."""
    fitting = [
        each
        for each in source.value_sets(url)
        if not version or versions.matches(version, text_of(each.get("version")))
    ]
    return max(
        fitting,
        key=lambda each: (versions.order(text_of(each.get("version"))), text_of(each.get("date"))),
        default=None,
    )
