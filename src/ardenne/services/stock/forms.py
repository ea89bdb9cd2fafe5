"""What comes in from the forms of the stock (pure)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import date

from ardenne.services.stock.keeping import Delivery
from ardenne.services.stock.rules import MOST, StockError
from ardenne.services.vaccination.contract import Vaccines


def site(form: Mapping[str, str], name: str = "site") -> uuid.UUID:
    """Return the id of a chosen site. Raises StockError."""
    try:
        return uuid.UUID(form.get(name, ""))
    except ValueError:
        raise StockError("site") from None


def key(form: Mapping[str, str]) -> str:
    """Return the key that makes a form that is sent twice count once. Raises StockError."""
    try:
        return str(uuid.UUID(form.get("key", "")))
    except ValueError:
        raise StockError("form") from None


def number(form: Mapping[str, str], name: str = "doses") -> int:
    """Return a whole number. Raises StockError."""
    text = form.get(name, "").strip()
    if not re.fullmatch(r"[0-9]{1,7}", text) or int(text) > MOST:
        raise StockError("doses")
    return int(text)


def vaccine(form: Mapping[str, str], vaccines: Vaccines) -> str:
    """Return the code of a chosen vaccine. Raises StockError."""
    code = form.get("vaccine", "")
    if code not in vaccines.names():
        raise StockError("vaccine")
    return code


def delivery(form: Mapping[str, str], vaccines: Vaccines) -> Delivery:
    """Return a delivery: what the code of the box says wins over what was typed beside it. Raises StockError."""
    box = vaccines.box(form.get("box", "").strip())
    if box is None:
        raise StockError("batch")
    code = box.vaccine or vaccine(form, vaccines)
    batch = box.batch or form.get("batch", "").strip()
    try:
        expiry = box.expiry or date.fromisoformat(form.get("expiry", ""))
    except ValueError:
        raise StockError("batch") from None
    if not batch:
        raise StockError("batch")
    try:
        order = uuid.UUID(form["order"]) if form.get("order") else None
    except ValueError:
        raise StockError("order") from None
    return Delivery(site(form), code, batch, expiry, number(form), order)
