"""UCUM essence: the units that the Unified Code for Units of Measure names (https://ucum.org).

Expressions of units need no loading: the grammar knows them. Loading gives units names, so that they can be listed.
"""

from __future__ import annotations

from typing import Final

from ardenne.kernel.terminology.loaders.files import Files
from ardenne.kernel.terminology.loaders.model import Item, LoadError, Name, Options, Release, described
from ardenne.standards.refusal import Refused
from ardenne.standards.xml.hardened import parse

URL: Final = "http://unitsofmeasure.org"
_COPYRIGHT: Final = (
    "UCUM is copyright Regenstrief Institute, Inc. and the UCUM Organization (https://ucum.org/license)."
)


def read(files: Files, options: Options) -> Release:
    """The units in the essence. Raises LoadError."""
    name = files.one(r"(?i).*\.xml", "XML file of the UCUM essence")
    with files.open(name) as stream:
        try:
            root = parse(stream.read())
        except Refused as error:
            raise LoadError(f"{name} cannot be read: {error}") from None
    items: dict[str, Item] = {}
    for element in root:
        kind = str(element.tag).rpartition("}")[2]
        code = element.get("Code", "")
        if kind not in ("base-unit", "unit") or not code:
            continue
        texts: dict[str, list[str]] = {}
        for child in element:
            text = " ".join("".join(map(str, child.itertext())).split())
            texts.setdefault(str(child.tag).rpartition("}")[2], []).append(text)
        names = [each for each in texts.get("name", []) if each]
        item = Item(code, names[0] if names else code, names=[Name(each, "en") for each in names[1:]])
        held = {"property": texts.get("property", [])[:1], "printSymbol": texts.get("printSymbol", [])[:1]}
        item.properties = {key: values for key, values in held.items() if values and values[0]}
        items[code] = item
    if not items:
        raise LoadError(f"{name} names no units: it is not the UCUM essence")
    return Release(
        options.url or URL,
        options.version or root.get("version", ""),
        options.name or "UCUM",
        "Unified Code for Units of Measure",
        options.language or "en",
        _COPYRIGHT,
        True,
        described({"property": "string", "printSymbol": "string"}),
        items,
    )
