"""`validate_profile`: all checks of one resource in order."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ardenne.standards.fhir.outcome import Issue
from ardenne.standards.fhir.path import Helpers
from ardenne.standards.fhir.profiles.bindings import check_binding
from ardenne.standards.fhir.profiles.context import Context
from ardenne.standards.fhir.profiles.items import Item
from ardenne.standards.fhir.profiles.rules import RULES
from ardenne.standards.fhir.profiles.state import State
from ardenne.standards.fhir.profiles.vital_signs import vital_signs_profiles
from ardenne.standards.fhir.profiles.walk import Visit, visits
from ardenne.standards.fhir.validator.invariants import Scene, check_invariants
from ardenne.standards.fhir.validator.report import LIMIT, Report, TooManyIssues
from ardenne.standards.fhir.validator.shape import sound
from ardenne.standards.fhir.validator.structure import check_resource

Json = dict[str, Any]


def validate_profile(
    resource: Json, profiles: Iterable[str] = (), context: Context | None = None
) -> list[Issue]:
    """All findings about a resource: errors, warnings and notes, [] when there is nothing to say.

    `profiles` are URLs of StructureDefinitions that it must meet, besides those that it claims in
    meta.profile. Profiles, terminology and resources around come from `context`.
    """
    context = context or Context()
    report = Report()
    try:
        _checks(resource, tuple(profiles), context, report)
    except TooManyIssues:
        message = f"There are more than {LIMIT} problems; the rest was not looked for. Mend these first."
        report.append(Issue("information", "too-costly", "", message, "too-many"))
    return _once(report)


def check_profiles(resource: Json, profiles: Iterable[str], context: Context | None = None) -> list[Issue]:
    """What a structurally valid resource lacks of profiles (URLs), [] when it meets them all.

    Nothing else is judged. A profile that is not known, or whose snapshot cannot be made, is an error.
    """
    context = context or Context()
    found: list[Issue] = []
    scene = Scene(resource, resource, Helpers(), True, context.options.undecided_fails)
    item = Item(resource, None, resource["resourceType"], ((), resource["resourceType"]))
    for url in profiles:
        report = Report()
        try:
            state = State(context, resource, scene, report)
            if not state.conformance(resource, resource).check(item, url, report):
                said = " ".join(issue.message for issue in report)
                message = f"{said} It must be met and is not known or not usable here: load it.".lstrip()
                report[:] = [
                    Issue("error", "not-found", resource["resourceType"], message, "profile-unknown")
                ]
        except TooManyIssues:
            pass
        found += [
            msgspec.structs.replace(issue, message=f"{issue.message.rstrip('.')}. Profile: {url}")
            for issue in report
        ]
    return found


def _checks(resource: Json, profiles: tuple[str, ...], context: Context, report: Report) -> None:
    _structure(resource, context, report)
    if report:
        resource = sound(resource)
    helpers = Helpers()
    scene = Scene(resource, resource, helpers, True, context.options.undecided_fails)
    check_invariants(resource, report, helpers, True, context.options.undecided_fails)
    if not context.options.contained:
        report[:] = [issue for issue in report if issue.rule != "dom-3"]
    state = State(context, resource, scene, report)
    for visit in visits(resource, context.options.contained):
        _visit(visit, state)
        if visit.value is visit.resource:
            extra = profiles if visit.value is resource else ()
            _profiles(visit, extra, state)


def _structure(resource: Json, context: Context, report: Report) -> None:
    if context.options.contained or type(resource) is not dict:
        check_resource(resource, (), report)
        return
    found = Report()
    check_resource({key: value for key, value in resource.items() if key != "contained"}, (), found)
    report.extend(issue for issue in found if issue.rule != "ref-1")


def _visit(visit: Visit, state: State) -> None:
    element = visit.element
    if element is not None and element.binding:
        check_binding(
            visit.value,
            visit.type,
            element.binding,
            element.strength,
            state.context.codes,
            visit.place,
            state.report,
            visit.companion,
        )
    for rule in RULES.get(visit.type, ()):
        rule(visit, state)


def _profiles(visit: Visit, extra: tuple[str, ...], state: State) -> None:
    """The profiles that are asked for, claimed or follow from the content."""
    resource = visit.value
    item = Item(resource, None, visit.type, visit.place)
    conformance = state.conformance(resource, visit.root)
    wanted = [(url, "error") for url in extra]
    wanted += [(url, state.options.unknown_profiles) for url in _claimed(resource)]
    if state.options.vital_signs:
        wanted += [(url, "warning") for url in vital_signs_profiles(resource)]
    for url, severity in dict(wanted).items():
        if not conformance.check(item, url, state.report):
            message = f"The profile {url} is not known here, so it was not checked. Load it."
            state.report.add("not-found", visit.place, message, "profile-unknown", severity)


def _claimed(resource: Json) -> Iterator[str]:
    meta = resource.get("meta")
    claimed = meta.get("profile") if isinstance(meta, dict) else None
    for url in claimed if isinstance(claimed, list) else ():
        if isinstance(url, str):
            yield url


def _once(report: Report) -> list[Issue]:
    """Each finding once: several profiles may ask for the same."""
    seen: dict[tuple[str, str, str], Issue] = {}
    for issue in report:
        seen.setdefault(
            (issue.severity, issue.path, issue.rule if issue.rule != "invariant" else issue.message), issue
        )
    return list(seen.values())
