"""The statements of terminology: definitions among the resources, and the tables of loaded code systems."""

from __future__ import annotations

from typing import Any, Final

from ardenne.kernel.search import catalogue
from ardenne.kernel.store import hashing
from ardenne.kernel.store.types import NUMBERS

DEFINITION_TYPES: Final = ("CodeSystem", "ConceptMap", "StructureDefinition", "ValueSet")

STAMP: Final = """
select (select array_agg(array[t, (select count(*) from resource r where r.type = t),
                               (select coalesce(max(updated), 0) from resource r where r.type = t)])
          from unnest($1::smallint[]) t)::text
       || (select count(*) || '/' || coalesce(max(id), 0) from loaded_system where concepts > 0)
"""
"""One text that changes whenever a definition changes."""

BY_URL: Final = """
select body from resource where type = $1 and tokens @> array[$2::bigint] and body is not null order by pk
"""
BY_SELF: Final = "select body from resource where self = $1 and body is not null"
ALL: Final = "select body from resource where type = $1 and body is not null order by pk limit 10000"

SYSTEMS: Final = """
select id, url, version, name, title, language, copyright, case_sensitive, properties::text, concepts
  from loaded_system where url = $1 and concepts > 0
"""

_COLUMNS: Final = """c.number, c.code, c.display, c.definition, c.inactive, c.abstract, c.leaf, c.status,
       c.parents, c.properties::text,
       (select jsonb_agg(jsonb_build_array(n.language, n.use_system, n.use_code, n.value))::text
          from loaded_name n where n.system = c.system and n.number = c.number) as names"""

# These statements are put together from constants of this module only.
BY_CODE: Final = f"""
select {_COLUMNS} from loaded_concept c where c.system = $1 and c.code = any($2)
"""  # noqa: S608
BY_FOLDED_CODE: Final = f"""
select {_COLUMNS} from loaded_concept c where c.system = $1 and lower(c.code) = any($2) order by number
"""  # noqa: S608
CODES: Final = (
    "select number, code from loaded_concept where system = $1 and number = any($2) order by number"
)
CHILDREN: Final = """
select code from loaded_concept where above @> array[$1::bigint] and $1 = any(parents) order by number
"""
BELOW: Final = "select code from loaded_concept where above @> array[$1::bigint] order by number"
SUBSUMES: Final = """
select exists (select 1 from loaded_concept where system = $1 and code = $2 and above @> array[$3::bigint])
"""
ABOVE: Final = "select above from loaded_concept where system = $1 and code = $2"

DELETE_SYSTEM: Final = "delete from loaded_system where url = %s and version = %s"
INSERT_SYSTEM: Final = """
insert into loaded_system (url, version, name, title, language, copyright, case_sensitive, properties)
values (%s, %s, %s, %s, %s, %s, %s, %s) returning id
"""
COPY_CONCEPTS: Final = """
copy loaded_concept (system, number, code, display, definition, inactive, abstract, leaf, status, parents, above,
                     properties, words) from stdin
"""
COPY_NAMES: Final = "copy loaded_name (system, number, language, use_system, use_code, value) from stdin"
FINISH_SYSTEM: Final = "update loaded_system set concepts = %s where id = %s"
ANALYZE: Final = "analyze loaded_concept, loaded_name"
LIST_SYSTEMS: Final = """
select url, version, name, concepts, loaded from loaded_system where concepts > 0 order by url, version
"""


def url_token(resource_type: str, url: str) -> int:
    """The token under which the search index keeps the `url` of a definition."""
    return catalogue.find(resource_type, "url").key ^ hashing.reference(url)


def type_number(resource_type: str) -> int:
    """The number of a resource type in the database."""
    return NUMBERS[resource_type]


def page(asked: Conditions) -> str:
    """The statement that gives the concepts that meet the conditions, in order.

    Arguments: the system, the offset, those of the conditions, the last number seen, the limit.
    """
    where = " and ".join(["c.system = $1", *asked.texts])
    last, limit = len(asked.arguments) + 3, len(asked.arguments) + 4
    return f"""select {_COLUMNS} from loaded_concept c
        where {where} and c.number > ${last} order by c.number offset $2 limit ${limit}"""  # noqa: S608


def total(asked: Conditions) -> str:
    """The statement that counts them. Arguments: the system, 0, those of the conditions."""
    where = " and ".join(["c.system = $1", "$2::int is not null", *asked.texts])
    return f"select count(*) from loaded_concept c where {where}"  # noqa: S608


class Conditions:
    """Conditions on concepts with their arguments, numbered from $3."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.arguments: list[Any] = []

    def add(self, text: str, *values: Any) -> None:
        """Add a condition; each {} stands for the next value."""
        names = []
        for value in values:
            self.arguments.append(value)
            names.append(f"${len(self.arguments) + 2}")
        self.texts.append(text.format(*names))
