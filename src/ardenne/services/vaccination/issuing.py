"""Cards from the record: European Vaccination Card, SMART Health Card, and the printed card."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from ardenne.services.vaccination.acts import Act
from ardenne.services.vaccination.card import Card
from ardenne.services.vaccination.card_keys import CardKeys
from ardenne.standards.cards import evc, qr, shc
from ardenne.ui.languages import Words
from ardenne.ui.pdf import Block, Facts, Heading, Rows, Squares, Text, document

Json = dict[str, Any]
_REPOSITORY = 1


def passport(name: str) -> str:
    """A name as a passport writes it: capital letters, ``<`` between words (ICAO 9303)."""
    known = {
        "ß": "SS",
        "Æ": "AE",
        "æ": "AE",
        "Ø": "OE",
        "ø": "OE",
        "Œ": "OE",
        "œ": "OE",
        "ä": "AE",
        "ö": "OE",
        "ü": "UE",
    }
    spelled = "".join(known.get(character, known.get(character.lower(), character)) for character in name)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode().upper()
    return re.sub(r"[^A-Z]+", "<", plain).strip("<")


def usable(card: Card) -> tuple[list[Act], list[Act]]:
    """Acts that a European card can hold (a full day and a code of NUVA), and those that it cannot."""
    acts = [act for act in (card.subject.acts if card.subject else []) if act.status == "completed"]
    fits = [act for act in acts if act.day and not act.approximate and act.vaccine and act.vaccine.code]
    return fits, [act for act in acts if act not in fits]


def european_card(card: Card, keys: CardKeys, now: datetime) -> str:
    """The text of the signed card. :raises ValueError: without a full date of birth."""
    if card.subject is None:
        raise ValueError(card.problem)
    born = date.fromordinal(card.subject.person.born)
    name = (card.patient.get("name") or [{}])[0]
    index: dict[date, int] = {}
    doses = []
    for act in reversed(usable(card)[0]):
        assert act.day is not None and act.vaccine is not None
        index[act.day] = index.get(act.day, 0) + 1
        number = int(act.vaccine.code.removeprefix("VAC"))
        doses.append(evc.CardDose(act.day, number, keys.partner, _REPOSITORY, index[act.day]))
    held = evc.VaccinationCard(
        passport(str(name.get("family", ""))), passport(" ".join(name.get("given", []))), born, tuple(doses)
    )
    kid, key = keys.signing()
    return evc.issue(held, keys.partner, kid, key, now)


def smart_card(card: Card, keys: CardKeys, issuer: str, now: datetime) -> str:
    """The JWS of a SMART Health Card with the acts as minimal FHIR."""
    name = (card.patient.get("name") or [{}])[0]
    person = {
        "resourceType": "Patient",
        "name": [{key: name[key] for key in ("family", "given") if key in name}],
    }
    person["birthDate"] = card.patient.get("birthDate", "")
    entries: list[Json] = [{"fullUrl": "resource:0", "resource": person}]
    acts = [
        act for act in (card.subject.acts if card.subject else []) if act.status == "completed" and act.day
    ]
    for number, act in enumerate(reversed(acts), 1):
        coding = (
            {"system": "http://ivci.org/NUVA", "code": act.vaccine.code}
            if act.vaccine and act.vaccine.code
            else {}
        )
        concept: Json = {"coding": [coding]} if coding else {"text": act.name}
        resource: Json = {
            "resourceType": "Immunization", "status": "completed", "vaccineCode": concept,
            "patient": {"reference": "resource:0"}, "occurrenceDateTime": str(act.day),
        }  # fmt: skip
        resource |= {"lotNumber": act.lot} if act.lot else {}
        entries.append({"fullUrl": f"resource:{number}", "resource": resource})
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return shc.issue(bundle, issuer, keys.signing()[1], int(now.timestamp()))


def printed_card(card: Card, keys: CardKeys, words: Words, group: Callable[[str], str]) -> bytes:
    """The card as PDF: person, acts, what is due, and the European card as a code.

    ``group`` says the name of a vaccine group in the reader's language.
    """
    text = words.text
    name = (card.patient.get("name") or [{}])[0]
    person = f"{' '.join(name.get('given', []))} {name.get('family', '')}".strip()
    now = datetime.now(UTC)
    code = european_card(card, keys, now)
    left = usable(card)[1]
    acts = card.subject.acts if card.subject else []
    given = tuple(
        (words.day(act.day) if act.day else "", act.name, act.lot, act.performer)
        for act in acts
        if act.status == "completed"
    )
    due = tuple(
        (
            group(one.group),
            words.day(one.recommended) if one.recommended else "",
            "" if one.confirmed else text("to be confirmed"),
        )
        for one in card.dues
        if one.state in ("overdue", "due", "later")
    )
    blocks: list[Block] = [
        Heading(text("Vaccination card")),
        Facts(
            ((text("Name"), person), (text("Born"), words.fhir_date(str(card.patient.get("birthDate", "")))))
        ),
        Heading(text("Given vaccinations"), 2),
        Rows((text("Day"), text("Vaccine"), text("Batch"), text("Vaccinator")), given, (2.2, 4, 1.6, 2.6)),
        Heading(text("What comes next"), 2),
        Rows((text("Protection against"), text("Recommended from"), text("Remark")), due, (4, 2.5, 2.5)),
        Squares(
            qr.matrix(code), 70, text("European Vaccination Card, signed by {issuer}.", issuer=keys.partner)
        ),
    ]
    if left:
        blocks.append(Text(text("Not in the code, because day or product are not fully known:"), small=True))
        blocks.append(
            Text(
                ", ".join(f"{act.name} {act.day.year if act.day else ''}".strip() for act in left), small=True
            )
        )
    return document(
        text("Vaccination card"), words.language, blocks, footer=person, properties={"keywords": code}
    )
