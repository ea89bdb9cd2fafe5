"""Words of the stock's pages: English texts that the catalogues translate."""

from __future__ import annotations

KINDS = {
    "delivery": "delivery",
    "transfer": "transfer",
    "use": "given to a person",
    "missing": "given, but the books held no dose",
    "cold-chain": "cold chain broken: set aside",
    "release": "released after a check",
    "destroy": "destroyed",
    "destroy-quarantine": "set aside, then destroyed",
    "return": "sent back",
    "count": "corrected after a count",
}
STATES = {"usable": "usable", "quarantine": "set aside"}
FRESH = {"recalled": "recalled", "expired": "expired", "soon": "expires soon"}
ORDERS = {"open": "open", "delivered": "delivered", "cancelled": "cancelled"}
PROBLEMS = {
    "doses": "Enter a number of doses above zero.",
    "recalled": "This batch is recalled. Its doses may only be set aside, sent back or destroyed.",
    "expired": "This batch has expired. Its doses may only be set aside, sent back or destroyed.",
    "short": "The site does not hold so many doses of this batch.",
    "site": "Choose another site.",
    "reason": "Say why: it stays with the movement.",
    "exists": "There is a site with this name or organisation already.",
    "name": "Give the site a name.",
    "batch": "Scan the box, or enter batch and expiry as they are printed.",
    "vaccine": "Scan the box, or choose the vaccine.",
    "expiry": "This batch is known with another last day. Look at the box again.",
    "order": "This order is not open at this site for this vaccine.",
    "kind": "Choose what happened.",
    "form": "The form was not complete. Nothing was changed: try again.",
}
LABELS = (*KINDS.values(), *STATES.values(), *FRESH.values(), *ORDERS.values(), *PROBLEMS.values())
