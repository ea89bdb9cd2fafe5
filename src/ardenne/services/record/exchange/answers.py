"""Answers of the SOAP doors as XML: query results (text) and documents (elements)."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from ardenne.services.record.exchange.asking import Answer
from ardenne.services.record.exchange.objects import Place
from ardenne.services.record.exchange.retrieving import Content
from ardenne.standards.xds import mtom, names, texts, writing
from ardenne.standards.xds.errors import RegistryError

_XDSB = f"{{{names.XDSB}}}"
_QUERY = f"{{{names.QUERY}}}"
_RIM = f"{{{names.RIM}}}"


def query_answer(answer: Answer, leaves: bool, place: Place) -> str:
    """Return an AdhocQueryResponse as text."""
    if leaves:
        objects = [texts.registry_object(one.metadata) for one in answer.objects]
        links = [texts.association(link, place.home) for link in answer.associations]
    else:
        objects = [texts.reference(one.metadata.id, place.home) for one in answer.objects]
        links = [texts.reference(link.id, place.home) for link in answer.associations]
    return texts.query_response(names.SUCCESS, [*objects, *links])


def query_failure(errors: Iterable[RegistryError], where: str) -> etree._Element:
    """Return the AdhocQueryResponse of a question that cannot be answered."""
    node = writing.element(f"{_QUERY}AdhocQueryResponse", status=names.FAILURE)
    writing.errors(node, errors, where)
    etree.SubElement(node, f"{_RIM}RegistryObjectList")
    return node


def documents(
    contents: list[Content], errors: list[RegistryError], place: Place, writer: mtom.Writer, where: str
) -> etree._Element:
    """Return a RetrieveDocumentSetResponse; the contents go to ``writer``."""
    status = names.SUCCESS if not errors else names.PARTIAL if contents else names.FAILURE
    node = writing.element(f"{_XDSB}RetrieveDocumentSetResponse")
    node.append(writing.registry_response(status, errors, where))
    for one in contents:
        part = etree.SubElement(node, f"{_XDSB}DocumentResponse")
        said = {
            "HomeCommunityId": place.home,
            "RepositoryUniqueId": place.repository,
            "DocumentUniqueId": one.wanted.unique_id,
            "mimeType": one.mime_type or "application/octet-stream",
        }
        for name, text in said.items():
            etree.SubElement(part, f"{_XDSB}{name}").text = text
        writer.include(etree.SubElement(part, f"{_XDSB}Document"), one.data, one.mime_type)
    return node
