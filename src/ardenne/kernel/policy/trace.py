"""What one request touched, gathered until it is written to the journal with one commit."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable

from ardenne.kernel.audit import entries
from ardenne.kernel.audit.entries import Action, Line, Outcome
from ardenne.kernel.policy.standing import Standing

_NAMED = 200
"""References named in one line; of more only the number is told."""


class _Requests:
    """Names of requests: the process, which is random, and a number in it."""

    def __init__(self) -> None:
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._process, self._numbers = os.urandom(8).hex(), itertools.count(1)

    def new(self) -> str:
        return f"{self._process}{next(self._numbers):09x}"


_REQUESTS = _Requests()


class Trace:
    """The lines of one request. ``query``: the search as asked; ``address``: of the caller's machine."""

    def __init__(self, standing: Standing, now: int, address: str = "", query: str = "") -> None:
        self.standing = standing
        self.now = now
        self.address = address
        self.query = query
        self.request = _REQUESTS.new()
        self.lines: list[Line] = []
        self._seen: set[tuple[int, int | None, str, str]] = set()

    def note(
        self,
        action: Action,
        patient: int | None,
        resources: Iterable[str] = (),
        *,
        rule: str = "",
        outcome: Outcome = Outcome.DONE,
        detail: str = "",
        patient_id: str = "",
        query: str = "",
    ) -> None:
        """Add a line about one patient's data (hash; None: nobody's). The same is noted once a request."""
        named = list(resources)
        key = (int(action), patient, ",".join(named), rule)
        if key in self._seen:
            return
        self._seen.add(key)
        if len(named) > _NAMED:
            detail = detail or f"{len(named)} resources"
        self.lines.append(
            self.line(action, patient, named[:_NAMED], rule, outcome, detail, patient_id, query)
        )

    def line(
        self,
        action: Action,
        patient: int | None,
        resources: list[str],
        rule: str,
        outcome: Outcome = Outcome.DONE,
        detail: str = "",
        patient_id: str = "",
        query: str = "",
    ) -> Line:
        """Return one line without adding it: for what is written in the transaction of a change."""
        found = entries.entry(
            self.standing.caller, self.now, action, address=self.address, patient=patient_id,
            resources=resources, query=query, rule=rule, outcome=outcome, request=self.request, detail=detail,
        )  # fmt: skip
        content = entries.encode(found)
        return Line(self.now, patient, self.standing.account, int(action), int(outcome), 0, content)

    def take(self) -> list[Line]:
        """Return the lines gathered so far and forget them."""
        lines, self.lines = self.lines, []
        return lines
