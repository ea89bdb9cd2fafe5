"""The member states' test certificates: our verdict is the one that each file states."""

from __future__ import annotations

import base64
import contextlib
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from ardenne.standards.cards import base45, cose, cwt, dcc
from ardenne.standards.cards.errors import CardError
from ardenne.standards.cards.keys import KeyStore, from_certificate
from ardenne.standards.cards.packing import unpack
from ardenne.standards.cards.reading import verify

pytestmark = pytest.mark.corpus
_FOLDER = Path(os.environ.get("ARDENNE_CORPUS", "../shared/data")) / "cards" / "dcc"


def _files() -> list[Path]:
    return sorted(_FOLDER.rglob("*.json"))


def _store(context: dict[str, Any]) -> KeyStore:
    der = base64.b64decode(context["CERTIFICATE"])
    store = KeyStore()
    store.add(from_certificate(x509.load_der_x509_certificate(der), der))
    return store


def _rules(case: dict[str, Any]) -> dict[str, bool]:
    """Each step that a file states something about, as far as our reader comes."""
    found: dict[str, bool] = {}
    context = case["TESTCTX"]
    text = case.get("PREFIX", "")

    def step(name: str, work: Any) -> Any:
        try:
            result = work()
        except CardError:
            found[name] = False
            raise
        found[name] = True
        return result

    try:
        found["EXPECTEDUNPREFIX"] = text.startswith(dcc.PREFIX)
        packed = step("EXPECTEDB45DECODE", lambda: base45.decode(text.removeprefix(dcc.PREFIX)))
        content = step("EXPECTEDCOMPRESSION", lambda: unpack(packed))
        message = step("EXPECTEDDECODE", lambda: cose.parse(content))
        keys = _store(context)
        step("EXPECTEDVERIFY", lambda: cose.verify(message, keys.find(message.kid)[0].public))
        claims = step("EXPECTEDDECODE", lambda: cwt.read_claims(message.payload))
        if context.get("VALIDATIONCLOCK"):
            now = int(datetime.fromisoformat(context["VALIDATIONCLOCK"]).timestamp())
            with contextlib.suppress(CardError):
                step("EXPECTEDEXPIRATIONCHECK", lambda: cwt.check_times(claims, now))
        certificate = step("EXPECTEDDECODE", lambda: dcc.certificate_of(claims.health))
        (key,) = keys.find(message.kid)
        found["EXPECTEDKEYUSAGE"] = not key.uses or dcc.kind_of(certificate) in key.uses
    except CardError:
        pass
    return found


_JUDGED = (
    "EXPECTEDUNPREFIX",
    "EXPECTEDB45DECODE",
    "EXPECTEDCOMPRESSION",
    "EXPECTEDDECODE",
    "EXPECTEDVERIFY",
    "EXPECTEDEXPIRATIONCHECK",
    "EXPECTEDKEYUSAGE",
)


def differences() -> tuple[int, dict[str, list[str]]]:
    count, different = 0, {}
    for path in _files():
        case = json.loads(path.read_text(encoding="utf-8-sig"))
        if not case.get("PREFIX") or not case.get("TESTCTX", {}).get("CERTIFICATE"):
            continue
        count += 1
        ours = _rules(case)
        wrong = [
            name
            for name in _JUDGED
            if case["EXPECTEDRESULTS"].get(name) is not None
            and ours.get(name, False) != case["EXPECTEDRESULTS"][name]
        ]
        if wrong:
            different[str(path.relative_to(_FOLDER)).removesuffix(".json")] = wrong
    return count, different


def test_every_file_gets_the_verdict_that_it_states() -> None:
    if not _FOLDER.is_dir():
        pytest.skip("the corpus has no cards: set ARDENNE_CORPUS")
    count, different = differences()
    assert different == {}
    assert count > 350


@pytest.mark.parametrize(
    ("name", "rule"), [("CBO1", "content"), ("CO22", "unknown-key"), ("CO23", "unknown-key"), ("CO28", "")]
)
def test_traps_end_as_they_are_meant(name: str, rule: str) -> None:
    """Another shape of the claims, a key's name that is protected or missing, both tags at once."""
    path = _FOLDER / "common" / "2DCode" / "raw" / f"{name}.json"
    if not path.is_file():
        pytest.skip("the corpus has no cards: set ARDENNE_CORPUS")
    case = json.loads(path.read_text())
    now = int(datetime.fromisoformat(case["TESTCTX"]["VALIDATIONCLOCK"]).timestamp())
    verdict = verify(case["PREFIX"], _store(case["TESTCTX"]), now)
    assert (verdict.valid, verdict.rule) == (rule == "", rule)
