"""The open mode of a development machine: whoever calls from this very machine is the operator.

A page of another site that runs in the operator's browser also calls from this machine. Such
requests are recognised (Host, Origin, Sec-Fetch-Site) and refused, and so is everything that a proxy
passed on.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from ardenne.kernel.http.message import Request

_LOCAL_NAMES = frozenset({"localhost", "ip6-localhost"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


def refusal(request: Request, foreign: bool = False) -> str:
    """Return why the request is not the operator's; empty when it is.

    ``foreign``: it comes from a page of another site that the settings allow.
    """
    if not _is_loopback(request.client):
        return "this server runs with --open and answers its own machine only"
    if any(request.header(name) for name in _FORWARDED):
        return "this server runs with --open and answers no request that a proxy passed on"
    host = urlsplit(f"//{request.header('host')}").hostname or "localhost"
    if not (host in _LOCAL_NAMES or _is_loopback(host)):
        return f"this server runs with --open and is called localhost, not '{host[:60]}'"
    if foreign:
        return ""
    origin = request.header("origin")
    if origin and origin != f"http://{request.header('host')}":
        return "a page of another site may not call this server"
    if request.header("sec-fetch-site") == "cross-site" and request.header("sec-fetch-mode") != "navigate":
        return "a page of another site may not call this server"
    return ""


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return address == ""
