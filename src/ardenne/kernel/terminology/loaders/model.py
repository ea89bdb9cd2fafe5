"""What a loader gives: one version of a code system with all its concepts."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec


class LoadError(ValueError):
    """The files are not what the loader reads; the text says what was looked for."""


class Options(NamedTuple):
    """What the operator says about the files; empty where they say it themselves."""

    url: str = ""
    version: str = ""
    name: str = ""
    language: str = ""


class Name(NamedTuple):
    """A name besides the display."""

    value: str
    language: str = ""
    use_system: str = ""
    use_code: str = ""


class Item(msgspec.Struct):
    """A concept as it stands in the files."""

    code: str
    display: str
    definition: str = ""
    parents: list[str] = []
    names: list[Name] = []
    properties: dict[str, list[Any]] = {}
    inactive: bool = False
    abstract: bool = False
    status: str = ""


class Release(NamedTuple):
    """A version of a code system."""

    url: str
    version: str
    name: str
    title: str
    language: str
    copyright: str
    case_sensitive: bool
    properties: list[dict[str, str]]
    """CodeSystem.property: code, type and perhaps uri and description"""
    items: dict[str, Item]
    """concepts by code, in the order of the files"""


def described(codes: dict[str, str]) -> list[dict[str, str]]:
    """CodeSystem.property for codes with their types."""
    return [{"code": code, "type": kind} for code, kind in codes.items()]
