"""The persons themselves: households of a block are drawn together, so that a person's number decides all.

Person ``n`` belongs to block ``n // BLOCK``; a block depends on the seed and its own number alone.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from ardenne.apps.population import lists
from ardenne.standards.identifiers import checks

BLOCK = 12
TODAY = 2026
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
        found += _household(chance, first + len(found), size)
    return found


def _household(chance: random.Random, first: int, size: int) -> list[Person]:
    place = lists.places()[lists.drawn(lists.place_bounds(), chance.random())]
    codes, bounds = lists.culture_bounds(place.country)
    culture = codes[lists.drawn(bounds, chance.random())]
    address, former = _address(chance, place), None
    if chance.random() < _MOVED_SHARE:
        former = _address(chance, lists.places()[lists.drawn(lists.place_bounds(), chance.random())])
    families = _families(chance, culture)
    home_phone = _phone(chance, place.country)
    adult = 1936 + int(chance.random() * 70)
    found: list[Person] = []
    for rank in range(size):
        child = rank >= 2 or (rank == 1 and size == 2 and chance.random() < 0.25)
        before = found[-1] if found else None
        twin = (
            child
            and before is not None
            and rank >= 2
            and found[0].id != before.id
            and (chance.random() < _TWIN_SHARE * 4 and int(before.birth[:4]) > adult + 15)
        )
        year = adult + 20 + int(chance.random() * 18) if child else adult + int(chance.random() * 9) - 4
        birth = before.birth if twin and before else _birth(chance, min(year, TODAY - 1))
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
                _death(chance, birth), _numbers(chance, place.country, works, birth, sex),
                address, former, phone if chance.random() < 0.8 else "", works,
                before.id if twin and before else -1,
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


def _birth(chance: random.Random, year: int) -> str:
    return f"{year:04d}-{1 + int(chance.random() * 12):02d}-{1 + int(chance.random() * 28):02d}"


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
    chance: random.Random, country: str, works: str, birth: str, sex: str
) -> tuple[tuple[str, str], ...]:
    found = []
    if country == "LU" or works == "LU":
        found.append(("LU_MATRICULE", matricule(birth, int(chance.random() * 1000))))
    if country == "BE":
        found.append(("BE_NISS", niss(birth, int(chance.random() * 498), sex)))
    elif country == "FR":
        found.append(
            ("FR_NIR", nir(birth, sex, 54 + 3 * int(chance.random() * 2), int(chance.random() * 999)))
        )
    elif country == "DE":
        found.append(("DE_KVNR", kvnr(int(chance.random() * 26), int(chance.random() * 100_000_000))))
    return tuple(found)


def matricule(birth: str, counter: int) -> str:
    """Return a valid Luxembourg matricule."""
    base = f"{birth[:4]}{birth[5:7]}{birth[8:]}{counter:03d}"
    return f"{base}{checks.luhn(base)}{checks.verhoeff(base)}"


def niss(birth: str, counter: int, sex: str) -> str:
    """Return a valid Belgian number of the national register."""
    nine = f"{birth[2:4]}{birth[5:7]}{birth[8:]}{1 + 2 * counter + (sex == 'female'):03d}"
    return f"{nine}{checks.complement_97(('2' if birth >= '2000' else '') + nine):02d}"


def nir(birth: str, sex: str, department: int, order: int) -> str:
    """Return a valid French NIR."""
    base = (
        f"{1 if sex == 'male' else 2}{birth[2:4]}{birth[5:7]}{department:02d}{order % 400 + 1:03d}{order:03d}"
    )
    return f"{base}{checks.complement_97(base):02d}"


def kvnr(letter: int, digits: int) -> str:
    """Return a valid German health insurance number."""
    from ardenne.standards.identifiers.germany import check_digit

    nine = f"{chr(65 + letter)}{digits:08d}"
    return f"{nine}{check_digit(nine)}"
