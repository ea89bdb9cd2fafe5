"""The search parameters that can be asked for, by resource type."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from ardenne.kernel.search.errors import NotIndexedYet, SearchError, UnknownParameter
from ardenne.kernel.store import custom, hashing
from ardenne.kernel.store.index import HOT_PARAMETERS
from ardenne.standards.fhir import definitions, extraction
from ardenne.standards.fhir.definitions import SearchParameter
from ardenne.standards.fhir.extraction.paths import json_paths


class Target(NamedTuple):
    """A parameter of a type, resolved to how the index keeps it."""

    resource_type: str
    code: str
    parameter: SearchParameter
    stored: str
    """The code under which the values are kept (aliases share one)."""
    only: str
    """When an alias is narrower than what is kept: the type that a reference must lead to."""
    others: tuple[extraction.Source, ...] = ()
    """Further places of the values, when a parameter is the sum of others."""

    @property
    def key(self) -> int:
        return hashing.key(self.resource_type, self.stored)

    @property
    def hot(self) -> bool:
        return self.stored in HOT_PARAMETERS

    @property
    def main_date(self) -> bool:
        return extraction.main_date(self.resource_type) == self.stored

    @property
    def owner(self) -> bool:
        """Whether this reference names the patient whom the resource belongs to."""
        return self.stored == _owner_code(self.resource_type)

    def sources(self) -> list[Target]:
        """Return the parameter once for every place where its values are kept."""
        rest = [self._replace(stored=code, only=only, others=()) for code, only in self.others]
        return [self._replace(others=()), *rest]


def find(resource_type: str, code: str) -> Target:
    """Return a parameter of a type, of R4 or custom. Raises UnknownParameter, NotIndexedYet."""
    found = custom.current().find(resource_type, code)
    if found is None:
        return _published(resource_type, code)
    if not custom.current().is_ready(found):
        raise NotIndexedYet(code, resource_type, found.source)
    return Target(resource_type, code, found.parameter, found.stored, "")


@lru_cache(maxsize=4096)
def _published(resource_type: str, code: str) -> Target:
    parameters: Mapping[str, SearchParameter] = definitions.search_parameters(resource_type)
    parameter = parameters.get(code)
    if parameter is None:
        raise UnknownParameter(code, resource_type)
    (stored, only), *others = extraction.alias(resource_type, code)
    return Target(resource_type, code, parameter, stored, only, tuple(others))


@lru_cache(maxsize=256)
def _owner_code(resource_type: str) -> str:
    """Return the kept code of the reference to the owning patient; empty when there can be several."""
    for code in extraction.owner_params(resource_type):
        paths = json_paths(resource_type, definitions.search_parameters(resource_type)[code].expression)
        if not any(segment.many for path in paths for segment in path.segments):
            return extraction.alias(resource_type, code)[0].code
    return ""


@lru_cache(maxsize=512)
def at_root(resource_type: str, code: str) -> bool:
    """Tell whether the components of a composite are taken from the resource itself."""
    return not extraction.is_nested(resource_type, code)


def check_type(resource_type: str, parameter: str) -> str:
    """Return a resource type that a search names. Raises SearchError when R4 has none of that name."""
    if resource_type not in definitions.RESOURCE_TYPES:
        raise SearchError(parameter, f"'{resource_type[:40]}' is not a resource type of FHIR R4")
    return resource_type
