"""From a text and perhaps its kind to the number that it is."""

from __future__ import annotations

import re
from collections.abc import Callable

from ardenne.standards import naming
from ardenne.standards.identifiers import belgium, europe, france, germany, luxembourg
from ardenne.standards.identifiers.number import Kind, Number, bare, misshapen

_READERS: dict[Kind, Callable[[str], Number]] = {
    Kind.LU_MATRICULE: luxembourg.matricule,
    Kind.LU_MATRICULE_ALT: luxembourg.matricule,
    Kind.LU_MATRICULE_11: luxembourg.former_matricule,
    Kind.BE_NISS: belgium.register_number,
    Kind.BE_BIS: belgium.bis_number,
    Kind.FR_NIR: france.nir,
    Kind.DE_KVNR: germany.insured,
    Kind.EHIC: europe.card,
    Kind.BE_NIHDI: belgium.professional,
    Kind.BE_NIHDI8: belgium.institution,
    Kind.FR_RPPS: france.rpps,
    Kind.CNS: luxembourg.provider,
}
_DETECTED = (
    Kind.LU_MATRICULE, Kind.BE_NISS, Kind.FR_NIR, Kind.DE_KVNR, Kind.LU_MATRICULE_11, Kind.BE_NIHDI,
    Kind.BE_NIHDI8, Kind.FR_RPPS, Kind.EHIC,
)  # fmt: skip
"""The kinds that a number without kind may be, the stricter rule first. A provider code of the CNS has
no check of its own, so only its written form tells it."""
_PROVIDER = re.compile(r"\d{6}-\d{2}", re.ASCII)
_OTHER_NAMES = {
    "MATRICULE": Kind.LU_MATRICULE, "NISS": Kind.BE_NISS, "INSZ": Kind.BE_NISS, "SSIN": Kind.BE_NISS,
    "BIS": Kind.BE_BIS, "NIR": Kind.FR_NIR, "KVNR": Kind.DE_KVNR, "INAMI": Kind.BE_NIHDI,
    "NIHDI": Kind.BE_NIHDI, "NIHDI8": Kind.BE_NIHDI8, "RPPS": Kind.FR_RPPS, "LU_CNS": Kind.CNS,
    "EU_EHIC": Kind.EHIC,
}  # fmt: skip
SYSTEM: dict[Kind, str] = {
    Kind.LU_MATRICULE: "urn:oid:1.3.182.4.4",
    Kind.LU_MATRICULE_ALT: "urn:oid:1.3.182.4.4",
    Kind.LU_MATRICULE_11: "urn:oid:1.3.182.4.4",
    Kind.BE_NISS: "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin",
    Kind.BE_BIS: "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin",
    Kind.FR_NIR: "urn:oid:1.2.250.1.213.1.4.8",
    Kind.DE_KVNR: "http://fhir.de/sid/gkv/kvid-10",
    Kind.CNS: "urn:oid:1.3.182.4.6",
    Kind.BE_NIHDI: "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi",
    Kind.BE_NIHDI8: "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi",
    Kind.FR_RPPS: "urn:oid:1.2.250.1.71.4.2.1",
}
"""The FHIR system of the numbers of a kind."""
OF_SYSTEM: dict[str, tuple[Kind, ...]] = {}
"""The kinds whose numbers stand under a FHIR system, in the order in which they are tried."""
for _kind, _system in SYSTEM.items():
    OF_SYSTEM[_system] = (*OF_SYSTEM.get(_system, ()), _kind)
OF_SYSTEM["urn:oid:1.2.250.1.213.1.4.9"] = OF_SYSTEM["urn:oid:1.2.250.1.213.1.4.10"] = (Kind.FR_NIR,)


def parse(text: str, kind: Kind | str | None = None) -> Number:
    """Read a number of a kind; without a kind, of the first kind whose every rule holds.

    A text that is none gets the problem of the kind whose form is nearest. Never raises for a wrong
    number; an unknown name of a kind raises ValueError.
    """
    if kind is not None:
        return _READERS[_kind_of(kind)](text)
    detected = (*_DETECTED, Kind.CNS) if _PROVIDER.fullmatch(text.strip()) else _DETECTED
    return _best(text, detected)


def of_system(system: str, value: str) -> Number | None:
    """Read the value of an Identifier by the rules of its FHIR system; None when none are known."""
    uri, plain = naming.identifier(system, value)
    kinds = OF_SYSTEM.get(uri)
    return _best(plain, kinds) if kinds else None


def _kind_of(kind: Kind | str) -> Kind:
    name = str(kind).upper().replace("-", "_")
    if name in _OTHER_NAMES:
        return _OTHER_NAMES[name]
    found = next((one for one in _READERS if one.value == name), None)
    if found is None:
        known = ", ".join(one.value for one in _READERS)
        raise ValueError(f"'{str(kind)[:40]}' is no kind of number: there are {known}")
    return found


def _best(text: str, kinds: tuple[Kind, ...]) -> Number:
    read = [_READERS[kind](text) for kind in kinds]
    valid = next((number for number in read if number.valid), None)
    if valid is not None:
        return valid
    shaped = next((number for number in read if number.shaped), None)
    if shaped is not None or len(kinds) < len(_DETECTED):
        return shaped or read[0]
    value = bare(text)
    problem = "no known number has this form: " + "; ".join(dict.fromkeys(one.problem for one in read[:4]))
    return misshapen(Kind.UNKNOWN, value, problem)
