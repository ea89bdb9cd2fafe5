"""Records of persons as several hospitals keep them: duplicates with errors, and which errors they are."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from ardenne.apps.population import lists
from ardenne.apps.population.persons import Person
from ardenne.standards.names.scripts import latin

_LETTERS = "abcdefghijklmnoprstuvz"


class Record(NamedTuple):
    """One record of one source, with the fields of the linkage files. ``kind``: of its number; ``traps``: what
    is wrong in it."""

    id: str
    person: int
    given: str
    family: str
    sex: str
    birth: str
    number: str
    postcode: str
    city: str
    street: str
    house: str
    phone: str
    kind: str
    traps: tuple[str, ...]


def records(seed: int, persons: list[Person]) -> list[Record]:
    """Return the records of the persons of one block: one each, and duplicates."""
    chance = random.Random(seed * 7_368_787 + persons[0].id + 1)  # noqa: S311 - invented, no secret
    found = []
    duplicates = lists.shares().duplicates
    for person in persons:
        found.append(_plain(person, 0))
        more = 0 if (drawn := chance.random()) < duplicates[0] else 1 if drawn < 1 - duplicates[2] else 2
        for copy in range(1, more + 1):
            found.append(_spoiled(chance, person, persons, copy))
    return found


def _plain(person: Person, copy: int) -> Record:
    home = person.address
    traps = ("twin",) if person.twin_of >= 0 else ()
    kind, number = person.numbers[0] if person.numbers else ("", "")
    return Record(
        f"{person.id}-{copy}", person.id, person.given, person.family, person.sex, person.birth, number,
        home.postcode, home.city, home.street, home.house, person.phone, kind, traps,
    )  # fmt: skip


def _spoiled(chance: random.Random, person: Person, block: list[Person], copy: int) -> Record:
    record = _plain(person, copy)
    for name, share in lists.shares().errors.items():
        if chance.random() < share:
            changed = _ERRORS[name](chance, record, person, block)
            if changed is not None:
                record = changed._replace(traps=(*record.traps, name))
    return record


def _typed(chance: random.Random, text: str) -> str:
    if len(text) < 3:
        return text
    place = 1 + int(chance.random() * (len(text) - 2))
    kind = int(chance.random() * 4)
    letter = _LETTERS[int(chance.random() * len(_LETTERS))]
    if kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + letter + text[place:]
    if kind == 2:
        return text[:place] + letter + text[place + 1 :]
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def _typing(chance: random.Random, record: Record, _person: Person, _block: list[Person]) -> Record:
    field = ("given", "family", "family", "street")[int(chance.random() * 4)]
    return record._replace(**{field: _typed(chance, getattr(record, field))})  # type: ignore[arg-type]


def _accents(_chance: random.Random, record: Record, _person: Person, _block: list[Person]) -> Record:
    def bare(text: str) -> str:
        parts = unicodedata.normalize("NFKD", text)
        return "".join(sign for sign in parts if not unicodedata.combining(sign)).upper()

    return record._replace(given=bare(record.given), family=bare(record.family))


def _day_and_month(_c: random.Random, record: Record, _p: Person, _b: list[Person]) -> Record | None:
    year, month, day = record.birth.split("-")
    return record._replace(birth=f"{year}-{day}-{month}") if day <= "12" and day != month else None


def _birth_digit(chance: random.Random, record: Record, _p: Person, _b: list[Person]) -> Record:
    place = (2, 3, 9)[int(chance.random() * 3)]
    digit = str((int(record.birth[place]) + 1 + int(chance.random() * 8)) % 10)
    return record._replace(birth=record.birth[:place] + digit + record.birth[place + 1 :])


def _transliterated(_c: random.Random, record: Record, person: Person, _b: list[Person]) -> Record | None:
    if person.given.isascii() or person.culture not in ("uk", "ar"):
        return None
    given, family = person.latin
    return record._replace(given=latin(given).title(), family=latin(family).title())


def _part(_c: random.Random, record: Record, _p: Person, _b: list[Person]) -> Record | None:
    given, family = record.given.split("-")[0], record.family.split(" ")[-1]
    changed = record._replace(given=given, family=family)
    return changed if changed != record else None


def _married(chance: random.Random, record: Record, person: Person, block: list[Person]) -> Record | None:
    if person.sex != "female" or person.birth > "2004":
        return None
    return record._replace(family=block[int(chance.random() * len(block))].family)


def _moved(_c: random.Random, record: Record, person: Person, _b: list[Person]) -> Record | None:
    old = person.former
    if old is None:
        return None
    return record._replace(postcode=old.postcode, city=old.city, street=old.street, house=old.house)


def _shared(_c: random.Random, record: Record, person: Person, block: list[Person]) -> Record | None:
    others = [
        one for one in block if one.household == person.household and one.id != person.id and one.numbers
    ]
    return record._replace(number=others[0].numbers[0][1], kind=others[0].numbers[0][0]) if others else None


def _mistyped_number(chance: random.Random, record: Record, _p: Person, _b: list[Person]) -> Record | None:
    if len(record.number) < 9:
        return None
    place = 8 + int(chance.random() * (len(record.number) - 8))
    digit = str((int(record.number[place]) + 1) % 10)
    return record._replace(number=record.number[:place] + digit + record.number[place + 1 :])


_ERRORS: dict[str, Callable[[random.Random, Record, Person, list[Person]], Record | None]] = {
    "typing": _typing,
    "accents": _accents,
    "birth-swapped": _day_and_month,
    "birth-digit": _birth_digit,
    "birth-placeholder": lambda _c, record, _p, _b: record._replace(birth=record.birth[:5] + "01-01"),
    "names-swapped": lambda _c, record, _p, _b: record._replace(given=record.family, family=record.given),
    "part-of-name": _part,
    "married-name": _married,
    "transliterated": _transliterated,
    "moved": _moved,
    "number-missing": lambda _c, record, _p, _b: record._replace(number=""),
    "number-mistyped": _mistyped_number,
    "shared-number": _shared,
    "phone-changed": lambda _c, record, _p, _b: record._replace(phone=""),
    "sex-wrong": lambda _c, record, _p, _b: record._replace(
        sex="male" if record.sex == "female" else "female"
    ),
}
