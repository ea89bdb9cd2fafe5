"""Changing resources by patches: JSON Patch (RFC 6902) and FHIRPath Patch (FHIR R4, fhirpatch).

Pure functions: the given resource stays as it is, the patched copy is returned, or nothing
is applied and PatchError says which operation failed and why.
"""

from .errors import PatchError
from .fhirpath_patch import apply as apply_fhirpath_patch
from .json_patch import apply as apply_json_patch

__all__ = ["PatchError", "apply_fhirpath_patch", "apply_json_patch"]
