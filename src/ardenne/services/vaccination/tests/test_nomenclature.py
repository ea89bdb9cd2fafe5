"""Codes of vaccines: what is certain maps, what is lost is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ardenne.services.vaccination.nomenclature import (
    ATC_SYSTEM,
    CVX_SYSTEM,
    NUVA_SYSTEM,
    import_nuva,
    nomenclature_of,
    starter,
    table,
)
from ardenne.services.vaccination.schedules import load, shipped


def test_a_product_and_what_it_contains() -> None:
    found = starter().find(NUVA_SYSTEM, "VAC0510")
    assert found and found.name == "HEXYON"
    assert len(found.valences) == 6


def test_a_code_of_another_system_means_no_more_than_it_says() -> None:
    """CVX 03 is any MMR vaccine: never one of the two products that have this code."""
    found = starter().find(CVX_SYSTEM, "03")
    assert found and not found.product and set(found.valences) == {"VAL079", "VAL182", "VAL183"}
    assert starter().find(ATC_SYSTEM, "J07CA09") and not starter().find(ATC_SYSTEM, "J07CA09").product  # type: ignore[union-attr]


def test_an_unknown_code_is_not_guessed() -> None:
    assert starter().find(CVX_SYSTEM, "999") is None
    assert starter().find("urn:other", "VAC0510") is None


def test_every_valence_of_the_schedules_has_a_vaccine() -> None:
    held = {code for one in starter().vaccines.values() for code in one.valences}
    for name in shipped():
        assert set(load(name).associations) <= held


@pytest.mark.corpus
def test_the_whole_nomenclature_is_imported() -> None:
    folder = Path(os.environ.get("ARDENNE_CORPUS", "../shared/data")) / "nuva"
    if not folder.is_dir():
        pytest.skip("the corpus has no nuva folder: set ARDENNE_CORPUS")
    known = frozenset(code for name in shipped() for code in load(name).associations)
    found = import_nuva(folder, known)
    held = nomenclature_of(found.vaccines)
    assert len(held.vaccines) == len(found.vaccines) > 1400
    lost = dict(found.losses)
    assert all(one.valences or one.code in lost for one in found.vaccines)
    for code, shipped_ in starter().vaccines.items():
        assert set(held.vaccines[code].valences) == set(shipped_.valences) & known, code
    assert table(found.vaccines).count("\n") == len(found.vaccines) + 1
