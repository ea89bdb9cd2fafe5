"""$validate-code: whether codes belong to a value set (FHIR R4, ValueSet/$validate-code)."""

from __future__ import annotations

from typing import NamedTuple

from ardenne.standards.fhir.terminology import versions
from ardenne.standards.fhir.terminology.asked import Asked, Coding, asked
from ardenne.standards.fhir.terminology.compose import Include, Reading, system_parts
from ardenne.standards.fhir.terminology.concepts import Concept, Json, canonical, text_of
from ardenne.standards.fhir.terminology.expansion import asked_for
from ardenne.standards.fhir.terminology.judgement import Judgement
from ardenne.standards.fhir.terminology.membership import holds, is_excluded, passes
from ardenne.standards.fhir.terminology.messages import Finding, finding, refusal
from ardenne.standards.fhir.terminology.parameters import Inputs
from ardenne.standards.fhir.terminology.reporting import tell
from ardenne.standards.fhir.terminology.scope import Choice, Scope, unknown_system
from ardenne.standards.fhir.terminology.source import Source
from ardenne.standards.fhir.terminology.statuses import doubt
from ardenne.standards.fhir.terminology.system import System


class Hit(NamedTuple):
    """An include that has the code."""

    include: Include
    choice: Choice
    concept: Concept
    told: Json
    """what the value set says about the code"""


