"""Parameters that find nothing of their own: their values are those of other parameters.

`Observation.combo-code` is `code` and `component-code` together; `Observation.patient` is `subject` where it
points to a Patient. Such values are extracted once, under the other names.
"""

from functools import cache
from typing import NamedTuple

from ardenne.standards.fhir.definitions import search_parameters
from ardenne.standards.fhir.extraction.paths import JsonPath, json_paths
from ardenne.standards.fhir.extraction.syntax import UnsupportedExpression


class Source(NamedTuple):
    """Where a parameter's values are: under `code`, and for references only those to `target` ("" = all)."""

    code: str
    target: str


@cache
def alias(resource_type: str, code: str) -> tuple[Source, ...]:
    """The parameters whose values together are those of `code`; `code` itself when it has its own.

    Raises KeyError when the type has no such parameter.
    """
    search_parameters(resource_type)[code]  # says KeyError
    return _aliases(resource_type).get(code, (Source(code, ""),))


@cache
def _aliases(resource_type: str) -> dict[str, tuple[Source, ...]]:
    places = _places(resource_type)
    types = {code: parameter.type for code, parameter in search_parameters(resource_type).items()}
    # Parameters with few places first: the others may be sums of them.
    order = sorted(places, key=lambda code: (len(places[code]), _has_target(places[code]), code))
    own: list[str] = []
    found: dict[str, tuple[Source, ...]] = {}
    for code in order:
        peers = [peer for peer in own if types[peer] == types[code]]
        sources = _same(code, peers, places) or _sum(code, peers, places)
        if sources:
            found[code] = sources
        else:
            own.append(code)
    return found


class Place(NamedTuple):
    """Where a parameter finds values: a path, and for what lies beyond it the expressions of a composite's
    components, or the resource types that a Bundle entry may have."""

    path: JsonPath
    beyond: tuple[str, ...] = ()


Places = dict[str, frozenset[Place]]


def _has_target(places: frozenset[Place]) -> bool:
    return any(place.path.target for place in places)


def _same(code: str, peers: list[str], places: Places) -> tuple[Source, ...]:
    """A peer at the same places, except that `code` may ask for one type of reference."""
    targets = {place.path.target for place in places[code]}
    untargeted = {place._replace(path=place.path._replace(target="")) for place in places[code]}
    for peer in peers:
        if places[peer] == places[code]:
            return (Source(peer, ""),)
        if len(targets) == 1 and places[peer] == untargeted:
            return (Source(peer, next(iter(targets))),)
    return ()


def _sum(code: str, peers: list[str], places: Places) -> tuple[Source, ...]:
    """Peers whose places together are exactly those of `code`."""
    parts = [peer for peer in peers if places[peer] <= places[code]]
    covered = frozenset(place for peer in parts for place in places[peer])
    return tuple(Source(peer, "") for peer in sorted(parts)) if covered == places[code] else ()


def _places(resource_type: str) -> Places:
    found = {}
    for code, parameter in search_parameters(resource_type).items():
        if not parameter.expression:
            continue
        try:
            paths = json_paths(resource_type, parameter.expression)
        except UnsupportedExpression:
            continue  # computed parameters are never the same as another
        components = tuple(expression for _, expression in parameter.components)
        found[code] = frozenset(
            Place(path, components or (parameter.targets if path.type == "Resource" else ()))
            for path in paths
        )
    return found
