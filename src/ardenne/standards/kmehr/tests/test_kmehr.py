"""KMEHR messages: who, when, what, and how they are shown."""

from __future__ import annotations

import base64
import datetime
from typing import Any

import lxml.html
import pytest

from ardenne.standards.kmehr.read import Code, Message, read
from ardenne.standards.kmehr.render import LABELS, render
from ardenne.standards.refusal import Refused

MESSAGE = """<kmehrmessage xmlns="http://www.ehealth.fgov.be/standards/kmehr/schema/v1"><header>
<id S="ID-KMEHR" SV="1.0">1.2026</id><date>2024-01-31</date><time>14:15:00</time>
<sender><hcparty><cd S="CD-HCPARTY" SV="1">application</cd><name>Soft</name></hcparty></sender></header>
<folder><id S="ID-KMEHR" SV="1.0">1</id><patient><id S="INSS" SV="1.0">49112002395</id><firstname>Jan</firstname>
<familyname>Janssens</familyname><birthdate><date>1949-11-20</date></birthdate>
<sex><cd S="CD-SEX" SV="1">male</cd></sex><usuallanguage>nl</usuallanguage></patient>
<transaction><id S="ID-KMEHR" SV="1.0">1</id><id S="LOCAL" SL="vault" SV="1">/x</id>
<cd S="CD-TRANSACTION" SV="1">sumehr</cd><date>2024-01-30</date><time>08:00:00+01:00</time>
<author><hcparty><id S="ID-HCPARTY" SV="1.0">14296612004</id><cd S="CD-HCPARTY" SV="1">persphysician</cd>
<firstname>Leonard</firstname><familyname>McCoy</familyname></hcparty></author>
<iscomplete>true</iscomplete><isvalidated>true</isvalidated>
<heading><cd S="CD-HEADING" SV="1">history</cd><item><cd S="CD-ITEM" SV="1">problem</cd><content>
<cd S="ICPC" SV="2" DN="Hodgkin" L="nl">B72</cd></content><content><text L="nl">Brill &lt;b&gt;</text></content>
<beginmoment><date>1980-05-12</date></beginmoment><endmoment><yearmonth>1985-12</yearmonth></endmoment>
<lifecycle><cd S="CD-LIFECYCLE" SV="1">inactive</cd></lifecycle></item></heading>
<item><cd S="CD-ITEM" SV="1">medication</cd><content><medicinalproduct><intendedcd S="CD-DRUG-CNK" SV="1">0895540
</intendedcd><intendedname>MEDROL</intendedname></medicinalproduct></content>
<posology><text L="en">0.5 tab</text></posology></item>%s</transaction></folder></kmehrmessage>"""


def message(extra: str = "") -> Message:
    return read((MESSAGE % extra).encode())


def test_header_patient_and_author() -> None:
    found = message()
    assert (found.identifier, found.moment.fhir(), found.language) == ("1.2026", "2024-01-31", "nl")
    assert (found.patient.birth_date, found.patient.sex) == ("1949-11-20", "male")
    first = found.transactions[0]
    assert (first.type, first.validated, first.complete) == ("sumehr", True, True)
    assert first.moment is not None
    assert first.moment.fhir() == "2024-01-30T08:00:00+01:00"
    assert first.authors[0].wording == "Leonard McCoy"


def test_a_zone_completes_the_time() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    assert message().moment.fhir(zone) == "2024-01-31T14:15:00+02:00"


def test_items_with_and_without_heading() -> None:
    (_, loose), (title, headed) = message().transactions[0].headings
    assert (title, headed[0].kind, headed[0].texts) == ("history", "problem", ("Brill <b>",))
    assert (headed[0].begin, headed[0].end, headed[0].lifecycle) == ("1980-05-12", "1985-12", "inactive")
    assert headed[0].codes == (Code("ICPC", "B72", "Hodgkin"),)
    assert loose[0].codes == (Code("CD-DRUG-CNK", "0895540"),)
    assert (loose[0].texts, loose[0].details) == (("MEDROL",), (("posology", "0.5 tab"),))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<kmehrmessage", "<message"),
        ("ID-KMEHR", "LOCAL"),
        ("<date>2024-01-31</date>", "<date>31/01/2024</date>"),
        ("<date>2024-01-31</date>", "<date>2024-02-31</date>"),
        ("folder>", "map>"),
        ("transaction>", "action>"),
        ("patient>", "person>"),
    ],
)
def test_what_cannot_be_filed_is_refused(old: str, new: str) -> None:
    text = (MESSAGE % "").replace(old, new)
    text = text.replace("</kmehrmessage", "</message") if new == "<message" else text
    with pytest.raises(Refused, match="kmehr-"):
        read(text.encode())


def page(markup: str) -> Any:
    return lxml.html.fromstring(markup)


def test_the_message_is_shown() -> None:
    root = page(render(message()))
    assert (root.tag, root.get("lang")) == ("article", "nl")
    assert root.xpath("string(h2)") == "Summary (Sumehr)"
    assert "Jan Janssens" in root.xpath("//dd/text()")
    assert {th.get("scope") for th in root.iter("th")} == {"col", "row"}
    assert root.xpath("//td/p/text()") == ["MEDROL", "Brill <b>"]
    assert not root.xpath("//b")


def test_the_words_of_the_renderer_are_translated() -> None:
    root = page(render(message(), {key: f"[{key}]" for key in LABELS}, interface="fr"))
    assert "[Problem]" in root.xpath("//th/text()")
    assert set(root.xpath("//dt/@lang")) == {"fr"}


def test_files_inside() -> None:
    png = base64.b64encode(b"\x89PNG\r\n\x1a\n00").decode()
    extra = (
        f'<lnk TYPE="multimedia" MEDIATYPE="image/png">{png}</lnk><lnk TYPE="isachildof" URL="http://e.x/a"/>'
    )
    found = message(extra)
    assert [one.media_type for one in found.transactions[0].attachments] == ["image/png"]
    assert len(page(render(found)).xpath("//img[starts-with(@src, 'data:image/png')]")) == 1


def test_hostile_texts_stay_texts() -> None:
    extra = "<text>&lt;script&gt;alert(1)&lt;/script&gt;</text>"
    assert "<script" not in render(message(extra))
