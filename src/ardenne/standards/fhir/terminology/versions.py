"""Versions of code systems and value sets: order, wildcards, and the rules that a caller gives.

Source: FHIR R5, ValueSet/$expand (system-version, check-system-version, force-system-version) and
"Determining which version of a code system to use"; wildcards as in ValueSet.compose.include.version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

_PART = re.compile(r"\d+|[^\d.\-+]+")
_SNOMED = "http://snomed.info/sct/"
_WILD = frozenset({"x", "X", "*"})


def is_pattern(version: str) -> bool:
    """Whether a version has parts that stand for any number: "1.x", "1.0.*"."""
    return any(part in _WILD for part in version.split("."))


def matches(pattern: str, version: str) -> bool:
    """Whether a version is the one asked for; "" asks for any."""
    if not pattern or pattern == version:
        return True
    if pattern.startswith(_SNOMED) and version.startswith(pattern.rstrip("/") + "/version/"):
        return True  # an edition of SNOMED CT in any of its versions
    if not is_pattern(pattern):
        return False
    wanted, found = pattern.split("."), version.split(".")
    if wanted == ["*"]:
        return True
    if len(wanted) > len(found) and not all(part in _WILD for part in wanted[len(found) :]):
        return False
    if len(found) > len(wanted) and wanted[-1] not in _WILD:
        return False
    return all(part in _WILD or part == other for part, other in zip(wanted, found, strict=False))


def order(version: str) -> tuple[tuple[int, int, str], ...]:
    """A key that puts 1.2.0 before 1.10.0, and a release behind its release candidates."""
    if not version:
        return ()
    parts = [
        (1, int(part), "") if part.isdecimal() else (0, 0, part) for part in _PART.findall(version[:200])
    ]
    return (*parts, (0, 1, ""))


def latest(versions: Iterable[str]) -> str:
    """The newest of the versions; "" when there is none."""
    return max(versions, key=order, default="")


class Rules(msgspec.Struct, frozen=True):
    """What a caller says about versions: canonical URL -> version, possibly with wildcards."""

    default: dict[str, str] = {}
    check: dict[str, str] = {}
    force: dict[str, str] = {}

    def apply(self, url: str, stated: str) -> tuple[str, str]:
        """The version to use and the rule that chose it: "force", "default", "check" or ""."""
        if url in self.force:
            return self.force[url], "force"
        if stated:
            return stated, ""
        if url in self.default:
            return self.default[url], "default"
        if url in self.check:
            return self.check[url], "check"
        return "", ""


def split(reference: str) -> tuple[str, str]:
    """URL and version of a canonical reference."""
    url, _, version = reference.partition("|")
    return url, version


def rules(default: Iterable[str], check: Iterable[str], force: Iterable[str]) -> Rules:
    """Rules from canonical references "url|version"."""
    return Rules(dict(map(split, default)), dict(map(split, check)), dict(map(split, force)))
