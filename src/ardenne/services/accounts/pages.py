"""All pages and endpoints of accounts."""

from __future__ import annotations

from starlette.routing import Route

from ardenne.kernel.identity.node import Identity
from ardenne.services.accounts.account import AccountPages
from ardenne.services.accounts.applications import ApplicationPages
from ardenne.services.accounts.authorize import AuthorizePages, Patients
from ardenne.services.accounts.letters import LetterPages
from ardenne.services.accounts.mandates import MandatePages
from ardenne.services.accounts.oauth import OAuthDoor
from ardenne.services.accounts.operating import AccountDesk
from ardenne.services.accounts.sign_in import SignInPages
from ardenne.ui.rendering import Renderer


def routes(identity: Identity, renderer: Renderer, patients: Patients) -> list[Route]:
    """Return every address of the service."""
    authorize = AuthorizePages(identity, renderer, patients)
    account = AccountPages(identity, renderer, patients)
    return [
        *SignInPages(authorize, renderer).routes(),
        *authorize.routes(),
        *account.routes(),
        *ApplicationPages(identity, renderer).routes(),
        *AccountDesk(identity, renderer).routes(),
        *MandatePages(account, renderer).routes(),
        *LetterPages(account, renderer).routes(),
        *OAuthDoor(identity).routes(),
    ]
