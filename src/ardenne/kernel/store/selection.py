"""A search as one SQL statement: the page, its includes and the total from one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store import groups
from ardenne.kernel.store.permitted import Narrowed, write_standing
from ardenne.kernel.store.predicates import Predicates

_LAST_TEXT = "\U0010ffff"
_LAST_NUMBER = 9_223_372_036_854_775_807
_SHOWN = "pk, type, id, version, updated, body, patient"
_COLUMNS = f"{_SHOWN}, self, tokens, targets"
"""What a row needs for its includes, beside what is shown of it."""


class Sort(NamedTuple):
    """One sort key. ``kind``: date (the main clinical date), updated, id, string, moment, number, json.

    ``key`` is the parameter's hash for rows of the index; ``path`` a SQL/JSON path for ``json``.
    """

    kind: str
    descending: bool = False
    key: int = 0
    path: str = ""


NEWEST_FIRST = (Sort("date", descending=True),)
"""The default order: by main clinical date, newest first (types without one: last created first)."""


class Include(NamedTuple):
    """Resources to add to a page. ``reverse``: those that refer to it (``_revinclude``).

    ``source``: type number of the referring resource (0: any); ``key`` the hash of its parameter
    (0: any reference); ``target``: type number of the resource referred to (0: any).
    """

    reverse: bool
    source: int
    key: int
    target: int = 0
    owner: bool = False
    iterate: bool = False


class Selection(NamedTuple):
    """A search over types, each with its own condition.

    A type below 0 means contained resources of that type, 0 resources of any type.
    """

    parts: tuple[tuple[int, ask.Condition], ...]
    sorts: tuple[Sort, ...] = NEWEST_FIRST
    limit: int = 50
    after: tuple[object, ...] | None = None
    includes: tuple[Include, ...] = ()
    total_cap: int | None = None
    """Count the matches up to this many and one; 0 counts all; None does not count."""
    guard: ask.Condition | None = None
    """Must hold for every row that is shown, counted, included or asked about on the way."""
    narrowed: ask.Condition | None = None
    """What the guard comes to for the matches, where they all belong to one patient: asked of them in its place."""
    standing: Narrowed | None = None
    """What must still stand for an answer of ``narrowed`` that nothing matches."""
    each: bool = False
    """Whether every part has up to ``limit`` matches of its own, in place of all together."""


class Statement(NamedTuple):
    """SQL with its arguments."""

    sql: str
    arguments: list[object]


def page(selection: Selection) -> Statement:
    """Return the statement of a page.

    Its rows: ``step`` (0 match, 1 include), ``place``, the columns of the resource, ``total``, ``holds`` (where
    something must stand: whether it does), and the sort values ``s0``, ``s1`` … of the matches.
    """
    write = Predicates(selection.guard)
    total = "null::bigint"
    if selection.total_cap is not None:
        total = f"({_count(write, selection)})"
    told, nothing = "total", "null"
    if selection.standing is not None:
        total += f" as total, {write_standing(write, selection.standing)} as holds"
        told, nothing = "total, holds", "null, null::boolean"
    else:
        total += " as total"
    keys = ", ".join(f"s{place}" for place in range(len(selection.sorts)))
    if not selection.includes:
        rows = _matches(write, selection, _SHOWN)
        text = (
            f"with summary as materialized (select {total}) "
            f"select 0 as step, {_SHOWN}, {told}, {keys} from summary left join ({rows}) q on true"
        )
        return Statement(text, write.arguments)
    rows = _matches(write, selection, _COLUMNS)
    text = (
        f"with page as materialized (select q.*, row_number() over () as place from ({rows}) q), "
        f"summary as materialized (select {total}) "
        f"select 0 as step, place, {_SHOWN}, {told}, {keys} from summary left join page on true"
    )
    empty = ", ".join(f"null::{_sort_type(sort)}" for sort in selection.sorts)
    for include in selection.includes:
        found = _included(write, include, "page")
        text += f" union all select 1, 0, {_SHOWN}, {nothing}, {empty} from ({found}) i"
    return Statement(f"{text} order by step, place", write.arguments)


def count(selection: Selection) -> Statement:
    """Return the statement that counts all matches."""
    write = Predicates(selection.guard)
    return Statement(_count(write, selection), write.arguments)


def related(include: Include, pks: Sequence[int], guard: ask.Condition | None = None) -> Statement:
    """Return the statement of one further step of an include from rows already found."""
    write = Predicates(guard)
    chosen = f"(select * from resource where pk = any({write.bind(list(pks), 'bigint[]')}))"
    return Statement(_included(write, include, chosen), write.arguments)


def identities(selection: Selection) -> Statement:
    """Return the statement that finds type and id of the matches (at most ``limit``), without bodies."""
    write = Predicates(selection.guard)
    rows = _matches(write, selection, "type, id, version, pk")
    return Statement(f"select type, id, version from ({rows}) q", write.arguments)


def _matches(write: Predicates, selection: Selection, shown: str) -> str:
    """Return the query of the page's rows. The columns ``shown`` must hold pk."""
    order = [
        f"s{place} desc" if sort.descending else f"s{place}" for place, sort in enumerate(selection.sorts)
    ]
    last = "pk desc" if selection.sorts[-1].descending else "pk"
    tables = []
    for number, condition in selection.parts:
        write.walking = len(selection.sorts) == 1 and selection.sorts[0].kind == "date"
        source, where = _source(write, number, condition, selection.sorts, selection.narrowed)
        write.walking = False
        values = ", ".join(
            f"{_sort_value(write, sort)} as s{place}" for place, sort in enumerate(selection.sorts)
        )
        columns = ", ".join(f"r.{name}" for name in shown.split(", "))
        if source.startswith("posting"):
            # the posting's own columns give the order without a sort
            columns, values = columns.replace("r.pk", "p.pk"), "p.date as s0"
        text = f"select {columns}, {values} from {source} where {where}"
        if selection.after is not None:
            text = f"select * from ({text}) q where {_behind(write, selection)}"
        # every part is cut on its own, so that each may run along its index
        tables.append(
            f"(select * from ({text}) q order by {', '.join(order)}, {last} limit {selection.limit})"
        )
    if len(tables) == 1:
        return tables[0]
    if selection.each and tables:
        return " union all ".join(tables)
    joined = " union all ".join(tables) if tables else f"select {shown}, 0 as s0 from resource where false"
    return f"select * from ({joined}) q order by {', '.join(order)}, {last} limit {selection.limit}"


