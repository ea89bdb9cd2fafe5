"""Why a caller is not known, or a token is not given."""

from __future__ import annotations


class Unauthenticated(Exception):
    """Who asks is not known. ``www_authenticate`` is the header of RFC 6750, section 3; empty: none."""

    def __init__(self, status: int, error: str, message: str, www_authenticate: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message
        self.www_authenticate = www_authenticate


class OAuthError(Exception):
    """A refusal of the authorisation server: code of RFC 6749 (or its extensions) and a sentence."""

    def __init__(self, error: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.error = error
        self.message = message
        self.status = status


class InvalidToken(Exception):
    """A token that is not ours, not for us, or not valid now; the text says which rule failed."""
