"""What codes are called on the pages. The English words are translated by the catalogues."""

from __future__ import annotations

CATEGORIES: dict[str, str] = {
    "IDENTITY": "Name, address and numbers",
    "SUMMARY": "Summary and problems",
    "ALLERGY": "Allergies",
    "REPORT": "Reports and letters",
    "LABORATORY": "Laboratory",
    "RENAL": "Kidney function",
    "IMAGING": "Imaging",
    "MEDICINE_PRESCRIPTION": "Prescribed medicines",
    "LABORATORY_PRESCRIPTION": "Ordered laboratory tests",
    "IMAGING_PRESCRIPTION": "Ordered imaging",
    "CARE_PRESCRIPTION": "Ordered care",
    "DISPENSATION": "Dispensed medicines",
    "VACCINATION": "Vaccinations",
    "NURSING": "Nursing and care plan",
    "SENSITIVE": "Psychiatric, genetic and sexual data",
    "ADMINISTRATIVE": "Administration and reimbursement",
    "PATIENT_AREA": "What the patient added",
    "CONSENT": "Consents",
}
PROFESSIONS: dict[str, str] = {
    "referring-doctor": "referring doctor",
    "doctor": "doctor",
    "dentist": "dentist",
    "pharmacist": "pharmacist",
    "nurse": "nurse",
    "midwife": "midwife",
    "therapist": "therapist",
    "laboratory": "laboratory",
    "imaging": "imaging centre",
    "hospital": "hospital",
    "secretary": "medical secretary",
    "emergency": "emergency access",
    "foreign-doctor": "doctor abroad",
    "foreign-pharmacist": "pharmacist abroad",
    "platform": "the platform itself",
    "identity": "identity office",
    "payer": "payer",
    "public-health": "public health office",
    "data-protection": "data protection office",
    "auditor": "auditor",
    "operator": "operator",
    "policy": "office for access rights",
    "registers": "office of the registers",
}
TYPES: dict[str, str] = {
    "Patient": "personal data",
    "DocumentReference": "document",
    "Binary": "content of a document",
    "Observation": "measured value",
    "DiagnosticReport": "report of results",
    "Condition": "problem",
    "AllergyIntolerance": "allergy",
    "MedicationRequest": "prescription",
    "MedicationStatement": "medication",
    "MedicationDispense": "dispensation",
    "Immunization": "vaccination",
    "Procedure": "procedure",
    "Encounter": "visit",
    "Consent": "consent",
    "Provenance": "origin of a document",
    "AuditEvent": "journal",
}
OTHER_TYPE = "other data"
LABELS = frozenset({*CATEGORIES.values(), *PROFESSIONS.values(), *TYPES.values(), OTHER_TYPE})


def type_name(reference: str) -> str:
    """Return what the resource of a reference is called."""
    return TYPES.get(reference.partition("/")[0], OTHER_TYPE)


def profession(code: str) -> str:
    """Return what a profession or office is called; an unknown code as it is."""
    return PROFESSIONS.get(code, code)
