"""Rules about CDA R2 documents as a table of XPath: each says where it applies, what must hold, how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from lxml import etree

from ardenne.standards.xml import hardened

_NAMESPACES = {"c": "urn:hl7-org:v3"}
_MOST = 20
"""Places told of one rule: of more the first are enough to find the cause."""


class Rule(NamedTuple):
    """One rule of the table."""

    name: str
    severity: str
    context: etree.XPath
    test: etree.XPath
    found: str
    mend: str


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Return the rules of the table, compiled."""
    text = (resources.files(__package__) / "cda_rules.tsv").read_text("utf-8")
    lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(
        Rule(
            name, severity, etree.XPath(context, namespaces=_NAMESPACES),
            etree.XPath(f"boolean({test})", namespaces=_NAMESPACES), found, mend,
        )
        for name, severity, context, test, found, mend in lines[1:]
    )  # fmt: skip


def broken(root: etree._Element) -> Iterator[tuple[Rule, str, int]]:
    """Yield each rule that a document breaks, with path and line of the place."""
    tree = root.getroottree()
    for rule in rules():
        contexts = rule.context(tree)
        nodes = (
            [one for one in contexts if isinstance(one, etree._Element)] if isinstance(contexts, list) else []
        )
        for node in [one for one in nodes if not rule.test(one)][:_MOST]:
            yield rule, readable(node), hardened.line_of(node)


def readable(node: etree._Element) -> str:
    """Return the path of an element by local names, with the place among its like where it has several."""
    steps = []
    current: etree._Element | None = node
    while current is not None:
        name = etree.QName(current).localname
        parent = current.getparent()
        like = [one for one in parent if one.tag == current.tag] if parent is not None else [current]
        steps.append(name if len(like) == 1 else f"{name}[{like.index(current) + 1}]")
        current = parent
    return "/" + "/".join(reversed(steps))