def _count(write: Predicates, selection: Selection) -> str:
    cap = f" limit {selection.total_cap + 1}" if selection.total_cap else ""
    tables = []
    for number, condition in selection.parts:
        hot = _hot_token(condition)
        if hot is not None and number > 0 and selection.guard is None and condition in (hot, ask.All((hot,))):
            tables.append(f"(select 1 from posting p where p.hash = {write.bind(hot.hashes[0])}{cap})")
            continue
        source, where = _source(write, number, condition, (), selection.narrowed)
        tables.append(f"(select 1 from {source} where {where}{cap})")
    if len(tables) == 1:
        return f"select count(*) from {tables[0]} n"
    joined = " union all ".join(tables) or "select 1 where false"
    return f"select count(*) from (select * from ({joined}) u{cap}) n"


def _source(
    write: Predicates,
    number: int,
    condition: ask.Condition,
    sorts: tuple[Sort, ...],
    narrowed: ask.Condition | None,
) -> tuple[str, str]:
    """Return FROM and WHERE of one type, choosing what drives the query."""
    known = _has_owner(condition)
    asked = write.write(condition, "r", patient_known=known)
    if number < 0:
        guard = write.guarded("k")
        if guard:
            guard = f" and exists (select 1 from resource k where k.pk = r.container{guard})"
        return "contained_resource r", f"r.type = {-number} and {asked}{guard}"
    if number == 0:
        return "resource r", f"r.body is not null and {asked}{write.guarded('r', _owner(condition))}"
    if narrowed is not None:
        guard = f" and {write.write(narrowed, 'r', patient_known=True)}"
    else:
        guard = write.guarded("r", _owner(condition))
    where = f"r.type = {number} and r.body is not null and {asked}{guard}"
    hot = _hot_token(condition)
    if not known and hot is not None and len(sorts) == 1 and sorts[0].kind == "date":
        driver = f"posting p join resource r on r.pk = p.pk and p.hash = {write.bind(hot.hashes[0])}"
        return driver, where
    return "resource r", where


def owner(selection: Selection) -> int | None:
    """Return the one patient (hash) to whom every match belongs, None when there is no such."""
    owners = {_owner(condition) if number > 0 else None for number, condition in selection.parts}
    return owners.pop() if len(owners) == 1 else None


