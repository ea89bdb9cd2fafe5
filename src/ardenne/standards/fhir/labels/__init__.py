"""Labels: what access rules need to know of a resource."""

from ardenne.standards.fhir.labels.categories import Category, Level
from ardenne.standards.fhir.labels.changing import with_level
from ardenne.standards.fhir.labels.labelling import (
    EMBARGO_UNTIL,
    FOR_EVER,
    HIDDEN_FROM_PATIENT,
    HIDDEN_FROM_REPRESENTATIVES,
    VISIBILITY,
    Label,
    care_types,
    label,
)

__all__ = [
    "EMBARGO_UNTIL", "FOR_EVER", "HIDDEN_FROM_PATIENT", "HIDDEN_FROM_REPRESENTATIVES", "VISIBILITY",
    "Category", "Label", "Level", "care_types", "label", "with_level",
]  # fmt: skip
