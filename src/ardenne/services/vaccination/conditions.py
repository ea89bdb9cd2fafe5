"""What a record says beside vaccinations → observations of a schedule: pregnancy, weak immunity, severe reactions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

from ardenne.services.vaccination.acts import parse_day, read_act
from ardenne.services.vaccination.nomenclature import starter
from ardenne.services.vaccination.rules.schedule import Ruleset

Json = Mapping[str, Any]
TYPES = ("AllergyIntolerance", "Condition", "AdverseEvent")
PREGNANCY = {"82810-3": "status", "11778-8": "due", "8665-2": "period"}
"""LOINC: pregnancy status, estimated day of birth, first day of the last menstrual period."""
_LOINC, _SNOMED = "http://loinc.org", "http://snomed.info/sct"
_PREGNANT = "77386006"
_TERM = timedelta(days=280)
_OVER = timedelta(days=300)
"""A pregnancy that was told longer ago than this is over."""
_ICD10 = frozenset(
    {"http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-be", "urn:oid:2.16.840.1.113883.6.3"}
)
_SEVERE = frozenset({"39579001", "609328004"})
"""SNOMED CT: anaphylaxis, allergic disposition."""


@lru_cache(maxsize=1)
def _codes() -> tuple[tuple[str, str, str], ...]:
    text = files("ardenne.services.vaccination").joinpath("data/observations.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple((row[0], row[1], row[2]) for row in rows[1:])


def observations_of(
    resources: Iterable[Json], acts: Iterable[Json], ruleset: Ruleset, today: date
) -> dict[str, int | None]:
    """Return the schedule's observations that hold today, each with its day where one is known.

    ``resources``: Conditions, AllergyIntolerances, AdverseEvents and Observations; what was refuted or entered in error
    does not count. ``acts``: the Immunizations that reactions refer to.
    """
    given = {f"Immunization/{one.get('id', '')}": one for one in acts}
    found: dict[str, int | None] = {}
    for resource in resources:
        match resource.get("resourceType"):
            case "Condition":
                told = _condition(resource, ruleset, today)
            case "AllergyIntolerance":
                told = _allergy(resource, ruleset)
            case "AdverseEvent":
                told = _reaction(resource, given, ruleset)
            case _:
                told = _pregnancy(resource, today)
        for name, day in told:
            if name in ruleset.observations or name.startswith("severe-reaction:"):
                found[name] = day.toordinal() if day else found.get(name)
    return found


def _condition(resource: Json, ruleset: Ruleset, today: date) -> Iterator[tuple[str, date | None]]:
    if not _holds(resource):
        return
    day = _day(resource, "onsetDateTime", "recordedDate")
    for system, code in _codings(resource.get("code")):
        for name in _named(system, code, ruleset):
            if name == "pregnant" and day is not None and today - day > _OVER:
                continue
            yield name, day


def _named(system: str, code: str, ruleset: Ruleset) -> Iterator[str]:
    known = ruleset.coded_observations.get(("SNOMED" if system == _SNOMED else system, code))
    if known:
        yield known
    plain = "http://hl7.org/fhir/sid/icd-10" if system in _ICD10 else system
    for name, wanted_system, wanted in _codes():
        if plain == wanted_system and (
            code == wanted or (wanted[-1] == "*" and code.startswith(wanted[:-1]))
        ):
            yield name


def _allergy(resource: Json, ruleset: Ruleset) -> Iterator[tuple[str, date | None]]:
    """A severe allergy to a vaccine bars the antigens in it."""
    severe = resource.get("criticality") == "high" or any(
        one.get("severity") == "severe" for one in resource.get("reaction") or []
    )
    if not (severe and _holds(resource)):
        return
    day = _day(resource, "onsetDateTime", "recordedDate")
    concepts = [resource.get("code"), *(one.get("substance") for one in resource.get("reaction") or [])]
    for concept in concepts:
        for system, code in _codings(concept):
            vaccine = starter().find(system, code) if system else None
            yield from ((name, day) for name in _antigens(vaccine.valences if vaccine else (), ruleset))


def _reaction(
    resource: Json, given: Mapping[str, Json], ruleset: Ruleset
) -> Iterator[tuple[str, date | None]]:
    """An anaphylaxis after a vaccination bars the antigens of its vaccine."""
    if not {code for _system, code in _codings(resource.get("event"))} & _SEVERE:
        return
    for one in resource.get("suspectEntity") or []:
        act = given.get(str(one.get("instance", {}).get("reference", "")))
        vaccine = read_act(act, starter()).vaccine if act else None
        for name in _antigens(vaccine.valences if vaccine else (), ruleset):
            yield name, _day(resource, "date")


def _antigens(valences: Iterable[str], ruleset: Ruleset) -> Iterator[str]:
    for code in valences:
        for one in ruleset.associations.get(code, ()):
            yield f"severe-reaction:{one.antigen.lower()}"


def _pregnancy(resource: Json, today: date) -> Iterator[tuple[str, date | None]]:
    """Status, expected birth and last period: an onset within a term makes a pregnancy."""
    if resource.get("status") not in ("final", "amended", "corrected", "preliminary"):
        return
    kinds = {
        PREGNANCY[code]
        for system, code in _codings(resource.get("code"))
        if code in PREGNANCY and system == _LOINC
    }
    told = _day(resource, "effectiveDateTime", "issued")
    if told is None or today - told > _OVER:
        return
    value = parse_day(str(resource.get("valueDateTime", "")))[0]
    onset = value - _TERM if value and "due" in kinds else value if "period" in kinds else None
    if onset and onset <= today < onset + _OVER:
        yield "pregnancy-onset", onset
        yield "pregnant", None
    if "status" in kinds and (_SNOMED, _PREGNANT) in _codings(resource.get("valueCodeableConcept")):
        yield "pregnant", told


def _holds(resource: Json) -> bool:
    """Whether a problem or allergy is neither over nor doubted."""
    clinical = {code for _system, code in _codings(resource.get("clinicalStatus"))}
    verification = {code for _system, code in _codings(resource.get("verificationStatus"))}
    return not clinical & {"inactive", "resolved", "remission"} and not verification & {
        "refuted",
        "entered-in-error",
    }


def _codings(concept: Any) -> list[tuple[str, str]]:
    return [
        (str(one.get("system", "")), str(one.get("code", ""))) for one in (concept or {}).get("coding", [])
    ]


def _day(resource: Json, *names: str) -> date | None:
    return next((day for name in names if (day := parse_day(str(resource.get(name, "")))[0])), None)
