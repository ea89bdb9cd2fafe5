"""Loaders: from a publisher's own files to a release that can be written into the database.

Each loader is one module with ``read(files, options) -> Release``; ``LOADERS`` names them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ardenne.kernel.terminology.loaders import icd10, loinc, snomed, table, ucum
from ardenne.kernel.terminology.loaders.files import Files
from ardenne.kernel.terminology.loaders.model import LoadError, Options, Release

LOADERS: Final[dict[str, Callable[[Files, Options], Release]]] = {
    "atc": table.read_atc,
    "csv": table.read,
    "icd-10": icd10.read,
    "loinc": loinc.read,
    "snomed": snomed.read,
    "ucum": ucum.read,
}

__all__ = ["LOADERS", "Files", "LoadError", "Options", "Release"]
