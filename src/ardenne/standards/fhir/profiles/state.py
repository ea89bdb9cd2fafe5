"""What rules share during one validation."""

from collections.abc import Callable
from typing import Any

from ardenne.standards.fhir.profiles.conformance import Conformance
from ardenne.standards.fhir.profiles.context import Context, Json
from ardenne.standards.fhir.profiles.resolution import Resolution
from ardenne.standards.fhir.profiles.walk import Visit
from ardenne.standards.fhir.validator.invariants import Scene
from ardenne.standards.fhir.validator.report import Report


class State:
    """One validation: its surroundings, the resolution of references, and where problems go."""

    def __init__(self, context: Context, resource: Json, scene: Scene, report: Report) -> None:
        self.context = context
        self.options = context.options
        self.resource = resource
        self.scene = scene
        self.report = report
        self.resolution = Resolution(resource, context.resolve)

    def conformance(self, resource: Json, root: Json) -> Conformance:
        """A check of profiles for values of one resource."""
        scene = self.scene._replace(resource=resource, root=root)
        return Conformance(self.context, scene, self.resolution.find)

    def add(self, visit: Visit, code: str, message: str, rule: str, severity: str = "error") -> None:
        """Report a problem at a value."""
        self.report.add(code, visit.place, message, rule, severity)


Rule = Callable[[Visit, State], None]
"""A rule about values of one type; it reports to the state."""


def text_of(value: Any) -> str:
    """A string, or "" for anything else."""
    return value if isinstance(value, str) else ""
