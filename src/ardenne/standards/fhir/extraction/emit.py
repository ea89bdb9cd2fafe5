"""Python source that extracts the values of one resource type: the paths of all parameters in one tree,
so that each property is looked up once."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ardenne.standards.fhir.definitions import PRIMITIVE_TYPES, implied_system
from ardenne.standards.fhir.extraction.paths import Condition, JsonPath

_QUANTITIES = ("Quantity", "Age", "Count", "Distance", "Duration", "SimpleQuantity", "MoneyQuantity")
_DATES = ("date", "dateTime", "instant")
_URIS = ("uri", "url", "canonical", "oid", "uuid")
_TEXTS = ("string", "markdown", "code", "id", *_URIS)

# (search type, FHIR type) -> code; {p} is the parameter, {x} the value, {s} an implied system,
# {t} the type that a reference must have, {ts} all types that it may have.
_LEAVES: dict[tuple[str, str], str] = {
    ("token", "boolean"): 'tokens.append(({p}, "", "true" if {x} else "false"))',
    ("token", "Coding"): "coding(v, {p}, {x})",
    ("token", "CodeableConcept"): "concept(v, {p}, {x})",
    ("token", "Identifier"): "identifier(v, {p}, {x})",
    ("token", "ContactPoint"): "contact(v, {p}, {x})",
    ("token", "instant"): 'tokens.append(({p}, "", {x}))',
    ("string", "HumanName"): "name(v, {p}, {x})",
    ("string", "Address"): "address(v, {p}, {x})",
    ("string", "CodeableConcept"): "concept_text(v, {p}, {x})",
    ("date", "Period"): "period(v, {p}, {x})",
    ("date", "Timing"): "timing(v, {p}, {x})",
    ("number", "Range"): "number_range(v, {p}, {x})",
    ("quantity", "Money"): "money(v, {p}, {x})",
    ("quantity", "Range"): "quantity_range(v, {p}, {x})",
    ("quantity", "SampledData"): "sampled(v, {p}, {x})",
    ("reference", "Reference"): "reference(v, {p}, {x}, {t})",
    ("reference", "Resource"): "entry_resource(v, {p}, {x}, {ts})",
    ("special", "Location.position"): "position(v, {p}, {x})",
}
_LEAVES |= {("token", name): "tokens.append(({p}, {s}, {x}))" for name in _TEXTS}
_LEAVES |= {("string", name): "strings.append(({p}, {x}))" for name in _TEXTS}
_LEAVES |= {("date", name): "dates.append(({p}, *span({x})))" for name in _DATES}
_LEAVES |= {("uri", name): "uris.append(({p}, {x}))" for name in _URIS}
_LEAVES |= {("reference", name): "canonical(v, {p}, {x})" for name in _URIS}
_LEAVES |= {("quantity", name): "quantity(v, {p}, {x})" for name in _QUANTITIES}
_LEAVES |= {
    ("number", name): "numbers.append(({p}, float({x}), float({x})))"
    for name in ("integer", "positiveInt", "unsignedInt", "decimal")
}


class Leaf(NamedTuple):
    """What to do with the values at a path: a line of code with {x} for the value."""

    path: JsonPath
    code: str


def leaf_code(param: str, kind: str, path: JsonPath, targets: Sequence[str]) -> str | None:
    """The code for a parameter of a search type at a path; None when the type has no such values."""
    template = _LEAVES.get((kind, path.type))
    if template is None:
        return None
    return template.format(
        p=repr(param),
        x="{x}",
        s=repr(implied_system(path.binding) if path.type == "code" and path.binding else ""),
        t=repr(path.target),
        ts=repr(tuple(targets)),
    )


class _Node:
    """A JSON value on the way, with what happens to it and what lies below."""

    def __init__(self) -> None:
        self.lines: dict[str, None] = {}
        self.below: dict[tuple[str, bool, str], _Node] = {}
        self.when: dict[Condition, _Node] = {}
        self.primitive = False


def source(name: str, leaves: Iterable[Leaf]) -> str:
    """A function `name(r, v, root)` that puts the values of `r` (of the resource `root`) into `v`."""
    relative, absolute = _Node(), _Node()
    for leaf in leaves:
        _add(absolute if leaf.path.absolute else relative, leaf)
    body = [*_emit(relative, "r", 0), *_emit(absolute, "root", 0)]
    lists = [kind for kind in ("tokens", "strings", "dates", "numbers", "uris") if _uses(body, kind)]
    head = [f"def {name}(r, v, root):", *(f"    {kind} = v.{kind}" for kind in lists)]
    return "\n".join([*head, *body, "    return v", ""])


def _uses(body: list[str], kind: str) -> bool:
    return any(f"{kind}.append" in line for line in body)


def _add(node: _Node, leaf: Leaf) -> None:
    for segment in leaf.path.segments:
        index = next((c.name for c in segment.conditions if c.kind == "index"), "")
        node = node.below.setdefault((segment.key, segment.many, index), _Node())
        for condition in segment.conditions:
            if condition.kind != "index":
                node = node.when.setdefault(condition, _Node())
    node.primitive = leaf.path.type in PRIMITIVE_TYPES
    node.lines[leaf.code] = None


def _emit(node: _Node, x: str, depth: int) -> list[str]:
    """The lines for a value in variable `x`, indented for the body at `depth`."""
    pad = "    " * (depth + 1)
    lines = [pad + code.replace("{x}", x) for code in node.lines]
    for condition, inner in node.when.items():
        lines.append(f"{pad}if {_test(condition, x)}:")
        lines.extend(_emit(inner, x, depth + 1))
    for (key, many, index), inner in node.below.items():
        value = f"x{depth}"
        lines.append(f"{pad}{value} = {x}.get({key!r})")
        lines.append(f"{pad}if {value} is not None:")
        if many:
            chosen = f"{value}[{index}:{int(index) + 1}]" if index else value
            lines.append(f"{pad}    for y{depth} in {chosen}:")
            if inner.primitive:
                lines.append(f"{pad}        if y{depth} is not None:")
            lines.extend(_emit(inner, f"y{depth}", depth + 2 + inner.primitive))
        else:
            lines.extend(_emit(inner, value, depth + 1))
    return lines


def _test(condition: Condition, x: str) -> str:
    if condition.kind == "has-extension":
        return f"any(e.get('url') == {condition.name!r} for e in {x}.get('extension', ()))"
    return f"{x}.get({condition.name!r}) == {condition.value!r}"
