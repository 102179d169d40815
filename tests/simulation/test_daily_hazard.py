"""The hazard of one child on one day, worked out on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest

from jdm_stats.simulation.hazards import (
    DayState,
    gi_baseline,
    gi_hazard,
    log_hazard_ratios,
    perforation_baseline,
    perforation_hazard,
)
from jdm_stats.simulation.scenario import Scenario

WORLD = Scenario(
    severity_hr=2.5,
    nxp2_early_hr=4.0,
    nxp2_late_hr=1.5,
    dose_hr=1.4,
    dose_scale_mg_kg=0.4,
    pulse_hr=1.5,
    cumulative_hr=1.2,
    jak_hr=2.0,
    no_gi_factor=0.05,
)


def state(
    severity=0.0, nxp2=0.0, dose=0.0, pulse=False, weighted=0.0, jak=False, gi=True
):
    return DayState(
        severity=np.array([severity]),
        nxp2=np.array([nxp2]),
        dose=np.array([dose]),
        recent_pulse=np.array([pulse]),
        weighted_dose=np.array([weighted]),
        jak=np.array([jak]),
        gi=np.array([gi]),
    )


def hazard(day, baseline=1e-5, **what):
    return float(perforation_hazard(day, state(**what), WORLD, baseline)[0])


def test_one_child_day_worked_out_on_paper():
    # z = 1.2: 2.5^1.2 = 3.002811; NXP2 before day 540: 4; dose 1 mg/kg: plateau
    # 1 - e^-2.5 = 0.917915, 1.4^0.917915 = 1.361862; pulse: 1.5; 150 mg/kg weighted:
    # 1.2^1.5 = 1.314534. 3.002811 * 4 = 12.011244; * 1.361862 = 16.357657;
    # * 1.5 = 24.536485; * 1.314534 = 32.25405.
    got = hazard(539, severity=1.2, nxp2=1.0, dose=1.0, pulse=True, weighted=150.0)
    assert got == pytest.approx(32.25405e-5, rel=1e-5)


@pytest.mark.parametrize(
    ("what", "ratio"),
    [
        ({}, 1.0),
        ({"severity": 1.0}, 2.5),
        ({"severity": -1.0}, 0.4),
        ({"pulse": True}, 1.5),
        ({"weighted": 100.0}, 1.2),
        ({"jak": True}, 2.0),
        ({"gi": False}, 0.05),
        ({"dose": 40.0}, 1.4),
        ({"dose": 0.4}, 1.4 ** (1 - math.exp(-1))),
    ],
)
def test_each_part_alone(what, ratio):
    assert hazard(100, **what) == pytest.approx(1e-5 * ratio, rel=1e-9)


def test_nxp2_changes_from_day_539_to_day_540():
    assert hazard(539, nxp2=1.0) == pytest.approx(4e-5)
    assert hazard(540, nxp2=1.0) == pytest.approx(1.5e-5)


def test_a_hazard_without_a_given_baseline_takes_h0_of_that_day():
    h0 = perforation_baseline(WORLD, 300)
    assert perforation_hazard(299, state(), WORLD)[0] == h0[299]


def test_baseline_is_a_lognormal_density_at_mid_day():
    world = Scenario(h0_mass=0.02, h0_median_days=300.5, h0_log_spread=1.1)
    # At the median the density is 1 / (t * spread * sqrt(2 pi)).
    at_median = 0.02 / (300.5 * 1.1 * math.sqrt(2 * math.pi))
    assert perforation_baseline(world, 301)[300] == pytest.approx(at_median, rel=1e-9)


def test_gi_hazard_rises_with_severity_and_nxp2_and_not_with_steroids():
    world = Scenario(gi_severity_hr=1.6, gi_nxp2_hr=1.5)
    both = gi_hazard(np.array([1.0, 0.0]), np.array([1.0, 0.0]), world, 1e-4)
    assert both == pytest.approx([2.4e-4, 1e-4])


def test_a_threshold_acts_at_the_threshold_and_above_it():
    world = WORLD.with_values(threshold_hr=3.0, threshold_mg_kg=1.0, dose_hr=1.0)
    for dose, ratio in ((0.95, 1.0), (1.0, 3.0), (2.0, 3.0)):
        got = perforation_hazard(100, state(dose=dose), world, 1e-5)[0]
        assert got == pytest.approx(1e-5 * ratio)


def test_many_days_at_once_are_those_days_one_by_one():
    days = np.array([[0], [539], [540], [1800]])
    dose, nxp2 = np.array([[0.0, 1.0]] * 4), np.array([1.0, 0.0])
    no = np.zeros((4, 2), dtype=bool)
    many = DayState(dose - 1, nxp2, dose, ~no, 100 * dose, no, no)
    got = perforation_hazard(days, many, WORLD)
    for row, day in enumerate(days[:, 0]):
        one = DayState(
            dose[row] - 1, nxp2, dose[row], ~no[row], 100 * dose[row], no[row], no[row]
        )
        assert (got[row] == perforation_hazard(int(day), one, WORLD)).all()


def test_gi_baseline_halves_with_its_half_life():
    g0 = gi_baseline(Scenario(gi_half_life_days=270.0), 271)
    assert g0[270] == pytest.approx(g0[0] / 2)


def test_the_truth_is_the_logarithm_of_the_ratios():
    truth = log_hazard_ratios(WORLD)
    assert truth["dose"] == pytest.approx(math.log(1.4))
    assert truth["nxp2_early"] == pytest.approx(math.log(4.0))
    assert set(truth) == {
        *("severity", "nxp2_early", "nxp2_late", "dose", "threshold", "pulse"),
        *("cumulative", "jak"),
    }
