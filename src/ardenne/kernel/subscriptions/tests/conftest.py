"""Fixtures of subscriptions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ardenne.kernel.subscriptions.tests.receiver import Receiver, World, listening
from ardenne.kernel.testing import TestNode


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as found:
        yield found


@pytest.fixture
def world(node: TestNode, receiver: Receiver) -> World:
    return World(node, receiver)
