"""Full validation: structure, invariants, profiles with slicing, extensions, terminology, references and the
rules of single resource types. The core of `$validate`.

`validate_profile` is pure: what it needs beyond the resource comes in a `Context`.
"""

from ardenne.standards.fhir.profiles.codes import PublishedCodes
from ardenne.standards.fhir.profiles.context import CodeChecker, Context, Options
from ardenne.standards.fhir.profiles.snapshot import SnapshotError, snapshot
from ardenne.standards.fhir.profiles.validation import check_profiles, validate_profile

__all__ = [
    "CodeChecker",
    "Context",
    "Options",
    "PublishedCodes",
    "SnapshotError",
    "check_profiles",
    "snapshot",
    "validate_profile",
]
