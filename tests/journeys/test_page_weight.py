"""Every page of the demonstration with its styles and scripts weighs at most 150 kB, uncompressed and without images."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from functools import cache

import pytest
from tests.journeys.conftest import Site
from tests.journeys.test_every_page import page_addresses

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MOST = 150_000
_PARTS = re.compile(r'<(?:link rel="stylesheet"|script)[^>]*?(?:href|src)="(/static/[^"]+)"')


@cache
def _bytes(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        return error.read()


def test_no_page_is_heavier_than_allowed(site: Site) -> None:
    weights = {}
    for address in page_addresses(site):
        page = _bytes(f"{address}?lang=fr")
        parts = set(_PARTS.findall(page.decode()))
        assert parts, f"{address} has no style: the pattern does not fit any more"
        weights[address] = len(page) + sum(len(_bytes(f"{site.address}{part}")) for part in parts)
    heavy = {address: weight for address, weight in weights.items() if weight > MOST}
    print(f"heaviest {max(weights.values()):,} bytes, of {len(weights)} pages")
    assert not heavy
