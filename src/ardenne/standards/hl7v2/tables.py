"""Code tables from HL7 version 2 to FHIR; the data is in `data/tables.json`.

Source: the concept maps of HL7's "Version 2 to FHIR" guide; tables 0001, 0074, 0085, 0123, 0190, 0200–0202.
"""

from __future__ import annotations

import functools
import importlib.resources

import msgspec


class Tables(msgspec.Struct, frozen=True):
    observation_status: dict[str, str]
    report_status: dict[str, str]
    name_use: dict[str, str]
    sex: dict[str, str]
    address_use: dict[str, str]
    telecom_use: dict[str, str]
    telecom_system: dict[str, str]
    encounter_class: dict[str, str]
    section: dict[str, str]


@functools.cache
def tables() -> Tables:
    data = (importlib.resources.files(__package__) / "data" / "tables.json").read_bytes()
    return msgspec.json.decode(data, type=Tables)
