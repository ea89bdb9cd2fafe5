"""Finding in the directory: one search of PractitionerRole with chains and includes."""

from __future__ import annotations

import re
from typing import NamedTuple

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse
from ardenne.services.directory.entries import Entry, entries
from ardenne.standards.fhir.json import parse as read
from ardenne.standards.professions import SYSTEM

MOST = 300
_WORD = re.compile(r"[\w'’\-]{2,40}")
_CODE = re.compile(r"[a-z]{2}\.[a-z0-9-]{1,60}")
_LANGUAGE = re.compile(r"[a-z]{2}")


class Question(NamedTuple):
    """What somebody looks for; what is empty does not matter. ``profession`` is ``country.code``."""

    name: str = ""
    profession: str = ""
    city: str = ""
    language: str = ""
    accepts: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing is asked."""
        return not (self.name or self.profession or self.city or self.language or self.accepts)


async def find(service: FhirService, asked: Question) -> tuple[list[Entry], bool]:
    """Return the entries in force, and whether there are more than ``MOST``."""
    pairs = [("active", "true"), ("_count", str(MOST)), ("_total", "none")]
    pairs += [
        ("_include", f"PractitionerRole:{name}") for name in ("practitioner", "organization", "location")
    ]
    pairs += [("practitioner.name:contains", word) for word in _WORD.findall(asked.name)[:4]]
    if _CODE.fullmatch(asked.profession):
        # a profession finds its specialities too: their roles name both
        token = f"{SYSTEM}|{asked.profession}"
        pairs.append(("_filter", f'role eq "{token}" or specialty eq "{token}"'))
    pairs += [("location.address-city:contains", word) for word in _WORD.findall(asked.city)[:3]]
    if _LANGUAGE.fullmatch(asked.language):
        pairs.append(("practitioner.communication", asked.language))
    page = await service.searcher.search(["PractitionerRole"], parse(pairs))
    found = entries(read(row.body) for row in [*page.matches, *page.included])
    # R4 knows no parameter for it: the answer of at most MOST roles is sifted here
    return [one for one in found if one.accepts or not asked.accepts], len(page.matches) >= MOST
