"""Rest-hooks: handshake, events, filters, order, retries, dead letters, heartbeats, ends."""

from __future__ import annotations

import pytest

from ardenne.kernel.subscriptions.tests.receiver import World, observation


def test_the_handshake_makes_a_subscription_active(world: World) -> None:
    key = world.subscribe()
    assert [call.kind for call in world.receiver.calls] == ["handshake"]
    assert world.read(key)["status"] == "active"
    assert world.read(key)["meta"]["versionId"] == "2"
    world.settle()
    assert len(world.receiver.calls) == 1


def test_a_failed_handshake_is_an_error_with_its_reason_and_may_be_asked_again(world: World) -> None:
    world.receiver.code = 500
    key = world.subscribe()
    found = world.read(key)
    assert (found["status"], found["error"]) == ("error", "the endpoint answered 500")
    world.receiver.code = 200
    world.node.call("PUT", f"Subscription/{key}", {**found, "status": "requested"})
    world.settle()
    found = world.read(key)
    assert found["status"] == "active"
    assert "error" not in found


def test_create_update_delete_and_create_again_are_told_in_order(world: World) -> None:
    world.subscribe(
        extensions={"max-count": 1}, content="full-resource", channel={"header": ["Authorization: Bearer x"]}
    )
    world.observe("a")
    world.observe("b")
    world.node.call("DELETE", "Observation/o")
    world.observe("c")
    world.settle()
    calls = world.receiver.of("event-notification")
    assert [call.numbers for call in calls] == [[1], [2], [3], [4]]
    entries = [call.json["entry"][1] for call in calls]
    assert [entry["request"]["method"] for entry in entries] == ["POST", "PUT", "DELETE", "POST"]
    codes = [
        entry["resource"]["code"]["coding"][0]["code"] if "resource" in entry else "" for entry in entries
    ]
    assert codes == ["a", "b", "", "c"]
    assert {call.headers["authorization"] for call in calls} == {"Bearer x"}
    assert {call.headers["content-type"] for call in calls} == {"application/fhir+json"}
    assert calls[3].status("events-since-subscription-start") == ["4"]


@pytest.mark.parametrize(("content", "entries", "focus"), [("empty", 1, False), ("id-only", 2, True)])
def test_less_content(world: World, content: str, entries: int, focus: bool) -> None:
    world.subscribe(content=content)
    world.observe()
    world.settle()
    (call,) = world.receiver.of("event-notification")
    assert len(call.json["entry"]) == entries
    assert (b"Observation/o" in call.body) == focus
    assert all("resource" not in entry for entry in call.json["entry"][1:])


def test_a_filter_is_the_search_also_for_versions_that_were_overtaken(world: World) -> None:
    world.subscribe(filters=("Observation?code=a", "status=final"), extensions={"max-count": 1})
    for number, code in enumerate("abab"):
        world.observe(code, f"o{number}")
    world.observe("a", "twice")
    world.observe("b", "twice")
    world.observe("a", "gone")
    world.node.call("DELETE", "Observation/gone")
    world.settle()
    told = [call.json["entry"][1] for call in world.receiver.of("event-notification")]
    assert [(entry["fullUrl"].rpartition("/")[2], entry["request"]["method"]) for entry in told] == [
        ("o0", "POST"), ("o2", "POST"), ("twice", "POST"), ("gone", "POST"), ("gone", "DELETE"),
    ]  # fmt: skip
    assert world.node.call("GET", "Observation/twice").json["code"] == observation("b")["code"]
    assert world.node.call("GET", "Observation?code=a&_id=twice").json["total"] == 0


def test_a_classic_criterion_sends_the_resource_or_nothing(world: World) -> None:
    world.subscribe(criteria="Observation?code=a")
    world.subscribe(
        criteria="Observation?code=a",
        channel={"payload": "application/fhir+xml", "endpoint": f"{world.receiver.address}/x"},
    )
    silent = {"type": "rest-hook", "endpoint": f"{world.receiver.address}/silent"}
    world.node.call(
        "POST", "Subscription",
        {"resourceType": "Subscription", "status": "requested", "reason": "r", "criteria": "Observation", "channel": silent},
    )  # fmt: skip
    world.settle()
    world.observe("a")
    world.observe("b", "other")
    world.node.call("DELETE", "Observation/o")
    world.settle()
    by_path = {
        path: [call.body for call in world.receiver.calls if call.path == path]
        for path in ("/", "/x", "/silent")
    }
    assert [len(found) for found in by_path.values()] == [1, 1, 2]
    assert b'"id":"o"' in by_path["/"][0]
    assert by_path["/x"][0].startswith(b"<?xml") or by_path["/x"][0].startswith(b"<Observation")
    assert by_path["/silent"] == [b"", b""]