class Checker:
    """One validation against one value set."""

    def __init__(self, scope: Scope, inputs: Inputs, value_set: Json) -> None:
        self.scope = scope
        self.inputs = inputs
        self.languages = inputs.languages(value_set)
        self.lenient = inputs.flag("lenient-display-validation") is True
        self.only_membership = inputs.flag("valueset-membership-only") is True
        self.abstract = inputs.flag("abstract")
        self.reading = Reading(scope, tolerant=True)
        self.definition = self.reading.read(value_set)
        self.active = inputs.flag("activeOnly") is True or not self.definition.inactive
        self.parts = system_parts(self.definition)
        self.common: list[Finding] = []
        """findings about definitions, not about codes"""

    def judge(self, coding: Coding) -> Judgement:
        """Find out about one coding."""
        judgement = Judgement(coding)
        if not coding.system:
            self._no_system(judgement)
            return judgement
        hit = self._hit(judgement, [part for part in self.parts if part.system == coding.system])
        if hit is not None:
            self._accept(judgement, hit)
        elif not judgement.undecided:
            self._outside(judgement)
        if not self.only_membership or judgement.member:
            judgement.check_concept(self.languages, self.lenient, self.abstract)
        if judgement.member:
            judgement.check_standing(self.definition.label)
        return judgement

    def _no_system(self, judgement: Judgement) -> None:
        judgement.say("Coding_has_no_system__cannot_validate", place=judgement.coding.whole)

    def _hit(self, judgement: Judgement, parts: list[Include]) -> Hit | None:
        """The include that has the code; of several, the one that fits version and display."""
        coding = judgement.coding
        hits: list[Hit] = []
        unknown: list[tuple[Include, Choice]] = []
        for part in _fitting(coding, parts):
            choice = self.scope.choose(coding.system, part.version, coding.version)
            if choice.system is None:
                unknown.append((part, choice))
                continue
            concept = choice.system.find(coding.code)
            if concept is None:
                if not judgement.system:
                    judgement.system = choice.system
                continue
            if self._contains(part, choice.system, concept):
                hits.append(Hit(part, choice, concept, (part.concepts or {}).get(concept.code, {})))
            elif judgement.concept is None:
                judgement.meet(choice.system, concept, {})
        if not hits:
            for part, choice in unknown:
                self._unknown_version(judgement, part, choice)
            return None
        return next((hit for hit in hits if _is_called(hit, coding.display)), hits[0])

    def _contains(self, part: Include, system: System, concept: Concept) -> bool:
        """Whether the include has the concept, and with it the value set."""
        if part.concepts is not None and concept.code not in part.concepts:
            return False
        if not passes(system, concept, part.filters):
            return False
        if all(part is not own for own in self.definition.includes):
            return holds(self.scope, self.definition, system, concept)
        if part.missing or not all(holds(self.scope, each, system, concept) for each in part.imports):
            return False
        return not is_excluded(self.scope, self.definition, system, concept)

    def _accept(self, judgement: Judgement, hit: Hit) -> None:
        assert hit.choice.system is not None
        judgement.meet(hit.choice.system, hit.concept, hit.told)
        judgement.member = True
        self._check_versions(judgement, hit.include, hit.choice)
        self._note(hit.choice)
        if hit.concept.inactive and self.active:
            judgement.member = False
            place = judgement.coding.part("code")
            judgement.say("STATUS_CODE_WARNING_CODE", hit.concept.code, place=place)

    def _note(self, choice: Choice) -> None:
        if choice.system is not None:
            header = choice.system.header | {"resourceType": "CodeSystem"}
            found = doubt(header, self.definition.value_set)
            if found is not None and found.told() not in self.common:
                self.common.append(found.told())

    def _unknown_version(self, judgement: Judgement, part: Include, choice: Choice) -> None:
        coding = judgement.coding
        judgement.undecided = True
        place = coding.part("system")
        judgement.findings.append(unknown_system(self.scope, coding.system, choice.version, place))
        judgement.unknown.append(("x-caused-by-unknown-system", canonical(coding.system, choice.version)))
        if coding.version and choice.version and not versions.matches(choice.version, coding.version):
            self._mismatch(judgement, part, choice, choice.version)

    def _check_versions(self, judgement: Judgement, part: Include, choice: Choice) -> None:
        """Compare the version of the value with the one that the value set means."""
        coding, system = judgement.coding, choice.system
        assert system is not None
        if choice.is_refused:
            words = (system.version, system.url, choice.expected)
            judgement.say("VALUESET_VERSION_CHECK", *words, place=coding.part("version"))
        if not coding.version or coding.version == system.version:
            return
        self._mismatch(judgement, part, choice, system.version)
        if coding.version not in self.scope.versions(coding.system):
            place = coding.part("system")
            judgement.findings.append(unknown_system(self.scope, coding.system, coding.version, place))
            caused = canonical(coding.system, coding.version)
            judgement.unknown.append(("x-caused-by-unknown-system", caused))

    def _mismatch(self, judgement: Judgement, part: Include, choice: Choice, found: str) -> None:
        coding = judgement.coding
        place = coding.part("version")
        if choice.rule and choice.version != part.version:
            words = (coding.system, choice.version, coding.version, part.version)
            judgement.say("VALUESET_VALUE_MISMATCH_CHANGED", *words, place=place)
        elif not part.version:
            words3 = (coding.system, found, coding.version)
            judgement.say("VALUESET_VALUE_MISMATCH_DEFAULT", *words3, place=place)
        else:
            words3 = (coding.system, part.version, coding.version)
            judgement.say("VALUESET_VALUE_MISMATCH", *words3, place=place)

    def _outside(self, judgement: Judgement) -> None:
        """Say what is wrong with a coding that the value set does not have."""
        coding = judgement.coding
        if self.only_membership:
            return
        known = self.scope.versions(coding.system)
        if not known:
            self._unknown_system(judgement)
            return
        if judgement.concept is not None:
            return
        system = judgement.system or self.scope.choose(coding.system, "", coding.version).system
        if coding.version and coding.version not in known:
            place = coding.part("system")
            judgement.findings.append(unknown_system(self.scope, coding.system, coding.version, place))
            judgement.unknown.append(("x-unknown-system", canonical(coding.system, coding.version)))
        if system is not None:
            check_code(judgement, system)

    def _unknown_system(self, judgement: Judgement) -> None:
        for each in unusable_system(self.scope, judgement.coding):
            judgement.findings.append(each)
            if each.identifier.startswith("UNKNOWN_CODESYSTEM"):
                judgement.unknown.append(("x-unknown-system", judgement.coding.system))

    def inferred(self, coding: Coding) -> tuple[Coding, Finding | None]:
        """The coding with the only system of the value set that has the code, or why there is none."""
        found: list[str] = []
        systems: list[str] = []
        for part in self.parts:
            system = self.scope.choose(part.system, part.version).system
            if part.system not in systems:
                systems.append(part.system)
            concept = system.find(coding.code) if system else None
            if system and concept and part.system not in found and self._contains(part, system, concept):
                found.append(part.system)
        if len(found) == 1:
            return coding._replace(system=found[0]), None
        place, label = coding.part("code"), self.definition.label
        kind = (
            "Unable_to_resolve_system__value_set_has_multiple_matches"
            if found
            else "UNABLE_TO_INFER_CODESYSTEM"
        )
        return coding, finding(kind, coding.code, label, ", ".join(found or systems), place=place)


