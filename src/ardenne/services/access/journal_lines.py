"""Lines of the journal in plain words: who, when, what, from where, why (pure)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from ardenne.kernel.audit.entries import Action, Outcome
from ardenne.kernel.audit.store import Recorded

Text = Callable[[str], str]
_WITH_DETAIL = ("shared-opened", "passed-on")
"""Rules whose lines say more: the recipient whom the opener of a link named, the party who was let in."""


class Told(NamedTuple):
    """A line as the patient reads it. ``lines``: how many lines of the journal it stands for."""

    id: str
    at: datetime
    who: str
    profession: str
    what: str
    resources: tuple[str, ...]
    refused: bool
    emergency: bool
    rule: str
    reason: str
    organisation: str
    lines: int = 1


def actions(text: Text) -> dict[int, str]:
    """Return what each action is called."""
    return {
        Action.READ: text("read"),
        Action.VREAD: text("read an older version"),
        Action.SEARCH: text("looked through the record"),
        Action.HISTORY: text("read the history"),
        Action.CREATE: text("added"),
        Action.UPDATE: text("changed"),
        Action.DELETE: text("removed"),
        Action.LABEL: text("changed who may see it"),
        Action.OPERATION: text("used a function"),
        Action.EXPORT: text("exported"),
        Action.CONSENT: text("decided about access"),
        Action.RELATION: text("opened or ended access"),
        Action.BREAK_GLASS: text("opened the record in an emergency"),
        Action.CONTEST: text("asked about an access"),
        Action.ANSWER: text("answered a question"),
        Action.EXTERNAL: text("recorded by another system"),
    }


def by_rules(text: Text) -> dict[str, str]:
    """Return what an act is called by its rule, where that says more than the action."""
    return {
        "passed-on": text("let somebody else look, as you allowed"),
        "taken-back": text("ended the access of somebody whom they had let look"),
        "shared-made": text("shared the summary by a link"),
        "shared-opened": text("opened the summary that you shared"),
        "shared-refused": text("tried to open the summary that you shared, with a wrong passcode"),
        "shared-ended": text("ended a shared link"),
        "retention-proposed": text("proposed to delete the record after its legal time"),
        "retention-withdrawn": text("took back the proposal to delete the record"),
        "retention-done": text("deleted the record after its legal time"),
        "message-sent": text("sent documents of the record by a secure message"),
        "agreement-proposed": text("proposed an agreement of referring doctor"),
        "agreement-signed": text("signed the agreement of referring doctor"),
        "agreement-refused": text("refused the agreement of referring doctor"),
        "agreement-ended": text("ended the agreement of referring doctor"),
        "agreement-replaced": text("replaced the referring doctor"),
        "agreement-reviewed": text("reviewed the record as referring doctor"),
        "agreement-stand-in": text("named a stand-in of the referring doctor"),
    }


def tell(lines: Sequence[Recorded], text: Text, own_account: str) -> list[Told]:
    """Return lines in plain words, newest first; the same access within one request is told once."""
    names, by_rule = actions(text), by_rules(text)
    found: list[Told] = []
    places: dict[tuple[str, int, str], int] = {}
    for line in lines:
        entry = line.entry
        key = (entry.request, entry.action, entry.rule)
        place = places.get(key)
        if place is not None and entry.request:
            before = found[place]
            merged = tuple(dict.fromkeys((*before.resources, *entry.resources)))
            found[place] = before._replace(resources=merged, lines=before.lines + 1)
            continue
        places[key] = len(found)
        found.append(
            Told(
                line.id,
                datetime.fromtimestamp(line.at / 1_000_000, UTC),
                text("You") if entry.account == own_account else entry.name or text("A system"),
                entry.profession,
                by_rule.get(entry.rule) or names.get(entry.action, text("acted")),
                entry.resources,
                entry.outcome != Outcome.DONE,
                entry.action == Action.BREAK_GLASS or entry.rule.startswith("emergency"),
                entry.rule,
                entry.detail if entry.action == Action.BREAK_GLASS or entry.rule in _WITH_DETAIL else "",
                entry.organisation,
            )
        )
    return found
