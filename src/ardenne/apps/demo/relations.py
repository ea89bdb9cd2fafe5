"""Who cares for whom in the demonstration: relations that open the records of the invented persons."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

from ardenne.apps.demo import agreements, facts
from ardenne.apps.demo.logins import profession_of
from ardenne.apps.demo.persons import Person, persons
from ardenne.kernel.policy import store
from ardenne.kernel.policy.facts import Kind
from ardenne.kernel.policy.matrix import shipped
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.database import Connection, Database

_PHARMACISTS = {"LU": "braun", "BE": "noel"}
_NO_RELATION = frozenset({"laboratory", "imaging", "hospital"})
"""They see what they wrote; a relation is of those who treat."""


async def load(dsn: str, settings: Settings, patients: dict[str, str]) -> int:
    """Add the relations that are not there yet; return how many there are. ``patients``: ids by the key of a person."""
    database = Database(dsn, 1)
    hours = shipped(settings.jurisdiction).hours["team"]
    now = datetime.now(UTC)
    span = (_microseconds(now), _microseconds(now + timedelta(hours=hours)))
    count = 0
    try:
        async with database.transaction() as connection:
            for person in persons():
                if person.key in patients:
                    count += await _of_person(connection, person, patients[person.key], span)
    finally:
        await database.close()
    return count


async def _of_person(connection: Connection, person: Person, patient: str, span: tuple[int, int]) -> int:
    wrote = Counter(document.author for document in person.documents if document.author)
    treating = [key for key, _count in wrote.most_common() if profession_of(key) not in _NO_RELATION]
    doctors = [key for key in treating if profession_of(key) == "doctor"]
    relations = [(key, Kind.REFERRING if key == doctors[:1][0] else Kind.TEAM) for key in treating if doctors]
    pharmacist = _PHARMACISTS.get(person.country)
    if pharmacist:
        relations.append((pharmacist, Kind.TEAM))
    agreed = {(one.person, one.doctor) for one in agreements.AGREED}
    for key, kind in relations:
        if (person.key, key) in agreed:
            continue
        reference = f"Practitioner/{facts.identity('practitioner', key)}"
        grant = uuid.UUID(facts.identity("relation", person.key, key))
        await store.grant(connection, patient, reference, kind, 0, span, "invented", grant)
    return len(relations)


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)
