"""Rules about CodeSystems and ValueSets (FHIR R4, CodeSystem; ValueSet)."""

import re
from typing import Any

from ardenne.standards.fhir.profiles.codes import SNOMED
from ardenne.standards.fhir.profiles.context import Json
from ardenne.standards.fhir.profiles.rules.values import is_absolute
from ardenne.standards.fhir.profiles.state import State, text_of
from ardenne.standards.fhir.profiles.walk import Visit
from ardenne.standards.fhir.validator.report import shown

_CQF_EXPRESSION = "http://hl7.org/fhir/StructureDefinition/cqf-expression"
_PARAMETER = "http://hl7.org/fhir/tools/StructureDefinition/valueset-parameter"
_ECL_TOKEN = re.compile(
    r"\s+|/\*.*?\*/|(?P<term>\|[^|]*\|)|(?P<concept>[0-9]{6,18}|\*)"
    r"|(?P<prefix><<!|>>!|<<|>>|<!|>!|<|>|\^)|(?P<join>AND|OR|MINUS|,|:|=|!=|\.)|(?P<open>[({\[])|(?P<close>[)}\]])"
    r"|(?P<other>\"[^\"]*\"|#[^\s]+|\{\{.*?\}\}|[A-Za-z0-9.]+)",
    re.IGNORECASE | re.DOTALL,
)


def check_code_system(visit: Visit, state: State) -> None:
    """Content and count agree with the concepts that are there."""
    content, stated = visit.value.get("content"), visit.value.get("count")
    listed = _count(visit.value.get("concept"))
    if content == "not-present" and listed:
        message = (
            f"The content is said to be not present, but there are {listed} concepts. Correct one of them."
        )
        state.add(visit, "business-rule", message, "code-system-content")
    if content == "complete" and isinstance(stated, int) and stated != listed:
        message = f"The code system is complete with {listed} concepts, but states a count of {stated}."
        state.add(visit, "business-rule", message, "code-system-count")
    if "supplements" in visit.value and content != "supplement":
        message = "A code system that supplements another has the content 'supplement'."
        state.add(visit, "business-rule", message, "code-system-supplement")


def _count(concepts: Any) -> int:
    listed = concepts if isinstance(concepts, list) else []
    return sum(1 + _count(concept.get("concept")) for concept in listed if isinstance(concept, dict))


def check_include(visit: Visit, state: State) -> None:
    """The system is absolute, and the listed codes are codes of it."""
    if type(visit.value) is not dict:
        return
    system = text_of(visit.value.get("system"))
    if system and not is_absolute(system):
        message = f"The system {shown(system)} is not absolute. Write the URL of the code system."
        state.add(visit, "value", message, "include-system")
    concepts = visit.value.get("concept")
    for index, concept in enumerate(concepts if isinstance(concepts, list) else ()):
        code = text_of(concept.get("code")) if isinstance(concept, dict) else ""
        if code and system and state.context.codes.known(system, code) is False:
            message = f"{shown(code)} is no code of {system}. Correct it or leave it out."
            state.report.add("code-invalid", (visit.place, ".concept", index), message, "unknown-code")


def check_filter(visit: Visit, state: State) -> None:
    """Expressions of filters can be read."""
    if type(visit.value) is not dict or visit.owner is None:
        return
    value = text_of(visit.value.get("value"))
    snomed = type(visit.owner.value) is dict and visit.owner.value.get("system") == SNOMED
    if snomed and visit.value.get("property") in ("constraint", "expression") and value:
        problem = _expression_problem(value) if visit.value["property"] == "constraint" else ""
        if problem:
            state.add(visit, "value", f"{shown(value)} is no ECL: {problem}.", "ecl")
    companion = visit.value.get("_value")
    extensions = companion.get("extension") if isinstance(companion, dict) else None
    for extension in extensions if isinstance(extensions, list) else ():
        if isinstance(extension, dict) and extension.get("url") == _CQF_EXPRESSION:
            _check_parameter(extension.get("valueExpression"), visit, state)


def _check_parameter(expression: Any, visit: Visit, state: State) -> None:
    """A filter value that is computed: FHIRPath over the declared parameters of the value set."""
    if not isinstance(expression, dict):
        return
    language, text = expression.get("language"), text_of(expression.get("expression"))
    if language != "text/fhirpath":
        message = f"The expression of a value set filter is text/fhirpath, not {shown(language)}."
        state.add(visit, "value", message, "value-set-expression")
    for name in re.findall(r"%([A-Za-z][\w-]*)", text):
        if name not in _parameters(visit.resource):
            message = f"The expression uses %{name}, which the value set does not declare as a parameter."
            state.add(visit, "value", message, "value-set-expression")


def _parameters(value_set: Json) -> set[str]:
    names = set()
    extensions = value_set.get("extension")
    for extension in extensions if isinstance(extensions, list) else ():
        if isinstance(extension, dict) and extension.get("url") == _PARAMETER:
            parts = extension.get("extension")
            for part in parts if isinstance(parts, list) else ():
                if isinstance(part, dict) and part.get("url") == "name":
                    names.add(text_of(part.get("valueCode")))
    return names


def _expression_problem(text: str) -> str:
    """What is wrong with a SNOMED CT expression constraint at first sight: brackets and missing operators."""
    depth, operand, at = 0, False, 0
    while at < len(text):
        token = _ECL_TOKEN.match(text, at)
        if token is None:
            return f"cannot read {text[at : at + 20]!r}"
        at = token.end()
        kind = token.lastgroup
        if kind in ("concept", "prefix", "open") and operand and kind != "open":
            return f"an operator is missing before {token[0]!r}"
        if kind == "concept":
            operand = True
        elif kind == "join":
            operand = False
        depth += (kind == "open") - (kind == "close")
        if kind == "open":
            operand = False
        elif kind == "close":
            operand = True
    if depth:
        return "brackets do not match"
    return "" if operand else "it ends too early"