def _has_owner(condition: ask.Condition) -> bool:
    if isinstance(condition, ask.OwnedBy | ask.Selves):
        return True
    return isinstance(condition, ask.All) and any(_has_owner(part) for part in condition.conditions)


def _owner(condition: ask.Condition) -> int | None:
    """Return the one patient to whom every match belongs, None when there is no such."""
    if isinstance(condition, ask.OwnedBy) and len(condition.hashes) == 1:
        return None if groups.is_merged(condition.hashes[0]) else condition.hashes[0]
    if isinstance(condition, ask.All):
        return next((found for part in condition.conditions if (found := _owner(part)) is not None), None)
    return None


def _hot_token(condition: ask.Condition) -> ask.Tokens | None:
    if isinstance(condition, ask.Tokens) and condition.hot and len(condition.hashes) == 1:
        return condition
    if isinstance(condition, ask.All):
        for part in condition.conditions:
            found = _hot_token(part) if isinstance(part, ask.Tokens) else None
            if found:
                return found
    return None


def _sort_value(write: Predicates, sort: Sort) -> str:
    choose, side = ("max", "high") if sort.descending else ("min", "low")
    match sort.kind:
        case "date":
            return "r.low"
        case "updated":
            return "r.updated"
        case "id":
            return "r.id"
        case "json":
            path = write.bind(sort.path, "text")
            found = (
                f"jsonb_path_query_first(convert_from(r.body, 'UTF8')::jsonb, {path}::jsonpath) #>> '{{}}'"
            )
            return f"coalesce({found}, '{'' if sort.descending else _LAST_TEXT}') collate \"C\""
        case "string":
            key = write.bind(sort.key)
            found = f"(select {choose}(x.value) from string_value x where x.key = {key} and x.pk = r.pk)"
            return f"coalesce({found}, '{'' if sort.descending else _LAST_TEXT}')"
    table = "date_value" if sort.kind == "moment" else "number_value"
    key = write.bind(sort.key)
    found = f"(select {choose}(x.{side}) from {table} x where x.key = {key} and x.pk = r.pk)"
    missing = f"{'-' if sort.descending else ''}{_LAST_NUMBER}"
    return f"coalesce({found}, {missing})"


def _sort_type(sort: Sort) -> str:
    if sort.kind in ("json", "string", "id"):
        return "text"
    return "double precision" if sort.kind == "number" else "bigint"


def _behind(write: Predicates, selection: Selection) -> str:
    """Return the condition that a row comes behind the last one of the page before."""
    assert selection.after is not None
    *values, pk = selection.after
    names = [f"s{place}" for place in range(len(selection.sorts))]
    places = [
        write.bind(value, _sort_type(sort)) for value, sort in zip(values, selection.sorts, strict=True)
    ]
    down = [sort.descending for sort in selection.sorts]
    names.append("pk")
    places.append(write.bind(pk))
    down.append(down[-1])
    if len(set(down)) == 1:
        sign = "<" if down[0] else ">"
        return f"({', '.join(names)}) {sign} ({', '.join(places)})"
    alternatives = []
    for place, name in enumerate(names):
        equal = [f"{names[before]} = {places[before]}" for before in range(place)]
        sign = "<" if down[place] else ">"
        alternatives.append("(" + " and ".join([*equal, f"{name} {sign} {places[place]}"]) + ")")
    return "(" + " or ".join(alternatives) + ")"


def _included(write: Predicates, include: Include, page: str) -> str:
    columns = ", ".join(f"t.{name}" for name in _COLUMNS.split(", "))
    where = ["t.body is not null"]
    needs_key = include.key and not (include.reverse and include.owner)
    key = write.bind(include.key) if needs_key else ""
    if write.guard is not None:
        where.append(write.write(write.guard, "t"))
    if include.reverse:
        if include.source:
            where.append(f"t.type = {include.source}")
        if include.target:
            where.append(f"p.type = {include.target}")
        if include.owner:
            where.append("t.patient = p.self")
        else:
            where.append(f"t.tokens @> array[{key} # p.self]")
        return f"select distinct on (t.pk) {columns} from {page} p join resource t on {' and '.join(where)}"
    if include.source:
        where.append(f"p.type = {include.source}")
    if include.target:
        where.append(f"t.type = {include.target}")
    if include.key:
        where.append(f"({key} # t.self) = any(p.tokens)")
    return (
        f"select distinct on (t.pk) {columns} from {page} p cross join unnest(p.targets) u(self) "
        f"join resource t on t.self = u.self where {' and '.join(where)}"
    )
