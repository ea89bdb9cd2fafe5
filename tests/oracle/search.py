"""FHIR search in the most obvious way: every resource, every parameter, FHIRPath on the definitions.

Written from FHIR R4 search.html only, as the oracle for the search of the store. Parameters that
shape the answer (_sort, _count, _include, ...) are ignored: the oracle says which resources match.

Choices that the specification leaves to the server: tokens are compared exactly; strings by
`text.normalise`; `ap` is 10 % of the value, for dates 10 % of the time until now; quantities are
not converted between units; a reference written as an absolute URL matches that URL only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.definitions import SearchParameter
from ardenne.standards.fhir.path import Helpers, compile_typed
from ardenne.standards.fhir.path.nodes import Element, type_info

from .questions import Question, split_escaped
from .values import MATCHERS

Resource = dict[str, Any]

SHAPING = frozenset(
    (
        *("_sort", "_count", "_include", "_revinclude", "_summary", "_elements", "_total", "_contained"),
        *("_containedType", "_format", "_pretty", "_offset", "_score"),
    )
)


class Terminology(NamedTuple):
    """Answers for :in, :not-in, :above and :below; the tests bring them."""

    is_in: Callable[[str, str, str], bool] = lambda system, code, value_set: False
    subsumes: Callable[[str, str, str], bool] = lambda system, code, other: code == other


class Unsupported(ValueError):
    """The query has a parameter or modifier that R4 does not define for the type."""


class Oracle:
    """A set of resources that can be searched."""

    def __init__(
        self,
        resources: Sequence[Resource],
        terminology: Terminology | None = None,
        now: datetime | None = None,
    ) -> None:
        self.resources = list(resources)
        self.terminology = terminology or Terminology()
        self.now = now or datetime.now(UTC)
        self.by_reference = {f"{r['resourceType']}/{r['id']}": r for r in self.resources if "id" in r}
        self.helpers = Helpers(resolver=self.resolve)

    def search(self, resource_type: str, query: str) -> list[Resource]:
        """The resources of the type that match all parameters of the query string, in their order.

        Raises Unsupported for what R4 does not define.
        """
        criteria = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True)]
        return [r for r in self.resources if r["resourceType"] == resource_type and self.matches(r, criteria)]

    def matches(self, resource: Resource, criteria: Sequence[tuple[str, str]]) -> bool:
        """Whether the resource matches every (name, value)."""
        return all(self.matches_one(resource, name, value) for name, value in criteria if name not in SHAPING)

    def matches_one(self, resource: Resource, name: str, value: str) -> bool:
        if name.startswith("_has:"):
            return self.has(resource, name, value)
        if "." in name:
            return self.chained(resource, name, value)
        code, _, modifier = name.partition(":")
        if code == "_list":
            return self.in_list(resource, value)
        parameter = definitions.search_parameters(resource["resourceType"]).get(code)
        if parameter is None:
            raise Unsupported(f"{resource['resourceType']} has no parameter {code}")
        return self.parameter(resource, parameter, modifier, value)

    def parameter(self, resource: Resource, parameter: SearchParameter, modifier: str, value: str) -> bool:
        found = self.elements(resource, parameter.expression)
        if modifier == "missing":
            return (not found) is (value == "true")
        if modifier in ("not", "not-in"):
            positive = "in" if modifier == "not-in" else ""
            return not self.any_value(found, parameter, positive, value)
        if parameter.type == "composite":
            values = split_escaped(value, ",")
            return any(self.composite(resource, found, parameter, one) for one in values)
        return self.any_value(found, parameter, modifier, value)

    def any_value(self, found: list[Element], parameter: SearchParameter, modifier: str, value: str) -> bool:
        """Commas are OR: one of the values matches one of the elements."""
        return any(
            self.element_matches(e, parameter, modifier, v) for v in split_escaped(value, ",") for e in found
        )

    def element_matches(
        self, element: Element, parameter: SearchParameter, modifier: str, value: str
    ) -> bool:
        matcher = MATCHERS.get("near" if parameter.code == "near" else parameter.type)
        if matcher is None:
            raise Unsupported(f"parameters of type {parameter.type} have no match rule")
        return matcher(element, Question(value, modifier, self.terminology, self.now, parameter.targets))

    def composite(
        self, resource: Resource, found: list[Element], parameter: SearchParameter, value: str
    ) -> bool:
        """Parts joined by $ must match within the same element."""
        parts = split_escaped(value, "$")
        if len(parts) != len(parameter.components):
            return False
        for element in found:
            if all(
                self.component(resource, element, url, expression, part)
                for (url, expression), part in zip(parameter.components, parts, strict=True)
            ):
                return True
        return False

    def component(self, resource: Resource, element: Element, url: str, expression: str, value: str) -> bool:
        kind = str((definitions.search_parameter(url) or {}).get("type"))
        found = self.elements(element, expression, resource)
        part = SearchParameter(url, "", kind, expression, (), (), (), ())
        return any(self.element_matches(one, part, "", value) for one in found)

    def elements(self, start: Any, expression: str, resource: Resource | None = None) -> list[Element]:
        """What the expression of a parameter finds; computed values as untyped elements.

        `resource` is %resource where the start is a part of it.
        """
        if not expression:
            return []
        compiled = compile_typed(expression, lenient_as=True)
        items = compiled.items(start, resource=resource, helpers=self.helpers)
        return [item if type(item) is Element else computed(item) for item in items]

    def resolve(self, reference: str) -> Resource | None:
        """The resource, or for one that is not here a stand-in of the type that the reference names."""
        key = reference.partition("/_history/")[0]
        if key in self.by_reference:
            return self.by_reference[key]
        named = re.search(r"(?:^|/)([A-Za-z]+)/[^/]+$", key)
        if named and named.group(1) in definitions.RESOURCE_TYPES:
            return {"resourceType": named.group(1)}
        return None

    # ---- chains, reverse chains, lists

    def chained(self, resource: Resource, name: str, value: str) -> bool:
        """`subject:Patient.name=x`: a target of the reference matches the rest."""
        link, _, rest = name.partition(".")
        code, _, target_type = link.partition(":")
        parameter = definitions.search_parameters(resource["resourceType"]).get(code)
        if parameter is None or parameter.type != "reference":
            raise Unsupported(f"{code} of {resource['resourceType']} is no reference")
        for target in self.targets(resource, parameter):
            if target_type and target["resourceType"] != target_type:
                continue
            first = rest.partition(".")[0].partition(":")[0]
            known = first.startswith("_has") or first in definitions.search_parameters(target["resourceType"])
            if known and self.matches_one(target, rest, value):
                return True
        return False

    def targets(self, resource: Resource, parameter: SearchParameter) -> Iterator[Resource]:
        """The resources here that a reference parameter points to."""
        for element in self.elements(resource, parameter.expression):
            literal = element.value.get("reference") if isinstance(element.value, dict) else element.value
            if not isinstance(literal, str):
                continue
            found = self.by_reference.get(literal.partition("/_history/")[0])
            if found is None:
                url, _, version = literal.partition("|")
                by_url = (r for r in self.resources if r.get("url") == url)
                found = next((r for r in by_url if not version or r.get("version") == version), None)
            if found is not None:
                yield found

    def has(self, resource: Resource, name: str, value: str) -> bool:
        """`_has:Observation:patient:code=x`: a resource that points here matches the rest."""
        parts = name.split(":", 3)
        if len(parts) < 4:
            raise Unsupported("_has names a type, a reference parameter and a parameter")
        _, other_type, code, rest = parts
        parameter = definitions.search_parameters(other_type).get(code)
        if parameter is None or parameter.type != "reference":
            raise Unsupported(f"{code} of {other_type} is no reference")
        return any(
            other["resourceType"] == other_type
            and any(target is resource for target in self.targets(other, parameter))
            and self.matches_one(other, rest, value)
            for other in self.resources
        )

    def in_list(self, resource: Resource, value: str) -> bool:
        here = f"{resource['resourceType']}/{resource.get('id')}"
        for identifier in split_escaped(value, ","):
            entries = self.by_reference.get(f"List/{identifier}", {}).get("entry", ())
            if any(
                entry.get("item", {}).get("reference") == here
                for entry in entries
                if not entry.get("deleted")
            ):
                return True
        return False


def computed(item: Any) -> Element:
    """A System value that an expression computed, e.g. Patient.deceased."""
    return Element(item, type_info("boolean" if isinstance(item, bool) else "string"), None)
