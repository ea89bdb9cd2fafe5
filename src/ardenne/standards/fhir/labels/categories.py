"""The categories of care data that access rules speak about, and the levels of confidentiality."""

from __future__ import annotations

from enum import IntEnum


class Category(IntEnum):
    """What kind of care data a resource is. The numbers are stored: never renumber them."""

    NONE = 0
    """No care data: registers, terminologies, definitions."""
    IDENTITY = 1
    SUMMARY = 2
    ALLERGY = 3
    REPORT = 4
    LABORATORY = 5
    RENAL = 6
    """Values of kidney function, which whoever injects contrast media must know."""
    IMAGING = 7
    MEDICINE_PRESCRIPTION = 8
    LABORATORY_PRESCRIPTION = 9
    IMAGING_PRESCRIPTION = 10
    CARE_PRESCRIPTION = 11
    DISPENSATION = 12
    VACCINATION = 13
    NURSING = 14
    SENSITIVE = 15
    """Psychiatric, genetic, sexual and other data that need a raised level of trust."""
    ADMINISTRATIVE = 16
    PATIENT_AREA = 17
    """What the patient put into the record."""
    CONSENT = 18


class Level(IntEnum):
    """Confidentiality of a document (Swiss electronic patient record: normal, restricted, secret)."""

    NORMAL = 0
    RESTRICTED = 1
    SECRET = 2
    """For the patient alone."""
