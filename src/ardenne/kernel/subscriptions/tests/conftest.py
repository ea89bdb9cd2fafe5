"""Fixtures of subscriptions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ardenne.kernel.subscriptions.operations import SubscriptionOperations
from ardenne.kernel.subscriptions.tests.receiver import Receiver, World, listening
from ardenne.kernel.testing import TestNode


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as found:
        yield found


@pytest.fixture
def world(node: TestNode, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> World:
    found = World(node, receiver)
    operations = SubscriptionOperations(found.clock).operations()
    monkeypatch.setattr(node.router, "operations", {**node.router.operations, **operations})
    return found
