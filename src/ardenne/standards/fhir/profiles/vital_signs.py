"""The vital signs profiles that R4 imposes by meaning: an Observation of one of these SHALL meet the profile, and
so carry its LOINC code besides others (FHIR R4, Observation, Vital Signs: table of required codes)."""

from typing import Any

_LOINC = {
    "85353-1": "vitalspanel",
    "9279-1": "resprate",
    "8867-4": "heartrate",
    "2708-6": "oxygensat",
    "8310-5": "bodytemp",
    "8302-2": "bodyheight",
    "9843-4": "headcircum",
    "29463-7": "bodyweight",
    "39156-5": "bmi",
    "85354-9": "bp",
}
# The same observables in SNOMED CT.
_SNOMED = {
    "86290005": "resprate",
    "364075005": "heartrate",
    "431314004": "oxygensat",
    "386725007": "bodytemp",
    "276885007": "bodytemp",
    "50373000": "bodyheight",
    "363812007": "headcircum",
    "27113001": "bodyweight",
    "60621009": "bmi",
    "75367002": "bp",
}
_PROFILES = {("http://loinc.org", code): name for code, name in _LOINC.items()}
_PROFILES |= {("http://snomed.info/sct", code): name for code, name in _SNOMED.items()}


def vital_signs_profiles(resource: dict[str, Any]) -> list[str]:
    """The URLs of the profiles that follow from the codes of an Observation."""
    code = resource.get("code")
    if resource.get("resourceType") != "Observation" or not isinstance(code, dict):
        return []
    codings = code.get("coding")
    pairs = [
        (coding.get("system"), coding.get("code"))
        for coding in (codings if isinstance(codings, list) else ())
        if isinstance(coding, dict) and isinstance(coding.get("code"), str)
    ]
    found = dict.fromkeys(_PROFILES[pair] for pair in pairs if isinstance(pair[0], str) and pair in _PROFILES)
    return [f"http://hl7.org/fhir/StructureDefinition/{name}" for name in found]
