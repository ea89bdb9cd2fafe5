"""Feeds: what a line becomes, what is wrong with it, and loading again."""

from __future__ import annotations

import pytest

from ardenne.kernel.testing import TestNode
from ardenne.services.directory import feed, loading, searching
from ardenne.services.directory.entries import Entry
from ardenne.services.directory.searching import Question

HEAD = "key,family,given,prefix,profession,number_kind,number,organisation,street,postcode,city,country,latitude,longitude,phone,email,languages,accepts,active"
MULLER = "1,Muller,Luc,Dr,lu.cardiology,CNS,900112-21,Cabinet Attert,1 rue Haute,8510,Redange,LU,49.766,5.888,+352 621 1,,fr de,yes,"
NOEL = "2,Noël,Zoé,,be.nurse,,,,,6700,Arlon,BE,49.683,5.817,,zoe@example.org,fr,no,"


def read(*lines: str) -> feed.Read:
    return feed.read("\n".join((HEAD, *lines)), "test")


def load(node: TestNode, *lines: str, complete: bool = False) -> loading.Loaded:
    found = read(*lines)
    assert found.faults == []
    return node.run(loading.load(node.service, found, "test", complete=complete))


def names(node: TestNode, **asked: object) -> list[str]:
    found, _more = node.run(searching.find(node.service, Question(**asked)))  # type: ignore[arg-type]
    return [one.name for one in found]


def test_a_line_becomes_person_role_house_and_place(node: TestNode) -> None:
    done = load(node, MULLER)
    assert done == loading.Loaded(4, 0, 0)
    (entry,), more = node.run(searching.find(node.service, Question(name="mull")))
    assert not more
    assert isinstance(entry, Entry)
    assert entry.name == "Muller Luc (Dr)" and entry.house == "Cabinet Attert"
    assert entry.what("de") == ["Facharzt", "Kardiologie"]
    assert (entry.languages, entry.accepts, entry.place.position) == (("fr", "de"), True, (49.766, 5.888))
    (person,) = node.call("GET", "Practitioner?identifier=urn:oid:1.3.182.4.6|90011221").ids or (None,)
    assert person


def test_the_same_file_again_changes_nothing_and_a_changed_line_only_itself(node: TestNode) -> None:
    load(node, MULLER, NOEL)
    assert load(node, MULLER, NOEL).written == 0
    assert load(node, MULLER.replace(",yes,", ",no,"), NOEL).written == 1
    assert names(node, accepts=True) == []


def test_who_is_not_in_the_whole_list_any_more_is_not_found(node: TestNode) -> None:
    load(node, MULLER, NOEL)
    assert load(node, NOEL, complete=True).ended == 1
    assert names(node, language="fr") == ["Noël Zoé"]
    assert load(node, MULLER, NOEL, complete=True).ended == 0
    assert len(names(node, language="fr")) == 2


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"profession": "lu.cardiology"}, ["Muller Luc (Dr)"]),
        ({"profession": "lu.doctor-specialist"}, ["Muller Luc (Dr)"]),
        ({"profession": "be.cardiology"}, []),
        ({"city": "arl"}, ["Noël Zoé"]),
        ({"language": "de"}, ["Muller Luc (Dr)"]),
        ({"name": "noel", "language": "de"}, []),
        ({"name": "NOEL"}, ["Noël Zoé"]),
        ({"accepts": True}, ["Muller Luc (Dr)"]),
        ({"name": '"; drop', "city": "$*("}, []),
    ],
)
def test_questions(node: TestNode, asked: dict[str, object], expected: list[str]) -> None:
    load(node, MULLER, NOEL)
    assert names(node, **asked) == expected


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (MULLER.replace("lu.cardiology", "lu.wizard"), "profession"),
        (MULLER.replace("49.766", "149"), "latitude"),
        (MULLER.replace("49.766", ""), "latitude"),
        (MULLER.replace(",yes,", ",maybe,"), "accepts"),
        (MULLER.replace("900112-21", "9001"), "number"),
        (MULLER.replace("CNS", "LOTTERY"), "number_kind"),
        (MULLER.replace("CNS", ""), "number_kind"),
        (MULLER.replace("fr de", "French"), "languages"),
        (MULLER.replace("Muller", ""), "family"),
    ],
)
def test_what_is_wrong_is_told_with_line_and_column(line: str, column: str) -> None:
    faults = read(NOEL, line).faults
    assert [(fault.line, fault.column) for fault in faults] == [(3, column)]


def test_a_key_stands_once_and_columns_are_needed() -> None:
    assert [fault.column for fault in read(NOEL, NOEL).faults] == ["key"]
    assert {fault.column for fault in feed.read("family\nX", "test").faults} == {"key", "given", "profession"}
    with pytest.raises(ValueError, match="small letters"):
        feed.read(HEAD, "Bad Name")
