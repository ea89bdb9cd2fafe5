"""Rules about Bundles (FHIR R4, Bundle; Documents; Search)."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ardenne.standards.fhir.definitions import RESOURCE_TYPES
from ardenne.standards.fhir.profiles.context import Json
from ardenne.standards.fhir.profiles.resolution import Entry, restful
from ardenne.standards.fhir.profiles.rules.values import is_absolute
from ardenne.standards.fhir.profiles.state import State, text_of
from ardenne.standards.fhir.profiles.walk import Visit
from ardenne.standards.fhir.validator.report import Place, shown


def _entries(visit: Visit) -> Iterator[tuple[Json, Json, Place]]:
    """Entry, its resource ({} for none) and its place."""
    entries = visit.value.get("entry")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            resource = entry.get("resource")
            yield entry, resource if isinstance(resource, dict) else {}, (visit.place, ".entry", index)


def check_links(visit: Visit, state: State) -> None:
    """A link relation such as self or next occurs once."""
    links = visit.value.get("link")
    relations = [
        text_of(link.get("relation"))
        for link in (links if isinstance(links, list) else ())
        if isinstance(link, dict)
    ]
    for relation, times in Counter(relations).items():
        if times > 1 and relation in ("self", "first", "previous", "prev", "next", "last"):
            message = f"The link {shown(relation)} occurs {times} times. Keep one."
            state.add(visit, "structure", message, "bundle-link")


def check_entries(visit: Visit, state: State) -> None:
    """fullUrls are absolute and agree with the ids of their resources."""
    for entry, resource, place in _entries(visit):
        full_url = text_of(entry.get("fullUrl"))
        if not full_url:
            continue
        if not is_absolute(full_url):
            message = f"The fullUrl {shown(full_url)} is not absolute. Write the whole URL or urn:uuid:."
            state.report.add("value", place, message, "full-url")
            continue
        parts = restful(full_url)
        if parts is None or not resource or parts["type"] not in RESOURCE_TYPES:
            continue
        if "id" not in resource:
            message = (
                f"The fullUrl {shown(full_url)} looks like a server's, but the resource has no id. Add it."
            )
            state.report.add("structure", place, message, "full-url")
        elif resource["id"] != parts["id"] and resource.get("resourceType") == parts["type"]:
            message = f"The fullUrl ends with {shown(parts['id'])}, but the resource has the id {shown(resource['id'])}."
            state.report.add("structure", place, message, "full-url")


def check_search_set(visit: Visit, state: State) -> None:
    """Results of a search have ids and are of the type that was searched."""
    if visit.value.get("type") != "searchset":
        return
    searched = _searched_types(visit.value)
    for entry, resource, place in _entries(visit):
        search = entry.get("search")
        mode = search.get("mode") if isinstance(search, dict) else None
        kind = text_of(resource.get("resourceType"))
        if mode == "outcome":
            if kind != "OperationOutcome":
                message = f"An entry of mode 'outcome' is an OperationOutcome, not a {kind}."
                state.report.add("structure", (place, ".resource"), message, "search-mode")
        elif resource and "id" not in resource:
            message = "A result of a search has an id. Add it."
            state.report.add("required", (place, ".resource"), message, "search-id")
        if mode == "match" and searched and kind and kind not in searched:
            message = f"The search was for {', '.join(sorted(searched))}, but the match is a {kind}."
            state.report.add("structure", (place, ".resource"), message, "search-match")


def _searched_types(bundle: Json) -> frozenset[str]:
    """The types that the self link says were searched; empty when it does not tell."""
    links = bundle.get("link")
    urls = [
        text_of(link.get("url"))
        for link in (links if isinstance(links, list) else ())
        if isinstance(link, dict) and link.get("relation") == "self"
    ]
    if len(urls) != 1:
        return frozenset()
    parts = urlsplit(urls[0])
    last = parts.path.rstrip("/").rpartition("/")[2]
    if last in RESOURCE_TYPES:
        return frozenset({last})
    named = parse_qs(parts.query).get("_type", [""])[0]
    return frozenset(name for name in named.split(",") if name in RESOURCE_TYPES)


def check_document(visit: Visit, state: State) -> None:
    """A document holds what its Composition refers to, and nothing that no link leads to
    (FHIR R4, Documents, 3.3.1)."""
    entries = state.resolution.entries
    if visit.value.get("type") != "document" or visit.value is not state.resource or not entries:
        return
    first = entries[0]
    if first.kind != "Composition":
        return
    for name, literal in _composition_references(first.resource):
        if literal.startswith("#") or state.resolution.find(literal, first.resource) is not None:
            continue
        if not state.resolution.matches(literal, first.resource):
            message = (
                f"{shown(literal)} ({name}) is not in the document. Add an entry with the right fullUrl."
            )
            place = ((visit.place, ".entry", 0), ".resource")
            state.report.add("not-found", place, message, "document-reference")
    for entry in _unreachable(entries, state):
        message = f"No link leads from the Composition to the entry {shown(entry.full_url)}. Refer to it or remove it."
        state.report.add("structure", (visit.place, ".entry", entry.index), message, "document-entry")


def _composition_references(composition: Json) -> Iterator[tuple[str, str]]:
    for name in ("subject", "encounter", "author", "custodian"):
        for literal in _literals(composition.get(name)):
            yield f"Composition.{name}", literal
    for name in ("attester", "event"):
        for literal in _literals(composition.get(name)):
            yield f"Composition.{name}", literal
    for literal in _literals(composition.get("section")):
        yield "Composition.section", literal


def _literals(value: Any) -> Iterator[str]:
    """All literal references at any depth."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for inner in value.values():
            yield from _literals(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _literals(inner)


def _unreachable(entries: list[Entry], state: State) -> list[Entry]:
    """Entries that no chain of links, forward or backward, joins with the first."""
    links: dict[int, set[int]] = {entry.index: set() for entry in entries}
    for entry in entries:
        for literal in _literals(entry.resource):
            for other in state.resolution.matches(literal, entry.resource):
                links[entry.index].add(other.index)
                links[other.index].add(entry.index)
    reached, left = {entries[0].index}, [entries[0].index]
    while left:
        for index in links[left.pop()] - reached:
            reached.add(index)
            left.append(index)
    return [entry for entry in entries if entry.index not in reached]
