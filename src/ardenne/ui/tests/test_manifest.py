"""The pages can be installed on a phone: the manifest names icons that are there."""

from __future__ import annotations

import json
from importlib import resources


def test_the_manifest_is_whole_and_its_icons_are_there() -> None:
    static = resources.files("ardenne.ui") / "static"
    found = json.loads((static / "ardenne.webmanifest").read_text("utf-8"))
    assert found["display"] == "standalone" and found["start_url"] == "/" == found["scope"]
    assert all((static / icon["src"]).is_file() for icon in found["icons"]) and found["icons"]
    assert 'rel="manifest"' in (resources.files("ardenne.ui") / "templates" / "base.html").read_text("utf-8")
