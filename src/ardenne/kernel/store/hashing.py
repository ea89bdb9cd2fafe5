"""The 64-bit hashes under which the search index keeps its values.

Every hash is signed (PostgreSQL's bigint). A token of a parameter is ``key(type, parameter) XOR
hash(value)``: the database can so combine a parameter with the hash of a resource ("self") without
knowing the hash function, which makes chains and includes joins. Two different values among a
thousand million collide with a probability below 3 per cent; a page of results is therefore
never built from a hash alone where the exact value stands in the row.
"""

from __future__ import annotations

from functools import lru_cache

from xxhash import xxh3_64_intdigest

_SIGN = 1 << 63
_RANGE = 1 << 64


def signed(text: str) -> int:
    """Return the signed 64-bit hash of a text."""
    value = xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))
    return value - _RANGE if value >= _SIGN else value


def digest(content: bytes) -> int:
    """Return the signed 64-bit hash of content bytes."""
    value = xxh3_64_intdigest(content)
    return value - _RANGE if value >= _SIGN else value


@lru_cache(maxsize=20_000)
def key(resource_type: str, parameter: str) -> int:
    """Return the hash of a search parameter of a resource type."""
    return signed(f"k|{resource_type}|{parameter}")


def self_hash(resource_type: str, resource_id: str) -> int:
    """Return the hash that stands for a resource in every reference: of ``Type/id``."""
    return signed(f"{resource_type}/{resource_id}")


@lru_cache(maxsize=200_000)
def reference(target: str) -> int:
    """Return the hash of a reference as written: ``Type/id``, an absolute URL, a canonical, a URN."""
    return signed(target)


@lru_cache(maxsize=100_000)
def coded(system: str, code: str) -> int:
    """Return the hash of a code within its system (``system`` empty: the code has none)."""
    return signed(f"c|{system}|{code}")


@lru_cache(maxsize=100_000)
def bare_code(code: str) -> int:
    """Return the hash of a code in any system."""
    return signed(f"b|{code}")


@lru_cache(maxsize=20_000)
def any_of(system: str) -> int:
    """Return the hash that stands for any code of a system."""
    return signed(f"s|{system}")


@lru_cache(maxsize=100_000)
def words(text: str) -> int:
    """Return the hash of the words shown with a code (normalised)."""
    return signed(f"w|{text}")


@lru_cache(maxsize=50_000)
def exact(text: str) -> int:
    """Return the hash of a string as written, for ``:exact``."""
    return signed(f"e|{text}")


def typed(type_system: str, type_code: str, value: str) -> int:
    """Return the hash of an identifier with its type, for ``:of-type``."""
    return signed(f"t|{type_system}|{type_code}|{value}")


PRESENT = signed("present")
"""Combined with a parameter's key: the resource has some value for it (``:missing``)."""


@lru_cache(maxsize=512)
def present_of(resource_type: str) -> int:
    """Combined with a parameter's key: some reference leads to a resource of the type."""
    return signed(f"present|{resource_type}")


def composite(left: int, right: int) -> int:
    """Return the hash of two values that stand in the same repetition of a composite."""
    return signed(f"x|{left}|{right}")
