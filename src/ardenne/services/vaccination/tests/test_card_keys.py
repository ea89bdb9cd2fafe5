"""Keys of a node: rotated, withdrawn, and what that means for cards that they signed."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from ardenne.services.vaccination.card_cli import command
from ardenne.services.vaccination.card_keys import CardKeys
from ardenne.standards.cards import evc
from ardenne.standards.cards.keys import read_jwks, write_jwks
from ardenne.standards.cards.reading import Verdict, verify


def signed(keys: CardKeys) -> str:
    card = evc.VaccinationCard(
        "SCHMITZ", "ANNE", date(2021, 3, 10), (evc.CardDose(date(2021, 5, 10), 510, "LUX", 1, 1),)
    )
    kid, key = keys.signing()
    return evc.issue(card, keys.partner, kid, key, datetime.now(UTC))


def judged(keys: CardKeys, card: str) -> Verdict:
    return verify(card, keys.store(), int(time.time()))


def test_after_a_rotation_the_new_key_signs_and_old_cards_stay_true(tmp_path: Path) -> None:
    keys = CardKeys(tmp_path, "LUX")
    before = signed(keys)
    first = keys.signing()[0]
    done = CliRunner().invoke(command, ["keys", "rotate", "--data", str(tmp_path)])
    assert done.exit_code == 0 and done.output.strip() == keys.signing()[0] != first
    assert judged(keys, before).valid and judged(keys, signed(keys)).valid


def test_a_withdrawn_key_takes_its_cards_with_it_and_another_signs(tmp_path: Path) -> None:
    keys = CardKeys(tmp_path, "LUX")
    before, name = signed(keys), keys.signing()[0]
    for _ in range(2):
        assert CliRunner().invoke(command, ["keys", "revoke", name, "--data", str(tmp_path)]).exit_code == 0
    assert judged(keys, before).rule == "revoked-key"
    assert keys.signing()[0] != name and judged(keys, signed(keys)).valid
    published = [key for held in keys.store().keys.values() for key in held]
    again = list(read_jwks(json.dumps(write_jwks(published))))
    assert {key.kid.decode() for key in again if key.revoked} >= {name}
    assert CliRunner().invoke(command, ["keys", "revoke", "LUX99Z", "--data", str(tmp_path)]).exit_code == 1


def test_a_single_card_is_withdrawn(tmp_path: Path) -> None:
    keys = CardKeys(tmp_path, "LUX")
    gone, stays = signed(keys), signed(keys)
    identifier = judged(keys, gone).identifier
    assert CliRunner().invoke(command, ["revoke", identifier, "--data", str(tmp_path)]).exit_code == 0
    assert judged(keys, gone).rule == "revoked"
    assert judged(keys, stays).valid
    with pytest.raises(ValueError, match="32 hexadecimal"):
        keys.revoke_card("../x")