def check_code(judgement: Judgement, system: System) -> None:
    """Find the code in the code system, or say that it is not there."""
    coding = judgement.coding
    judgement.system = system
    concept = system.find(coding.code)
    if concept is not None:
        judgement.meet(system, concept, {})
        return
    place = coding.part("code")
    if system.content == "fragment":
        judgement.member = True
        words = (coding.code, system.url, system.version)
        judgement.say("UNKNOWN_CODE_IN_FRAGMENT", *words, place=place)
    elif system.content in ("not-present", "example"):
        judgement.say("no-content", system.url, system.content, place=coding.part("system"))
        judgement.unknown.append(("x-caused-by-unknown-system", canonical(system.url, system.version)))
    elif system.version:
        judgement.say("Unknown_Code_in_Version", coding.code, system.url, system.version, place=place)
    else:
        judgement.say("Unknown_Code_in", coding.code, system.url, place=place)


def unusable_system(scope: Scope, coding: Coding) -> list[Finding]:
    """Why the system of a coding is not known here."""
    place = coding.part("system")
    supplements = scope.source.supplements(coding.system)
    if supplements:
        name = canonical(coding.system, text_of(supplements[-1].get("version")))
        return [finding("CODESYSTEM_CS_NO_SUPPLEMENT", name, place=place)]
    if scope.source.value_sets(coding.system):
        return [finding("Terminology_TX_System_ValueSet2", coding.system, place=place)]
    found = [unknown_system(scope, coding.system, coding.version, place)]
    if ":" not in coding.system:
        found.insert(0, finding("Terminology_TX_System_Relative", place=place))
    return found


def _fitting(coding: Coding, parts: list[Include]) -> list[Include]:
    """Where the coding names its version and an include has just that one, others do not count."""
    if coding.version and len(parts) > 1:
        exact = [each for each in parts if each.version and versions.matches(each.version, coding.version)]
        return exact or parts
    return parts


def _is_called(hit: Hit, display: str) -> bool:
    names = (hit.concept.display, *(each.value for each in hit.concept.designations))
    return not display or display in names


def validate(source: Source, parameters: Json, value_set: Json | None = None, *, header: str = "") -> Json:
    """The Parameters that answer ValueSet/$validate-code.

    `value_set` is the one that the operation is called on; otherwise `parameters` names or holds it.
    Raises TerminologyError where the question cannot be asked.
    """
    inputs = Inputs(parameters, header)
    scope = Scope(source, inputs)
    found = asked(inputs)
    if found is None:
        raise refusal("no-code")
    checker = Checker(scope, inputs, value_set or asked_for(scope, inputs))
    return _answered(checker, found)


def _answered(checker: Checker, found: Asked) -> Json:
    missing = [each for part in checker.definition.parts() for each in part.missing]
    if missing:
        return tell(found, [], missing, checker.languages)
    codings, extra = found.codings, []
    if found.infers:
        coding, problem = checker.inferred(codings[0])
        codings = (coding,)
        extra = [problem] if problem is not None else []
    judgements = [Judgement(each) if extra and not each.system else checker.judge(each) for each in codings]
    checker.common += [each.told() for each in checker.reading.doubts]
    more = [*extra, *_absences(checker, found, judgements), *checker.common]
    return tell(found, judgements, more, checker.languages)


def _absences(checker: Checker, found: Asked, judgements: list[Judgement]) -> list[Finding]:
    """What to say about codings that are not in the value set."""
    said: list[Finding] = []
    label = checker.definition.label
    single = found.concept is None
    for each in judgements:
        if each.member or each.undecided:
            continue
        kind = "None_of_the_provided_codes_are_in_the_value_set_one"
        place = each.coding.part("code")
        if single:
            said.append(finding(kind, each.coding.label, label, place=place))
        else:
            words = (kind, each.coding.label, label)
            said.append(finding(*words, place=place, severity="information", detail="this-code-not-in-vs"))
    if not single and not any(each.member or each.undecided for each in judgements):
        said.append(finding("TX_GENERAL_CC_ERROR_MESSAGE", label))
    return said
