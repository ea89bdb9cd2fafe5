"""Makes the published resources equal to the official tables, and leaves out what nothing reads."""

import json
from pathlib import Path
from typing import Any

CORRECTIONS = Path(__file__).with_name("corrections.json")


def correct(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The resources with the corrections of `corrections.json` applied, narratives and mappings left out."""
    wanted = {
        (resource_type, url): values
        for resource_type, rules in json.loads(CORRECTIONS.read_text()).items()
        for url, values in rules["set"].items()
    }
    for resource in resources:
        resource.update(wanted.pop((resource["resourceType"], resource.get("url", "")), {}))
        _strip(resource)
    if wanted:
        raise SystemExit(f"corrections.json names resources that are not published: {sorted(wanted)}")
    return resources


def _strip(resource: dict[str, Any]) -> None:
    """Narratives and mappings to other models are half of the bytes and are read by no rule."""
    resource.pop("text", None)
    if resource["resourceType"] != "StructureDefinition":
        return
    resource.pop("mapping", None)
    for view in ("snapshot", "differential"):
        for element in resource.get(view, {}).get("element", []):
            element.pop("mapping", None)
