"""What a receiver is told (pure): ADT^A31 (ITI TF-2 3.10.4.1) and the PMIR patient feed (ITI-93, a FHIR message)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from ardenne.standards.hl7v2 import er7, from_fhir
from ardenne.standards.hl7v2.er7 import Delimiters, Message, segment

Json = dict[str, Any]
Number = tuple[str, str]
EVENT = "urn:ihe:iti:pmir:2019:patient-feed"


def update(numbers: Sequence[Number], sender: str, receiver: str, time: str, control: str) -> bytes:
    """Return ADT^A31 with all numbers of a person that a receiver wants, and nothing else of the person."""
    marks = Delimiters()
    kind = marks.component.join(("ADT", "A31", "ADT_A05"))
    head = segment(
        "MSH", marks.field, marks.encoding, "ARDENNE", sender, receiver, "", time, "", kind, control, "P", "2.5",
        *("",) * 5, "UNICODE UTF-8", delimiters=marks,
    )  # fmt: skip
    event = segment("EVN", "", time, delimiters=marks)
    person = from_fhir.pid(1, numbers, {}, marks)
    visit = segment("PV1", "", "N", delimiters=marks)
    return er7.write(Message((head, event, person, visit), marks, "utf-8"))


def feed(patients: Sequence[Json], source: str, destination: str, message: str) -> Json:
    """Return the message Bundle of a patient feed: the Patients as they are now, in a history Bundle.

    ``source`` is the address of this node's FHIR door; one that was merged has a link ``replaced-by``.
    """
    inner = f"urn:uuid:{uuid.uuid4()}"
    entries = [
        {
            "fullUrl": f"{source}/Patient/{one['id']}",
            "resource": one,
            "request": {"method": "PUT", "url": f"Patient/{one['id']}"},
            "response": {"status": "200"},
        }
        for one in patients
    ]
    header = {
        "resourceType": "MessageHeader",
        "eventUri": EVENT,
        "source": {"endpoint": source},
        "destination": [{"endpoint": destination}],
        "focus": [{"reference": inner}],
    }
    return {
        "resourceType": "Bundle",
        "id": message,
        "type": "message",
        "entry": [
            {"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": header},
            {"fullUrl": inner, "resource": {"resourceType": "Bundle", "type": "history", "entry": entries}},
        ],
    }


def wanted(patient: Json, domains: Sequence[str]) -> Json:
    """Return a Patient with the numbers of some domains alone (none: all)."""
    if not domains:
        return patient
    kept = [one for one in patient.get("identifier", []) if one.get("system") in domains]
    return (
        {**patient, "identifier": kept}
        if kept
        else {name: part for name, part in patient.items() if name != "identifier"}
    )
