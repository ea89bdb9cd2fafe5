"""Assessments as FHIR R4: ImmunizationEvaluation and ImmunizationRecommendation."""

from __future__ import annotations

from datetime import date
from typing import Any

from ardenne.services.vaccination.card import Card
from ardenne.services.vaccination.forecasts import Due
from ardenne.services.vaccination.rules.progress import Evaluation

Json = dict[str, Any]
_LOINC = "http://loinc.org"
_STATUS = "http://terminology.hl7.org/CodeSystem/immunization-recommendation-status"
_EVALUATION = "http://terminology.hl7.org/CodeSystem/immunization-evaluation-dose-status"
_CODES = {
    "overdue": "overdue", "due": "due", "later": "due", "complete": "complete", "immune": "immune",
    "contraindicated": "contraindicated",
}  # fmt: skip


def _patient(card: Card) -> Json:
    return (
        {"reference": f"Patient/{card.patient['id']}"} if card.patient.get("id") else {"display": "patient"}
    )


def evaluations(card: Card, today: date) -> list[Json]:
    """One evaluation per act and antigen; each was judged by the schedule's best series."""
    assert card.subject is not None and card.assessment is not None
    found = []
    patient, day = _patient(card), str(today)
    for antigen, best in card.assessment.best.items():
        for series in best:
            for one in series.evaluated:
                act = card.subject.act_of.get(id(one.dose))
                event = (
                    {"reference": f"Immunization/{act.id}"}
                    if act and act.id
                    else {"display": act.name if act else ""}
                )
                valid = one.status is Evaluation.VALID
                held: Json = {
                    "resourceType": "ImmunizationEvaluation",
                    "status": "completed",
                    "patient": patient,
                    "date": day,
                    "targetDisease": {"text": antigen},
                    "immunizationEvent": event,
                    "doseStatus": {
                        "coding": [{"system": _EVALUATION, "code": "valid" if valid else "notvalid"}],
                        "text": str(one.status),
                    },
                    "series": series.series.name,
                }
                if one.reason:
                    held["doseStatusReason"] = [{"text": str(one.reason)}]
                if one.target:
                    held["doseNumberPositiveInt"] = one.target.number
                found.append(held)
    return found


def recommendation(card: Card, today: date) -> Json:
    """All vaccine groups; the schedule and its version stand in every reason."""
    return {
        "resourceType": "ImmunizationRecommendation",
        "patient": _patient(card),
        "date": str(today),
        "recommendation": [_line(due, card) for due in card.dues],
    }


def _line(due: Due, card: Card) -> Json:
    criteria = [
        {"code": {"coding": [{"system": _LOINC, "code": code}]}, "value": str(day)}
        for code, day in (
            ("30981-5", due.earliest), ("30980-7", due.recommended), ("59778-1", due.past_due), ("59777-3", due.latest),
        )
        if day
    ]  # fmt: skip
    code = _CODES.get(due.state)
    status: Json = {"text": due.state}
    if code:
        status["coding"] = [{"system": _STATUS, "code": code}]
    source = f"{card.schedule.title} {card.schedule.version}, {card.schedule.authority}: {due.series}"
    reasons = [
        *due.reasons,
        source,
        *([] if due.confirmed else ["This line of the schedule is to be confirmed."]),
    ]
    held: Json = {
        "vaccineCode": [{"text": due.group}],
        "targetDisease": {"text": due.group},
        "forecastStatus": status,
        "forecastReason": [{"text": reason} for reason in reasons],
        "series": due.series,
    }
    if criteria:
        held["dateCriterion"] = criteria
    if due.dose:
        held["doseNumberPositiveInt"] = due.dose
    return held
