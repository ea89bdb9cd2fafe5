"""The texts that pages show: finds them in code and templates and compares them with the catalogues.

`python tools/texts.py` lists what is missing or stale in each language; tests call `problems`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parent.parent / "src" / "ardenne"
LANGUAGES = ("fr", "de", "lb", "pt")
_PYTHON = {"text": None, "_text": None, "plural": (1, 2)}


class Package(NamedTuple):
    """A catalogue: where it lies, what it covers, and modules whose LABELS and PLURALS it covers too."""

    folder: str
    covers: tuple[str, ...]
    labels: tuple[str, ...] = ()


PACKAGES = (
    Package("ui", ("ui", "apps")),
    Package(
        "services/record",
        ("services/record",),
        (
            "ardenne.standards.cda.render",
            "ardenne.standards.kmehr.render",
            "ardenne.services.record.wording",
            "ardenne.services.record.adding.wording",
            "ardenne.services.record.fhir_document",
            "ardenne.services.record.message_page",
        ),
    ),
    Package("services/directory", ("services/directory",)),
    Package("services/consent", ("services/consent",)),
    Package("services/access", ("services/access",), ("ardenne.services.access.wording",)),
    Package(
        "services/authorisations", ("services/authorisations",), ("ardenne.services.authorisations.wording",)
    ),
    Package(
        "services/vaccination",
        ("services/vaccination",),
        ("ardenne.services.vaccination.wording", "ardenne.services.vaccination.campaigns.wording"),
    ),
    Package("services/stock", ("services/stock",), ("ardenne.services.stock.wording",)),
    Package("services/mpi", ("services/mpi",), ("ardenne.services.mpi.wording",)),
    Package("services/affiliation", ("services/affiliation",)),
    Package("services/retention", ("services/retention",)),
    Package("services/notices", ("services/notices",)),
    Package("services/messaging", ("services/messaging",), ("ardenne.services.messaging.wording",)),
    Package("services/referring", ("services/referring",), ("ardenne.services.referring.wording",)),
    Package("services/accounts", ("services/accounts",), ("ardenne.services.accounts.wording",)),
)

Text = str | tuple[str, str]


def texts(package: Package) -> set[Text]:
    """Return the English texts of a package: a string, or singular and plural."""
    found: set[Text] = set()
    for folder in package.covers:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".html") and "tests" not in path.parts:
                found.update(_in_file(path))
    for name in package.labels:
        module = import_module(name)
        found.update(module.LABELS)
        found.update(getattr(module, "PLURALS", ()))
    return found


def _in_file(path: Path) -> Iterator[Text]:
    content = BytesIO(path.read_bytes())
    if path.suffix == ".py":
        for _line, message, _comments, _context in extract("python", content, _PYTHON):
            yield message if isinstance(message, str) else (message[0], message[1])
        return
    for _line, name, message, _comments in babel_extract(content, ("_", "_n"), (), {"encoding": "utf-8"}):
        parts = [message] if isinstance(message, str) else [part for part in message or () if part]
        if parts:
            yield (parts[0], parts[1]) if name == "_n" else parts[0]


def problems(package: Package, language: str) -> Iterator[str]:
    """Yield what is wrong with a catalogue: missing and stale texts, other placeholders, doubtful entries."""
    path = ROOT / package.folder / "locale" / language / "messages.po"
    wanted = {text if isinstance(text, str) else text[0]: text for text in texts(package)}
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    known = {}
    for message in catalogue:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            known[key] = message
    yield from (f"missing: {text!r}" for text in sorted(set(wanted) - set(known)))
    yield from (f"stale: {text!r}" for text in sorted(set(known) - set(wanted)))
    for key in sorted(set(known) & set(wanted)):
        message = known[key]
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        if message.fuzzy or not all(forms):
            yield f"not translated: {key!r}"
        if isinstance(wanted[key], tuple) != (len(forms) > 1):
            yield f"plural forms: {key!r}"
        source = wanted[key]
        sources = [source] if isinstance(source, str) else list(source)
        for form, original in zip(forms, sources, strict=False):
            if _names(form) != _names(original):
                yield f"placeholders: {form!r}"


def _names(text: str) -> set[str]:
    return {part.partition("}")[0] for part in text.split("{")[1:]}


def main(languages: Iterable[str] = LANGUAGES) -> int:
    """Print every problem; exit code 1 when there is one."""
    found = [
        f"{package.folder}/{language}: {problem}"
        for package in PACKAGES
        for language in languages
        for problem in problems(package, language)
    ]
    print("\n".join(found) or "Every text is translated.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
