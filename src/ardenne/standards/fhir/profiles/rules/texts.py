"""Rules about text: no HTML where it could be shown unescaped, links of narratives."""

import re

from ardenne.standards.fhir.profiles.state import State, text_of
from ardenne.standards.fhir.profiles.walk import Visit
from ardenne.standards.fhir.validator.report import shown

_TAG = re.compile(r"<[A-Za-z!/][^<>]*>")
_MARKDOWN_TAG = re.compile(r"(?<![`\\])<[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>?")
_LINK = re.compile(r"<a\s[^>]*?href\s*=\s*[\"']([^\"']*)[\"']", re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):").match
_SCHEMES = frozenset({"http", "https", "mailto", "tel", "ftp", "cid", "data"})


def check_text(visit: Visit, state: State) -> None:
    """A string that looks like HTML, where that is an error."""
    if not state.options.html_in_text and _TAG.search(text_of(visit.value)):
        message = "The text looks like HTML, which is not allowed here. Write it without tags."
        state.add(visit, "business-rule", message, "html-in-text")


def check_markdown(visit: Visit, state: State) -> None:
    """Markdown with HTML tags, where that is an error."""
    if not state.options.html_in_markdown and _MARKDOWN_TAG.search(text_of(visit.value)):
        message = "The markdown holds what looks like an HTML tag. Escape '<' or leave the tag out."
        state.add(visit, "business-rule", message, "html-in-markdown")


def check_links(visit: Visit, state: State) -> None:
    """Links of a narrative go where a browser can go."""
    for target in _LINK.findall(text_of(visit.value)):
        scheme = _SCHEME(target)
        if scheme is not None and scheme[1].lower() not in _SCHEMES:
            message = f"The link {shown(target)} leads nowhere in a browser. Use http(s), mailto, tel or #."
            state.add(visit, "value", message, "narrative-link")
