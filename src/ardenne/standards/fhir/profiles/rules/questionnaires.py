"""Rules about Questionnaires (FHIR R4, Questionnaire.item.enableWhen)."""

from collections.abc import Iterator

from ardenne.standards.fhir.profiles.context import Json
from ardenne.standards.fhir.profiles.state import State, text_of
from ardenne.standards.fhir.profiles.walk import Visit
from ardenne.standards.fhir.validator.report import Place, shown


def _items(holder: Json, place: Place) -> Iterator[tuple[Json, Place]]:
    items = holder.get("item")
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            here = (place, ".item", index)
            yield item, here
            yield from _items(item, here)


def check_conditions(visit: Visit, state: State) -> None:
    """A condition depends on a question that exists and that is not within the item itself."""
    known = {text_of(item.get("linkId")) for item, _ in _items(visit.value, visit.place)}
    for item, place in _items(visit.value, visit.place):
        inner = {text_of(child.get("linkId")) for child, _ in _items(item, place)}
        conditions = item.get("enableWhen")
        for index, condition in enumerate(conditions if isinstance(conditions, list) else ()):
            question = text_of(condition.get("question")) if isinstance(condition, dict) else ""
            here = (place, ".enableWhen", index)
            if question and question not in known:
                message = f"There is no item with the linkId {shown(question)}. Correct the question."
                state.report.add("business-rule", here, message, "enable-when")
            elif question in inner:
                message = f"The item cannot depend on {shown(question)}, which lies within it."
                state.report.add("business-rule", here, message, "enable-when")
            elif question and question == item.get("linkId"):
                message = "The item cannot depend on itself."
                state.report.add("business-rule", here, message, "enable-when")
