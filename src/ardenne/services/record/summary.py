"""What a record's first page says, from the patient's resources: problems, allergies, medication,
vaccinations, last results.

Of several statements about the same thing the one made last counts, whoever made it. Statements of
absence ("no known allergies") are shown as such and never as a finding. What was refuted or entered
in error is not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from ardenne.services.record import display
from ardenne.services.record.display import Json
from ardenne.services.record.results import Series, moment, series

_OVER = frozenset({"resolved", "inactive", "remission"})
_RUNNING = frozenset({"active", "on-hold", "intended", "unknown", "draft"})
_NEGATIVE_CODES = frozenset({
    "no-known-allergies", "no-known-problems", "no-known-medications", "no-known-immunizations",
    "no-known-procedures", "no-known-devices", "no-allergy-info", "no-problem-info", "no-medication-info",
    "no-immunization-info", "716186003", "160244002", "160245001", "787481004",
})  # fmt: skip
_PROBLEM_DATES = ("onsetDateTime", "onsetPeriod", "onsetString", "recordedDate")
_ALLERGY_DATES = ("onsetDateTime", "onsetPeriod", "recordedDate")
_MEDICATION_DATES = ("effectivePeriod", "effectiveDateTime", "authoredOn", "dateAsserted")
_ASSERTED = (
    "recordedDate",
    "dateAsserted",
    "authoredOn",
    "abatementDateTime",
    "onsetDateTime",
    "onsetPeriod",
)


class Line(NamedTuple):
    """One statement: what, since or when (FHIR date), and a note. ``negative``: a statement of absence.

    ``alert``: a high risk. ``dosages``: FHIR Dosages of a medicine. ``dose``: which dose of a vaccine.
    """

    text: str
    date: str
    note: str = ""
    state: str = ""
    negative: bool = False
    alert: bool = False
    dosages: tuple[Json, ...] = ()
    dose: int = 0
    end: str = ""


class Summary(NamedTuple):
    """The first page of a record."""

    problems: list[Line]
    past_problems: list[Line]
    allergies: list[Line]
    medication: list[Line]
    vaccinations: list[Line]
    results: list[Series]


def summarise(resources: Iterable[Json], now: datetime | None = None) -> Summary:
    """Return the summary of a patient's resources (any order, any types) as of ``now``."""
    by_type: dict[str, list[Json]] = {}
    for resource in resources:
        by_type.setdefault(resource["resourceType"], []).append(resource)
    today = (now or datetime.now(UTC)).strftime("%Y-%m-%d")
    problems = _last_said(by_type.get("Condition", []), _code)
    medicines = [*by_type.get("MedicationRequest", []), *by_type.get("MedicationStatement", [])]
    return Summary(
        _problems(one for one in problems if _clinical(one) not in _OVER),
        [line for line in _problems(one for one in problems if _clinical(one) in _OVER) if not line.negative],
        allergies(by_type.get("AllergyIntolerance", [])),
        _medication(_last_said(medicines, _medicine), today),
        _vaccinations(by_type.get("Immunization", [])),
        series(by_type.get("Observation", [])),
    )


def _verification(resource: Json) -> str:
    return _first_code(resource.get("verificationStatus"))


def _clinical(resource: Json) -> str:
    return _first_code(resource.get("clinicalStatus"))


def _first_code(concept: Json | None) -> str:
    for coding in (concept or {}).get("coding", []):
        if coding.get("code"):
            return str(coding["code"])
    return ""


def _code(resource: Json) -> str:
    return display.code_key(resource.get("code"))


def _medicine(resource: Json) -> str:
    concept = resource.get("medicationCodeableConcept")
    return display.code_key(concept) or display.reference_label(resource.get("medicationReference"))


def is_negative(concept: Json | None) -> bool:
    """Tell whether a code says that there is none (or that nothing is known)."""
    return any(coding.get("code") in _NEGATIVE_CODES for coding in (concept or {}).get("coding", []))


def _last_said(resources: Sequence[Json], subject: Callable[[Json], str]) -> list[Json]:
    """Return of each thing the statement made last; a refuted one drops out, with all older ones."""
    newest: dict[str, Json] = {}
    right = (one for one in resources if "entered-in-error" not in (_verification(one), one.get("status")))
    for resource in sorted(right, key=lambda one: -moment(_asserted(one))):
        if key := subject(resource):
            newest.setdefault(key, resource)
    return [resource for resource in newest.values() if _verification(resource) != "refuted"]


