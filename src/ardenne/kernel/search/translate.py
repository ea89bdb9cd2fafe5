"""From the parameters of a query to the condition that the store evaluates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ardenne.kernel.search import catalogue, criteria, filters
from ardenne.kernel.search.catalogue import Target
from ardenne.kernel.search.errors import SearchError, UnknownParameter
from ardenne.kernel.search.query import Parameter
from ardenne.kernel.search.values import plain, prefixed, split
from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store import custom, hashing
from ardenne.kernel.store.types import NUMBERS
from ardenne.standards.fhir import definitions, extraction

_MAX_CHAIN = 8
_MAX_ALTERNATIVES = 2000


class Codes(Protocol):
    """What search needs of terminology: the codes that a modifier stands for."""

    def in_value_set(self, url: str) -> list[tuple[str, str]]:
        """Return system and code of every member. Raises LookupError with a reason."""

    def subsumed(self, system: str, code: str, *, upward: bool) -> list[tuple[str, str]]:
        """Return the code with its descendants (or ancestors). Raises LookupError with a reason."""


class Translator:
    """Translates queries. ``base`` is the server's own address, so that absolute links are understood."""

    def __init__(self, base: str = "", codes: Codes | None = None) -> None:
        self.base = base
        self._codes = codes

    def knowing(self, codes: Codes) -> Translator:
        """Return a translator that knows the codes of modifiers."""
        return Translator(self.base, codes)

    def condition(self, resource_type: str, parameters: Iterable[Parameter]) -> ask.Condition:
        """Return the condition that all parameters hold. Raises SearchError."""
        parts: list[ask.Condition] = []
        for parameter in parameters:
            found = self._parameter(resource_type, parameter, 0)
            parts.extend(found.conditions if isinstance(found, ask.All) else [found])
        return parts[0] if len(parts) == 1 else ask.All(tuple(parts))

    def _parameter(self, resource_type: str, parameter: Parameter, depth: int) -> ask.Condition:
        if depth > _MAX_CHAIN:
            raise SearchError(parameter.text, f"chains longer than {_MAX_CHAIN} steps are not answered")
        if parameter.name == "_has":
            return self._has(resource_type, parameter, depth)
        if parameter.name == "_filter":
            return filters.condition(
                parameter.value,
                lambda code: catalogue.find(resource_type, code).parameter.type,
                lambda inner: self._parameter(resource_type, inner, depth + 1),
            )
        if parameter.name == "_list":
            lists = [hashing.self_hash("List", value) for value in split(parameter.value, ",")]
            return ask.Any(tuple(ask.ListedIn(hashed) for hashed in lists))
        target = catalogue.find(resource_type, parameter.name)
        if parameter.chain:
            return self._chain(target, parameter, depth)
        kind, modifier = target.parameter.type, parameter.modifier
        if modifier not in criteria.MODIFIERS[kind]:
            allowed = ", ".join(f":{name}" for name in sorted(criteria.MODIFIERS[kind]) if name.islower())
            raise SearchError(
                parameter.text, f"':{modifier}' does not apply to a {kind}; there are {allowed}"
            )
        if modifier == "missing":
            return self._missing(target, parameter)
        alternatives = split(parameter.value, ",")
        if len(alternatives) > _MAX_ALTERNATIVES:
            raise SearchError(parameter.text, f"more than {_MAX_ALTERNATIVES} alternatives")
        found = _merge(
            [
                self._value(source, modifier, value)
                for value in alternatives
                if value
                for source in target.sources()
            ]
        )
        return ask.Not(found) if modifier in ("not", "not-in") else found

    def _value(self, target: Target, modifier: str, value: str) -> ask.Condition:
        code, kind = target.code, target.parameter.type
        if code == "_id":
            return ask.Selves((hashing.self_hash(target.resource_type, plain(value)),))
        if code == "_lastUpdated":
            comparator, text = prefixed(value)
            return ask.Updated(comparator, *criteria.date_span(code, comparator, text))
        if code in ("_text", "_content"):
            return ask.Contains(plain(value), code == "_text")
        if code == "near" and kind == "special":
            return criteria.near(target, value)
        match kind:
            case "string":
                return criteria.string(target, modifier, value)
            case "token" if modifier in ("in", "not-in", "above", "below"):
                return self._by_terminology(target, modifier, value)
            case "token":
                return criteria.token(target, "" if modifier == "not" else modifier, value)
            case "reference":
                return criteria.reference(target, modifier, value, self.base)
            case "uri":
                return criteria.uri(target, modifier, value)
            case "date":
                return criteria.date(target, value)
            case "number":
                return criteria.number(target, value)
            case "quantity":
                return criteria.quantity(target, value)
            case "composite":
                return self._composite(target, value)
        raise UnknownParameter(code, target.resource_type)

    def _missing(self, target: Target, parameter: Parameter) -> ask.Condition:
        if parameter.value not in ("true", "false"):
            raise SearchError(parameter.text, ":missing takes true or false")
        if target.others:
            asked = parameter._replace(value="false")
            any_place = ask.Any(tuple(self._missing(source, asked) for source in target.sources()))
            return ask.Not(any_place) if parameter.value == "true" else any_place
        kind = target.parameter.type
        present: ask.Condition
        if target.code in ("_id", "_lastUpdated"):
            present = ask.EVERYTHING
        elif kind in ("token", "reference", "uri"):
            mark = hashing.present_of(target.only) if target.only else hashing.PRESENT
            present = ask.Tokens((target.key ^ mark,))
        elif kind == "date":
            present = ask.AnyDate(0 if target.main_date else target.key)
        elif kind == "composite":
            parts = extraction.component_parameters(target.resource_type, target.stored)
            inner = [
                self._missing(
                    catalogue.find(target.resource_type, part.code), parameter._replace(value="false")
                )
                for part, _expression in parts
            ]
            present = ask.All(tuple(inner))
        else:
            table = {"string": "string_value", "special": "position_value"}.get(kind, "number_value")
            present = ask.AnyValue(table, target.key)
        return ask.Not(present) if parameter.value == "true" else present

    def _by_terminology(self, target: Target, modifier: str, value: str) -> ask.Condition:
        if self._codes is None:
            raise SearchError(target.code, f":{modifier} needs the terminology service", "not-supported")
        try:
            if modifier in ("in", "not-in"):
                codes = self._codes.in_value_set(plain(value))
            else:
                system, _, code = plain(value).partition("|")
                codes = self._codes.subsumed(system, code, upward=modifier == "above")
        except LookupError as error:
            raise SearchError(target.code, str(error), "not-found") from None
        return ask.Tokens(tuple(target.key ^ hashing.coded(system, code) for system, code in codes))

    def _composite(self, target: Target, value: str) -> ask.Condition:
        components = extraction.component_parameters(target.resource_type, target.stored)
        values = split(value, "$")
        if len(values) != len(components):
            raise SearchError(target.code, f"write {len(components)} values joined by '$'")
        parts = [catalogue.find(target.resource_type, found.code) for found, _expression in components]
        if catalogue.at_root(target.resource_type, target.stored):
            return ask.All(
                tuple(self._value(part, "", text) for part, text in zip(parts, values, strict=True))
            )
        return self._grouped(target, parts, values)

    def _grouped(self, target: Target, parts: list[Target], values: list[str]) -> ask.Condition:
        """Both values stand in the same repetition: the index keeps them under a joint key."""
        kinds = [part.parameter.type for part in parts]
        exact = [place for place, kind in enumerate(kinds) if kind in ("token", "reference", "uri")]
        if len(parts) > 2:
            return self._together(target, parts, values)
        hashes = [self._discrete(parts[place], values[place]) for place in exact]
        if len(exact) == 2:
            return ask.Tokens((target.key ^ hashing.composite(hashes[0], hashes[1]),))
        place = 1 - exact[0]
        key = target.key ^ hashes[0]
        match kinds[place]:
            case "quantity":
                return criteria.quantity(parts[place], values[place], key)
            case "number":
                return criteria.number(parts[place], values[place], key)
            case "date":
                return criteria.date(parts[place], values[place], key)
        folded = criteria.string(parts[place], "", values[place])
        assert isinstance(folded, ask.Strings)
        return folded._replace(key=key)

    def _together(self, target: Target, parts: list[Target], values: list[str]) -> ask.Condition:
        """One value that is equal or not, and several numbers of the same repetition."""
        base = target.key ^ self._discrete(parts[0], values[0])
        found = [
            criteria.number(part, text, hashing.composite(base, place))
            for place, (part, text) in enumerate(zip(parts[1:], values[1:], strict=True))
        ]
        return ask.NumbersTogether(tuple(found))

    def _discrete(self, target: Target, value: str) -> int:
        """Return the hash of a value without its parameter."""
        if target.parameter.type == "token":
            if split(value, "|")[1:] == [""]:
                text = f"'{value[:60]}' names a system alone: within a composite write system|code"
                raise SearchError(target.code, text, "not-supported")
            return criteria.token_hash(target, value) ^ target.key
        found = criteria.reference(target, "", value, self.base)
        if isinstance(found, ask.OwnedBy):
            return found.hashes[0]
        assert isinstance(found, ask.Tokens)
        return found.hashes[0] ^ target.key

    def _chain(self, target: Target, parameter: Parameter, depth: int) -> ask.Condition:
        if target.parameter.type != "reference":
            raise SearchError(parameter.text, f"'{target.code}' is not a reference and cannot be chained")
        allowed = [target.only] if target.only else list(target.parameter.targets)
        if "Resource" in allowed or not allowed:
            allowed = sorted(definitions.RESOURCE_TYPES)
        if parameter.modifier:
            allowed = [catalogue.check_type(parameter.modifier, parameter.text)]
        inner = _step(parameter)
        targets: list[tuple[int, ask.Condition]] = []
        for name in allowed:
            try:
                targets.append((NUMBERS[name], self._parameter(name, inner, depth + 1)))
            except UnknownParameter:
                continue
        if not targets:
            raise SearchError(parameter.text, f"none of {', '.join(allowed[:5])} has '{inner.name}'")
        owner = target.owner and allowed == ["Patient"]
        keys = tuple(source.key for source in target.sources())
        linked = ask.Refers(keys, tuple(targets), owner)
        held = custom.current().find(target.resource_type, f"{target.code}.{inner.name}")
        if held is None or inner.chain or not custom.current().is_ready(held):
            return linked
        # what the reference leads to may be contained: a custom parameter of the chain's own name finds it
        within = Parameter(held.parameter.code, inner.modifier, "", inner.value, inner.text)
        return ask.Any((linked, self._parameter(target.resource_type, within, depth + 1)))

    def _has(self, resource_type: str, parameter: Parameter, depth: int) -> ask.Condition:
        source, _, rest = parameter.chain.partition(":")
        reference, _, remaining = rest.partition(":")
        if not source or not reference or not remaining:
            raise SearchError(parameter.text, "write _has:Type:reference:parameter=value")
        catalogue.check_type(source, parameter.text)
        target = catalogue.find(source, reference)
        if target.parameter.type != "reference":
            raise SearchError(parameter.text, f"'{reference}' of {source} is not a reference")
        inner = self._parameter(source, _inner(remaining, parameter), depth + 1)
        owner = target.owner and resource_type == "Patient"
        return ask.ReferredBy(target.key, NUMBERS[source], inner, owner)


