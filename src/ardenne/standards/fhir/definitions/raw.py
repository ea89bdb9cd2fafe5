"""The published resources themselves, read from the compressed container when asked for."""

import lzma
import struct
import zlib
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import orjson

_FILE = files("ardenne.standards.fhir.definitions") / "data" / "resources.bin"
_HEADER = 4

Resource = dict[str, Any]


@cache
def _container() -> tuple[bytes, dict[str, Any], int]:
    """The file, its index, and where the first chunk starts."""
    data = _FILE.read_bytes()
    (length,) = struct.unpack(">I", data[:_HEADER])
    index = orjson.loads(zlib.decompress(data[_HEADER : _HEADER + length]))
    return data, index, _HEADER + length


@lru_cache(maxsize=8)
def _chunk(number: int) -> list[bytes]:
    data, index, start = _container()
    offset, length = index["chunks"][number]
    return lzma.decompress(data[start + offset : start + offset + length]).split(b"\n")


def _find(resource_type: str, url: str) -> Resource | None:
    name, _, version = url.partition("|")
    place = _container()[1]["where"][resource_type].get(name)
    if place is None:
        return None
    resource: Resource = orjson.loads(_chunk(place[0])[place[1]])
    published = resource.get("version", "")
    if version and published != version and not published.startswith(version + "."):
        return None
    return resource


def urls(resource_type: str) -> tuple[str, ...]:
    """The URLs of all published resources of a type ("ValueSet", "OperationDefinition" ...)."""
    return tuple(_container()[1]["where"].get(resource_type, ()))


def published_type(url: str) -> str:
    """The type of the published resource with this URL ("ValueSet"), or "" when R4 publishes none."""
    where = _container()[1]["where"]
    return next((resource_type for resource_type in where if url in where[resource_type]), "")


def code_system(url: str) -> Resource | None:
    """A CodeSystem of R4 by URL, with or without `|version`. Each call gives a fresh copy."""
    return _find("CodeSystem", url)


def value_set(url: str) -> Resource | None:
    """A ValueSet of R4 by URL, with or without `|version`. Each call gives a fresh copy."""
    return _find("ValueSet", url)


def structure_definition(url: str) -> Resource | None:
    """A StructureDefinition of R4 (types, profiles, extensions) by URL or type name; a fresh copy."""
    if "/" not in url:
        url = "http://hl7.org/fhir/StructureDefinition/" + url
    return _find("StructureDefinition", url)


def search_parameter(url: str) -> Resource | None:
    """A SearchParameter of R4 as published, by URL; a fresh copy."""
    return _find("SearchParameter", url)


def operation_definition(url: str) -> Resource | None:
    """An OperationDefinition of R4 by URL; a fresh copy."""
    return _find("OperationDefinition", url)


def concept_map(url: str) -> Resource | None:
    """A ConceptMap of R4 by URL; a fresh copy."""
    return _find("ConceptMap", url)


def concept_maps() -> Iterator[Resource]:
    """All ConceptMaps of R4."""
    for url in urls("ConceptMap"):
        found = _find("ConceptMap", url)
        if found is not None:
            yield found
