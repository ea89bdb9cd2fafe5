"""Search parameters and compartments."""

import zlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import orjson

from ardenne.standards.fhir.definitions.model import Compartment, SearchParameter
from ardenne.standards.fhir.definitions.structures import is_subtype

_DATA = files("ardenne.standards.fhir.definitions") / "data"


@cache
def _compiled() -> dict[str, Any]:
    data: dict[str, Any] = orjson.loads(zlib.decompress((_DATA / "search.json.z").read_bytes()))
    return data


@cache
def search_parameters(resource_type: str) -> Mapping[str, SearchParameter]:
    """The parameters of a resource type by code: its own and those of DomainResource and Resource."""
    bases = [name for name in ("Resource", "DomainResource") if is_subtype(resource_type, name)]
    found: dict[str, SearchParameter] = {}
    for base in dict.fromkeys((*bases, resource_type)):
        for row in _compiled()["parameters"].get(base, ()):
            url, code, kind, expression, targets, components, modifiers, comparators = row
            found[code] = SearchParameter(
                url=url,
                code=code,
                type=kind,
                expression=expression,
                targets=tuple(targets),
                components=tuple((definition, path) for definition, path in components),
                modifiers=tuple(modifiers),
                comparators=tuple(comparators),
            )
    return MappingProxyType(found)


@cache
def compartment(name: str) -> Compartment:
    """Compartment ("Patient", "Encounter", "Practitioner", "RelatedPerson", "Device"):
    resource type -> codes of the parameters that put a resource of that type into it.

    Raises KeyError for other names.
    """
    rows: dict[str, list[str]] = _compiled()["compartments"][name]
    return MappingProxyType({resource_type: tuple(codes) for resource_type, codes in rows.items()})
