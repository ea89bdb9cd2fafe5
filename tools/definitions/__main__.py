"""`python -m tools.definitions`: rebuild the definitions data of the package from the published files."""

import sys
from pathlib import Path

from tools.definitions.codes import compile_codes
from tools.definitions.correct import correct
from tools.definitions.fetch import published_resources
from tools.definitions.searches import compile_compartments, compile_search_parameters
from tools.definitions.store import write_json, write_resources
from tools.definitions.structures import compile_structures, compile_type_names

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "src/ardenne/standards/fhir/definitions/data"


def main() -> int:
    """Fetch, correct, compile and write; prints the size of each file."""
    resources = correct(published_resources(ROOT / ".cache/definitions"))
    DATA.mkdir(parents=True, exist_ok=True)
    write_json(DATA / "types.json", compile_type_names(resources))
    write_json(DATA / "elements.json.z", compile_structures(resources))
    write_json(
        DATA / "search.json.z",
        {
            "parameters": compile_search_parameters(resources),
            "compartments": compile_compartments(resources),
        },
    )
    write_json(DATA / "codes.json.z", compile_codes(resources))
    write_resources(DATA / "resources.bin", resources)
    for file in sorted(DATA.iterdir()):
        print(f"{file.stat().st_size:>9,} bytes  {file.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
