"""Campaigns: who is chosen, by which chance, what the letters begin, and what inviting did."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from ardenne.kernel.identity.caller import OPERATOR, Caller, Kind
from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.facts import State
from ardenne.kernel.store.migrate import migrate
from ardenne.kernel.testing import TestNode
from ardenne.services.vaccination import extract, store_leaflets
from ardenne.services.vaccination.campaigns import drawing, rules, store
from ardenne.services.vaccination.campaigns.letters import letters
from ardenne.services.vaccination.campaigns.rules import Criteria
from ardenne.services.vaccination.disclosure import series
from ardenne.services.vaccination.leaflets import Leaflet, LeafletError, believed, checked, resolve
from ardenne.services.vaccination.schedules import load
from ardenne.services.vaccination.store_coverage import Reached, history
from ardenne.ui.languages import Words

MMR = "Measles, mumps, rubella"
TODAY = datetime.now(UTC).date()
KEEPER = Caller(Kind.OFFICER, "alain", "Alain Mersch", profession="public-health")


@pytest.fixture(scope="session")
def _tables(shared_node: TestNode) -> None:
    migrate(shared_node.dsn, ["ardenne.services.vaccination.migrations"])


@pytest.fixture
def home(node: TestNode, _tables: None) -> Iterator[TestNode]:
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        connection.execute("truncate vaccination_campaign, vaccination_target, vaccination_leaflet cascade")
    yield node


def test_interval_of_a_published_example() -> None:
    """Newcombe 1998, table II, example (a): 56 of 70 against 48 of 80; method 10 gives 0.0524 to 0.3339."""
    found = rules.effect(56, 70, 48, 80)
    assert found is not None
    assert (round(found.difference, 4), round(found.low, 4), round(found.high, 4)) == (0.2, 0.0524, 0.3339)
    assert rules.effect(0, 0, 1, 2) is None


@given(st.sets(st.text(min_size=1, max_size=8), max_size=60), st.floats(0, 0.5), st.text(max_size=8))
def test_the_choice_can_be_repeated_and_has_its_share(people: set[str], share: float, seed: str) -> None:
    arms = rules.assign(people, seed, share)
    assert arms == rules.assign(sorted(people, reverse=True), seed, share)
    assert list(arms.values()).count("control") == round(len(people) * share)


def test_chance_does_not_follow_the_order_of_ids() -> None:
    arms = rules.assign((f"{number:05}" for number in range(10_000)), "seed", 0.5)
    early = sum(arms[f"{number:05}"] == "control" for number in range(5000))
    assert 2350 < early < 2650  # six standard deviations of a fair choice


def person(node: TestNode, name: str, born: str, *days: str) -> None:
    patient = {
        "resourceType": "Patient", "id": name, "birthDate": born, "name": [{"family": name.upper(), "given": ["A"]}],
        "address": [{"line": ["1, rue X"], "postalCode": "8501", "city": "Redange"}],
        "communication": [{"language": {"coding": [{"code": "de"}]}, "preferred": True}],
    }  # fmt: skip
    assert node.call("PUT", f"Patient/{name}", patient).status == 201
    for number, day in enumerate(days):
        vaccinate(node, name, day, number)


def vaccinate(node: TestNode, name: str, day: str, number: int = 9) -> None:
    act = {
        "resourceType": "Immunization", "id": f"{name}-{number}", "status": "completed", "occurrenceDateTime": day,
        "patient": {"reference": f"Patient/{name}"},
        "vaccineCode": {"coding": [{"system": "http://ivci.org/NUVA", "code": "VAC0053"}]},
    }  # fmt: skip
    assert node.call("PUT", f"Immunization/{name}-{number}", act).status == 201


def born(years: int) -> str:
    return str(TODAY - timedelta(days=round(365.25 * years)))


def drawn(node: TestNode, share: float = 0.5) -> store.Campaign:
    criteria = Criteria(MMR, ("overdue", "due"), born(10), born(2))
    one = store.Campaign(
        uuid.uuid4(), "Measles", criteria, share, "seed", 12, "outbreak", "drawing", 0, "alain", "Alain Mersch",
        datetime.now(UTC), None,
    )  # fmt: skip

    async def make() -> None:
        async with node.database.transaction() as connection:
            await store.add(connection, one)
        runner = drawing.CampaignRunner(node.service, "lu")
        assert await runner.step()
        assert not await runner.step()

    node.run(make())
    found = node.run(store.campaign(node.database, one.id))
    assert found is not None
    return found


def test_from_the_choice_to_the_effect(home: TestNode) -> None:
    for number in range(4):
        person(home, f"late{number}", born(4))
    person(home, "complete", born(4), born(2), str(TODAY - timedelta(days=400)))
    person(home, "old", born(30))
    person(home, "closed", born(4))

    async def close() -> None:
        async with home.database.transaction() as connection:
            await policy.set_record(connection, "closed", state=State.CLOSED)

    home.run(close())
    one = drawn(home)
    assert (one.state, one.examined) == ("open", 6)
    targets = home.run(store.targets(home.database, one.id))
    assert {target.patient for target in targets} == {f"late{number}" for number in range(4)}
    invited = [target.patient for target in targets if target.arm == "invited"]
    assert len(invited) == 2
    home.caller = Caller(Kind.CITIZEN, "late0", "L", patient="late0")
    assert "Alain Mersch" in str(home.call("GET", "AuditEvent?patient=late0&_count=50").json["entry"])

    async def send() -> list[str]:
        async with home.database.transaction() as connection:
            chosen = await store.for_letters(connection, one.id, 10, "invited", None)
            await store.sent(connection, one.id, chosen, False, TODAY)
            return chosen

    assert sorted(home.run(send())) == sorted(invited)
    assert home.run(send()) == []
    assert home.run(store.invitations(home.database, invited[0]))[0][0] == MMR
    home.caller = OPERATOR
    vaccinate(home, invited[0], str(TODAY))
    home.run(drawing.count(home.service.seen_by(KEEPER), one, "lu"))
    numbers = home.run(store.numbers(home.database, one.id))
    assert (numbers["invited"].vaccinated, numbers["control"].vaccinated) == (1, 0)
    assert home.run(store.invitations(home.database, invited[0])) == []


def test_letters_are_in_the_readers_language() -> None:
    patient: dict[str, Any] = {
        "name": [{"family": "Schmitz", "given": ["Anne"]}], "address": [{"line": ["1, rue X"], "city": "Redange"}],
        "communication": [{"language": {"coding": [{"code": "de"}]}}],
    }  # fmt: skip
    packages = ("ardenne.services.vaccination", "ardenne.ui")
    made = letters([patient, {}], MMR, True, TODAY, lambda language: Words(language, packages), "fr")
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(made)).pages]
    assert len(pages) == 2
    assert "Masern" in pages[0] and "rue X" in pages[0]
    assert "Rougeole" in pages[1]


def test_the_extract_counts_what_the_store_holds(home: TestNode, tmp_path: Path) -> None:
    person(home, "once", "2020-03-01", "2021-03-05")
    person(home, "twice", "2020-04-01", "2021-05-01", "2022-02-01")
    person(home, "never", "2020-05-01")
    person(home, "unclear", "2020")
    assert home.run(extract.extract(home.service, tmp_path, load("lu")))
    files = extract.files_of(tmp_path)
    assert extract.made_at(tmp_path) is not None
    assert history(*files, MMR, 1) == [
        Reached(2020, "Redange", 2021, 2), Reached(2020, "Redange", None, 1),
    ]  # fmt: skip
    assert history(*files, MMR, 2)[0] == Reached(2020, "Redange", 2022, 1)
    assert history(*files, "Polio", 1) == [Reached(2020, "Redange", None, 3)]
    assert b"once" not in files[0].read_bytes()


def test_the_course_over_the_years_needs_many_persons() -> None:
    reached = [Reached(2000, "A", 2020, 30), Reached(2000, "A", 2022, 20), Reached(2000, "A", None, 50)]
    assert series(reached, 2023, 4) == [(2020, 30), (2021, 30), (2022, 50), (2023, 50)]
    assert series(reached[:1], 2023, 4) == []


def test_leaflets_by_country_then_language(home: TestNode) -> None:
    union = Leaflet("EU", "VAC0510", "en", "https://eu.example/en")
    german = Leaflet("EU", "VAC0510", "de", "https://eu.example/de")
    own = Leaflet("LU", "VAC0510", "fr", "https://lu.example/fr", confirmed=True)
    lines = [union, german, own]
    assert resolve(lines, "LU", "VAC0510", "de") == own
    assert resolve(lines, "BE", "VAC0510", "de") == german
    assert resolve(lines, "BE", "VAC0053", "de") is None
    for wrong in ("http://x.example", "javascript:alert(1)", "https://a@b.example", "https://"):
        with pytest.raises(LeafletError):
            checked("LU", "VAC0510", "fr", wrong, "")
    assert {one.country for one in believed()} == {"EU"} and not any(one.confirmed for one in believed())

    async def enter(address: str) -> None:
        async with home.database.transaction() as connection:
            await store_leaflets.add(connection, own._replace(address=address), "Alain")

    for address in ("https://lu.example/1", "https://lu.example/2", ""):
        home.run(enter(address))
    (kept,) = home.run(store_leaflets.leaflets(home.database))
    assert kept.address == ""
    assert home.run(store_leaflets.changes(home.database))[0].address == ""
