"""Against R, and against registries drawn and fitted one by one."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, binomtest

from jdm_stats.intervals.rate_ratios import rate_ratio
from jdm_stats.models.array_door import fit_arrays
from jdm_stats.power.event_law import schoenfeld_events
from jdm_stats.power.interval_width import log_widths
from jdm_stats.power.split_tests import cut_offs, firth_ratio
from jdm_stats.power.study_design import StudyDesign, expected_events
from jdm_stats.power.study_power import study_power
from tests.power.simulated import CELLS, CSV, significant_share

R = pd.read_csv(Path(__file__).parents[1] / "reference" / "study_size.csv")
DRAWN = pd.read_csv(CSV)


def design_of(row: pd.Series) -> StudyDesign:
    given = {
        "n_children": int(row["n"]),
        "follow_up_years": row["f"],
        "accrual_years": row["a"],
        "loss_per_year": row["loss"],
        "risk_24_months": row["risk"],
    }
    if isinstance(row["test"], str):
        given |= {
            "test": row["test"],
            "exposure_share": row["p"],
            "alpha": row["alpha"],
        }
    return StudyDesign(**given)


@pytest.mark.parametrize("place", R.index[R["figure"] == "expected_events"])
def test_expected_events_are_those_of_r(place):
    row = R.loc[place]
    assert expected_events(design_of(row)) == pytest.approx(row["value"], rel=1e-5)


@pytest.mark.parametrize("place", R.index[R["figure"] == "power"])
def test_power_is_that_of_r(place):
    row = R.loc[place]
    told = study_power(design_of(row), hazard_ratio=row["r"])
    assert told.power == pytest.approx(row["value"], abs=5e-6)


@pytest.mark.parametrize("place", R.index[R["figure"] == "schoenfeld_events"])
def test_schoenfelds_events_are_those_of_r(place):
    row = R.loc[place]
    told = schoenfeld_events(row["r"], row["p"], row["power"], alpha=row["alpha"])
    assert told == pytest.approx(row["value"], rel=1e-8)


@pytest.mark.parametrize("share", [0.03, 0.21, 0.5, 0.8])
@pytest.mark.parametrize("events", [1, 6, 13, 40])
def test_the_exact_cut_offs_are_those_of_binomtest(share, events):
    rejected = [binomtest(x, events, share).pvalue <= 0.05 for x in range(events + 1)]
    low, high = cut_offs(np.array([events]), share, 0.05, "exact", 0)
    assert rejected == [x <= low[0] or x >= high[0] for x in range(events + 1)]


@pytest.mark.parametrize("events", [3, 9, 25])
def test_the_exact_tests_are_those_of_rate_ratio(events):
    for x in range(events + 1):
        told = rate_ratio(x, 21.0, events - x, 79.0)
        for test, p_value in (("exact", told.p_value), ("central", told.p_central)):
            low, high = cut_offs(np.array([events]), 0.21, 0.05, test, 0)
            assert (p_value <= 0.05) == (x <= low[0] or x >= high[0])


@pytest.mark.parametrize("exposed", [0, 2, 6])
def test_firths_statistic_is_that_of_a_cox_fit_whose_risk_sets_do_not_shrink(exposed):
    # 20,000 children, 4,000 exposed, six events: the risk sets lose next to nothing.
    x = np.repeat([1.0, 0.0], [4_000, 16_000])
    died = np.zeros(20_000)
    died[:exposed] = 1
    died[4_000 : 4_000 + 6 - exposed] = 1
    stop = np.where(died == 1, np.arange(20_000) % 97 + 1.0, 200.0)
    fit = fit_arrays(x[:, None], died, stop=stop, penalty="firth", interval="profile")
    told = 2 * (fit.log_likelihood - fit.log_likelihood_null)
    expected = firth_ratio(np.array([float(exposed)]), np.array([6.0]), 0.2)[0]
    assert told == pytest.approx(expected, rel=2e-3)
    width = fit.conf_high[0] - fit.conf_low[0]
    assert width == pytest.approx(log_widths(6, 0.05)[exposed], rel=2e-3)


@pytest.mark.parametrize("place", DRAWN.index)
def test_power_is_that_of_drawn_registries_fitted_by_cox(place):
    row = DRAWN.loc[place]
    told = study_power(
        StudyDesign(
            n_children=int(row["children"]),
            follow_up_years=row["years"],
            exposure_share=row["exposure_share"],
        ),
        hazard_ratio=row["hazard_ratio"],
    )
    for seen, expected in (
        (row["significant"], told.power),
        (row["no_plain_estimate"], told.no_plain_estimate),
    ):
        error = math.sqrt(max(expected * (1 - expected), 1e-3) / row["registries"])
        assert abs(seen - expected) < 3 * error
    error = math.sqrt(told.expected_events / row["registries"])
    assert abs(row["mean_events"] - told.expected_events) < 3 * error


def test_the_drawn_registries_are_those_of_the_study():
    assert DRAWN[["children", "years", "exposure_share", "hazard_ratio"]].to_numpy(
        dtype=float
    ).tolist() == [list(map(float, cell)) for cell in CELLS]


@pytest.mark.slow
def test_a_cell_drawn_again_is_the_committed_one():
    told = significant_share(*CELLS[1], 1000, 20261129)
    assert told == pytest.approx(DRAWN.iloc[1].to_dict())


def test_the_sum_is_the_sum_written_out():
    design = StudyDesign(n_children=250, exposure_share=0.3, test="central")
    chance = expected_events(design) / 250
    total, pi = 0.0, 0.3 * 5 / (0.3 * 5 + 0.7)
    for events in range(1, 60):
        for x in range(events + 1):
            tail = min(binom.cdf(x, events, 0.3), binom.sf(x - 1, events, 0.3))
            if 2 * tail <= 0.05:
                total += binom.pmf(events, 250, chance) * binom.pmf(x, events, pi)
    assert study_power(design, 5).power == pytest.approx(total, abs=1e-9)
