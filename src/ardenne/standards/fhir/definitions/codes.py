"""Codes of required bindings, without a terminology service."""

import zlib
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

_DATA = files("ardenne.standards.fhir.definitions") / "data"


@cache
def _compiled() -> dict[str, Any]:
    data: dict[str, Any] = orjson.loads(zlib.decompress((_DATA / "codes.json.z").read_bytes()))
    return data


@cache
def required_codes(value_set: str) -> frozenset[str] | None:
    """All codes of a value set that R4 binds as required; None when R4 does not list them."""
    systems = _compiled().get(value_set.partition("|")[0])
    if systems is None:
        return None
    return frozenset(code for codes in systems.values() for code in codes)


@cache
def required_concepts(value_set: str) -> frozenset[tuple[str, str]] | None:
    """As `required_codes`, as pairs of system and code."""
    systems = _compiled().get(value_set.partition("|")[0])
    if systems is None:
        return None
    return frozenset((system, code) for system, codes in systems.items() for code in codes)


def required_code_order(value_set: str) -> tuple[str, ...]:
    """The same codes in the order of their definition, for messages and menus; () when not listed."""
    systems = _compiled().get(value_set.partition("|")[0], {})
    return tuple(code for codes in systems.values() for code in codes)


def implied_system(value_set: str) -> str:
    """The code system of a `code` element by its required value set; "" unless there is exactly one."""
    systems = _compiled().get(value_set.partition("|")[0], {})
    return next(iter(systems)) if len(systems) == 1 else ""
