"""A loaded code system: the same questions as any code system, answered by the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from ardenne.kernel.terminology import store
from ardenne.kernel.terminology.conditions import conditions, tests
from ardenne.kernel.terminology.reading import Fetch
from ardenne.standards.fhir.terminology import Concept, Designation, Filter, System, UnknownFilter
from ardenne.standards.fhir.terminology.concepts import Json, dicts, text_of
from ardenne.standards.fhir.terminology.grammar import GRAMMARS
from ardenne.standards.fhir.terminology.supplemented import Supplemented

_BATCH: Final = 2000
_KINDS: Final = {
    "code": "Code", "string": "String", "integer": "Integer", "boolean": "Boolean", "dateTime": "DateTime",
    "decimal": "Decimal", "Coding": "Coding",
}  # fmt: skip

Cache = dict[tuple[int, str], Concept]


class LoadedSystem:
    """One row of `loaded_system`. `cache` is shared by all requests: loaded concepts never change."""

    def __init__(self, row: Any, fetch: Fetch, cache: Cache) -> None:
        self.id: int = row["id"]
        self.url: str = row["url"]
        self.version: str = row["version"]
        self.language: str = row["language"]
        self.case_sensitive: bool = row["case_sensitive"]
        self.content = "complete"
        self.supplements: Sequence[str] = ()
        stated = dicts(orjson.loads(row["properties"]))
        self.property_uris: Mapping[str, str] = {
            text_of(each.get("code")): text_of(each.get("uri")) for each in stated
        }
        self._types = {text_of(each.get("code")): text_of(each.get("type")) for each in stated}
        self.concepts: int = row["concepts"]
        self.header: Json = {
            "resourceType": "CodeSystem",
            "url": self.url,
            "version": self.version,
            "name": row["name"],
            "title": row["title"] or row["name"],
            "status": "active",
            "content": "complete",
            "copyright": row["copyright"],
        }
        self._fetch = fetch
        self._cache = cache

    def key(self, number: int) -> int:
        """How the arrays of ancestors name a concept of this system."""
        return self.id << 32 | number

    def find(self, code: str) -> Concept | None:
        """The concept; without regard to case when the system has none."""
        return self.find_many([code]).get(code)

    def find_many(self, codes: Sequence[str]) -> Mapping[str, Concept]:
        """The concepts of those codes that the system has, by the code as it was asked."""
        found = {code: self._cache[self.id, code] for code in codes if (self.id, code) in self._cache}
        wanted = [code for code in codes if code not in found]
        if wanted:
            for concept in self._concepts(self._fetch(store.BY_CODE, self.id, wanted)):
                found[concept.code] = concept
        left = [] if self.case_sensitive else [code for code in wanted if code not in found]
        if left:
            folded = [code.lower() for code in left]
            rows = self._concepts(self._fetch(store.BY_FOLDED_CODE, self.id, folded))
            by_folded = {concept.code.lower(): concept for concept in reversed(rows)}
            found |= {code: by_folded[code.lower()] for code in left if code.lower() in by_folded}
        return found

    def number_of(self, code: str) -> int | None:
        """The number of a concept."""
        rows = self._fetch(store.BY_CODE, self.id, [code])
        return rows[0]["number"] if rows else None

    def select(
        self,
        filters: Sequence[Filter],
        text: str = "",
        *,
        active: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> Iterator[Concept]:
        """The concepts that pass all filters and have all words of `text`. Raises UnknownFilter."""
        asked = conditions(self, filters, text, active)
        also = tests(filters)
        if not also:
            yield from self._pages(asked, offset, limit)
            return
        skipped = given = 0
        for concept in self._pages(asked, 0, None):
            if all(test(concept) for test in also):
                skipped += 1
                if skipped > offset and (limit is None or given < limit):
                    given += 1
                    yield concept

    def _pages(self, asked: store.Conditions, offset: int, limit: int | None) -> Iterator[Concept]:
        """Pages that go on behind the last number, so that each costs the same."""
        last = -1
        if not asked.texts:
            # numbers have no gaps: without conditions the offset is a number
            offset, last = 0, offset - 1
        while limit is None or limit > 0:
            size = _BATCH if limit is None else min(limit, _BATCH)
            rows = self._fetch(store.page(asked), self.id, offset, *asked.arguments, last, size)
            yield from self._concepts(rows)
            if len(rows) < size:
                return
            offset, last = 0, rows[-1]["number"]
            limit = None if limit is None else limit - size

    def count(self, filters: Sequence[Filter], text: str = "", *, active: bool = False) -> int | None:
        """How many `select` would give. Raises UnknownFilter."""
        if not filters and not text and not active:
            return self.concepts
        asked = conditions(self, filters, text, active)
        if tests(filters):
            return None
        found: int = self._fetch(store.total(asked), self.id, 0, *asked.arguments)[0][0]
        return found

    def passes(self, concept: Concept, filters: Sequence[Filter]) -> bool:
        """Whether a concept passes all filters. Raises UnknownFilter."""
        asked = conditions(self, [*filters, Filter("code", "=", concept.code)], "", False)
        found = self._fetch(store.total(asked), self.id, 0, *asked.arguments)[0][0]
        return bool(found) and all(test(concept) for test in tests(filters))

    def subsumes(self, above: str, below: str) -> bool:
        """Whether one concept is a true ancestor of the other."""
        number = self.number_of(above)
        if number is None:
            return False
        return bool(self._fetch(store.SUBSUMES, self.id, below, self.key(number))[0][0])

    def children(self, code: str) -> Sequence[str]:
        """Codes of the direct descendants."""
        number = self.number_of(code)
        if number is None:
            return ()
        return [row[0] for row in self._fetch(store.CHILDREN, self.key(number))]

    def related(self, code: str, *, upward: bool) -> Iterator[str]:
        """Codes of all ancestors or descendants, each once, without the code itself."""
        if upward:
            rows = self._fetch(store.ABOVE, self.id, code)
            yield from self._codes(rows[0][0] if rows else ())
            return
        number = self.number_of(code)
        if number is not None:
            yield from (row[0] for row in self._fetch(store.BELOW, self.key(number)))

    def with_supplements(self, supplements: Sequence[Json]) -> System:
        """The same system with what supplements add to it."""
        return Supplemented(self, supplements) if supplements else self

    def _codes(self, keys: Sequence[int]) -> list[str]:
        numbers = [key & 0xFFFFFFFF for key in keys]
        return [row[1] for row in self._fetch(store.CODES, self.id, numbers)] if numbers else []

    def _concepts(self, rows: Sequence[Any]) -> list[Concept]:
        wanted = {key & 0xFFFFFFFF for row in rows for key in row["parents"]}
        codes = dict(self._fetch(store.CODES, self.id, list(wanted))) if wanted else {}
        found = [self._concept(row, codes.__getitem__) for row in rows]
        if len(self._cache) > 20_000:
            self._cache.clear()
        for concept in found:
            self._cache[self.id, concept.code] = concept
        return found

    def _concept(self, row: Any, code_of: Callable[[int], str]) -> Concept:
        names = orjson.loads(row["names"]) if row["names"] else []
        return Concept(
            row["code"],
            row["display"],
            row["definition"],
            tuple(
                Designation(value, language, {"system": system, "code": use} if use else None)
                for language, system, use, value in names
            ),
            tuple(self._properties(orjson.loads(row["properties"]))),
            (),
            tuple(code_of(key & 0xFFFFFFFF) for key in row["parents"]),
            row["status"],
            row["inactive"],
            row["abstract"],
        )

    def _properties(self, held: dict[str, list[Any]]) -> Iterator[Json]:
        for name, values in held.items():
            kind = _KINDS.get(self._types.get(name, ""), "String")
            for value in values:
                yield {"code": name, f"value{kind}": value}


class WithGrammar(LoadedSystem):
    """A loaded list of names for a code system whose codes are all that its grammar accepts (UCUM)."""

    def find_many(self, codes: Sequence[str]) -> Mapping[str, Concept]:
        """The concepts of those codes that are listed or that the grammar accepts."""
        found = dict(super().find_many(codes))
        left = [code for code in codes if code not in found]
        return found | dict(GRAMMARS[self.url].find_many(left))

    def passes(self, concept: Concept, filters: Sequence[Filter]) -> bool:
        """Whether a concept passes all filters, by the list or by the grammar. Raises UnknownFilter."""
        try:
            return GRAMMARS[self.url].passes(concept, filters)
        except UnknownFilter:
            return super().passes(concept, filters)
