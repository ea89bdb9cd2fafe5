"""The CDC's supporting data and cases, of the corpus."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ardenne.services.vaccination.rules.schedule import Ruleset
from ardenne.services.vaccination.schedules import load_folder

CORPUS = Path(os.environ.get("ARDENNE_CORPUS", "../shared/data"))


@pytest.fixture(scope="session")
def cdsi() -> Path:
    folder = CORPUS / "cdsi"
    if not folder.is_dir():
        pytest.skip("the corpus has no cdsi folder: set ARDENNE_CORPUS")
    return folder


@pytest.fixture(scope="session")
def acip(cdsi: Path) -> Ruleset:
    return load_folder(cdsi / "supporting-data-4.64")


def cases_of(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "test-cases" / name).read_text().splitlines()]
