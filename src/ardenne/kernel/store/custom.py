"""The custom search parameters and profiles that this process knows. A process serves one database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ardenne.kernel.store import hashing
from ardenne.standards.fhir.definitions import SearchParameter
from ardenne.standards.fhir.extraction import Custom


class Definition(NamedTuple):
    """A custom parameter of one resource type.

    ``stored`` is its name in the index: another meaning (type, expression, targets) is another name, so that
    values found by an older definition never answer for a newer one.
    """

    resource_type: str
    parameter: SearchParameter
    stored: str
    source: str
    """Id of the SearchParameter resource."""

    @property
    def key(self) -> int:
        return hashing.key(self.resource_type, self.stored)


def definition(found: Custom, source: str) -> Definition:
    """Return a parameter under the name that its meaning has in the index."""
    parameter = found.parameter
    meaning = hashing.signed("|".join((parameter.type, parameter.expression, *parameter.targets)))
    return Definition(found.resource_type, parameter, f"{parameter.code}|{meaning:x}", source)


Known = tuple[Definition, ...]


class Definitions:
    """All custom parameters at one moment. ``ready`` names those whose stored resources are indexed."""

    def __init__(
        self,
        generation: int = 0,
        definitions: Iterable[Definition] = (),
        ready: frozenset[tuple[str, str]] = frozenset(),
        profiles: frozenset[str] = frozenset(),
    ) -> None:
        self.generation = generation
        self.profiles = profiles
        """URLs of the profiles that are stored in the node."""
        self._ready = ready
        by_type: dict[str, dict[str, Definition]] = {}
        for one in definitions:
            # of two with the same code the first keeps it
            by_type.setdefault(one.resource_type, {}).setdefault(one.parameter.code, one)
        self._by_type = by_type
        self._known: dict[str, Known] = {name: tuple(found.values()) for name, found in by_type.items()}

    def of(self, resource_type: str) -> Known:
        """Return the parameters of a type."""
        return self._known.get(resource_type, ())

    def find(self, resource_type: str, code: str) -> Definition | None:
        """Return the parameter of a type with a code."""
        return self._by_type.get(resource_type, {}).get(code)

    def all(self) -> list[Definition]:
        """Return every parameter of every type."""
        return [one for known in self._known.values() for one in known]

    def mentioned(self, text: str) -> bool:
        """Tell whether the code of some parameter stands in the text of a query."""
        return any(code in text for known in self._by_type.values() for code in known)

    def is_ready(self, one: Definition) -> bool:
        """Tell whether everything stored is indexed for a parameter."""
        return (one.resource_type, one.stored) in self._ready


class _Process:
    current = Definitions()


def current() -> Definitions:
    """Return what this process knows now."""
    return _Process.current


def use(definitions: Definitions) -> None:
    """Let this process know other parameters from now on."""
    _Process.current = definitions