def _asserted(resource: Json) -> str:
    """When the statement was made, as far as it says so."""
    return display.first_date(resource, *_ASSERTED) or str(resource.get("meta", {}).get("lastUpdated", ""))


def _problems(resources: Iterable[Json]) -> list[Line]:
    lines = []
    for resource in _newest_first(resources, *_PROBLEM_DATES):
        if text := display.concept(resource.get("code")):
            date = display.first_date(resource, *_PROBLEM_DATES)
            end = display.first_date(resource, "abatementDateTime", "abatementPeriod")
            lines.append(Line(text, date, negative=is_negative(resource.get("code")), end=end))
    return _findings_before_absences(lines)


def allergies(resources: Sequence[Json]) -> list[Line]:
    """Return the allergies that hold, those with a high risk first."""
    lines = []
    for resource in _newest_first(_last_said(resources, _code), *_ALLERGY_DATES):
        text = display.concept(resource.get("code"))
        if not text or _clinical(resource) in _OVER:
            continue
        signs = (sign for found in resource.get("reaction", []) for sign in found.get("manifestation", []))
        note = ", ".join(filter(None, map(display.concept, signs)))
        date = display.first_date(resource, *_ALLERGY_DATES)
        negative = is_negative(resource.get("code"))
        alert = resource.get("criticality") == "high" and not negative
        lines.append(Line(text, date, note, negative=negative, alert=alert))
    return sorted(_findings_before_absences(lines), key=lambda line: not line.alert)


def _medication(resources: Iterable[Json], today: str) -> list[Line]:
    lines = []
    for resource in _newest_first(resources, *_MEDICATION_DATES):
        concept = resource.get("medicationCodeableConcept")
        text = display.concept(concept) or display.reference_label(resource.get("medicationReference"))
        dosages = (*resource.get("dosageInstruction", []), *resource.get("dosage", []))
        ended = _end(resource, dosages)
        if not text or resource.get("status", "active") not in _RUNNING or (ended and ended < today):
            continue
        date = _start(dosages) or display.first_date(resource, *_MEDICATION_DATES)
        lines.append(Line(text, date, negative=is_negative(concept), dosages=dosages, end=ended))
    return _findings_before_absences(sorted(lines, key=lambda line: -moment(line.date)))


def _bounds(dosages: Iterable[Json]) -> list[Json]:
    return [dosage.get("timing", {}).get("repeat", {}).get("boundsPeriod", {}) for dosage in dosages]


def _start(dosages: Iterable[Json]) -> str:
    """Return the day since which a medicine is taken, if its dosage says so."""
    return min((str(period["start"]) for period in _bounds(dosages) if period.get("start")), default="")


def _end(resource: Json, dosages: Sequence[Json]) -> str:
    """Return the day on which a medicine ends, if that is said."""
    periods = [resource.get("effectivePeriod", {}), *_bounds(dosages)]
    return max((str(period["end"])[:10] for period in periods if period.get("end")), default="")


def _vaccinations(resources: Sequence[Json]) -> list[Line]:
    """Return the vaccinations, each once however many documents tell of it."""
    lines: dict[tuple[str, str, str], Line] = {}
    for resource in _newest_first(resources, "occurrenceDateTime"):
        text = display.concept(resource.get("vaccineCode"))
        state = str(resource.get("status", ""))
        if not text or state == "entered-in-error":
            continue
        date = display.first_date(resource, "occurrenceDateTime", "occurrenceString")
        doses = (one.get("doseNumberPositiveInt", 0) for one in resource.get("protocolApplied", []))
        negative = is_negative(resource.get("vaccineCode"))
        lot = str(resource.get("lotNumber", ""))
        line = Line(text, date, lot, state, negative, dose=next(doses, 0))
        key = (display.code_key(resource.get("vaccineCode")), date[:10], state)
        known = lines.get(key)
        if known is None or (line.note and not known.note):
            lines[key] = line
    return _findings_before_absences(list(lines.values()))


def _newest_first(resources: Iterable[Json], *members: str) -> list[Json]:
    return sorted(resources, key=lambda found: -moment(display.first_date(found, *members)))


def _findings_before_absences(lines: list[Line]) -> list[Line]:
    """Show an absence only where nothing is found: a denial beside a finding would mislead."""
    findings = [line for line in lines if not line.negative]
    return findings or lines[:1]
