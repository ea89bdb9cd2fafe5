"""The suites by name. A further suite is one module and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import fhirpath
from .suite import Suite

SUITES: Final[Mapping[str, Suite]] = {
    "fhirpath": fhirpath.run,
}
