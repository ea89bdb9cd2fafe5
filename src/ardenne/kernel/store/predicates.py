"""Conditions as SQL predicates on one row of the table ``resource``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any as Anything

from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store import frequency, groups, permitted, words
from ardenne.kernel.store.index import NO_DATE

_COMPARISONS = {
    "eq": "@.low >= {low} and @.high <= {high}",
    "ne": "not (@.low >= {low} and @.high <= {high})",
    "gt": "@.high > {high}",
    "lt": "@.low < {low}",
    "ge": "(@.high > {high} or @.low >= {low})",
    "le": "(@.low < {low} or @.high <= {high})",
    "sa": "@.low >= {high}",
    "eb": "@.high <= {low}",
    "ap": "@.low < {high} and @.high > {low}",
}
_NUMBER_COMPARISONS = {
    "eq": "@.low >= {low} and @.high < {high}",
    "ne": "not (@.low >= {low} and @.high < {high})",
    "gt": "@.high > {value}",
    "lt": "@.low < {value}",
    "ge": "@.high >= {value}",
    "le": "@.low <= {value}",
    "sa": "@.low > {value}",
    "eb": "@.high < {value}",
    "ap": "@.low <= {high} and @.high >= {low}",
}
_METRES_PER_DEGREE = 111_195.0
_EARTH_RADIUS = 6_371_000.0


def _of_one_person(patients: str) -> str:
    """Return the query of some Patients, with everybody who is one person with them; unchanged while nobody is merged."""
    if not groups.any_merged():
        return patients
    return f"{patients} union all select g.member from patient_group g where g.patient in ({patients})"


def _is_frequent(condition: ask.Condition) -> bool:
    """Tell whether a condition is one token that very many resources have."""
    if isinstance(condition, ask.All) and len(condition.conditions) == 1:
        return _is_frequent(condition.conditions[0])
    return (
        isinstance(condition, ask.Tokens)
        and len(condition.hashes) == 1
        and frequency.is_frequent(condition.hashes[0])
    )


class Predicates:
    """Collects the parameters of one SQL statement while conditions are written out.

    ``guard`` must hold for every row that the statement reads, be it shown or only asked about: what a caller
    may not see must not change an answer either.
    """

    def __init__(self, guard: ask.Condition | None = None) -> None:
        self.guard = guard
        self.memo: dict[object, str] = {}
        self.walking = False
        """Whether rows are walked in the order of their date and only the first are wanted."""
        self.arguments: list[Anything] = []
        self._aliases = 0
        self._patient_known = False
        self._owner: int | None = None

    def bind(self, value: Anything, cast: str = "bigint") -> str:
        """Add a parameter and return its place in the text, with its type."""
        self.arguments.append(value)
        return f"${len(self.arguments)}::{cast}"

    def write(self, condition: ask.Condition, alias: str, *, patient_known: bool = False) -> str:
        """Return the predicate for the row called ``alias``.

        With ``patient_known`` the row's patient is already given: tokens are then compared one
        by one, which keeps the planner on the patient's few rows and off the big token index.
        """
        before, self._patient_known = self._patient_known, patient_known
        try:
            return self._sql(condition, alias)
        finally:
            self._patient_known = before

    def guarded(self, alias: str, patient: int | None = None) -> str:
        """Return ``and …`` with the guard for the row called ``alias``; empty without a guard.

        ``patient``: hash of the one to whom the row is known to belong.
        """
        if self.guard is None:
            return ""
        before, self._owner = self._owner, patient
        try:
            return f" and {self.write(self.guard, alias, patient_known=patient is not None)}"
        finally:
            self._owner = before

    def _alias(self) -> str:
        self._aliases += 1
        return f"t{self._aliases}"

    def _sql(self, condition: ask.Condition, alias: str) -> str:
        return _WRITERS[type(condition)](self, condition, alias)

    def _write_all(self, condition: ask.All, alias: str) -> str:
        if not condition.conditions:
            return "true"
        return "(" + " and ".join(self._sql(part, alias) for part in condition.conditions) + ")"

    def _write_any(self, condition: ask.Any, alias: str) -> str:
        if not condition.conditions:
            return "false"
        return "(" + " or ".join(self._sql(part, alias) for part in condition.conditions) + ")"

    def _write_not(self, condition: ask.Not, alias: str) -> str:
        return f"not {self._sql(condition.condition, alias)}"

    def _write_tokens(self, condition: ask.Tokens, alias: str) -> str:
        if self._patient_known:
            if len(condition.hashes) == 1:
                return f"({self.bind(condition.hashes[0])} = any({alias}.tokens))"
            return f"(({alias}.tokens && {self.bind(list(condition.hashes), 'bigint[]')}) is true)"
        if len(condition.hashes) == 1:
            return f"({alias}.tokens @> array[{self.bind(condition.hashes[0])}])"
        return f"({alias}.tokens && {self.bind(list(condition.hashes), 'bigint[]')})"

    def _write_tokenwords(self, condition: ask.TokenWords, alias: str) -> str:
        key, pattern = self.bind(condition.key), self.bind(condition.pattern, "text")
        return f"({alias}.tokens && array(select w.hash from token_text w where w.key = {key} and w.text like {pattern}))"

    def _write_selves(self, condition: ask.Selves, alias: str) -> str:
        return f"({alias}.self = any({self.bind(list(condition.hashes), 'bigint[]')}))"

    def _write_ownedby(self, condition: ask.OwnedBy, alias: str) -> str:
        hashes = groups.widened(condition.hashes)
        if len(hashes) == 1:
            return f"({alias}.patient = {self.bind(hashes[0])})"
        return f"({alias}.patient = any({self.bind(list(hashes), 'bigint[]')}))"

    def _write_strings(self, condition: ask.Strings, alias: str) -> str:
        def where(row: str) -> str:
            text = f"{row}.value like {self.bind(condition.pattern, 'text')}"
            if condition.prefix:
                # the highest code point closes the range of all texts that begin with the prefix
                end = self.bind(condition.prefix + "\U0010ffff", "text")
                text += f" and {row}.value >= {self.bind(condition.prefix, 'text')} and {row}.value < {end}"
            return text

        return self._exists("string_value", condition.key, alias, where)

    def _write_dates(self, condition: ask.Dates, alias: str) -> str:
        text = self._fill(_COMPARISONS[condition.comparator], "bigint", condition)
        if condition.key == 0:
            return f"({alias}.low > {NO_DATE} and {text.replace('@', alias)})"
        return self._exists("date_value", condition.key, alias, lambda row: text.replace("@", row))

    def _write_updated(self, condition: ask.Updated, alias: str) -> str:
        text = self._fill(_COMPARISONS[condition.comparator], "bigint", condition)
        # lastUpdated is a moment: it ends where it begins
        return "(" + text.replace("@.low", f"{alias}.updated").replace("@.high", f"{alias}.updated") + ")"

    def _write_numbers(self, condition: ask.Numbers, alias: str) -> str:
        text = self._number(condition)
        return self._exists("number_value", condition.key, alias, lambda row: text.replace("@", row))

    def _write_numberstogether(self, condition: ask.NumbersTogether, alias: str) -> str:
        rows = [(self._alias(), part) for part in condition.parts]
        first = rows[0][0]
        where = [
            f"{row}.key = {self.bind(part.key)} and {self._number(part).replace('@', row)}"
            for row, part in rows
        ]
        where += [f"{row}.pk = {first}.pk and {row}.unit = {first}.unit" for row, _part in rows[1:]]
        tables = ", ".join(f"number_value {row}" for row, _part in rows)
        return f"({alias}.pk in (select {first}.pk from {tables} where {' and '.join(where)}))"

    def _number(self, condition: ask.Numbers) -> str:
        """Return what must hold of a row ``@`` of the table of numbers, beside its key."""
        parts = [self._fill(_NUMBER_COMPARISONS[condition.comparator], "double precision", condition)]
        if condition.unit:
            parts.append(f"@.unit = {self.bind(condition.unit)}")
        if condition.code:
            code = self.bind(condition.code)
            parts.append(f"(@.code = {code} or @.name = {code})")
        return " and ".join(parts)

    def _fill(self, template: str, cast: str, condition: ask.Dates | ask.Updated | ask.Numbers) -> str:
        """Return a comparison with its values bound; ``@`` stands for the row."""
        for name in ("low", "high", "value"):
            if f"{{{name}}}" in template:
                template = template.replace(f"{{{name}}}", self.bind(getattr(condition, name), cast))
        return template

    def _write_anydate(self, condition: ask.AnyDate, alias: str) -> str:
        if condition.key == 0:
            return f"({alias}.low > {NO_DATE})"
        return self._exists("date_value", condition.key, alias, lambda _row: "true")

    def _write_anyvalue(self, condition: ask.AnyValue, alias: str) -> str:
        assert condition.table in ("string_value", "number_value", "position_value")
        return self._exists(condition.table, condition.key, alias, lambda _row: "true")

    def _write_near(self, condition: ask.Near, alias: str) -> str:
        number = "double precision"
        latitude, longitude = self.bind(condition.latitude, number), self.bind(condition.longitude, number)
        metres = self.bind(condition.metres, number)
        band = condition.metres / _METRES_PER_DEGREE
        bottom, top = (
            self.bind(condition.latitude - band, number),
            self.bind(condition.latitude + band, number),
        )

        def where(row: str) -> str:
            half = (
                f"power(sin(radians({row}.latitude - {latitude}) / 2), 2) + cos(radians({latitude})) "
                f"* cos(radians({row}.latitude)) * power(sin(radians({row}.longitude - {longitude}) / 2), 2)"
            )
            distance = f"{2 * _EARTH_RADIUS} * asin(least(1, sqrt({half})))"
            return f"{row}.latitude between {bottom} and {top} and {distance} <= {metres}"

        return self._exists("position_value", condition.key, alias, where)

    def _write_refers(self, condition: ask.Refers, alias: str) -> str:
        parts, known = [], self._patient_known
        for number, target in condition.targets:
            row = self._alias()
            inner = self.write(target, row)
            base = f"{row}.type = {number} and {row}.body is not null and {inner}{self.guarded(row)}"
            if condition.owner:
                patients = _of_one_person(f"select {row}.self from resource {row} where {base}")
                parts.append(f"({alias}.patient in ({patients}))")
                continue
            keys = f"unnest({self.bind(list(condition.keys), 'bigint[]')}) k(key)"
            hashes = f"array(select k.key # {row}.self from resource {row}, {keys} where {base})"
            parts.append(
                f"(({alias}.tokens && {hashes}) is true)" if known else f"({alias}.tokens && {hashes})"
            )
        return "(" + (" or ".join(parts) or "false") + ")"

    def _write_referredby(self, condition: ask.ReferredBy, alias: str) -> str:
        row = self._alias()
        inner = self.write(condition.condition, row)
        base = f"{row}.type = {condition.number} and {row}.body is not null and {inner}{self.guarded(row)}"
        if self.walking and _is_frequent(condition.condition):
            # most rows on the way have it: look at each in turn ("offset 0" keeps it from becoming a join)
            if not condition.owner:
                link = f"{row}.tokens @> array[{self.bind(condition.key)} # {alias}.self]"
            elif groups.any_merged():
                others = f"select g.member from patient_group g where g.patient = {alias}.self"
                link = f"{row}.patient = any(array(select {alias}.self union all {others}))"
            else:
                link = f"{row}.patient = {alias}.self"
            return f"(exists (select 1 from resource {row} where {link} and {base} offset 0))"
        if condition.owner:
            patients = _of_one_person(f"select {row}.patient from resource {row} where {base}")
            return f"({alias}.self in ({patients}))"
        key = self.bind(condition.key)
        return (
            f"({alias}.self in (select u.self from resource {row} cross join unnest({row}.targets) u(self) "
            f"where {base} and ({key} # u.self) = any({row}.tokens)))"
        )

    def _write_listedin(self, condition: ask.ListedIn, alias: str) -> str:
        wanted = self.bind(condition.list_hash)
        found = f"l.self = {wanted} and l.body is not null{self.guarded('l')}"
        return f"({alias}.self in (select unnest(l.targets) from resource l where {found}))"

    def _write_permitted(self, condition: permitted.Permitted, alias: str) -> str:
        return permitted.write(self, condition, alias, self._owner)

    def _write_narrowed(self, condition: permitted.Narrowed, alias: str) -> str:
        return permitted.write_narrowed(self, condition, alias)

    def _write_unowned(self, condition: ask.Unowned, alias: str) -> str:
        return f"({alias}.patient is null)"

    def _write_oftypes(self, condition: ask.OfTypes, alias: str) -> str:
        return f"({alias}.type = any({self.bind(list(condition.numbers), 'smallint[]')}))"

    def _write_contained(self, condition: ask.Contained, alias: str) -> str:
        row = self._alias()
        found = f"{row}.type = {condition.number} and {self.write(condition.condition, row)}"
        return f"({alias}.pk in (select {row}.container from contained_resource {row} where {found}))"

    def _write_contains(self, condition: ask.Contains, alias: str) -> str:
        body = "convert_from(i.body, 'UTF8')::jsonb"
        content = (
            f"to_jsonb(regexp_replace({body} #>> '{{text,div}}', '<[^>]*>', ' ', 'g'))"
            if condition.narrative
            else body
        )
        query = self.bind(condition.query, "text")
        scanned = [
            f"to_tsvector('{language}', {content}) @@ websearch_to_tsquery('{language}', {query})"
            for language in words.LANGUAGES
        ]
        column = "narrative" if condition.narrative else "content"
        found = words.found(column, query, f"({' or '.join(scanned)})")
        return f"({alias}.pk in ({found}))"

    def _exists(self, table: str, key: int, alias: str, where: Callable[[str], str]) -> str:
        row = self._alias()
        place = self.bind(key)
        return (
            f"({alias}.pk in (select {row}.pk from {table} {row} where {row}.key = {place} and {where(row)}))"
        )


_WRITERS: dict[type, Callable[[Predicates, Anything, str], str]] = {
    ask.All: Predicates._write_all,
    ask.Any: Predicates._write_any,
    ask.Not: Predicates._write_not,
    ask.Tokens: Predicates._write_tokens,
    ask.TokenWords: Predicates._write_tokenwords,
    ask.Selves: Predicates._write_selves,
    ask.OwnedBy: Predicates._write_ownedby,
    ask.Strings: Predicates._write_strings,
    ask.Dates: Predicates._write_dates,
    ask.Updated: Predicates._write_updated,
    ask.Numbers: Predicates._write_numbers,
    ask.NumbersTogether: Predicates._write_numberstogether,
    ask.AnyDate: Predicates._write_anydate,
    ask.AnyValue: Predicates._write_anyvalue,
    ask.Near: Predicates._write_near,
    ask.Refers: Predicates._write_refers,
    ask.ReferredBy: Predicates._write_referredby,
    ask.ListedIn: Predicates._write_listedin,
    ask.Contains: Predicates._write_contains,
    ask.Contained: Predicates._write_contained,
    permitted.Permitted: Predicates._write_permitted,
    permitted.Narrowed: Predicates._write_narrowed,
    ask.OfTypes: Predicates._write_oftypes,
    ask.Unowned: Predicates._write_unowned,
}
