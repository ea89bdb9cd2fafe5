"""What references lead to: contained resources, entries of the Bundle around, and what the caller can find
(FHIR R4, Bundle, 2.36.4: resolving references in Bundles)."""

import re
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

_RESTFUL = re.compile(
    r"(?P<base>https?://.*/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})(?:/_history/(?P<version>[^/]+))?"
).fullmatch


class Entry:
    """An entry of a Bundle: its fullUrl, its resource and its number."""

    def __init__(self, index: int, entry: Json) -> None:
        self.index = index
        full_url, resource = entry.get("fullUrl"), entry.get("resource")
        self.full_url = full_url if isinstance(full_url, str) else ""
        self.resource: Json = resource if isinstance(resource, dict) else {}
        self.kind = str(self.resource.get("resourceType", ""))
        self.id = str(self.resource.get("id", ""))
        meta = self.resource.get("meta")
        self.version = str(meta.get("versionId", "")) if isinstance(meta, dict) else ""


class Resolution:
    """Finds resources by reference, from the point of view of the resource that holds the reference."""

    def __init__(self, root: Json, outside: Callable[[str], Json | None] | None) -> None:
        self.outside = outside
        self.entries: list[Entry] = []
        self._home: dict[int, Entry] = {}
        self._by_url: dict[str, list[Entry]] = {}
        self._collect(root)

    def _collect(self, resource: Json) -> None:
        entries = resource.get("entry") if resource.get("resourceType") == "Bundle" else None
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict):
                found = Entry(index, entry)
                self.entries.append(found)
                if found.full_url:
                    self._by_url.setdefault(found.full_url, []).append(found)
                self._home[id(found.resource)] = found
                for inner in found.resource.get("contained", ()) if found.resource else ():
                    self._home[id(inner)] = found

    def home(self, resource: Json) -> Entry | None:
        """The Bundle entry that a resource stands in."""
        return self._home.get(id(resource))

    def find(self, reference: Any, resource: Json) -> Json | None:
        """The resource that a literal reference leads to; None when it is not at hand or ambiguous."""
        if not isinstance(reference, str) or not reference:
            return None
        if reference[0] == "#":
            return self._contained(reference[1:], resource)
        matches = self.matches(reference, resource)
        if matches:
            return matches[0].resource if len(matches) == 1 else None
        return self.outside(reference) if self.outside is not None else None

    def _contained(self, name: str, resource: Json) -> Json | None:
        home = self.home(resource)
        holder = home.resource if home is not None else resource
        if not name:
            return holder
        for inner in (*resource.get("contained", ()), *holder.get("contained", ())):
            if isinstance(inner, dict) and inner.get("id") == name:
                return inner
        return None

    def matches(self, reference: str, resource: Json) -> list[Entry]:
        """The entries of the Bundle that a reference means."""
        if not self.entries:
            return []
        target, version = _versionless(reference)
        if ":" not in target.partition("/")[0]:
            target = self._absolute(target, self.home(resource))
        found = self._by_url.get(target, [])
        parts = target.rsplit("/", 2)
        if not found and len(parts) == 2:  # relative, from an entry without a server's address
            found = self._by_url.get(f"urn:uuid:{parts[-1]}", [])
        if version:
            found = [entry for entry in found if entry.version == version]
        return found

    def _absolute(self, reference: str, home: Entry | None) -> str:
        """A relative reference, seen from the fullUrl of the entry that it stands in."""
        base = _RESTFUL(home.full_url) if home is not None else None
        return (base["base"] or "") + reference if base is not None else reference


def _versionless(reference: str) -> tuple[str, str]:
    target, _, version = reference.partition("/_history/")
    return target.partition("#")[0] or target, version


def restful(url: str) -> re.Match[str] | None:
    """The parts (base, type, id, version) of a URL that looks like one of a FHIR server."""
    return _RESTFUL(url)
