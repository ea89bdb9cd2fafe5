"""A teaching simulator: SEIR with age groups, contacts, vaccination and measures, many stochastic runs at once.

It shows how things hang together; it forecasts nothing. Chain-binomial steps (Bailey's Reed-Frost family, in days) over
arrays of shape (replicates, age groups): nobody is ever made or lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is assumed. ``contacts[i][j]``: contacts of a person of group i with group j, relative.

    ``reproduction``: R0 without vaccination or measures. ``coverage``, ``efficacy``, ``hospital`` are shares by group;
    efficacy is protection against infection (all or nothing). ``measures``: (first day, last day, share of contacts left).
    """

    population: tuple[int, ...]
    contacts: tuple[tuple[float, ...], ...]
    reproduction: float
    latent_days: float
    infectious_days: float
    seeds: int
    days: int
    coverage: tuple[float, ...] = ()
    efficacy: float = 0.0
    hospital: tuple[float, ...] = ()
    bed_days: float = 8.0
    measures: tuple[tuple[int, int, float], ...] = ()
    replicates: int = 200
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """Arrays over (day, replicate): new cases and beds in use; over (replicate, group): all infected. Doses given."""

    cases: Counts
    beds: Matrix
    infected: Counts
    doses: int
    remaining: Counts = field(repr=False)
    """People by state at the end: (state, replicate), states S, E, I, R and protected."""

    def band(self, share: float = 0.9) -> tuple[Matrix, Matrix, Matrix]:
        """Lower end, median and upper end of daily cases over the replicates."""
        low, high = (1 - share) / 2, (1 + share) / 2
        found = np.quantile(self.cases, [low, 0.5, high], axis=1)
        return found[0], found[1], found[2]


def transmission(scenario: Scenario) -> Matrix:
    """Daily infections that one infectious person of group j causes in group i, all being susceptible.

    Scaled so that the next-generation matrix has the spectral radius R0.
    """
    sizes = np.asarray(scenario.population, dtype=float)
    raw = np.asarray(scenario.contacts, dtype=float) * (sizes[:, None] / sizes.sum())
    radius = max(abs(np.linalg.eigvals(raw)))
    scaled: Matrix = raw * (scenario.reproduction / radius) / scenario.infectious_days
    return scaled


def simulate(scenario: Scenario) -> Outcome:
    """Run all replicates.

    :raises ValueError: when shares or shapes do not fit.
    """
    groups = len(scenario.population)
    for name in ("coverage", "hospital"):
        shares = getattr(scenario, name)
        if shares and (len(shares) != groups or not all(0 <= share <= 1 for share in shares)):
            raise ValueError(f"{name} needs one share between 0 and 1 for each of {groups} groups")
    random = np.random.default_rng(scenario.seed)
    sizes = np.asarray(scenario.population, dtype=np.int64)
    coverage = np.asarray(scenario.coverage or (0.0,) * groups)
    vaccinated = np.floor(sizes * coverage).astype(np.int64)
    shape = (scenario.replicates, groups)
    protected = random.binomial(np.broadcast_to(vaccinated, shape), scenario.efficacy)
    susceptible = np.broadcast_to(sizes, shape) - protected
    exposed = np.zeros(shape, dtype=np.int64)
    infectious = np.minimum(
        random.multinomial(scenario.seeds, sizes / sizes.sum(), scenario.replicates), susceptible
    )
    susceptible = susceptible - infectious
    recovered = np.zeros(shape, dtype=np.int64)
    infected = infectious.copy()
    rate = transmission(scenario) / sizes[:, None]
    leave_exposed = 1.0 if scenario.latent_days <= 0 else 1 - np.exp(-1 / scenario.latent_days)
    leave_infectious = 1 / scenario.infectious_days if scenario.infectious_days > 1 else 1.0
    cases = np.zeros((scenario.days, scenario.replicates), dtype=np.int64)
    for day in range(scenario.days):
        left = _contacts_left(scenario, day)
        force = left * (infectious @ rate.T)
        new = random.binomial(susceptible, 1 - np.exp(-force))
        onset = random.binomial(exposed, leave_exposed)
        over = random.binomial(infectious, leave_infectious)
        susceptible, exposed = susceptible - new, exposed + new - onset
        infectious, recovered = infectious + onset - over, recovered + over
        infected = infected + new
        cases[day] = new.sum(axis=1)
    states = (susceptible, exposed, infectious, recovered, protected)
    remaining = np.stack([state.sum(axis=1) for state in states])
    return Outcome(cases, _beds(scenario, cases), infected, int(vaccinated.sum()), remaining)


def _contacts_left(scenario: Scenario, day: int) -> float:
    left = 1.0
    for first, last, share in scenario.measures:
        if first <= day <= last:
            left *= share
    return left


def _beds(scenario: Scenario, cases: Counts) -> Matrix:
    """Beds in use: the mean share in hospital of each day's cases, staying for a mean time."""
    shares = np.asarray(scenario.hospital or (0.0,) * len(scenario.population))
    share = float(np.average(shares, weights=scenario.population))
    stay = np.exp(-np.arange(min(60, scenario.days)) / scenario.bed_days)
    beds = np.stack(
        [np.convolve(cases[:, one] * share, stay)[: scenario.days] for one in range(cases.shape[1])], axis=1
    )
    found: Matrix = beds
    return found


def doses_per_case_averted(without: Outcome, with_: Outcome) -> float | None:
    """Doses for one case less, by the means over replicates; None when no case was averted."""
    averted = float(without.infected.sum(axis=1).mean() - with_.infected.sum(axis=1).mean())
    return with_.doses / averted if averted > 0 else None
