"""Running a search: one statement for page, includes and total."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from ardenne.kernel.search import catalogue, cursor
from ardenne.kernel.search.codes import CodesWanted, KnownCodes, Pairs, Wanted
from ardenne.kernel.search.errors import NotIndexedYet, SearchError, UnknownParameter
from ardenne.kernel.search.query import IncludeText, Parameter, Query
from ardenne.kernel.search.translate import Codes, Translator
from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store import custom
from ardenne.kernel.store import definitions as definitions_of_node
from ardenne.kernel.store import selection as select
from ardenne.kernel.store.database import Connection, Database
from ardenne.kernel.store.types import NAMES, NUMBERS
from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.outcome import Issue

TOTAL_CAP = 1000
"""Without ``_total`` matches are counted up to this number; beyond it the total is left out."""

_MAX_INCLUDED = 5000
_MAX_ROUNDS = 8
_MAX_LOOK_UPS = 20
_SIMPLE_PATH = re.compile(r"[A-Z]\w+((?:\.\w+)+)")
_SORT_LEAF = {
    "CodeableConcept": ".coding[*].code",
    "Coding": ".code",
    "Identifier": ".value",
    "Reference": ".reference",
    "ContactPoint": ".value",
}


class Row(NamedTuple):
    """One resource of a page."""

    resource_type: str
    resource_id: str
    version: int
    updated: int
    body: bytes
    patient: int | None = None
    """Hash of the patient whom it belongs to."""


class Page(NamedTuple):
    """The answer to a search."""

    matches: list[Row]
    included: list[Row]
    total: int | None
    next_cursor: str
    issues: list[Issue]
    holds: bool = True
    """Whether what the question was narrowed by still stood: else an empty answer means nothing."""


class Terminology(Protocol):
    """What the searcher asks for the codes of modifiers."""

    async def look_up(self, wanted: Wanted, connection: Connection | None = None) -> Pairs | LookupError:
        """Return the codes, or the reason why there are none."""


class Searcher:
    """Answers searches from one database. Without ``terminology``, :in and its like are refused."""

    def __init__(
        self, database: Database, translator: Translator, terminology: Terminology | None = None
    ) -> None:
        self.database = database
        self.translator = translator
        self.terminology = terminology

    def guard(self) -> ask.Condition | None:
        """Return what must hold for every row that a search touches; None: nothing."""
        return None

    def caller_key(self) -> str:
        """Return what ties the links of a page to whom they were given; empty: to nobody."""
        return ""

    async def search(
        self,
        types: Sequence[str],
        query: Query,
        *,
        strict: bool = False,
        within: ask.Condition | None = None,
        connection: Connection | None = None,
    ) -> Page:
        """Return one page. ``within`` is a condition that every match must fulfil (compartment, policy).

        Raises SearchError; an unknown parameter is an error only when ``strict``.
        """
        planned, issues = await self._planned(types, query, strict, within, connection)
        selection = await self.narrowed(planned) if connection is None else planned
        page = await self._answered(selection, query, types, issues, connection)
        if not page.holds and not page.matches and not page.total:
            self.widen(planned)
            page = await self._answered(planned, query, types, issues, connection)
        return page

    async def newest(self, types: Sequence[str], within: ask.Condition, limit: int) -> list[Row]:
        """Return the newest ``limit`` resources of each type within a condition, by one question."""
        query = Query(page_size=limit, total="none")
        planned, _issues = await self._planned(types, query, True, within, None)
        planned = planned._replace(limit=limit, each=True)
        selection = await self.narrowed(planned)
        rows = await self._fetch(select.page(selection), None)
        if rows[0]["pk"] is None and selection.standing is not None and not rows[0]["holds"]:
            self.widen(planned)
            rows = await self._fetch(select.page(planned), None)
        return _rows([row for row in rows if row["pk"] is not None], 1)

    async def narrowed(self, selection: select.Selection) -> select.Selection:
        """Return the selection with a simpler guard where there is one: it may find nothing in place of everything."""
        return selection

    def widen(self, selection: select.Selection) -> None:
        """Forget what a selection was narrowed by."""

    async def _answered(
        self,
        selection: select.Selection,
        query: Query,
        types: Sequence[str],
        issues: list[Issue],
        connection: Connection | None,
    ) -> Page:
        if query.summary == "count" or query.page_size == 0:
            statement = select.count(selection._replace(total_cap=0))
            rows = await self._fetch(statement, connection)
            return Page([], [], rows[0][0], "", issues, selection.standing is None)
        if any(include.iterate for include in selection.includes) and connection is None:
            async with self.database.transaction("repeatable_read") as own:
                return await self._page(selection, query, types, issues, own)
        return await self._page(selection, query, types, issues, connection)

    async def identities(
        self, resource_type: str, query: Query, limit: int, connection: Connection
    ) -> list[tuple[str, int]]:
        """Return id and version of at most ``limit`` matches, for conditional interactions."""
        chosen, _issues = await self._planned([resource_type], query, True, None, connection)
        rows = await self._fetch(select.identities(chosen._replace(limit=limit)), connection)
        return [(row[1], row[2]) for row in rows]

    async def _planned(
        self,
        types: Sequence[str],
        query: Query,
        strict: bool,
        within: ask.Condition | None,
        connection: Connection | None,
    ) -> tuple[select.Selection, list[Issue]]:
        """Plan; what the database knows of custom and unknown parameters is learnt before."""
        if not custom.current().empty and custom.current().mentioned(query.text):
            await self._learn(connection)
        error: SearchError | None = None
        issues: list[Issue] = []
        try:
            selection, issues = await self._with_codes(types, query, strict, within, connection)
            if not issues:
                return selection, issues
        except (UnknownParameter, NotIndexedYet) as found:
            error = found
        before = custom.current()
        await self._learn(connection)
        if custom.current() is not before:
            return await self._with_codes(types, query, strict, within, connection)
        if error is not None:
            raise error
        return selection, issues

    async def _learn(self, connection: Connection | None) -> None:
        if connection is not None:
            await definitions_of_node.refresh(connection)
            return
        async with self.database.connection() as own:
            await definitions_of_node.refresh(own)

    async def _with_codes(
        self,
        types: Sequence[str],
        query: Query,
        strict: bool,
        within: ask.Condition | None,
        connection: Connection | None,
    ) -> tuple[select.Selection, list[Issue]]:
        """Plan, after looking up the codes that modifiers stand for."""
        known: dict[Wanted, Pairs | LookupError] = {}
        while True:
            try:
                codes = KnownCodes(known) if self.terminology is not None else None
                return self.plan(types, query, strict=strict, within=within, codes=codes)
            except CodesWanted as error:
                if self.terminology is None or len(known) >= _MAX_LOOK_UPS:
                    raise
                known[error.wanted] = await self.terminology.look_up(error.wanted, connection)

    def plan(
        self,
        types: Sequence[str],
        query: Query,
        *,
        strict: bool,
        within: ask.Condition | None = None,
        codes: Codes | None = None,
    ) -> tuple[select.Selection, list[Issue]]:
        """Return what the store should select, and what was left out of the question.

        ``codes`` are those that modifiers stand for. Raises SearchError, CodesWanted.
        """
        issues: list[Issue] = []
        parts = []
        translator = self.translator if codes is None else self.translator.knowing(codes)
        for name, condition in _conditions(translator, types, query.parameters, issues, strict):
            if within is not None:
                inner = condition.conditions if isinstance(condition, ask.All) else (condition,)
                condition = ask.All((within, *inner))
            parts.append((NUMBERS[name], condition))
        if query.contained in ("true", "both"):
            if within is not None:
                raise SearchError("_contained", "it is not answered within a compartment", "not-supported")
            parts = _with_contained(parts, query)
        sorts = self._sorts(types, query, issues, strict)
        after = None
        if query.cursor:
            after = cursor.decode(query.cursor, self._fingerprint(query, types), len(sorts))
        cap = {"accurate": 0, "estimate": 0, "none": None}.get(query.total, TOTAL_CAP)
        if query.cursor and not query.total:
            cap = None
        includes = tuple(found for text in query.includes for found in self._include(text))
        limit = query.page_size + 1
        return select.Selection(tuple(parts), sorts, limit, after, includes, cap, self.guard()), issues

    def _fingerprint(self, query: Query, types: Sequence[str]) -> str:
        return cursor.fingerprint(query.pairs, f"{self.caller_key()};{','.join(types)}")

    def _sorts(
        self, types: Sequence[str], query: Query, issues: list[Issue], strict: bool
    ) -> tuple[select.Sort, ...]:
        sorts = []
        for name, descending in query.sorts:
            try:
                sorts.append(_sort(types, name, descending))
            except UnknownParameter as error:
                if strict:
                    raise
                issues.append(_left_out(error))
        return tuple(sorts) or select.NEWEST_FIRST

    def _include(self, text: IncludeText) -> list[select.Include]:
        if text.parameter == "*" and not text.source:
            return [select.Include(False, 0, 0, 0, False, text.iterate)]
        catalogue.check_type(text.source, text.text)
        source = NUMBERS[text.source]
        if text.parameter == "*":
            if not text.reverse:
                return [select.Include(False, source, 0, 0, False, text.iterate)]
            names = [
                code
                for code, parameter in definitions.search_parameters(text.source).items()
                if parameter.type == "reference"
            ]
            names += [
                one.parameter.code
                for one in custom.current().of(text.source)
                if one.parameter.type == "reference" and custom.current().is_ready(one)
            ]
        else:
            names = [text.parameter]
        found = []
        for name in names:
            target = catalogue.find(text.source, name)
            if target.parameter.type != "reference":
                raise SearchError(text.text, f"'{name}' of {text.source} is not a reference")
            only = text.target or target.only
            number = NUMBERS[catalogue.check_type(only, text.text)] if only else 0
            owner = text.reverse and target.owner and only == "Patient"
            found.append(select.Include(text.reverse, source, target.key, number, owner, text.iterate))
        return found

    async def _page(
        self,
        selection: select.Selection,
        query: Query,
        types: Sequence[str],
        issues: list[Issue],
        connection: Connection | None,
    ) -> Page:
        rows = await self._fetch(select.page(selection), connection)
        # without includes every row is a match, or the one that only brings the total
        matched = rows if rows[0]["pk"] is not None or len(rows) > 1 else []
        if selection.includes:
            matched = [row for row in rows if row["step"] == 0 and row["pk"] is not None]
        more = len(matched) > query.page_size
        matched = matched[: query.page_size]
        included: dict[int, Any] = {}
        if selection.includes:
            pks = {row["pk"] for row in matched}
            cut = await self._cut_includes(selection, rows, pks, more, connection)
            included = {row["pk"]: row for row in cut if row["pk"] not in pks}
        next_cursor = ""
        if more:
            last = matched[-1]
            values = tuple(last[f"s{place}"] for place in range(len(selection.sorts)))
            next_cursor = cursor.encode((*values, last["pk"]), self._fingerprint(query, types))
        total = _total(rows, selection, query, more, len(matched))
        if len(included) >= _MAX_INCLUDED:
            issues.append(
                Issue(
                    "warning",
                    "too-costly",
                    "",
                    f"Only the first {_MAX_INCLUDED} included resources are shown.",
                )
            )
        return Page(
            _rows(matched, 2 if selection.includes else 1),
            [_row(row) for row in included.values()],
            total,
            next_cursor,
            issues,
            selection.standing is None or bool(rows[0]["holds"]),
        )

    async def _cut_includes(
        self,
        selection: select.Selection,
        rows: Sequence[Any],
        pks: set[int],
        more: bool,
        connection: Connection | None,
    ) -> list[Any]:
        found = {row["pk"]: row for row in rows if row["step"] == 1}
        if more:
            # the row that only told of a next page brought its own includes: ask again without it
            found = {}
            for include in selection.includes:
                for row in await self._fetch(select.related(include, list(pks), selection.guard), connection):
                    found[row["pk"]] = row
        fresh = set(found) - pks
        for _round in range(_MAX_ROUNDS):
            if not fresh or len(found) > _MAX_INCLUDED:
                break
            before = set(found) | pks
            for include in selection.includes:
                if include.iterate:
                    for row in await self._fetch(
                        select.related(include, list(fresh), selection.guard), connection
                    ):
                        found.setdefault(row["pk"], row)
            fresh = set(found) - before
        return list(found.values())[:_MAX_INCLUDED]

    async def _fetch(self, statement: select.Statement, connection: Connection | None) -> Sequence[Any]:
        if connection is not None:
            return await connection.fetch(statement.sql, *statement.arguments)
        return await self.database.fetch(statement.sql, *statement.arguments)


def _conditions(
    translator: Translator,
    types: Sequence[str],
    parameters: Sequence[Parameter],
    issues: list[Issue],
    strict: bool,
) -> list[tuple[str, ask.Condition]]:
    """Return the condition of each type; parameters that some type lacks are left out of all."""
    try:
        return [(name, translator.condition(name, parameters)) for name in types]
    except UnknownParameter:
        if strict:
            raise
    known = [found for found in parameters if _is_known(translator, types, found, issues)]
    return [(name, translator.condition(name, known)) for name in types]


def _with_contained(parts: list[tuple[int, ask.Condition]], query: Query) -> list[tuple[int, ask.Condition]]:
    """Return the parts of a search for contained resources, or for what contains them (R4, 3.1.1.5.5)."""
    outside = parts if query.contained == "both" else []
    if query.contained_type == "contained":
        return [*outside, *((-number, condition) for number, condition in parts)]
    held: ask.Condition = ask.Any(tuple(ask.Contained(number, condition) for number, condition in parts))
    # what already stands in the result by itself is not shown twice
    shown = [ask.All((ask.OfTypes((number,)), condition)) for number, condition in outside]
    return [*outside, (0, ask.All((held, *(ask.Not(one) for one in shown))))]


def _is_known(
    translator: Translator, types: Sequence[str], parameter: Parameter, issues: list[Issue]
) -> bool:
    """Tell whether every type knows a parameter; else note that it is left out."""
    try:
        for name in types:
            translator.condition(name, [parameter])
    except UnknownParameter as error:
        issues.append(_left_out(error))
        return False
    return True


def _row(row: Any) -> Row:
    return Row(NAMES[row["type"]], row["id"], row["version"], row["updated"], row["body"], row["patient"])


def _rows(found: Iterable[Any], first: int) -> list[Row]:
    """Return the rows of a page; ``first`` is the column of pk, the others follow in their order."""
    make = tuple.__new__
    rows = []
    for one in found:
        number, resource_id, version, updated, body, patient = one[first + 1 : first + 7]
        rows.append(make(Row, (NAMES[number], resource_id, version, updated, body, patient)))
    return rows


def _total(
    rows: Sequence[Any], selection: select.Selection, query: Query, more: bool, matched: int
) -> int | None:
    if query.total == "none" or selection.total_cap is None:
        return None
    counted: int = rows[0]["total"]
    if selection.total_cap and counted > selection.total_cap:
        return None
    return counted


def _left_out(error: UnknownParameter) -> Issue:
    found = error.issue
    return Issue("warning", found.code, found.path, f"{found.message} It was left out.", found.rule)


def _sort(types: Sequence[str], name: str, descending: bool) -> select.Sort:
    if name == "_lastUpdated":
        return select.Sort("updated", descending)
    if name == "_id":
        return select.Sort("id", descending)
    if len(types) != 1:
        raise SearchError("_sort", "a search over several types sorts by _lastUpdated or _id")
    target = catalogue.find(types[0], name)
    match target.parameter.type:
        case "date" if target.main_date:
            return select.Sort("date", descending)
        case "date":
            return select.Sort("moment", descending, target.key)
        case "string":
            return select.Sort("string", descending, target.key)
        case "number" | "quantity":
            return select.Sort("number", descending, target.key)
        case "token" | "reference" | "uri":
            return select.Sort("json", descending, 0, _json_path(target))
    raise SearchError("_sort", f"'{name}' is a {target.parameter.type} parameter and gives no order")


def _json_path(target: catalogue.Target) -> str:
    match = _SIMPLE_PATH.match(target.parameter.expression)
    if match is None:
        raise SearchError("_sort", f"'{target.code}' gives no order")
    current, leaf = target.resource_type, ""
    for name in match[1][1:].split("."):
        found = definitions.child(current, name)
        if found is None:
            raise SearchError("_sort", f"'{target.code}' gives no order")
        current = found[1][0] if found[1] else ""
    leaf = _SORT_LEAF.get(current, "")
    return "$" + match[1] + leaf
