"""Contrasts: nothing against itself is nothing; a mix of two kinds of child by formula."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.models.cox import fit_cox
from jdm_stats.simulation.course.children import draw_children
from jdm_stats.simulation.draws import Streams
from jdm_stats.simulation.truth.contrast import true_contrast
from jdm_stats.simulation.truth.cox_projection import cox_projection
from jdm_stats.strategies import Strategy
from tests.simulation.truth.test_risk import GRAVE, PLAIN, constant, lasting

# Two kinds of child: anti-NXP2 has eight times the hazard; a dose of 2 has three times.
TWO_KINDS = PLAIN.with_values(
    name="two kinds", nxp2_early_hr=8.0, dose_hr=3.0, deaths_per_1000_years=100.0
)
DAYS, SEED, N = 365, 2, 1024


@pytest.fixture(scope="module")
def contrast():
    return true_contrast(
        TWO_KINDS,
        constant(2.0),
        constant(0.0),
        time_zero="diagnosis",
        horizon_days=DAYS,
        children=N,
        rng=SEED,
    )


@pytest.fixture(scope="module")
def by_formula():
    """Expected events and children at risk per day and arm, from the formula alone."""
    share = draw_children(Streams(SEED, np.arange(N)), TWO_KINDS).nxp2.mean()
    alive = np.exp(-0.1 / 365.25 * np.arange(DAYS))
    events, at_risk = np.zeros((2, DAYS)), np.zeros((2, DAYS))
    for arm, dose in enumerate((2.0, 0.0)):
        for part, ratio in ((share, 8.0), (1 - share, 1.0)):
            hazard = lasting(TWO_KINDS, dose, DAYS, ratio)
            free = np.exp(-(np.cumsum(hazard) - hazard)) * alive
            events[arm] += part * free * -np.expm1(-hazard)
            at_risk[arm] += part * free
    return events, at_risk


def test_risks_of_a_mix(contrast, by_formula):
    one, other = by_formula[0].sum(axis=1)
    assert contrast.strategy.risk == pytest.approx(one, abs=1e-10)
    assert contrast.risk_difference == pytest.approx(one - other, abs=1e-10)
    assert contrast.risk_ratio == pytest.approx(one / other, abs=1e-9)
    # Days lost: each perforation on day k of 365 loses 365 - k.
    left = DAYS - 1 - np.arange(DAYS)
    lost = ((by_formula[0][0] - by_formula[0][1]) * left).sum()
    assert contrast.days_lost == pytest.approx(lost, abs=1e-8)


def test_the_marginal_hazard_ratio_is_not_the_conditional_one(contrast, by_formula):
    events, at_risk = by_formula
    conditional = 3.0 ** (1 - math.exp(-2.0 / 0.4))
    hazards = contrast.hazards
    assert np.allclose(hazards["conditional_hr"], conditional, rtol=0, atol=1e-9)
    for window in hazards.itertuples():
        days = slice(window.from_day, window.to_day)
        rates = events[:, days].sum(axis=1) / at_risk[:, days].sum(axis=1)
        assert window.marginal_hr == pytest.approx(rates[0] / rates[1], abs=1e-9)
    # Anti-NXP2 leaves the risk set sooner at the high dose: the marginal ratio sinks.
    assert hazards["marginal_hr"].iloc[0] == pytest.approx(conditional, rel=0.04)
    assert hazards["marginal_hr"].iloc[-1] < 0.8 * conditional
    projected = contrast.cox_projection
    assert projected.what == "Cox projection over [0, 365], administrative censoring"
    least, most = hazards["marginal_hr"].min(), hazards["marginal_hr"].max()
    assert least < projected.hazard_ratio < most
    assert projected.log_hazard_ratio == pytest.approx(
        cox_projection(events, at_risk), abs=1e-9
    )


def test_the_cox_projection_solves_its_score(by_formula):
    events, at_risk = by_formula
    b = cox_projection(events, at_risk)
    expected = np.exp(b) * at_risk[0] / (np.exp(b) * at_risk[0] + at_risk[1])
    assert (events[0] - events.sum(axis=0) * expected).sum() == pytest.approx(
        0, abs=1e-9
    )
    assert math.isnan(cox_projection(np.array([[0.0], [1.0]]), np.ones((2, 1))))


def test_a_cox_model_of_a_large_trial_is_aimed_at_the_projection(contrast):
    """A trial of 60,000 children, drawn from the formula and fitted by our own engine."""
    n, rng = 30_000, np.random.default_rng(11)
    share = draw_children(Streams(SEED, np.arange(N)), TWO_KINDS).nxp2.mean()
    frames = []
    for arm, dose in ((1, 2.0), (0, 0.0)):
        ratio = np.where(rng.random(n) < share, 8.0, 1.0)
        summed = np.cumsum(lasting(TWO_KINDS, dose, DAYS))
        first = 1 + np.searchsorted(summed, rng.exponential(size=n) / ratio)
        death = 1 + np.floor(rng.exponential(size=n) / (0.1 / 365.25))
        stop = np.minimum(np.minimum(first, death), DAYS)
        event = (first <= death) & (first <= DAYS)
        frames.append(pd.DataFrame({"stop": stop, "event": event * 1, "arm": arm}))
    trial = pd.concat(frames, ignore_index=True)
    trial.insert(0, "patient_id", trial.index.astype(str))
    trial.insert(1, "start", 0.0)
    fit = fit_cox(trial, "arm", ties="breslow", interval="wald")
    row = fit.tidy().iloc[0]
    projected = contrast.cox_projection
    # The share of the 1,024 children is that of the trial: no error on that side.
    miss = row["estimate"] - projected.log_hazard_ratio
    assert abs(miss) < 3.5 * row["std_error"]
    # It is far from the conditional log ratio, so the test can tell them apart.
    conditional = math.log(3.0) * (1 - math.exp(-2.0 / 0.4))
    assert conditional - row["estimate"] > 10 * row["std_error"]


def test_the_same_strategy_twice_differs_by_exactly_nothing():
    got = true_contrast(
        GRAVE,
        Strategy.high_dose(),
        Strategy.high_dose(name="the same"),
        time_zero="gi_involvement",
        horizon_days=120,
        children=512,
    )
    assert (got.risk_difference, got.risk_ratio, got.days_lost) == (0.0, 1.0, 0.0)
    assert (got.risk_difference_error, got.log_risk_ratio_error) == (0.0, 0.0)
    assert (got.hazards["marginal_hr"] == 1.0).all()
    assert (got.hazards["conditional_hr"] == 1.0).all()
    assert got.cox_projection.log_hazard_ratio == 0.0
    assert got.cox_projection.std_error == 0.0


def test_harmless_steroids_make_no_difference():
    got = true_contrast(
        "steroids_harmless",
        Strategy.high_dose(),
        Strategy.low_dose(),
        time_zero="gi_involvement",
        horizon_days=120,
        children=512,
    )
    assert got.strategy.risk > 0
    assert got.risk_difference == 0.0


def test_pairing_makes_the_difference_more_certain_than_its_parts():
    got = true_contrast(
        GRAVE,
        Strategy.high_dose(),
        Strategy.low_dose(),
        time_zero="gi_involvement",
        horizon_days=120,
        children=1024,
    )
    apart = math.hypot(got.strategy.std_error, got.reference.std_error)
    assert 0 < got.risk_difference_error < apart / 2
    assert got.risk_difference > 3 * got.risk_difference_error


def test_errors_of_ratios_are_what_other_seeds_show():
    seen = [
        true_contrast(
            GRAVE,
            Strategy.high_dose(),
            Strategy.low_dose(),
            time_zero="gi_involvement",
            horizon_days=60,
            eligibility={"latest_day": 60},
            children=768,
            rng=seed,
        )
        for seed in range(12)
    ]
    figures = {
        "difference": (
            [c.risk_difference for c in seen],
            [c.risk_difference_error for c in seen],
        ),
        "ratio": (
            [math.log(c.risk_ratio) for c in seen],
            [c.log_risk_ratio_error for c in seen],
        ),
        "days lost": ([c.days_lost for c in seen], [c.days_lost_error for c in seen]),
        "projection": (
            [c.cox_projection.log_hazard_ratio for c in seen],
            [c.cox_projection.std_error for c in seen],
        ),
        "window": (
            [math.log(c.hazards["marginal_hr"].iloc[0]) for c in seen],
            [c.hazards["log_marginal_hr_error"].iloc[0] for c in seen],
        ),
    }
    for name, (values, errors) in figures.items():
        ratio = np.std(values, ddof=1) / np.mean(errors)
        assert 0.45 < ratio < 1.8, (name, ratio)


def test_a_world_without_perforations_has_no_ratio_and_says_why():
    got = true_contrast(
        PLAIN.with_values(h0_mass=0.0),
        Strategy.high_dose(),
        Strategy.natural(),
        time_zero="diagnosis",
        horizon_days=40,
        children=256,
    )
    assert got.risk_difference == 0.0 and math.isnan(got.risk_ratio)
    assert "no perforation" in got.notes[0]
    assert "no perforation" in got.cox_projection.reason
    assert "no perforation" in repr(got.cox_projection)


def test_a_contrast_pickles_and_shows_itself(contrast):
    assert pickle.loads(pickle.dumps(contrast)) == contrast
    shown = contrast._repr_html_()
    assert "SYNTHETIC" in shown and "is not the truth" in shown
    assert "SYNTHETIC" in repr(contrast)
    assert contrast.table["day"].tolist()[-1] == DAYS


def test_what_is_no_strategy_is_told_by_its_own_name():
    with pytest.raises(UsageError, match="reference must be a Strategy, not str"):
        true_contrast(
            "tertiary",
            Strategy.natural(),
            "low dose",
            time_zero="diagnosis",
            horizon_days=30,
        )