def test_a_receiver_that_was_down_gets_everything_in_order(world: World) -> None:
    world.subscribe(extensions={"max-count": 1})
    world.receiver.code = 503
    world.observe("a", "o1")
    world.settle()
    world.observe("a", "o2")
    world.observe("a", "o3")
    world.settle(after=2)
    assert world.receiver.numbers == []
    world.receiver.code = 200
    world.settle()
    assert world.receiver.numbers == []
    world.settle(after=4)
    assert world.receiver.numbers == [1, 2, 3]


def test_dead_letters_wait_and_so_does_what_comes_behind_them(world: World) -> None:
    key = world.subscribe(extensions={"max-count": 1})
    world.receiver.code = 503
    world.observe("a", "o1")
    world.observe("a", "o2")
    for _attempt in range(3):
        world.settle(after=3600)
    found = world.read(key)
    assert found["status"] == "error"
    assert found["error"].startswith("the endpoint answered 503 (3 attempts).")
    world.receiver.code = 200
    world.observe("a", "o3")
    world.settle(after=3600)
    assert world.receiver.numbers == []


def test_a_new_process_goes_on_where_the_last_one_died(world: World) -> None:
    world.subscribe(extensions={"max-count": 1})
    world.observe("a", "o1")
    world.observe("a", "o2")
    world.node.run(world.runner.reader.round())
    claimed = world.node.run(world.runner.sender.claim())
    assert claimed is not None
    world.restart()
    world.settle()
    assert world.receiver.numbers == []
    world.settle(after=31)
    assert world.receiver.numbers == [1, 2]


def test_heartbeats_come_when_there_is_no_news(world: World) -> None:
    world.subscribe(extensions={"heartbeat-period": 60})
    world.settle(after=59)
    assert world.receiver.of("heartbeat") == []
    world.settle(after=2)
    world.settle(after=61)
    assert len(world.receiver.of("heartbeat")) == 2


def test_heartbeats_that_fail_end_in_an_error_and_news_waits(world: World) -> None:
    key = world.subscribe(extensions={"heartbeat-period": 60}, channel={"payload": "application/fhir+xml"})
    world.receiver.code = 500
    for _attempt in range(3):
        world.settle(after=3600)
    assert world.read(key)["status"] == "error"
    world.observe()
    world.settle(after=3600)
    world.receiver.code = 200
    world.node.call("PUT", f"Subscription/{key}", {**world.read(key), "status": "requested"})
    world.settle()
    assert world.read(key)["status"] == "active"
    handshake, news = world.receiver.calls[-2:]
    assert b'valueCode value="handshake"' in handshake.body
    assert b'valueString value="1"' in news.body


def test_a_subscription_ends_and_can_be_switched_off(world: World) -> None:
    ends = world.subscribe(end="2100-01-01T00:00:00Z", extensions={"max-count": 1})
    other = world.subscribe()
    world.node.call("PUT", f"Subscription/{other}", {**world.read(other), "status": "off"})
    world.observe()
    world.settle(after=100 * 366 * 86400)
    assert world.read(ends)["status"] == "off"
    assert world.read(other)["status"] == "off"
    before = len(world.receiver.numbers)
    world.observe("b")
    world.settle()
    assert len(world.receiver.numbers) == before


def test_a_deleted_subscription_is_forgotten(world: World) -> None:
    key = world.subscribe()
    world.node.call("DELETE", f"Subscription/{key}")
    world.observe()
    world.settle()
    assert world.receiver.numbers == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"criteria": "Observation?nothing=1"}, "Search parameter 'nothing': Observation has no such"),
        ({"criteria": "Observation?_count=3"}, "Search parameter '_count': a criterion selects"),
        ({"criteria": "Weather?code=a"}, "the criteria 'Weather?code=a' are neither"),
        ({"criteria": "http://localhost:8080/fhir/SubscriptionTopic/Weather-change"}, "there is no topic"),
        ({"filters": ("Patient?name=x",)}, "the filter 'Patient?name=x' is not one of Observation"),
        ({"content": "everything"}, "the payload content 'everything' is none of"),
        ({"channel": {"type": "sms"}}, "the channel 'sms' is not served"),
        ({"channel": {"payload": "text/csv"}}, "the payload 'text/csv' is not written"),
        ({"channel": {"type": "email", "endpoint": "mailto:a@b.example"}}, "this node sends no e-mail"),
        ({"channel": {"header": ["Host: elsewhere"]}}, "the header 'Host' is set by this server"),
        ({"channel": {"header": ["X: a\r\nY: b"]}}, "a channel header is not of the form"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(world: World, changes: dict[str, object], reason: str) -> None:
    found = world.read(world.subscribe(**changes))
    assert found["status"] == "error"
    assert found["error"].startswith(reason)
