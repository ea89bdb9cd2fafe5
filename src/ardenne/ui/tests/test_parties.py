"""Finding professionals and organisations by name."""

from __future__ import annotations

from ardenne.kernel.testing import TestNode
from ardenne.ui import parties


def test_namesakes_are_told_apart_by_where_they_work(node: TestNode) -> None:
    for name in ("north", "south"):
        house = {"resourceType": "Organization", "id": name, "name": f"Clinic {name}"}
        clinician = {
            "resourceType": "Practitioner",
            "id": name,
            "name": [{"family": "Thill", "given": ["Claude"]}],
        }
        role = {
            "resourceType": "PractitionerRole", "id": name, "practitioner": {"reference": f"Practitioner/{name}"},
            "organization": {"reference": f"Organization/{name}"},
        }  # fmt: skip
        for one in (house, clinician, role):
            assert node.call("PUT", f"{one['resourceType']}/{name}", one).status == 201
    found = node.run(parties.find(node.service, "thill claude"))
    assert {(one.reference, one.name, one.places) for one in found} == {
        ("Practitioner/north", "Claude Thill", "Clinic north"),
        ("Practitioner/south", "Claude Thill", "Clinic south"),
    }
    assert [one.places for one in node.run(parties.find(node.service, "clinic"))] == ["", ""]
