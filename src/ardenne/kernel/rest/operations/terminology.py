"""Terminology: ``$expand``, ``$validate-code``, ``$lookup``, ``$subsumes``, ``$translate`` (R4, terminology service).

On the type by GET or POST, on an instance, and in batches (``$batch-validate-code``). Parameters are those of R4;
those that R5 and the FHIR terminology ecosystem add are understood too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, incoming, instance
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import read_pairs
from ardenne.standards.fhir import terminology as engine
from ardenne.standards.fhir.json import FhirSyntaxError, dump, parse

Json = dict[str, Any]

_STATUS: Final = {
    "not-found": 404,
    "too-costly": 422,
    "not-supported": 422,
    "invalid": 422,
    "processing": 422,
}


class Work(Protocol):
    """An operation of the engine; the third argument is the resource that it is called on."""

    def __call__(
        self, source: engine.Source, parameters: Json, called_on: Json | None = None, /, *, header: str
    ) -> Json: ...


def _expand(
    source: engine.Source, parameters: Json, called_on: Json | None = None, /, *, header: str
) -> Json:
    return engine.as_r4(engine.expand(source, parameters, called_on, header=header))


def _batch(
    in_systems: bool,
    source: engine.Source,
    parameters: Json,
    called_on: Json | None = None,
    /,
    *,
    header: str,
) -> Json:
    return engine.validate_many(source, parameters, header=header, in_systems=in_systems)


_WORK: Final[dict[tuple[str, str], Work]] = {
    ("$expand", "ValueSet"): _expand,
    ("$validate-code", "ValueSet"): engine.validate,
    ("$batch-validate-code", "ValueSet"): partial(_batch, False),
    ("$validate-code", "CodeSystem"): engine.validate_in_system,
    ("$batch-validate-code", "CodeSystem"): partial(_batch, True),
    ("$lookup", "CodeSystem"): engine.lookup,
    ("$subsumes", "CodeSystem"): engine.subsumes,
    ("$translate", "ConceptMap"): engine.translate,
}
_SENT_ALONE: Final = {"ValueSet": "valueSet", "CodeSystem": "codeSystem", "ConceptMap": "conceptMap"}


async def _operation(
    name: str, service: FhirService, request: Request, resource_type: str, resource_id: str
) -> Response:
    work = _WORK.get((name, resource_type))
    if work is None:
        kinds = " or a ".join(kind for other, kind in _WORK if other == name)
        raise refuse(404, "not-supported", f"{name} is called on a {kinds}", "operation")
    parameters = _parameters(request, resource_type)
    called_on: Json | None = None
    if resource_id:
        stored = await instance.find(service, resource_type, resource_id)
        assert stored.body is not None
        called_on = parse(stored.body)
    header = request.header("accept-language")

    def answer(source: engine.Source, _node: object) -> Json:
        return work(source, parameters, called_on, header=header)

    try:
        found = await service.terminology.run(answer)
    except engine.TerminologyError as error:
        code = error.findings[0].kind.code
        return answers.resource(_STATUS.get(code, 400), dump(engine.outcome(error.findings)))
    return answers.resource(200, dump(found))


def _parameters(request: Request, resource_type: str) -> Json:
    """The Parameters of a request: from its query, its body, or the one resource that it holds."""
    entries: list[Json] = [
        {"name": name, "valueString": value}
        for name, value in read_pairs(request.query)
        if name not in ("_format", "_pretty")
    ]
    if request.method == "POST" and request.body:
        try:
            sent = parse(incoming.json_of(request))
        except FhirSyntaxError as error:
            raise RestError(400, [error.issue]) from None
        kind = sent.get("resourceType")
        if kind == "Parameters":
            stated = sent.get("parameter", [])
            entries += [each for each in stated if isinstance(each, dict)] if isinstance(stated, list) else []
        elif kind == resource_type:
            entries.append({"name": _SENT_ALONE[resource_type], "resource": sent})
        else:
            raise refuse(
                400,
                "invalid",
                f"send Parameters or a {resource_type}, not '{str(kind)[:40]}'",
                "resource-type",
            )
    elif request.method not in ("GET", "HEAD", "POST"):
        raise refuse(405, "not-supported", "an operation is called by GET or POST", "method")
    return {"resourceType": "Parameters", "parameter": entries}


async def versions(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """``$versions``: the FHIR versions that the server speaks."""
    if resource_type:
        raise refuse(404, "not-supported", "$versions is called on the system", "operation")
    entries = [{"name": "version", "valueCode": "4.0"}, {"name": "default", "valueCode": "4.0"}]
    return answers.resource(200, dump({"resourceType": "Parameters", "parameter": entries}))


_NAMES: Final = ("$expand", "$validate-code", "$batch-validate-code", "$lookup", "$subsumes", "$translate")
OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    **{name: partial(_operation, name) for name in _NAMES},
    "$versions": versions,
}
