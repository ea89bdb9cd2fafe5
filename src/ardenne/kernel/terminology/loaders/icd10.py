"""ICD-10 and its national versions: ClaML (EN 14463, Classification Markup Language) or a table."""

from __future__ import annotations

from typing import Final

from lxml import etree

from ardenne.kernel.terminology.loaders import table
from ardenne.kernel.terminology.loaders.files import Files
from ardenne.kernel.terminology.loaders.model import Item, LoadError, Name, Options, Release, described

URL: Final = "http://hl7.org/fhir/sid/icd-10"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_COPYRIGHT: Final = (
    "ICD-10 is copyright of the World Health Organization; national versions of their publishers."
)
# Rubrics that name what belongs to a class: they help to find it.
_NAMES: Final = frozenset({"preferredLong", "inclusion", "coding-hint"})


def read(files: Files, options: Options) -> Release:
    """The classification in the files. Raises LoadError."""
    found = files.all(r"(?i).*\.xml")
    if not found:
        return table.read(files, options._replace(url=options.url or URL, name=options.name or "ICD10"))
    if len(found) > 1:
        raise LoadError(f"{files.path} has more than one XML file: name the one in ClaML")
    items, version, language = _classes(files, found[0])
    return Release(
        options.url or URL,
        options.version or version,
        options.name or "ICD10",
        "International Classification of Diseases, 10th revision",
        options.language or language,
        _COPYRIGHT,
        False,
        described({"kind": "code", "usage": "code"}),
        items,
    )


def _classes(files: Files, name: str) -> tuple[dict[str, Item], str, str]:
    """The classes, the version and the language."""
    items: dict[str, Item] = {}
    version = language = ""
    with files.open(name) as stream:
        events = etree.iterparse(
            stream, events=("end",), resolve_entities=False, load_dtd=False, no_network=True, huge_tree=True
        )
        try:
            for _event, element in events:
                if element.tag == "Title" and not version:
                    version = element.get("version", "") or element.get("date", "")
                elif element.tag == "Class":
                    item, said = _class(element)
                    items[item.code] = item
                    language = language or said
                    element.clear()
        except etree.XMLSyntaxError as error:
            raise LoadError(f"{name} is no well-formed XML: {error}") from None
    if not items:
        raise LoadError(f"{name} has no classes: it is not in ClaML")
    return items, version, language


def _class(element: etree._Element) -> tuple[Item, str]:
    code, kind = element.get("code", ""), element.get("kind", "")
    item = Item(code, code, abstract=kind in ("chapter", "block"), properties={"kind": [kind]})
    if element.get("usage"):
        item.properties["usage"] = [element.get("usage")]
    item.parents = [each.get("code", "") for each in element.findall("SuperClass")]
    language = ""
    for rubric in element.findall("Rubric"):
        for label in rubric.findall("Label"):
            text = " ".join("".join(map(str, label.itertext())).split())
            said = label.get(_LANGUAGE, "")
            match rubric.get("kind", ""):
                case "preferred" if item.display == code:
                    item.display, language = text, said
                case "preferred":
                    item.names.append(Name(text, said))
                case "definition":
                    item.definition = text
                case kind_of if kind_of in _NAMES and text:
                    item.names.append(Name(text, said, "", kind_of))
    return item, language
