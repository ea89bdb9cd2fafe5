"""The cookie of a session. ``__Host-`` binds it to this host under https; scripts cannot read it."""

from __future__ import annotations

from ardenne.kernel.http.message import Request


def name(base: str, label: str = "session") -> str:
    """Return the cookie's name under an address of the server."""
    return f"__Host-{label}" if base.startswith("https://") else label


def secret(request: Request) -> str:
    """Return what the request's cookie holds; empty when there is none.

    Two cookies of the name are somebody's attempt to slip one in: none counts then.
    """
    wanted = f"{name(request.base)}="
    found = [
        part.strip()[len(wanted) :]
        for part in request.header("cookie").split(";")
        if part.strip().startswith(wanted)
    ]
    return found[0] if len(found) == 1 and len(found[0]) <= 100 else ""


def setting(base: str, secret_: str) -> str:
    """Return the Set-Cookie header of a session; an empty secret removes it."""
    flags = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if base.startswith("https://") else "")
    gone = "; Max-Age=0" if not secret_ else ""
    return f"{name(base)}={secret_}{flags}{gone}"
