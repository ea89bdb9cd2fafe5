"""What the doors answer is valid by the published schemas (ebRIM and ebRS 3.0, XDS.b)."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from ardenne.services.record.exchange.tests.client import SoapClient, Told
from ardenne.services.record.exchange.tests.samples import entry, folder, link, member, submission_set
from ardenne.services.record.exchange.tests.test_sharing import FIND, client, find, uid

__all__ = ["client"]
pytestmark = pytest.mark.corpus


def problems(corpus: Path, name: str, told: Told) -> list[str]:
    folder_ = corpus / "documents" / "schema" / "xds"
    schema = etree.XMLSchema(etree.parse(folder_ / name))
    # the published schema of XDS.b itself cannot be compiled: of a RetrieveDocumentSetResponse its response is checked
    (body,) = told.all("//s:Body/x:RetrieveDocumentSetResponse/rs:RegistryResponse") or told.all("//s:Body/*")
    content = etree.fromstring(etree.tostring(body))
    schema.validate(content)
    return [f"line {one.line}: {one.message}" for one in schema.error_log]


def test_answers_keep_the_schemas(client: SoapClient, corpus: Path) -> None:
    unique_id = uid()
    objects = (
        submission_set(uid()) + folder("Fol", uid()) + entry("D", unique_id) + member("D") + member("Fol")
    )
    objects += link("Fol", "HasMember", "D", "FD") + member("FD")
    submitted = client.provide(objects, {"D": b"x"})
    assert problems(corpus, "ebRS30/rs.xsd", submitted) == []
    refused = client.provide(submission_set(uid()), {"D": b"x"})
    assert refused.status == "Failure" and problems(corpus, "ebRS30/rs.xsd", refused) == []
    patient = {"patientId": "'P1^^^&1.3.6.1.4.1.21367.2005.13.20.1000&ISO'"}
    status = {
        f"XDS{name}Status": "('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')"
        for name in ("DocumentEntry", "SubmissionSet", "Folder")
    }
    for leaves in (True, False):
        everything = client.ask("10b545ea-725c-446d-9b95-8aeb444eddf3", leaves, **patient, **status)
        assert everything.status == "Success"
        assert problems(corpus, "ebRS30/query.xsd", everything) == []
    assert problems(corpus, "ebRS30/query.xsd", find(client)) == []
    assert problems(corpus, "ebRS30/query.xsd", client.ask(FIND)) == []
    assert problems(corpus, "ebRS30/rs.xsd", client.retrieve(unique_id)) == []
    assert problems(corpus, "ebRS30/rs.xsd", client.retrieve("1.2.3")) == []
