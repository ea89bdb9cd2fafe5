"""A value against a profile: cardinality, slices, types, fixed values and patterns, bindings, invariants,
profiles of types and of referenced resources (FHIR R4, Profiling; ElementDefinition)."""

from decimal import Decimal
from functools import lru_cache
from typing import Any

from ardenne.standards.fhir.definitions import Constraint, is_subtype, structure
from ardenne.standards.fhir.profiles.bindings import check_binding
from ardenne.standards.fhir.profiles.context import Context, Json
from ardenne.standards.fhir.profiles.items import Item, children
from ardenne.standards.fhir.profiles.matching import equals, matches
from ardenne.standards.fhir.profiles.slicing import Slicer
from ardenne.standards.fhir.profiles.snapshot import SnapshotError, snapshot
from ardenne.standards.fhir.profiles.tree import Node, build
from ardenne.standards.fhir.validator.invariants import Scene, evaluate, invariant
from ardenne.standards.fhir.validator.report import Place, Report, shown

PREFIX = "http://hl7.org/fhir/StructureDefinition/"
_DEEPEST = 12  # profiles within profiles


class Conformance:
    """Checks values of one resource against profiles; `resolve` finds referenced resources."""

    def __init__(self, context: Context, scene: Scene, resolver: Any = None, depth: int = 0) -> None:
        self.context = context
        self.scene = scene
        self.resolver = resolver
        self.depth = depth

    def check(self, item: Item, url: str, report: Report) -> bool:
        """Check a value against a profile by URL. False when the profile is not known or not usable here."""
        root = self.tree(url, item.place, report)
        if root is None or self.depth > _DEEPEST:
            return False
        kind = root.name
        if item.type != kind and not is_subtype(item.type, kind):
            message = f"The profile {url} is for {kind}, but this is {item.type}. Use another profile."
            report.add("structure", item.place, message, "profile-type")
            return True
        self._content(item, root, report)
        self._invariants(item, root, report)
        return True

    def tree(self, url: str, place: Place, report: Report) -> Node | None:
        """The tree of a profile's snapshot; None, with a report, when it cannot be made."""
        profile = self.context.structure(url)
        if profile is None:
            return None
        try:
            return _tree_of(_Key(profile, self.context))
        except SnapshotError as error:
            report.add(
                "processing", place, f"The profile {url} cannot be used: {error}.", "snapshot", "warning"
            )
            return None

    def _content(self, item: Item, node: Node, report: Report) -> None:
        """What lies within a value."""
        for name, child in node.children.items():
            if name in ("id", "contained") and not child.slices:
                continue
            found = children(item, name)
            self._cardinality(found, child, item.place, name, report)
            chosen = self._slices(found, child, item.place, report) if child.slices else {}
            for one in found:
                self._value(one, child, report)
                if one.place in chosen:
                    self._value(one, chosen[one.place], report)

    def _cardinality(self, found: list[Item], node: Node, place: Place, name: str, report: Report) -> None:
        where = f"'{node.slice_name}' of {name}" if node.slice_name else f"'{name}'"
        if len(found) < node.min:
            message = (
                f"The profile asks for at least {node.min} {where}, found {len(found)}. Add what is missing."
            )
            report.add("required", place, message, "profile-cardinality")
        if node.max is not None and len(found) > node.max:
            message = f"The profile allows at most {node.max} {where}, found {len(found)}. Remove the others."
            report.add("structure", place, message, "profile-cardinality")

    def _slices(self, found: list[Item], node: Node, place: Place, report: Report) -> dict[Place, Node]:
        """Which value belongs to which slice; slices are counted."""
        slicer = Slicer(node, self)
        groups: dict[str, list[Item]] = {name: [] for name in node.slices}
        chosen: dict[Place, Node] = {}
        for one in found:
            name = slicer.slice_of(one)
            if name is not None:
                groups[name].append(one)
                chosen[one.place] = node.slices[name]
            elif slicer.closed:
                message = (
                    f"The value fits none of the slices {', '.join(node.slices)}, and others are not allowed."
                )
                report.add("structure", one.place, message, "slice")
        for name, items in groups.items():
            self._cardinality(items, node.slices[name], place, node.name, report)
        return chosen

    def _value(self, item: Item, node: Node, report: Report) -> None:
        """One value against its element."""
        self._stated(item, node, report)
        if not self._typed(item, node, report):
            return
        self._bound(item, node, report)
        self._limits(item, node, report)
        self._invariants(item, node, report)
        self._type_profiles(item, node, report)
        self._targets(item, node, report)
        if node.children:
            self._content(item, node, report)

    def _stated(self, item: Item, node: Node, report: Report) -> None:
        has_fixed, fixed = node.fixed
        if has_fixed and not equals(item.value, fixed):
            message = f"Found {shown(item.value)}, but the profile fixes the value to {_json(fixed)}."
            report.add("value", item.place, message, "fixed")
        has_pattern, pattern = node.pattern
        if has_pattern and not matches(item.value, pattern):
            message = f"Found {shown(item.value)}, but the profile asks for {_json(pattern)} in it."
            report.add("value", item.place, message, "pattern")

    def _typed(self, item: Item, node: Node, report: Report) -> bool:
        codes = [
            entry["code"] for entry in node.types if not entry["code"].startswith("http://hl7.org/fhirpath/")
        ]
        if not codes or "." in item.type or any(is_subtype(item.type, code) for code in codes):
            return True
        if node.types and len(codes) < len(node.types):
            return True
        message = f"Found {item.type}, but the profile allows {', '.join(codes)}. Use one of these types."
        report.add("structure", item.place, message, "profile-type")
        return False

    def _bound(self, item: Item, node: Node, report: Report) -> None:
        binding = node.element.get("binding", {})
        value_set, strength = binding.get("valueSet", ""), binding.get("strength", "")
        known = item.element
        if known and known.binding == value_set.partition("|")[0] and known.strength == strength:
            return
        check_binding(item.value, item.type, value_set, strength, self.context.codes, item.place, report)

    def _limits(self, item: Item, node: Node, report: Report) -> None:
        longest = node.element.get("maxLength")
        if longest is not None and isinstance(item.value, str) and len(item.value) > longest:
            message = f"The text has {len(item.value)} characters, the profile allows {longest}. Shorten it."
            report.add("value", item.place, message, "max-length")
        for key, word, wrong in (("minValue", "at least", -1), ("maxValue", "at most", 1)):
            limit = next((v for k, v in node.element.items() if k.startswith(key) and k != key), None)
            if _order(item.value, limit) == wrong:
                message = f"Found {shown(item.value)}, the profile asks for {word} {shown(limit)}."
                report.add("value", item.place, message, "limit")

    def _invariants(self, item: Item, node: Node, report: Report) -> None:
        known = {constraint.key for constraint in item.element.constraints} if item.element else set()
        known |= _type_keys(item.type)
        if item.value is None:
            return
        for entry in node.element.get("constraint", ()):
            if entry.get("key") in known:
                continue
            rule = Constraint(
                key=entry.get("key", ""),
                severity=entry.get("severity", "error"),
                human=entry.get("human", ""),
                expression=entry.get("expression", ""),
            )
            ready = invariant(rule)
            if ready is not None:
                evaluate(ready, item.value, item.type, item.place, self.scene, report)

    def _type_profiles(self, item: Item, node: Node, report: Report) -> None:
        """A value must meet one of the profiles that its type is given with."""
        wanted = [
            url
            for entry in node.types
            if is_subtype(item.type, entry["code"])
            for url in entry.get("profile", ())
        ]
        if not wanted or item.type == "Extension" or item.value is None:
            return
        inner = Conformance(self.context, self._scene_of(item), self.resolver, self.depth + 1)
        reports = []
        for url in wanted:
            attempt = Report()
            if not inner.check(item, url, attempt):
                return
            if not any(issue.failed for issue in attempt):
                return
            reports.append(attempt)
        report.extend(reports[0])
        if len(wanted) > 1:
            message = f"The value meets none of the profiles {', '.join(wanted)}; the problems are those of the first."
            report.add("structure", item.place, message, "type-profile")

    def _scene_of(self, item: Item) -> Scene:
        if type(item.value) is dict and "resourceType" in item.value:
            return self.scene._replace(resource=item.value)
        return self.scene

    def _targets(self, item: Item, node: Node, report: Report) -> None:
        """A reference must lead to a resource of an allowed type, and of an allowed profile."""
        wanted = [
            url
            for entry in node.types
            if entry["code"] == "Reference"
            for url in entry.get("targetProfile", ())
        ]
        if item.type != "Reference" or not wanted or self.resolver is None or type(item.value) is not dict:
            return
        target = self.resolver(item.value.get("reference"), self.scene.resource)
        if target is None:
            return
        kind = target.get("resourceType", "")
        special = [url for url in wanted if url.removeprefix(PREFIX) not in ("Resource", kind)]
        if len(special) < len(wanted):
            return
        self._target_profiles(target, kind, special, item.place, report)

    def _target_profiles(
        self, target: Json, kind: str, wanted: list[str], place: Place, report: Report
    ) -> None:
        inner = Conformance(self.context, self.scene._replace(resource=target), self.resolver, self.depth + 1)
        for url in wanted:
            profile = self.context.structure(url)
            if profile is None:
                return  # not known here, so not judged
            attempt = Report()
            item = Item(target, None, kind, ((), kind))
            suits = profile.get("type") == kind and inner.check(item, url, attempt)
            if suits and not any(issue.failed for issue in attempt):
                return
        message = f"The {kind} referred to meets none of the profiles {', '.join(wanted)}."
        report.add("structure", place, message, "reference-profile")


class _Key:
    """A profile with its context, equal to others by URL and version, so that trees can be kept."""

    def __init__(self, profile: Json, context: Context) -> None:
        self.profile = profile
        self.context = context
        self.key = (profile.get("url"), profile.get("version"), id(context.structure))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Key) or other.key != self.key:
            return False
        return other.profile is self.profile or other.profile == self.profile


@lru_cache(maxsize=256)
def _tree_of(key: _Key) -> Node:
    return build(snapshot(key.profile, key.context.structure))


@lru_cache(maxsize=1024)
def _type_keys(type_name: str) -> frozenset[str]:
    try:
        return frozenset(constraint.key for constraint in structure(type_name).root.constraints)
    except KeyError:
        return frozenset()


def _order(value: Any, limit: Any) -> int:
    """-1, 0 or 1 as a value is below, at or above a limit; 0 when they cannot be compared."""
    numbers = (int, float, Decimal)
    comparable = isinstance(value, str) and isinstance(limit, str)
    comparable = comparable or (isinstance(value, numbers) and isinstance(limit, numbers))
    return int(value > limit) - int(value < limit) if comparable else 0


def _json(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 200 else text[:197] + "..."
