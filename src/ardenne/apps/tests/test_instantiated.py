"""What /fhir/metadata promises is shown by tests that exist."""

from __future__ import annotations

from pathlib import Path

from ardenne.apps.instantiated import promised
from ardenne.kernel.rest import capability

PACKAGE = Path(__file__).parents[2]


def test_every_promise_has_its_tests() -> None:
    assert len(promised()) >= 10
    for canonical, tests in promised().items():
        assert canonical.startswith("http") and "/CapabilityStatement/" in canonical
        assert (PACKAGE / tests).exists(), canonical


def test_the_statement_tells_them() -> None:
    told = capability.statement("http://node.example/fhir", (), (), tuple(promised()))
    assert told["instantiates"][0] == "http://hl7.org/fhir/CapabilityStatement/terminology-server"
    assert told["instantiates"][1:] == list(promised())
