"""Operations: status, events, replay, tokens."""

from __future__ import annotations

from ardenne.kernel.subscriptions.tests.receiver import Call, World


def _call(world: World, method: str, address: str) -> Call:
    answer = world.node.call(method, address)
    assert answer.status == 200, answer.body
    return Call(address, answer.headers, answer.body)


def test_status_of_one_and_of_many(world: World) -> None:
    first, second = world.subscribe(), world.subscribe(channel={"type": "sms"})
    world.observe()
    world.settle()
    one = _call(world, "GET", f"Subscription/{first}/$status")
    assert one.json["type"] == "searchset"
    assert (one.status("status"), one.kind) == (["active"], "query-status")
    assert one.status("events-since-subscription-start") == ["1"]
    other = _call(world, "GET", f"Subscription/$status?id={second}")
    assert other.status("status") == ["error"]
    assert other.status("error")[0]["text"].startswith("the channel 'sms' is not served")
    assert _call(world, "GET", "Subscription/$status").json["total"] == 2
    assert _call(world, "GET", "Subscription/$status?status=active").json["total"] == 1
    assert world.node.call("GET", "Subscription/none/$status").status == 404
    assert world.node.call("GET", "Patient/$status").status == 404


def test_events_by_number_and_content(world: World) -> None:
    key = world.subscribe()
    for number in range(4):
        world.observe("a", f"o{number}")
    world.settle()
    found = _call(
        world,
        "GET",
        f"Subscription/{key}/$events?eventsSinceNumber=2&eventsUntilNumber=3&content=full-resource",
    )
    assert (found.kind, found.numbers) == ("query-event", [2, 3])
    assert [entry["resource"]["id"] for entry in found.json["entry"][1:]] == ["o1", "o2"]
    assert _call(world, "GET", f"Subscription/{key}/$events").numbers == [1, 2, 3, 4]
    assert len(_call(world, "GET", f"Subscription/{key}/$events?content=empty").json["entry"]) == 1
    assert world.node.call("GET", f"Subscription/{key}/$events?content=x").status == 400
    assert world.node.call("GET", f"Subscription/{key}/$events?eventsSinceNumber=x").status == 400


def test_replay_sends_dead_letters_again(world: World) -> None:
    key = world.subscribe(extensions={"max-count": 1})
    world.receiver.code = 500
    world.observe("a", "o1")
    world.observe("a", "o2")
    for _attempt in range(3):
        world.settle(after=3600)
    assert world.read(key)["status"] == "error"
    world.receiver.code = 200
    assert world.node.call("GET", f"Subscription/{key}/$replay").status == 405
    assert world.node.call("POST", f"Subscription/{key}/$replay").json["parameter"][0]["valueInteger"] == 1
    world.settle()
    assert world.receiver.numbers == [1, 2]
    found = world.read(key)
    assert found["status"] == "active"
    assert "error" not in found


def test_a_token_is_given_for_websockets_only(world: World) -> None:
    hook = world.subscribe()
    assert world.node.call("GET", f"Subscription/{hook}/$get-ws-binding-token").status == 400
    assert world.node.call("GET", "Subscription/$get-ws-binding-token").status == 400
    socket = world.subscribe(channel={"type": "websocket"})
    answer = world.node.call("GET", f"Subscription/{socket}/$get-ws-binding-token")
    names = [parameter["name"] for parameter in answer.json["parameter"]]
    assert names == ["token", "expiration", "subscription", "websocket-url"]
    assert answer.json["parameter"][3]["valueUrl"] == "ws://localhost:8080/fhir/ws"
