"""The answer to a validation, as Parameters."""

from __future__ import annotations

from ardenne.standards.fhir.terminology.asked import Asked
from ardenne.standards.fhir.terminology.concepts import Json
from ardenne.standards.fhir.terminology.judgement import Judgement
from ardenne.standards.fhir.terminology.languages import Languages
from ardenne.standards.fhir.terminology.messages import Finding, outcome
from ardenne.standards.fhir.terminology.parameters import answer, stated


def tell(found: Asked, judgements: list[Judgement], more: list[Finding], languages: Languages) -> Json:
    """The Parameters that tell the result: of one coding, or of the first good one of several.

    `more` are findings that belong to no single coding.
    """
    findings = list(dict.fromkeys([*(each for j in judgements for each in j.findings), *more]))
    good = any(each.member for each in judgements) and not any(each.failed for each in findings)
    main = _main(found, judgements)
    spoken = sorted({each.text for each in findings if each.spoken})
    entries = [
        {"name": "result", "valueBoolean": good},
        stated("message", "String", "; ".join(spoken)),
        *_about(found, main, languages),
        {"name": "codeableConcept", "valueCodeableConcept": found.concept} if found.concept else None,
        {"name": "issues", "resource": outcome(findings)} if findings else None,
    ]
    unknown = dict.fromkeys(each for j in judgements for each in j.unknown)
    return answer(*entries, *(stated(name, "Canonical", url) for name, url in unknown))


def _main(found: Asked, judgements: list[Judgement]) -> Judgement | None:
    if found.concept is None:
        return judgements[0] if judgements else None
    return next((each for each in judgements if each.member), None)


def _about(found: Asked, main: Judgement | None, languages: Languages) -> list[Json | None]:
    """What is known about the code that the result is about."""
    if main is None:
        single = found.codings[0] if found.concept is None and found.codings else None
        if single is None:
            return []
        return [stated("code", "Code", single.code), stated("system", "Uri", single.system)]
    concept, coding = main.concept, main.coding
    version = main.system.version if main.system is not None else ""
    about = [
        stated("code", "Code", coding.code),
        stated("system", "Uri", coding.system),
        stated("version", "String", version),
        stated("display", "String", main.display(languages)),
    ]
    if concept is not None:
        about.append(stated("inactive", "Boolean", concept.inactive or None))
        about.append(stated("status", "Code", concept.status))
        if concept.code != coding.code:
            about.append(stated("normalized-code", "Code", concept.code))
    return about
