"""The five languages: which one a reader wants, translated texts, dates and numbers as they are written.

Texts are written in English in code and templates and translated by gettext catalogues
(``locale/<language>/messages.po`` beside the code that uses them).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, get_decimal_symbol

LANGUAGES: dict[str, str] = {
    "fr": "Français",
    "de": "Deutsch",
    "lb": "Lëtzebuergesch",
    "en": "English",
    "pt": "Português",
}
DEFAULT = "fr"
_EUROPEAN = {"en": "en_GB", "pt": "pt_PT"}
"""Dates and numbers as they are written here, not overseas."""
LUXEMBOURG = ZoneInfo("Europe/Luxembourg")

_Catalogue = dict[str, str | tuple[str, ...]]


def choose(asked: str, cookie: str, accept: str) -> str:
    """Return the language: asked for in the address, else remembered, else what the browser prefers."""
    for candidate in (asked, cookie):
        if candidate in LANGUAGES:
            return candidate
    weighted = []
    for place, part in enumerate(accept.split(",")[:20]):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        weighted.append((-weight, place, tag[:2].lower()))
    for _weight, _place, tag in sorted(weighted):
        if tag in LANGUAGES:
            return tag
    return DEFAULT


@lru_cache(maxsize=64)
def _catalogue(package: str, language: str) -> _Catalogue:
    folder = resources.files(package) / "locale" / language / "messages.po"
    if not folder.is_file():
        return {}
    with folder.open("rb") as file:
        catalogue = read_po(file, locale=language)
    found: _Catalogue = {}
    for message in catalogue:
        if not message.id or not message.string or message.fuzzy:
            continue
        if isinstance(message.id, tuple | list):
            found[message.id[0]] = tuple(message.string)
        else:
            found[message.id] = str(message.string)
    return found


class Words:
    """Texts, dates and numbers in one language, from the catalogues of some packages.

    ``zone`` is where readers are; storage is UTC.
    """

    def __init__(self, language: str, packages: Iterable[str], zone: ZoneInfo = LUXEMBOURG) -> None:
        self.language = language
        self.zone = zone
        self._locale = Locale.parse(_EUROPEAN.get(language, language))
        self._plural = self._locale.plural_form
        self._catalogues = [_catalogue(package, language) for package in packages]

    def text(self, message: str, **values: object) -> str:
        """Return the translation of an English text; ``{name}`` is filled from ``values``."""
        found: str | tuple[str, ...] = message
        for catalogue in self._catalogues:
            if message in catalogue:
                found = catalogue[message]
                break
        shown = found if isinstance(found, str) else found[0]
        return shown.format(**values) if values else shown

    def plural(self, one: str, many: str, number: int) -> str:
        """Return the form for a number; ``{n}`` stands for it."""
        for catalogue in self._catalogues:
            forms = catalogue.get(one)
            if isinstance(forms, tuple):
                place = 0 if self._plural(number) == "one" else len(forms) - 1
                return forms[place].format(n=self.number(number))
        return (one if number == 1 else many).format(n=self.number(number))

    def language_name(self, code: str) -> str:
        """Return the name of a language (ISO 639) in this one; the code when it has none."""
        return str(self._locale.languages.get(code, code))

    def number(self, value: float) -> str:
        """Return a number as the language writes it."""
        return format_decimal(value, locale=self._locale)

    def exact(self, value: float) -> str:
        """Return a measured number with all its digits, as the language writes it."""
        return format_decimal(value, locale=self._locale, decimal_quantization=False)

    @property
    def decimal_sign(self) -> str:
        """The sign before the decimals."""
        return get_decimal_symbol(self._locale)

    def day(self, value: date | datetime) -> str:
        """Return a date in words, such as "22 novembre 2026"."""
        return format_date(value, "long", locale=self._locale)

    def short_date(self, text: str) -> str:
        """Return the day of a FHIR date or dateTime in few signs, for tables."""
        try:
            found = datetime.fromisoformat(text) if len(text) >= 10 else None
        except ValueError:
            return text
        if found is None:
            return self.fhir_date(text)
        local = found.astimezone(self.zone) if found.tzinfo else found
        return format_date(local, "medium", locale=self._locale)

    def moment(self, value: datetime) -> str:
        """Return a date with time, in the readers' time zone."""
        local = value.astimezone(self.zone)
        return f"{self.day(local)}, {local:%H:%M}"

    def fhir_date(self, text: str) -> str:
        """Return a FHIR date or dateTime of any precision; what cannot be read is shown as it is."""
        try:
            match len(text):
                case 4:
                    return text
                case 7:
                    return format_date(date.fromisoformat(f"{text}-01"), "MMMM y", locale=self._locale)
                case 10:
                    return self.day(date.fromisoformat(text))
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        if moment.tzinfo is None:
            return f"{self.day(moment)}, {moment:%H:%M}"
        return self.moment(moment)
