"""The simulator against closed forms: final size, extinction, conservation, the deterministic limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ardenne.services.vaccination.simulation import Scenario, doses_per_case_averted, simulate, transmission

_ONE = Scenario((1_000_000,), ((1.0,),), 2.0, 2, 5, 2000, 400, replicates=20)


def test_final_size_of_a_large_outbreak() -> None:
    """z = 1 - exp(-R0 z) has the solution 0.79681 for R0 = 2 (Kermack and McKendrick)."""
    share = simulate(_ONE).infected.sum(axis=1) / 1_000_000
    assert share.mean() == pytest.approx(0.79681, abs=0.004)


def test_outbreaks_die_out_with_the_chance_of_a_branching_process() -> None:
    """One case, infectious for a geometric time: offspring is geometric, extinction 1/R0 (to the day's discreteness)."""
    scenario = replace(
        _ONE, population=(200_000,), seeds=1, infectious_days=40, days=1500, latent_days=0, replicates=1500
    )
    died = (simulate(scenario).infected.sum(axis=1) < 2000).mean()
    assert died == pytest.approx(1 / 2, abs=0.045)


def test_nobody_is_made_or_lost() -> None:
    scenario = Scenario(
        (3000, 5000, 2000), ((3, 1, 0.5), (1, 2, 0.5), (0.5, 0.5, 1)), 3.0, 2, 5, 10, 150,
        coverage=(0.5, 0.2, 0.8), efficacy=0.9, hospital=(0.01, 0.02, 0.1), measures=((20, 60, 0.5),), replicates=50,
    )  # fmt: skip
    found = simulate(scenario)
    assert (found.remaining.sum(axis=0) == 10_000).all()
    assert (found.remaining >= 0).all()
    assert (found.cases.sum(axis=0) + 10 >= found.infected.sum(axis=1)).all()


def test_contacts_are_scaled_to_r0() -> None:
    scenario = replace(_ONE, population=(400, 600), contacts=((3.0, 1.0), (1.0, 2.0)), reproduction=2.5)
    radius = max(abs(np.linalg.eigvals(transmission(scenario) * scenario.infectious_days)))
    assert radius == pytest.approx(2.5)


def test_coverage_beyond_the_threshold_stops_it() -> None:
    """Herd immunity at 1 - 1/R0 = 50 %: 70 % protected people stop what infects most of the unprotected."""
    without = simulate(replace(_ONE, seeds=50))
    with_ = simulate(replace(_ONE, seeds=50, coverage=(0.7,), efficacy=1.0))
    assert with_.infected.sum(axis=1).max() < 2000
    doses = doses_per_case_averted(without, with_)
    assert doses is not None and 0.8 < doses < 1.0


def test_the_same_seed_gives_the_same_run_and_bands_are_ordered() -> None:
    first, second = simulate(replace(_ONE, days=50)), simulate(replace(_ONE, days=50))
    assert (first.cases == second.cases).all()
    low, middle, high = first.band()
    assert (low <= middle).all() and (middle <= high).all()


def test_shares_are_checked() -> None:
    with pytest.raises(ValueError, match="coverage"):
        simulate(replace(_ONE, coverage=(0.5, 0.5)))
