"""Immunizations of a record (FHIR R4) → a person whom a schedule can be applied to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from ardenne.services.vaccination.nomenclature import Nomenclature, Vaccine
from ardenne.services.vaccination.rules.history import Dose, Person
from ardenne.services.vaccination.rules.schedule import Ruleset

_FHIR_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_GENDERS = {"female": "Female", "male": "Male"}


@dataclass(frozen=True, slots=True)
class Act:
    """An act of vaccination as the record holds it. ``vaccine`` is None when its code is not known."""

    id: str
    day: date | None
    approximate: bool
    vaccine: Vaccine | None
    name: str
    status: str
    lot: str = ""
    reported: bool = False
    performer: str = ""
    substandard: bool = False


@dataclass(slots=True)
class Subject:
    """A person with acts, and what could not be used, in words."""

    person: Person
    acts: list[Act]
    act_of: dict[int, Act] = field(default_factory=dict)
    """``id`` of a dose of the engine → the act that it comes from."""
    unused: list[Act] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)
    """How often an act (id) is in the record, when several sources told of it: it counts once."""


@lru_cache(maxsize=8192)
def parse_day(value: str) -> tuple[date | None, bool]:
    """A FHIR dateTime as a day, and whether it is approximate (a year or month: its middle is taken)."""
    found = _FHIR_DAY.match(value or "")
    if not found:
        return None, True
    year, month, day = found.groups()
    try:
        return date(int(year), int(month or 7), int(day or (15 if month else 1))), not day
    except ValueError:
        return None, True


def read_act(resource: Mapping[str, Any], nomenclature: Nomenclature) -> Act:
    """One Immunization. Codes of NUVA come first, then CVX, then ATC."""
    concept = resource.get("vaccineCode") or {}
    vaccine: Vaccine | None = None
    for coding in concept.get("coding", []):
        found = nomenclature.find(coding.get("system", ""), str(coding.get("code", "")))
        if found and (vaccine is None or len(found.valences) > len(vaccine.valences)):
            vaccine = found
    day, approximate = parse_day(str(resource.get("occurrenceDateTime", "")))
    performers = [one.get("actor", {}).get("display", "") for one in resource.get("performer", [])]
    return Act(
        id=str(resource.get("id", "")),
        day=day,
        approximate=approximate,
        vaccine=vaccine,
        name=(vaccine.name if vaccine else "") or _written(concept),
        status=str(resource.get("status", "")),
        lot=str(resource.get("lotNumber", "")),
        reported=resource.get("primarySource") is False,
        performer=next((one for one in performers if one), ""),
        substandard=bool(resource.get("isSubpotent", False)),
    )


def _written(concept: Mapping[str, Any]) -> str:
    texts = [concept.get("text"), *(coding.get("display") for coding in concept.get("coding", []))]
    return next((str(one) for one in texts if one), "")


def distinct(acts: Iterable[Act]) -> tuple[list[Act], dict[str, int]]:
    """Return every act once, and how often those were told that several sources told of.

    The same day and the same vaccine are one act, unless their batches differ: nobody gets a vaccine twice on a day. Of
    several the one that says most is kept.
    """
    kept: list[Act] = []
    groups: dict[tuple[date, str, tuple[str, ...]], list[list[Act]]] = {}
    for act in acts:
        if act.status != "completed" or act.day is None:
            kept.append(act)
            continue
        valences = act.vaccine.valences if act.vaccine else ()
        same = groups.setdefault((act.day, "" if valences else act.name.casefold(), valences), [])
        for group in same:
            batches = {one.lot.upper() for one in (*group, act) if one.lot}
            if len(batches) <= 1:
                group.append(act)
                break
        else:
            same.append([act])
    told = {}
    for group in (one for same in groups.values() for one in same):
        best = max(group, key=lambda one: (bool(one.lot), bool(one.performer), one.id))
        kept.append(best)
        if len(group) > 1:
            told[best.id] = len(group)
    return kept, told


def subject_of(
    patient: Mapping[str, Any],
    immunizations: Iterable[Mapping[str, Any]],
    observations: Mapping[str, int | None],
    ruleset: Ruleset,
    nomenclature: Nomenclature,
    today: date,
) -> Subject:
    """A person for the engine: each contained valence of each completed act is a dose.

    :raises ValueError: when the patient has no full date of birth: no age can be reckoned.
    """
    born, approximate = parse_day(str(patient.get("birthDate", "")))
    if born is None or approximate:
        raise ValueError("the person's date of birth is not fully known")
    gender = _GENDERS.get(str(patient.get("gender", "")), "Unknown")
    subject = Subject(Person(born.toordinal(), gender, today.toordinal(), [], dict(observations)), [])
    subject.acts, subject.told = distinct(read_act(resource, nomenclature) for resource in immunizations)
    for act in subject.acts:
        if act.status != "completed":
            continue
        codes = [
            code for code in (act.vaccine.valences if act.vaccine else ()) if code in ruleset.associations
        ]
        if act.day is None or not codes or act.day > today:
            subject.unused.append(act)
            continue
        for code in codes:
            dose = Dose(act.day.toordinal(), code, substandard=act.substandard)
            subject.person.doses.append(dose)
            subject.act_of[id(dose)] = act
    subject.acts.sort(key=lambda act: (act.day or date.min, act.name), reverse=True)
    subject.person.doses.sort(key=lambda dose: dose.day)
    return subject
