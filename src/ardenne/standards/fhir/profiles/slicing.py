"""Which slice a value belongs to (FHIR R4, ElementDefinition.slicing)."""

from typing import Any, Protocol

from ardenne.standards.fhir.definitions import is_subtype
from ardenne.standards.fhir.profiles.context import Context
from ardenne.standards.fhir.profiles.items import Item, at, children, steps
from ardenne.standards.fhir.profiles.matching import equals, matches
from ardenne.standards.fhir.profiles.tree import Node
from ardenne.standards.fhir.validator.invariants import Scene
from ardenne.standards.fhir.validator.report import Report

Json = dict[str, Any]


class Checking(Protocol):
    """What slices ask of the check that they are part of."""

    context: Context
    scene: Scene
    resolver: Any

    def check(self, item: Item, url: str, report: Report) -> bool:
        """Check a value against a profile by URL."""


class Slicer:
    """The slices of one element."""

    def __init__(self, node: Node, conformance: Checking) -> None:
        self.node = node
        self.conformance = conformance
        slicing = node.element.get("slicing", {})
        self.closed = slicing.get("rules") == "closed"
        self.discriminators: list[Json] = slicing.get("discriminator", [])
        if not self.discriminators and node.name.endswith("[x]"):
            self.discriminators = [{"type": "type", "path": "$this"}]
        if not self.discriminators and node.name in ("extension", "modifierExtension"):
            self.discriminators = [{"type": "value", "path": "url"}]

    def slice_of(self, item: Item) -> str | None:
        """The name of the slice, None for none."""
        for name, piece in self.node.slices.items():
            if self.discriminators:
                if all(self._discriminates(item, piece, each) for each in self.discriminators):
                    return name
            elif self._fits(item, piece):
                return name
        return None

    def _discriminates(self, item: Item, piece: Node, discriminator: Json) -> bool:
        path = discriminator.get("path", "$this")
        nodes, items = self._nodes(piece, path), self._items(item, path)
        match discriminator.get("type"):
            case "exists":
                return self._exists(items, nodes)
            case "type":
                return any(self._of_type(one, node) for one in items for node in nodes)
            case "profile":
                return any(self._of_profile(one, node) for one in items for node in nodes)
        url = _profile_url(piece, path)
        if url is not None:
            return any(one.value == url for one in items)
        return any(self._fits(one, node) for one in items for node in nodes)

    def _items(self, item: Item, path: str) -> list[Item]:
        before, resolving, after = path.partition("resolve()")
        found = at(item, before.rstrip(".") or "$this")
        if not resolving:
            return found
        resolver = self.conformance.resolver
        if resolver is None:
            return []
        resolved = []
        for one in found:
            literal = one.value.get("reference") if type(one.value) is dict else None
            target = resolver(literal, self.conformance.scene.resource)
            if target is not None:
                resolved.append(Item(target, None, target["resourceType"], one.place))
        return [inner for one in resolved for inner in at(one, after.lstrip(".") or "$this")]

    def _nodes(self, piece: Node, path: str) -> list[Node]:
        """What the slice says about the place of a discriminator."""
        nodes = [piece]
        for step in steps(path):
            if step in ("$this", "resolve()") or step.startswith("ofType("):
                continue
            name = "extension" if step.startswith("extension(") else step
            found = [node.children.get(name) or node.children.get(name + "[x]") for node in nodes]
            inner = [node for node in found if node is not None]
            nodes = [each for node in inner for each in (*node.slices.values(), node)] if inner else []
        return nodes

    def _exists(self, items: list[Item], nodes: list[Node]) -> bool:
        if any(node.max == 0 for node in nodes):
            return not items
        return bool(items) or not any(node.min > 0 for node in nodes)

    def _of_type(self, item: Item, node: Node) -> bool:
        codes = [entry["code"] for entry in node.types]
        targets = [url.rpartition("/")[2] for e in node.types for url in e.get("targetProfile", ())]
        return any(is_subtype(item.type, code) for code in (*codes, *targets))

    def _of_profile(self, item: Item, node: Node) -> bool:
        urls = [url for e in node.types for key in ("profile", "targetProfile") for url in e.get(key, ())]
        for url in urls:
            attempt = Report()
            if self.conformance.check(item, url, attempt) and not any(issue.failed for issue in attempt):
                return True
        return False

    def _fits(self, item: Item, node: Node) -> bool:
        """Whether the value has what the node states, itself or within. A node that states nothing fits nothing."""
        return self._judged(item, node) is True

    def _judged(self, item: Item, node: Node) -> bool | None:
        has_fixed, fixed = node.fixed
        if has_fixed:
            return equals(item.value, fixed)
        has_pattern, pattern = node.pattern
        if has_pattern:
            return matches(item.value, pattern)
        binding = node.element.get("binding", {})
        verdicts = [self._judged_children(item, child) for child in node.children.values()]
        stated = [verdict for verdict in verdicts if verdict is not None]
        if stated:
            return all(stated)
        if binding.get("strength") == "required" and "valueSet" in binding:
            return self._member(item, binding["valueSet"])
        return None

    def _judged_children(self, item: Item, child: Node) -> bool | None:
        """Some value of a child must fit, when the child states anything and has to be there."""
        pieces = [piece for piece in child.slices.values() if piece.min > 0] or [child]
        found = children(item, child.name)
        verdicts = []
        for piece in pieces:
            judged = [self._judged(one, piece) for one in found]
            if any(verdict is not None for verdict in judged):
                verdicts.append(True in judged)
            elif not found and _states(piece):
                verdicts.append(False)
        return all(verdicts) if verdicts else None

    def _member(self, item: Item, value_set: str) -> bool | None:
        codes = self.conformance.context.codes
        if isinstance(item.value, str):
            return codes.member(value_set, "", item.value)
        if not isinstance(item.value, dict):
            return False
        codings = item.value.get("coding", [item.value])
        pairs = [(c.get("system", ""), c.get("code", "")) for c in codings if isinstance(c, dict)]
        verdicts = [codes.member(value_set, system, code) for system, code in pairs]
        return True in verdicts


def _states(node: Node) -> bool:
    """Whether a node or anything below it that must be there fixes a value."""
    return any(each.fixed[0] or each.pattern[0] for each in node.descendants()) and node.min > 0


def _profile_url(piece: Node, path: str) -> str | None:
    """The URL of an extension slice, which its profile fixes."""
    if path != "url":
        return None
    for entry in piece.types:
        for url in entry.get("profile", ()):
            return str(url).partition("|")[0]
    return None
