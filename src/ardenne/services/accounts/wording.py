"""Words for codes that the pages of accounts show."""

from __future__ import annotations

from ardenne.ui.languages import Words

_PROFESSIONS = {
    "doctor": "Doctor", "dentist": "Dentist", "pharmacist": "Pharmacist", "nurse": "Nurse", "midwife": "Midwife",
    "therapist": "Therapist", "laboratory": "Laboratory", "imaging": "Imaging", "secretary": "Secretary",
    "hospital": "Hospital", "identity": "Identity office", "public-health": "Public health",
    "payer": "Health insurance", "auditor": "Audit", "operator": "Operations",
    "data-protection": "Data protection", "policy": "Access rules", "registers": "Registers of professions",
}  # fmt: skip
_KINDS = {
    "citizen": "Citizens", "professional": "Health professionals", "officer": "Offices", "software": "Software",
}  # fmt: skip
_MANDATES = {"parent": "Parent", "guardian": "Guardian", "assistant": "Assistant"}
_SCOPES = {
    "openid": "Know that you signed in", "fhirUser": "Know who you are", "profile": "Know your name",
    "launch": "Know which record is open", "launch/patient": "Know which record you choose",
    "launch/encounter": "Know which encounter is open",
    "offline_access": "Go on while you are not there, until you take it back",
    "online_access": "Go on while you are signed in",
}  # fmt: skip
_LETTERS = {"c": "add", "r": "read", "u": "change", "d": "delete", "s": "search"}
_LEVELS = {
    "patient": "In the chosen record", "user": "Wherever you may", "system": "By itself, without a person",
}  # fmt: skip
_MEANS = {"low": "Password", "substantial": "Two factors or passkey", "high": "Key or strong outside proof"}
SORTS = {
    "device": "App on a phone or in a browser", "server": "App on a server, with a key",
    "system": "System of an organisation, without people",
}  # fmt: skip
HOUSES = {
    "hospital": "Hospital", "laboratory": "Laboratory", "imaging": "Imaging", "pharmacist": "Pharmacy",
    "doctor": "Medical practice",
}  # fmt: skip
STATES = {
    "invited": "invited, not activated", "active": "active", "objected": "objected to the record", "closed": "closed",
    "shut-off": "shut off",
}  # fmt: skip
REGISTRATION = {
    "sort": "Choose what sort of application it is.",
    "id": "A client_id has 3 to 61 signs: small letters, digits, full stop, hyphen, underscore.",
    "name": "Give the name that people see, 3 to 80 signs.",
    "redirect": "A redirect address cannot be used.",
    "launch": "The launch address cannot be used.",
    "key": "The public keys cannot be used.",
    "certificate": "The certificate cannot be used.",
    "private": "That is a private key. Never give it away: make a new one, and send its public part.",
    "scope": "A scope cannot be used.",
    "organisation": "Name the organisation and as what it acts.",
    "taken": "This client_id or certificate is taken.",
    "gone": "That changed meanwhile. Look at the list again.",
}
LABELS = (
    *SORTS.values(), *HOUSES.values(), *REGISTRATION.values(), *STATES.values(),
    *_PROFESSIONS.values(), *_KINDS.values(), *_MANDATES.values(), *_SCOPES.values(), *_LETTERS.values(),
    *_LEVELS.values(), *_MEANS.values(), "everything",
)  # fmt: skip


def profession(code: str, words: Words) -> str:
    """Return a profession or office in words."""
    return words.text(_PROFESSIONS[code]) if code in _PROFESSIONS else code


def kind(code: str, words: Words) -> str:
    """Return a kind of account in words."""
    return words.text(_KINDS[code])


def mandate(code: str, words: Words) -> str:
    """Return the role of a mandate in words."""
    return words.text(_MANDATES[code])


def means(level: str, words: Words) -> str:
    """Return how somebody proved who they are."""
    return words.text(_MEANS[level]) if level in _MEANS else level


def scope(text: str, words: Words) -> str:
    """Return what a scope allows, in words."""
    if text in _SCOPES:
        return words.text(_SCOPES[text])
    level, _, rest = text.partition("/")
    what, _, acts = rest.partition(".")
    letters, _, query = acts.partition("?")
    done = ", ".join(words.text(_LETTERS[letter]) for letter in letters if letter in _LETTERS)
    things = words.text("everything") if what == "*" else what
    limit = f" ({query})" if query else ""
    return f"{words.text(_LEVELS[level])}: {done} – {things}{limit}"
