"""Hostile requests by chance: every answer is a clear one, none is a fault of ours, none takes for ever.

ARDENNE_HOSTILE_REQUESTS sets how many (default 1,500), ARDENNE_HOSTILE_SEED where chance begins.
"""

from __future__ import annotations

import asyncio
import os
import random
from urllib.parse import quote

import pytest

from ardenne.kernel.testing import TestNode

REQUESTS = int(os.environ.get("ARDENNE_HOSTILE_REQUESTS", "1500"))
SEED = int(os.environ.get("ARDENNE_HOSTILE_SEED", "1"))
SECONDS = 30.0

PLACES = (
    "", "metadata", "_history", "_search", "Patient", "Patient/_search", "Patient/p", "Patient/p/_history",
    "Patient/p/_history/1", "Patient/p/_history/x", "Patient/p/Observation", "Patient/p/*", "Patient/p/$everything",
    "Patient/$everything", "Observation", "Observation/$lastn", "Composition/x/$document", "Patient/p/$meta",
    "Patient/p/$meta-add", "Patient/$expunge", "$graphql", "Patient/p/$graphql", "$run", "$validate", "Patient/$validate",
    "ValueSet/$expand", "ValueSet/$validate-code", "CodeSystem/$lookup", "CodeSystem/$subsumes", "ConceptMap/$translate",
    "Binary", "Binary/x", "Bundle", "x", "../..", "Patient/%00", "Patient/p/x/y/z", "Group/g/$export", "Location",
)  # fmt: skip
PARAMETERS = (
    "family", "_id", "_lastUpdated", "birthdate", "_sort", "_count", "_include", "_revinclude", "_include:iterate",
    "_has:Observation:patient:code", "_filter", "_text", "_content", "identifier", "subject:Patient.name", "patient", "code",
    "value-quantity", "date", "near", "_elements", "_summary", "_total", "_cursor", "_list", "combo-code-value-quantity",
    "_type", "name:contains", "identifier:of-type", "_format", "_pretty", "_since", "_at", "url:below", "x", "code:in",
    "code:below", "start", "max", "url", "system", "filter", "count", "offset", "query", "_page",
)  # fmt: skip
VALUES = (
    "", "1", "a", "\0", "%", "_", "\\", "|", "||", "a|b|c", "ge2020", "9999-99-99", "-1", "9" * 40, "1e400", "$", "a$b",
    "Patient/p", "http://x", "Observation:subject", "*", "true", "'", '"', "'; drop table resource; --", "é" * 50, "(",
    "not (", "family eq x", "a" * 5000, "\U0001f600", "2020-01-01T00:00:00+99:99", "1,2,3", "ap5", "nan", "inf", "xml",
    "http://hl7.org/fhir/ValueSet/administrative-gender", "{ PatientList { id } }", "{" * 200, "-date,_id,x",
)  # fmt: skip
CONTENTS = (
    b"", b"{}", b"[]", b"null", b'"x"', b"{", b"\xff\xfe", b"[" * 100_000, b'{"resourceType":"Patient","id":"p"}',
    b'{"resourceType":"Patient","id":"p","name":[{"family":1}]}', b'{"resourceType":"Bundle","type":"transaction","entry":[{}]}',
    b'{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient?x=%"}}]}',
    b'{"resourceType":"Bundle","type":"transaction","entry":[{"resource":5,"request":{"method":"POST","url":"Patient"}}]}',
    b'{"resourceType":"Parameters","parameter":[{}]}', b'{"resourceType":"Parameters","parameter":[{"name":"url","valueUri":"x"}]}',
    b'{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":[{"code":"x"}]}}]}',
    b'[{"op":"add","path":"/x","value":1}]', b'{"op":1}', b"[1]", b'{"query":"{ PatientList { id } }"}', b'{"query":5}',
    b'<Patient xmlns="http://hl7.org/fhir"/>', b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", b"_id=1&name=%zz",
    b'{"resourceType":"ViewDefinition","resource":"Patient","select":5}', b'{"resourceType":"Binary","data":"!!"}',
    b'{"resourceType":"Patient","id":"p","multipleBirthInteger":1e999}', b'{"resourceType":"Patient","name":[{"family":"\\ud800"}]}',
    b'{"resourceType":"Patient","id":"p","text":{"status":"generated","div":"<div><script>x</script></div>"}}',
    b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":5}}',
)  # fmt: skip
TYPES = (
    "application/fhir+json", "application/json", "application/fhir+xml", "application/json-patch+json",
    "application/x-www-form-urlencoded", "text/plain", "application/graphql", "", ";;",
)  # fmt: skip
HEADERS = {
    "prefer": ("handling=strict", "return=minimal", "respond-async", "return=OperationOutcome"),
    "if-match": ('W/"1"', "x", 'W/"99999999999999999"'),
    "if-none-exist": ("family=x", "x", "a=b&c", "?_id=1"),
    "accept": ("application/fhir+xml", "*/*", "text/html", "x"),
    "if-none-match": ("W/",),
    "if-modified-since": ("yesterday",),
}


@pytest.mark.parametrize("part", range(3))
def test_every_answer_is_clear(node: TestNode, part: int) -> None:
    chance = random.Random(SEED * 10 + part)
    node.call("PUT", "Patient/p", {"resourceType": "Patient", "id": "p", "name": [{"family": "Weber"}]})

    async def ask_all() -> list[tuple[object, ...]]:
        faults: list[tuple[object, ...]] = []
        for _number in range(REQUESTS // 3):
            asked = _request(chance)
            answer = await asyncio.wait_for(node.ask(*asked), SECONDS)
            if answer.status >= 500:
                faults.append((answer.status, *asked))
        return faults

    assert node.run(ask_all()) == []
    assert node.call("GET", "metadata").status == 200


def _request(chance: random.Random) -> tuple[str, str, bytes | None, dict[str, str]]:
    method = chance.choice(("GET", "GET", "GET", "POST", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))
    pairs = [
        f"{chance.choice(PARAMETERS)}={quote(chance.choice(VALUES)) if chance.random() < 0.9 else chance.choice(VALUES)}"
        for _ in range(chance.choice((0, 1, 1, 2, 3)))
    ]
    address = chance.choice(PLACES) + ("?" + "&".join(pairs) if pairs else "")
    headers = {"content-type": chance.choice(TYPES)}
    headers |= {name: chance.choice(values) for name, values in HEADERS.items() if chance.random() < 0.2}
    content = chance.choice(CONTENTS) if method in ("POST", "PUT", "PATCH") else None
    return method, address, content, headers
