"""Stored queries (ITI TF-2 3.18): reading what is asked, and judging whether an object answers it (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from lxml import etree

from ardenne.standards.xds import names, times
from ardenne.standards.xds.errors import Code, refuse
from ardenne.standards.xds.reading import values_of
from ardenne.standards.xds.values import Metadata

_VALUE = re.compile(r"\s*(?:'((?:[^']|'')*)'|([^\s',()]+))\s*(,|$)")
_RIM = f"{{{names.RIM}}}"
_QUERY = f"{{{names.QUERY}}}"
_FORMATS = {
    "FindPrescriptions": "urn:ihe:pharm:pre:2010",
    "FindDispenses": "urn:ihe:pharm:dis:2010",
    "FindMedicationList": "urn:ihe:pharm:pml:2013",
}
Values = tuple[tuple[str, ...], ...]
"""Alternatives that must all be met: of each one value."""


class Parameter(NamedTuple):
    """What a parameter of a query allows."""

    required: bool
    several: bool
    twice: bool


class StoredQuery(NamedTuple):
    """One stored query."""

    id: str
    name: str
    returns: str
    one_of: tuple[str, ...]
    parameters: Mapping[str, Parameter]


class Question(NamedTuple):
    """What a client asks. ``leaves``: whole objects rather than their ids; ``home``: the community that is meant."""

    query: StoredQuery
    values: Mapping[str, Values]
    leaves: bool
    home: str

    def all(self, name: str) -> list[str]:
        """Return every value of a parameter."""
        return [value for alternatives in self.values.get(name, ()) for value in alternatives]

    def one(self, name: str) -> str:
        """Return the value of a parameter, empty when it was not sent."""
        return next(iter(self.all(name)), "")


@lru_cache(maxsize=1)
def stored_queries() -> Mapping[str, StoredQuery]:
    """Return the queries by id (``urn:uuid:…``)."""
    found = {}
    every = [
        (row[0], row[1]) for row in _table("document_parameters.tsv") if row[0].startswith("XDSDocument")
    ]
    shared = " ".join(name + marks for name, marks in every if name != "XDSDocumentEntryStatus")
    for number, name, returns, one_of, text in _table("stored_queries.tsv"):
        parameters: dict[str, Parameter] = {}
        for word in text.replace("@document", shared).split():
            bare = word.rstrip("!*&")
            marks = word[len(bare) :]
            parameters.setdefault(bare, Parameter("!" in marks, "*" in marks, "&" in marks))
        found[f"urn:uuid:{number}"] = StoredQuery(
            f"urn:uuid:{number}", name, returns, tuple(one_of.split()), parameters
        )
    return found


@lru_cache(maxsize=1)
def _filters() -> Mapping[str, tuple[str, str]]:
    return {row[0]: (row[2], row[3]) for row in _table("document_parameters.tsv")}


def _table(name: str) -> list[list[str]]:
    text = (resources.files(__package__) / "data" / name).read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [line.split("\t") for line in lines[1:]]


def read(node: etree._Element) -> Question:
    """Return the question in an AdhocQueryRequest. Raises errors.Refused."""
    asked = node.find(f"{_RIM}AdhocQuery")
    if node.tag != f"{_QUERY}AdhocQueryRequest" or asked is None:
        raise refuse(Code.REGISTRY, "send an AdhocQueryRequest with one AdhocQuery")
    query_id = str(asked.get("id", "")).strip()
    query = stored_queries().get(query_id)
    if query is None:
        raise refuse(Code.UNKNOWN_QUERY, f"there is no stored query {query_id[:60]}", "AdhocQuery/@id")
    option = node.find(f"{_QUERY}ResponseOption")
    kind = str(option.get("returnType", "ObjectRef")) if option is not None else "ObjectRef"
    if kind not in ("ObjectRef", "LeafClass", "LeafClassWithRepositoryItem"):
        raise refuse(Code.REGISTRY, f"the returnType {kind[:40]} is not known: ObjectRef or LeafClass")
    values: dict[str, Values] = {}
    for slot in asked.findall(f"{_RIM}Slot"):
        name = str(slot.get("name", "")).removeprefix("$")
        read_values = tuple(one for text in values_of(slot) for one in _values(name, text))
        values[name] = (*values.get(name, ()), read_values)
    _check(query, values)
    return Question(query, values, kind != "ObjectRef", str(asked.get("home", "")))


def _values(name: str, text: str) -> list[str]:
    """Return the values in ``'a'``, ``('a', 'b')`` or ``20040101`` (ITI TF-2 3.18.4.1.2.3.5)."""
    inner = text.strip()
    if inner.startswith("(") and inner.endswith(")"):
        inner = inner[1:-1]
    found: list[str] = []
    position = 0
    while position < len(inner):
        match = _VALUE.match(inner, position)
        if match is None or (match[3] == "" and match.end() < len(inner)):
            raise refuse(
                Code.REGISTRY,
                f"the value of ${name} cannot be read: write 'text', ('text', 'text') or a number; "
                "an apostrophe inside is written twice",
                f"${name}",
            )
        found.append(match[1].replace("''", "'") if match[1] is not None else match[2])
        position = match.end()
    return found


def _check(query: StoredQuery, values: Mapping[str, Values]) -> None:
    for name, rule in query.parameters.items():
        given = values.get(name, ())
        count = sum(len(alternatives) for alternatives in given)
        if rule.required and not count:
            raise refuse(Code.PARAMETER_MISSING, f"{query.name} needs the parameter ${name}", f"${name}")
        if count > 1 and not rule.several:
            raise refuse(Code.PARAMETER_NUMBER, f"${name} takes one value, {count} were sent", f"${name}")
        if len(given) > 1 and not rule.twice:
            raise refuse(Code.PARAMETER_NUMBER, f"${name} may stand once, with all its values", f"${name}")
        how, _attribute = _filters().get(name, ("", ""))
        for value in (value for alternatives in given for value in alternatives):
            if how in ("from", "to") and not times.is_dtm(value):
                raise refuse(Code.REGISTRY, f"${name} is no time as YYYYMMDDhhmmss", f"${name}")
            if how == "code" and not _coded(value)[1]:
                raise refuse(
                    Code.REGISTRY, f"${name} needs code and coding scheme: 'code^^scheme'", f"${name}"
                )
    if query.one_of:
        sent = [name for name in query.one_of if any(values.get(name, ()))]
        if not sent:
            raise refuse(
                Code.PARAMETER_MISSING, f"{query.name} needs one of ${', $'.join(query.one_of)}", "AdhocQuery"
            )
        if len(sent) > 1:
            raise refuse(
                Code.PARAMETER_NUMBER, f"{query.name} takes only one of ${', $'.join(sent)}", "AdhocQuery"
            )


def _coded(value: str) -> tuple[str, str]:
    code, _, scheme = value.partition("^^")
    return code, scheme


def answers(found: Metadata, question: Question) -> bool:
    """Tell whether an object meets every condition of a question about objects of its kind."""
    prefix = found.kind.name
    for name, alternatives in question.values.items():
        how, attribute = _filters().get(name, ("", ""))
        if (
            how
            and name.startswith(prefix)
            and not all(_meets(found, how, attribute, one) for one in alternatives)
        ):
            return False
    if found.kind is names.DOCUMENT:
        if (
            "XDSDocumentEntryType" not in question.values
            and _finds(question)
            and found.object_type != names.STABLE
        ):
            return False
        wanted = _FORMATS.get(question.query.name)
        if wanted and wanted not in {code.code for code in found.codes.get("formatCode", ())}:
            return False
    return True


def _finds(question: Question) -> bool:
    """Queries that search show stable documents unless asked for others (ITI TF-2 3.18.4.1.2.3.6.2)."""
    return question.query.name.startswith(("Find", "GetAll"))


def _meets(found: Metadata, how: str, attribute: str, values: tuple[str, ...]) -> bool:
    match how:
        case "code":
            own = {(code.code, code.scheme) for code in found.codes.get(attribute, ())}
            return any(_coded(value) in own for value in values)
        case "from" | "to":
            return _in_time(found.slot(attribute), how, values)
        case "author":
            people = [author.person for author in found.authors]
            return any(_like(value).fullmatch(person) for value in values for person in people)
        case "slot":
            return bool(set(values) & set(found.slots.get(attribute, ())))
        case "identifier":
            return found.identifiers.get(attribute, "") in values
        case "type":
            return found.object_type in values
        case "status":
            return found.status in values
    raise AssertionError(how)


def _in_time(own: str, how: str, values: tuple[str, ...]) -> bool:
    if not values:
        return True
    if not times.is_dtm(own):
        return False
    moment, limit = times.span(own)[0], times.span(values[0])[0]
    return moment >= limit if how == "from" else moment < limit


@lru_cache(maxsize=256)
def _like(pattern: str) -> re.Pattern[str]:
    """Return a LIKE pattern of SQL (% any text, _ one sign) as an expression."""
    signs = {"%": ".*", "_": "."}
    return re.compile("".join(signs.get(sign, re.escape(sign)) for sign in pattern), re.DOTALL)
