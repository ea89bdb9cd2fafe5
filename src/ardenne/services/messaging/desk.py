"""What all pages of messaging share: who reads, whether the keys are open, and the cookie that opens them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ardenne.kernel.identity import cookies
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.services.messaging import store_mail, wording
from ardenne.services.messaging.authority import Trust
from ardenne.services.messaging.members import Mailbox, Members
from ardenne.services.messaging.post import PostOffice
from ardenne.services.messaging.rules import MessagingError
from ardenne.services.messaging.store_members import Member
from ardenne.standards.refusal import Refused
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen, base_of

_LABEL = "mailbox"
HOME = "/pro/messages"


class Desk:
    """One request of a professional at the mailbox."""

    def __init__(self, service: FhirService, renderer: Renderer, settings: Settings, trust: Trust) -> None:
        self.service, self.renderer, self.settings, self.trust = service, renderer, settings, trust
        self.members = Members(service, trust, settings.messaging_domain)
        self.office = PostOffice(service, settings.messaging_domain)

    def as_seen(self, page: Callable[[Desk, Request], Awaitable[Response]]) -> Endpoint:
        """Return the endpoint of a page over the node as its reader may see it."""
        return as_seen(self.service, lambda seen: Desk(seen, self.renderer, self.settings, self.trust), page)

    def with_mailbox(self, page: Callable[[Desk, Request, Mailbox], Awaitable[Response]]) -> Endpoint:
        """Return the endpoint of a page that needs open keys; who has none open is asked to open them first."""

        async def answer(desk: Desk, request: Request) -> Response:
            member = await desk.members.mine()
            mailbox = await desk.mailbox(request, member) if member else None
            if member is None or mailbox is None:
                return await desk.door(request, member)
            return await page(desk, request, mailbox)

        return self.as_seen(answer)

    async def mailbox(self, request: Request, member: Member) -> Mailbox | None:
        """Return the reader's mailbox when its keys are open in this session."""
        secret = request.cookies.get(cookies.name(self._base(request), _LABEL), "")
        return await self.members.opened(member, secret[:100])

    async def door(self, request: Request, member: Member | None) -> Response:
        """Let a professional join, or open the keys; then go on to the page that was asked for."""
        problem = ""
        if request.method == "POST":
            form = await request.form(max_part_size=1 << 16)
            passphrase = str(form.get("passphrase", ""))[:500]
            try:
                if member is None:
                    member = await self.members.join(passphrase, str(form.get("again", ""))[:500])
                secret = await self.members.unlock(member, passphrase)
                return self._with_cookie(request, RedirectResponse(request.url.path, 303), secret)
            except MessagingError as error:
                problem = error.rule
        values = {
            "member": member,
            "problem": problem,
            "domain": self.settings.messaging_domain,
            "here": request.url.path,
        }
        return self.page(request, "messages_door.html", values, 422 if problem else 200)

    async def leave(self, request: Request, member: Member) -> Response:
        """Close the keys."""
        await self.members.lock(member)
        return self._with_cookie(request, RedirectResponse("/pro", 303), "")

    def page(self, request: Request, template: str, values: dict[str, Any], status: int = 200) -> Response:
        """Return a page with what every page of messaging shows."""
        return self.renderer.page(request, template, {"wording": wording, "home": HOME, **values}, status)

    async def folders(self, member: Member) -> list[store_mail.Folder]:
        """Return the folders of a member."""
        return await store_mail.folders(self.service.database, member.id)

    def nothing(self, request: Request) -> Response:
        """Tell that there is no such message."""
        text = self.renderer.words(request).text
        return self.renderer.problem(
            request, text("Nothing found here"), text("There is no such message in your mailbox."), 404
        )

    def _base(self, request: Request) -> str:
        return base_of(request, self.settings.base_url)

    def _with_cookie(self, request: Request, response: Response, secret: str) -> Response:
        name, base = cookies.name(self._base(request), _LABEL), self._base(request)
        response.set_cookie(
            name, secret, max_age=None if secret else 0, httponly=True, samesite="strict",
            secure=base.startswith("https://"),
        )  # fmt: skip
        return response


def told(error: MessagingError | Refused) -> tuple[str, str]:
    """Return rule and detail of what stands in the way; a refusal speaks for itself, in English."""
    if isinstance(error, MessagingError):
        return error.rule, ""
    return "refused", f"{error.refusal.found}. {error.refusal.mend}"
