"""CodeSystem/$validate-code: whether codes belong to a code system (FHIR R4)."""

from __future__ import annotations

from ardenne.standards.fhir.terminology import versions
from ardenne.standards.fhir.terminology.asked import Coding, asked
from ardenne.standards.fhir.terminology.concepts import Json, text_of
from ardenne.standards.fhir.terminology.judgement import Judgement
from ardenne.standards.fhir.terminology.listed import ListedSystem
from ardenne.standards.fhir.terminology.messages import Finding, finding, refusal
from ardenne.standards.fhir.terminology.parameters import Inputs
from ardenne.standards.fhir.terminology.reporting import tell
from ardenne.standards.fhir.terminology.scope import Scope
from ardenne.standards.fhir.terminology.source import Source
from ardenne.standards.fhir.terminology.statuses import doubt
from ardenne.standards.fhir.terminology.system import System
from ardenne.standards.fhir.terminology.validation import check_code, unusable_system


def validate_in_system(
    source: Source, parameters: Json, code_system: Json | None = None, *, header: str = ""
) -> Json:
    """The Parameters that answer CodeSystem/$validate-code.

    `code_system` is the resource that the operation is called on; otherwise `parameters` names it (url),
    holds it (codeSystem), or the codings name their systems. Raises TerminologyError.
    """
    inputs = Inputs(parameters, header)
    scope = Scope(source, inputs)
    sent = code_system or inputs.resource("codeSystem")
    url = text_of(sent.get("url")) if sent else inputs.text("url") or inputs.text("system")
    url, bar_version = versions.split(url)
    found = asked(inputs, url)
    if found is None:
        raise refusal("no-code")
    version = inputs.text("version", "systemVersion") or bar_version
    own = ListedSystem(sent) if sent is not None and "concept" in sent else None
    doubts: list[Finding] = []
    judgements = [_judge(scope, inputs, each, version, own, doubts) for each in found.codings]
    return tell(found, judgements, list(dict.fromkeys(doubts)), inputs.languages())


def _judge(
    scope: Scope, inputs: Inputs, coding: Coding, version: str, own: System | None, doubts: list[Finding]
) -> Judgement:
    judgement = Judgement(coding)
    if not coding.system:
        judgement.say("Coding_has_no_system__cannot_validate", place=coding.whole)
        return judgement
    wanted = coding.version or version
    is_own = own is not None and own.url == coding.system
    choice = scope.choose(coding.system, wanted, wanted)
    system = own if is_own else choice.system
    if system is None:
        _not_there(scope, judgement, coding._replace(version=wanted))
        return judgement
    if choice.is_refused:
        words = (system.version, system.url, choice.expected)
        judgement.findings.append(finding("VALUESET_VERSION_CHECK", *words, place=coding.part("version")))
    check_code(judgement, system)
    judgement.member = judgement.member or judgement.concept is not None
    lenient = inputs.flag("lenient-display-validation") is True
    judgement.check_concept(inputs.languages(), lenient, inputs.flag("abstract"))
    remark = doubt(system.header | {"resourceType": "CodeSystem"})
    if remark is not None:
        doubts.append(remark.told())
    return judgement


def _not_there(scope: Scope, judgement: Judgement, coding: Coding) -> None:
    judgement.undecided = True
    if scope.versions(coding.system):
        judgement.findings += [
            each for each in unusable_system(scope, coding) if each.identifier.startswith("UNKNOWN")
        ]
        judgement.unknown.append(("x-caused-by-unknown-system", f"{coding.system}|{coding.version}"))
        return
    judgement.findings += unusable_system(scope, coding)
    judgement.unknown.append(("x-caused-by-unknown-system", coding.system))
