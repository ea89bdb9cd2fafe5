"""The persons themselves: households of a block are drawn together, so that a person's number decides all.

Person ``n`` belongs to block ``n // BLOCK``; a block depends on the seed and its own number alone.

National numbers hold the birth date and a counter, so that persons who know nothing of each other would get the same ones.
Day and counter therefore follow from ``n`` (its slot), and slots that come again get years with another remainder by
sixteen: no two of the first 1,338,624 persons have a number of one kind in common.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from ardenne.apps.population import lists
from ardenne.standards.identifiers import checks

BLOCK = 12
TODAY = 2026
_COUNTERS = 249
"""Counters of a birth date; as many again are for the second of twins. The Belgian number has 499 for each sex."""
_DATES = 12 * 28
_SLOTS = _DATES * _COUNTERS
_ROUND = 16
_YEARS, _YEARS_WITH_CHILDREN = (1934, 1993), (1956, 1975)
"""Of the eldest of a household, in sixteen years from one of these on."""
_PARENT_AGE = 20
_LAST_PARENT = TODAY - _PARENT_AGE - _ROUND
_TWIN_SHARE, _DEATH_SHARE, _MOVED_SHARE = 0.02, 0.008, 0.12
_UKRAINIAN, _ARABIC = "uk", "ar"


class Address(NamedTuple):
    """Where somebody lives."""

    country: str
    city: str
    postcode: str
    street: str
    house: str


class Person(NamedTuple):
    """One invented person. ``numbers``: (kind, value). ``latin``: given and family name in Latin letters."""

    id: int
    household: int
    given: str
    family: str
    latin: tuple[str, str]
    culture: str
    sex: str
    birth: str
    death: str
    numbers: tuple[tuple[str, str], ...]
    address: Address
    former: Address | None
    phone: str
    works_in: str
    twin_of: int
    """The id of the other child of the same birth; -1: none."""


def block(seed: int, number: int) -> list[Person]:
    """Return the persons of a block: the same for the same seed and number."""
    chance = random.Random(seed * 1_000_003 + number)  # noqa: S311 - invented persons, no secret
    found: list[Person] = []
    first = number * BLOCK
    while len(found) < BLOCK:
        size = min((1, 2, 2, 3, 4, 4, 5)[int(chance.random() * 7)], BLOCK - len(found))
        found += _household(chance, seed, first + len(found), size)
    return found


def _household(chance: random.Random, seed: int, first: int, size: int) -> list[Person]:
    place = lists.places()[lists.drawn(lists.place_bounds(), chance.random())]
    codes, bounds = lists.culture_bounds(place.country)
    culture = codes[lists.drawn(bounds, chance.random())]
    address, former = _address(chance, place), None
    if chance.random() < _MOVED_SHARE:
        former = _address(chance, lists.places()[lists.drawn(lists.place_bounds(), chance.random())])
    families = _families(chance, culture)
    home_phone = _phone(chance, place.country)
    first_year, last_year = _YEARS_WITH_CHILDREN if size > 2 else _YEARS
    adult = first_year + int(chance.random() * (last_year - first_year))
    adult = int(_birth(_slot(seed, first), adult)[:4])
    found: list[Person] = []
    for rank in range(size):
        single = rank == 1 and size == 2 and adult <= _LAST_PARENT and chance.random() < 0.25
        child = rank >= 2 or single
        before = found[-1] if found else None
        twin = before if rank >= 3 and chance.random() < _TWIN_SHARE * 4 else None
        if twin is not None and twin.twin_of >= 0:
            twin = None
        slot = _slot(seed, first + rank if twin is None else twin.id)
        birth = twin.birth if twin else _birth(slot, adult + (_PARENT_AGE if child else -8 if rank else 0))
        counter = slot.counter + (0 if twin is None else _COUNTERS)
        own = culture if child or chance.random() < 0.8 else codes[lists.drawn(bounds, chance.random())]
        family = (
            families
            if child or rank == 0 or (own == culture and chance.random() < 0.6)
            else _families(chance, own)
        )
        sex = "male" if chance.random() < 0.495 else "female"
        given = _given(chance, own, sex)
        while before is not None and given[0] == before.given:
            given = _given(chance, own, sex)
        works = _workplace(chance, place.country, int(birth[:4]))
        phone = home_phone if chance.random() < 0.3 else _phone(chance, place.country)
        found.append(
            Person(
                first + rank, first, given[0], family[0], (given[1], family[1]), own, sex, birth,
                _death(chance, birth), _numbers(place.country, works, birth, sex, counter, first + rank),
                address, former, phone if chance.random() < 0.8 else "", works,
                twin.id if twin else -1,
            )
        )  # fmt: skip
    return found


def _skewed(chance: random.Random, count: int) -> int:
    return int(count * chance.random() ** 1.7)


def _families(chance: random.Random, culture: str) -> tuple[str, str]:
    names = lists.cultures()[culture]
    place = _skewed(chance, len(names.family))
    family = names.family[place]
    if names.two_families and chance.random() < 0.6:
        family = f"{family} {names.family[_skewed(chance, len(names.family))]}"
    return family, names.latin_family[place] if names.latin_family else family


def _given(chance: random.Random, culture: str, sex: str) -> tuple[str, str]:
    names = lists.cultures()[culture]
    table = names.male if sex == "male" else names.female
    latin = names.latin_male if sex == "male" else names.latin_female
    place = _skewed(chance, len(table))
    if latin:
        return table[place], latin[place]
    given = table[place]
    if chance.random() < 0.2 and culture not in (_UKRAINIAN, _ARABIC):
        given = f"{given}-{table[_skewed(chance, len(table))]}"
    return given, given


def _address(chance: random.Random, place: lists.Place) -> Address:
    postcode = place.postcode
    if place.country == "LU":
        postcode = (postcode + str(int(chance.random() * 1000)).zfill(3))[:1] + (
            postcode[1:] + str(int(chance.random() * 1000)).zfill(3)
        )[:3]
    streets = lists.streets()
    return Address(
        place.country, place.name, postcode, streets[int(chance.random() * len(streets))],
        str(1 + int(180 * chance.random() ** 1.5)),
    )  # fmt: skip


class _Slot(NamedTuple):
    """Day of the year, counter, and the remainder by sixteen that the year of birth has."""

    month: int
    day: int
    counter: int
    remainder: int


def _slot(seed: int, number: int) -> _Slot:
    again, place = divmod(number + seed * 7919, _SLOTS)
    date, counter = divmod(place, _COUNTERS)
    for _ in range(2):
        # what one half says is mixed into the other: neighbours are born on any day, and no two slots become one
        date = (date + _mixed(counter)) % _DATES
        counter = (counter + _mixed(date)) % _COUNTERS
    return _Slot(
        1 + date // 28, 1 + date % 28, counter, (_mixed(date * _COUNTERS + counter) + again) % _ROUND
    )


def _mixed(number: int) -> int:
    return (number * 2_654_435_761 & 0xFFFFFFFF) >> 13


def _birth(slot: _Slot, earliest: int) -> str:
    """Return a birth date in the sixteen years from ``earliest`` on."""
    year = earliest + (slot.remainder - earliest) % _ROUND
    return f"{year:04d}-{slot.month:02d}-{slot.day:02d}"


def _death(chance: random.Random, birth: str) -> str:
    if chance.random() >= _DEATH_SHARE * (4 if birth < "1950" else 1):
        return ""
    return f"{TODAY - 1}-{1 + int(chance.random() * 12):02d}-{1 + int(chance.random() * 28):02d}"


def _phone(chance: random.Random, country: str) -> str:
    digits = f"{int(chance.random() * 1_000_000):06d}"
    if country == "LU":
        return f"+352 {('621', '661', '691')[int(chance.random() * 3)]} {digits}"
    code = {"BE": "32 47", "FR": "33 6 2", "DE": "49 151 2"}[country]
    return f"+{code}{int(chance.random() * 10)} {digits}"


def _workplace(chance: random.Random, country: str, year: int) -> str:
    if not TODAY - 65 <= year <= TODAY - 20:
        return ""
    cross = lists.shares().cross_border_worker.get(country, 0.0)
    return "LU" if country != "LU" and chance.random() < cross else country


def _numbers(
    country: str, works: str, birth: str, sex: str, counter: int, person: int
) -> tuple[tuple[str, str], ...]:
    found = []
    if country == "LU" or works == "LU":
        found.append(("LU_MATRICULE", matricule(birth, counter)))
    if country == "BE":
        found.append(("BE_NISS", niss(birth, counter, sex)))
    elif country == "FR":
        department = 54 + 3 * (person % 2)
        found.append(("FR_NIR", nir(birth, sex, department, int(birth[8:]) * 13, counter)))
    elif country == "DE":
        found.append(("DE_KVNR", kvnr(person % 26, person * 7_368_787 % 100_000_000)))
    return tuple(found)


def matricule(birth: str, counter: int) -> str:
    """Return a valid Luxembourg matricule."""
    base = f"{birth[:4]}{birth[5:7]}{birth[8:]}{counter:03d}"
    return f"{base}{checks.luhn(base)}{checks.verhoeff(base)}"


def niss(birth: str, counter: int, sex: str) -> str:
    """Return a valid Belgian number of the national register."""
    nine = f"{birth[2:4]}{birth[5:7]}{birth[8:]}{1 + 2 * counter + (sex == 'female'):03d}"
    return f"{nine}{checks.complement_97(('2' if birth >= '2000' else '') + nine):02d}"


def nir(birth: str, sex: str, department: int, commune: int, order: int) -> str:
    """Return a valid French NIR. ``commune`` of the department (up to 990), ``order`` of the births of a month there."""
    base = f"{1 if sex == 'male' else 2}{birth[2:4]}{birth[5:7]}{department:02d}{commune:03d}{order + 1:03d}"
    return f"{base}{checks.complement_97(base):02d}"


def kvnr(letter: int, digits: int) -> str:
    """Return a valid German health insurance number."""
    from ardenne.standards.identifiers.germany import check_digit

    nine = f"{chr(65 + letter)}{digits:08d}"
    return f"{nine}{check_digit(nine)}"
