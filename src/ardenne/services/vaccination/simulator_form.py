"""What the simulator's address says → two scenarios (pure). Every value is held within what can be reckoned quickly."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from ardenne.services.vaccination.simulation import Scenario

_LIMITS: dict[str, tuple[float, float, float]] = {
    "reproduction": (0.1, 20, 0), "latent": (0, 20, 0), "infectious": (1, 30, 0), "efficacy": (0, 100, 0),
    "seeds": (1, 1000, 10), "days": (30, 400, 200), "bed_days": (1, 40, 8), "capacity": (0, 100_000, 120),
}  # fmt: skip
"""Least, most, and what holds when nothing is said (zero: the disease's own)."""
_EACH = ("young", "middle", "old", "from", "until", "left")


class Settings(NamedTuple):
    """All values as the form shows them: shared ones by name, those of a scenario as ``a_young`` …"""

    values: Mapping[str, float]
    disease: str


@lru_cache(maxsize=1)
def defaults() -> dict[str, Any]:
    """Return the teaching values."""
    return tomllib.loads(
        files("ardenne.services.vaccination").joinpath("data/simulator.toml").read_text("utf-8")
    )


def read(query: Mapping[str, str]) -> Settings:
    """Read the address; what is missing or no number is the disease's own value, what is too large the largest."""
    known = defaults()["diseases"]
    disease = query.get("disease", "")
    disease = disease if disease in known else next(iter(known))
    own = {**known[disease], "efficacy": known[disease]["efficacy"] * 100}
    values = {
        name: _within(query.get(name, ""), least, most, usual or float(own[name]))
        for name, (least, most, usual) in _LIMITS.items()
    }
    days = values["days"]
    for which, shares in (("a", (0, 0, 0)), ("b", (40, 40, 75))):
        for name, share in zip(_EACH, (*shares, 0, 0, 100), strict=True):
            most = days if name in ("from", "until") else 100
            values[f"{which}_{name}"] = _within(query.get(f"{which}_{name}", ""), 0, most, share)
    return Settings(values, disease)


def scenario(settings: Settings, which: str) -> Scenario:
    """Return scenario ``a`` or ``b``."""
    value, known = settings.values, defaults()
    first, last = int(value[f"{which}_from"]), int(value[f"{which}_until"])
    left = value[f"{which}_left"] / 100
    return Scenario(
        population=tuple(known["population"]),
        contacts=tuple(tuple(row) for row in known["contacts"]),
        reproduction=value["reproduction"],
        latent_days=value["latent"],
        infectious_days=value["infectious"],
        seeds=int(value["seeds"]),
        days=int(value["days"]),
        coverage=tuple(value[f"{which}_{name}"] / 100 for name in ("young", "middle", "old")),
        efficacy=value["efficacy"] / 100,
        hospital=tuple(known["diseases"][settings.disease]["hospital"]),
        bed_days=value["bed_days"],
        measures=((first, last, left),) if last > first and left < 1 else (),
    )


def _within(text: str, least: float, most: float, usual: float) -> float:
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        return usual
    return min(max(found, least), most) if found == found else usual
