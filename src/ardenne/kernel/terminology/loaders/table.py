"""Code systems as tables (CSV): one line a concept. Also the ATC classification of the WHO.

Columns by their heading: code; display (or name, title, label); parent; definition; status; display:fr, display:de...
for names in other languages. Every other column becomes a property.
"""

from __future__ import annotations

import io
import re
from typing import Final

from ardenne.kernel.terminology.loaders.files import Files
from ardenne.kernel.terminology.loaders.model import Item, LoadError, Name, Options, Release, described

ATC: Final = "http://www.whocc.no/atc"
_HEADINGS: Final = {
    "code": ("code", "atc_code", "atc code", "atccode", "atc", "concept", "id"),
    "display": ("display", "name", "atc_name", "atc name", "title", "label", "term", "description"),
    "parent": ("parent", "parents", "parent_code"),
    "definition": ("definition",),
    "status": ("status",),
}
_IN_LANGUAGE: Final = re.compile(
    r"(?:display|name|title|label)[:_ ]([a-z]{2}(?:-[A-Za-z]{2})?)", re.IGNORECASE
)
_ATC_LEVELS: Final = (1, 3, 4, 5, 7)
_INACTIVE: Final = frozenset({"retired", "inactive", "withdrawn"})


def read(files: Files, options: Options) -> Release:
    """The code system in the only table of the files. Raises LoadError."""
    if not options.url:
        raise LoadError("say which code system it is: --url")
    name = files.one(r"(?i).*\.(csv|tsv|txt)", "table (.csv, .tsv or .txt)")
    delimiter = _delimiter(files, name)
    items: dict[str, Item] = {}
    columns: dict[str, str] = {}
    extra: list[str] = []
    for row in files.rows(name, delimiter):
        if not columns:
            columns, extra = _columns(list(row), name)
        item = _item(row, columns, extra)
        if item is not None:
            items[item.code] = item
    if not items:
        raise LoadError(f"{name} has no line with a code")
    label = options.name or re.sub(r"\W", "_", name.rpartition("/")[2].rpartition(".")[0])
    return Release(
        options.url,
        options.version,
        label,
        label,
        options.language,
        "",
        True,
        described(dict.fromkeys(extra, "string")),
        items,
    )


def read_atc(files: Files, options: Options) -> Release:
    """The ATC classification: the parent of a code is the code of the level above it."""
    found = read(files, options._replace(url=options.url or ATC, name=options.name or "ATC"))
    for code, item in found.items.items():
        shorter = [code[:length] for length in _ATC_LEVELS if length < len(code)]
        above = next((each for each in reversed(shorter) if each in found.items), "")
        if above and not item.parents:
            item.parents = [above]
    return found._replace(
        title="Anatomical Therapeutic Chemical classification",
        copyright="WHO Collaborating Centre for Drug Statistics Methodology (https://atcddd.fhi.no).",
    )


def _delimiter(files: Files, name: str) -> str:
    with files.open(name) as stream:
        line = io.TextIOWrapper(stream, "utf-8-sig", errors="replace").readline()
    return max(("\t", ";", ","), key=line.count)


def _columns(headings: list[str], name: str) -> tuple[dict[str, str], list[str]]:
    """Which heading means what, and the headings that become properties."""
    folded = {heading.strip().lower(): heading for heading in headings}
    columns = {
        meaning: next(folded[word] for word in words if word in folded)
        for meaning, words in _HEADINGS.items()
        if any(word in folded for word in words)
    }
    if "code" not in columns:
        raise LoadError(f"{name} has no column 'code'; it has: {', '.join(headings)[:200]}")
    used = set(columns.values())
    extra = [each for each in headings if each not in used and not _IN_LANGUAGE.fullmatch(each.strip())]
    return columns, extra


def _item(row: dict[str, str], columns: dict[str, str], extra: list[str]) -> Item | None:
    def told(meaning: str) -> str:
        return row.get(columns.get(meaning, ""), "").strip()

    code = told("code")
    if not code:
        return None
    names = []
    for heading, value in row.items():
        match = _IN_LANGUAGE.fullmatch(heading.strip())
        if match is not None and value.strip():
            names.append(Name(value.strip(), match[1]))
    status = told("status").lower()
    return Item(
        code,
        told("display") or code,
        told("definition"),
        [each.strip() for each in re.split(r"[|,]", told("parent")) if each.strip()],
        names,
        {heading: [row[heading].strip()] for heading in extra if row.get(heading, "").strip()},
        inactive=status in _INACTIVE,
        status="" if status == "active" else status,
    )