def _step(parameter: Parameter) -> Parameter:
    """Return what a chain asks of the resource that the reference leads to."""
    return _inner(parameter.chain, parameter)


def _inner(text: str, outer: Parameter) -> Parameter:
    if text.startswith("_has:"):
        return Parameter("_has", "", text[5:], outer.value, outer.text)
    head, _, chain = text.partition(".")
    name, _, modifier = head.partition(":")
    return Parameter(name, modifier, chain, outer.value, outer.text)


def _merge(found: list[ask.Condition]) -> ask.Condition:
    """Join alternatives; those of one kind become one look-up in the index."""
    if len(found) == 1:
        return found[0]
    if found and all(isinstance(part, ask.Tokens) for part in found):
        hashes = [hashed for part in found if isinstance(part, ask.Tokens) for hashed in part.hashes]
        return ask.Tokens(tuple(dict.fromkeys(hashes)))
    if found and all(isinstance(part, ask.Selves) for part in found):
        return ask.Selves(tuple(part.hashes[0] for part in found if isinstance(part, ask.Selves)))
    if found and all(isinstance(part, ask.OwnedBy) for part in found):
        return ask.OwnedBy(
            tuple(hashed for part in found if isinstance(part, ask.OwnedBy) for hashed in part.hashes)
        )
    return ask.Any(tuple(found))
