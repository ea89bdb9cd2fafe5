"""SNOMED CT in RF2 (SNOMED International, Release File Specifications, RF2): the snapshot files of an edition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ardenne.kernel.terminology.loaders.files import Files
from ardenne.kernel.terminology.loaders.model import Item, LoadError, Name, Options, Release, described

URL: Final = "http://snomed.info/sct"
_FULLY_SPECIFIED: Final = "900000000000003001"
_SYNONYM: Final = "900000000000013009"
_IS_A: Final = "116680003"
_PREFERRED: Final = "900000000000548007"
_DEFINED: Final = "900000000000073002"
_INFERRED: Final = "900000000000011006"
# Modules of editions, by the country or organisation in the names of their files.
_EDITIONS: Final = {
    "INT": "900000000000207008", "US1000124": "731000124108", "BE1000172": "11000172109",
    "FR1000315": "11000315107", "DE1000274": "11000274103", "NL1000146": "11000146104",
    "CH1000195": "2011000195101", "AT1000234": "11000234105", "GB1000000": "999000031000000106",
    "IE1000220": "11000220105", "ES": "449081005",
}  # fmt: skip
_NAME: Final = re.compile(r"sct2_Concept_Snapshot_(?P<edition>[A-Z]{2,3}\d*)_(?P<date>\d{8})\.txt")
_COPYRIGHT: Final = (
    "This material includes SNOMED Clinical Terms (SNOMED CT), used by permission of SNOMED International. "
    "Its use needs a licence (https://www.snomed.org)."
)


def read(files: Files, options: Options) -> Release:
    """The edition in the files. Raises LoadError."""
    concepts = files.one(r"x?sct2_Concept_Snapshot_.*\.txt", "RF2 snapshot of concepts")
    items: dict[str, Item] = {}
    for row in _rows(files, concepts):
        active = row["active"] == "1"
        items[row["id"]] = Item(
            row["id"],
            "",
            inactive=not active,
            properties={
                "effectiveTime": [row["effectiveTime"]],
                "moduleId": [row["moduleId"]],
                "sufficientlyDefined": [row["definitionStatusId"] == _DEFINED],
            },
        )
    _relate(files, items)
    language = options.language or "en"
    _name(files, items, language)
    _define(files, items)
    return Release(
        options.url or URL,
        options.version or _version(concepts, items),
        options.name or "SNOMED_CT",
        "SNOMED CT",
        language,
        _COPYRIGHT,
        True,
        described({
            "effectiveTime": "string", "moduleId": "code", "sufficientlyDefined": "boolean",
            **dict.fromkeys(_attributes(items), "code"),
        }),
        items,
    )  # fmt: skip


def _rows(files: Files, name: str) -> Iterator[dict[str, str]]:
    rows = files.rows(name, "\t", quoted=False)
    for number, row in enumerate(rows):
        if number == 0 and "active" not in row:
            raise LoadError(f"{name} has no column 'active': it is no RF2 file")
        yield row


def _version(concepts: str, items: dict[str, Item]) -> str:
    match = _NAME.fullmatch(concepts.rpartition("/")[2].removeprefix("x"))
    edition = match["edition"] if match else "INT"
    dates = (str(item.properties["effectiveTime"][0]) for item in items.values())
    date = match["date"] if match else max(dates, default="")
    return f"{URL}/{_EDITIONS.get(edition, _EDITIONS['INT'])}/version/{date}"


def _attributes(items: dict[str, Item]) -> list[str]:
    found = {name for item in items.values() for name in item.properties if name.isdigit()}
    return sorted(found)


def _relate(files: Files, items: dict[str, Item]) -> None:
    name = files.one(r"x?sct2_Relationship_Snapshot_.*\.txt", "RF2 snapshot of relationships")
    for row in _rows(files, name):
        item = items.get(row["sourceId"])
        if item is None or row["active"] != "1" or row["destinationId"] not in items:
            continue
        if row.get("characteristicTypeId", _INFERRED) != _INFERRED:
            continue
        if row["typeId"] == _IS_A:
            if row["destinationId"] not in item.parents:
                item.parents.append(row["destinationId"])
        else:
            held = item.properties.setdefault(row["typeId"], [])
            if row["destinationId"] not in held:
                held.append(row["destinationId"])


def _name(files: Files, items: dict[str, Item], language: str) -> None:
    """Give concepts their names: preferred ones first, the display in the language of the release."""
    preferred = {
        row["referencedComponentId"]
        for name in files.all(r"x?der2_cRefset_Language.*Snapshot.*\.txt")
        for row in _rows(files, name)
        if row["active"] == "1" and row["acceptabilityId"] == _PREFERRED
    }
    found: dict[str, list[tuple[int, Name]]] = {}
    for name in files.all(r"x?sct2_Description_Snapshot.*\.txt"):
        for row in _rows(files, name):
            if row["active"] != "1" or row["conceptId"] not in items:
                continue
            is_full = row["typeId"] == _FULLY_SPECIFIED
            rank = 3 if is_full else 1 if row["id"] in preferred else 2
            each = Name(row["term"], row["languageCode"], URL, row["typeId"])
            found.setdefault(row["conceptId"], []).append((rank, each))
    for code, ranked in found.items():
        ranked.sort(key=lambda pair: pair[0])
        names = [each for _rank, each in ranked]
        main = next((each for each in names if each.language.startswith(language)), names[0])
        items[code].display = main.value
        items[code].names = [each for each in names if each is not main]
    for code, item in items.items():
        item.display = item.display or code


def _define(files: Files, items: dict[str, Item]) -> None:
    for name in files.all(r"x?sct2_TextDefinition_Snapshot.*\.txt"):
        for row in _rows(files, name):
            item = items.get(row["conceptId"])
            if item is not None and row["active"] == "1" and not item.definition:
                item.definition = row["term"]
