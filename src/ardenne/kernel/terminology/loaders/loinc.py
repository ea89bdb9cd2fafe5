"""LOINC as Regenstrief publishes it: the table, the hierarchy by component and the linguistic variants."""

from __future__ import annotations

import re
from typing import Final

from ardenne.kernel.terminology.loaders.files import Files
from ardenne.kernel.terminology.loaders.model import Item, LoadError, Name, Options, Release, described
from ardenne.standards.fhir.terminology.versions import latest

URL: Final = "http://loinc.org"
# Properties as in the FHIR definition of LOINC (http://loinc.org CodeSystem).
_PROPERTIES: Final = (
    "COMPONENT", "PROPERTY", "TIME_ASPCT", "SYSTEM", "SCALE_TYP", "METHOD_TYP", "CLASS", "CLASSTYPE", "STATUS",
    "ORDER_OBS", "EXAMPLE_UCUM_UNITS", "VersionLastChanged", "VersionFirstReleased", "PanelType",
)  # fmt: skip
_STATUS: Final = {"DEPRECATED": "deprecated", "DISCOURAGED": "discouraged", "TRIAL": "experimental"}
_VARIANT: Final = re.compile(r"(?P<language>[a-z]{2})(?P<country>[A-Z]{2})\d+LinguisticVariant\.csv")
_RELEASE: Final = re.compile(r"(?i)loinc[_-]?v?(\d+\.\d+)")
_COPYRIGHT: Final = (
    "This material contains content from LOINC (http://loinc.org). LOINC is copyright Regenstrief Institute, Inc. "
    "and the LOINC Committee, and is available at no cost under the licence at http://loinc.org/license."
)


def read(files: Files, options: Options) -> Release:
    """The release in the files. Raises LoadError."""
    main = [name for name in files.all(r"(?i)loinc\.csv") if "AccessoryFiles" not in name]
    if len(main) != 1:
        raise LoadError(f"{files.path} has no LoincTable/Loinc.csv")
    items: dict[str, Item] = {}
    changed: set[str] = set()
    for row in files.rows(main[0]):
        code = row.get("LOINC_NUM", "")
        if not code:
            raise LoadError(f"{main[0]} has no column LOINC_NUM: it is not the table of LOINC")
        changed.add(row.get("VersionLastChanged", ""))
        items[code] = _item(code, row)
    _arrange(files, items)
    _translate(files, items)
    named = _RELEASE.search(files.path.name)
    return Release(
        options.url or URL,
        options.version or (named[1] if named else latest(changed)),
        options.name or "LOINC",
        "LOINC",
        options.language or "en",
        _COPYRIGHT,
        False,
        described(dict.fromkeys(_PROPERTIES, "string")),
        items,
    )


def _item(code: str, row: dict[str, str]) -> Item:
    status = row.get("STATUS", "")
    display = row.get("LONG_COMMON_NAME") or row.get("SHORTNAME") or row.get("COMPONENT") or code
    parts = [row.get(name, "") for name in ("COMPONENT", "PROPERTY", "TIME_ASPCT", "SYSTEM", "SCALE_TYP")]
    full = ":".join([*parts, *filter(None, [row.get("METHOD_TYP", "")])])
    others = [row.get("SHORTNAME", ""), row.get("CONSUMER_NAME", ""), row.get("DisplayName", ""), full]
    names = [Name(each, "en", URL, "synonym") for each in dict.fromkeys(others) if each and each != display]
    return Item(
        code,
        display,
        row.get("DefinitionDescription", ""),
        names=names,
        properties={name: [row[name]] for name in _PROPERTIES if row.get(name)},
        inactive=status == "DEPRECATED",
        status=_STATUS.get(status, ""),
    )


def _arrange(files: Files, items: dict[str, Item]) -> None:
    """Put codes under the parts of LOINC that group them."""
    for name in files.all(r"(?i)(ComponentHierarchyBySystem|MultiAxialHierarchy)\.csv"):
        for row in files.rows(name):
            code, parent = row.get("CODE", ""), row.get("IMMEDIATE_PARENT", "")
            if not code:
                continue
            item = items.setdefault(code, Item(code, row.get("CODE_TEXT") or code, abstract=True))
            if parent and parent not in item.parents:
                item.parents.append(parent)


def _translate(files: Files, items: dict[str, Item]) -> None:
    for name in files.all(_VARIANT.pattern):
        match = _VARIANT.fullmatch(name.rpartition("/")[2])
        assert match is not None
        language = f"{match['language']}-{match['country']}"
        for row in files.rows(name):
            item = items.get(row.get("LOINC_NUM", ""))
            value = next(
                (
                    row[column]
                    for column in (
                        "LinguisticVariantDisplayName",
                        "LONG_COMMON_NAME",
                        "SHORTNAME",
                        "COMPONENT",
                    )
                    if row.get(column)
                ),
                "",
            )
            if item is not None and value:
                item.names.append(Name(value, language))
