"""The draws: classes under separation, matched numbers, cumulative hazards."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from jdm_stats.errors import UsageError
from jdm_stats.imputation.dichotomies import (
    INTERCEPT_SD,
    draw_classes,
    draw_coefficients,
    posterior_mode,
)
from jdm_stats.imputation.hazard import cumulative_hazard
from jdm_stats.imputation.matching import draw_donors, nearest_positions

REFERENCE = Path(__file__).parents[1] / "reference"


def test_the_posterior_mode_solves_its_equations():
    rng = np.random.default_rng(1)
    x = np.column_stack([np.ones(60), rng.normal(size=(60, 3))])
    y = (rng.random(60) < 0.2).astype(float)
    mode, information = posterior_mode(x, y)
    chance, prior = expit(x @ mode), expit(mode)
    slope = np.r_[-mode[0] / INTERCEPT_SD**2, 0.5 - prior[1:]]
    assert np.abs(x.T @ (y - chance) + slope).max() < 1e-5
    curvature = np.r_[INTERCEPT_SD**-2, (prior * (1 - prior))[1:]]
    exact = (x * (chance * (1 - chance))[:, None]).T @ x + np.diag(curvature)
    assert information == pytest.approx(exact, abs=1e-5)


def test_the_mode_of_a_separated_table_by_hand():
    # 10 of 10 at x = 1/2, 0 of 10 at x = -1/2: by symmetry the intercept is 0 and the
    # coefficient b solves 10 (1 - expit(b / 2)) = expit(b) - 1/2
    x = np.column_stack([np.ones(20), np.repeat([0.5, -0.5], 10)])
    y = np.repeat([1.0, 0.0], 10)
    mode, _ = posterior_mode(x, y)
    assert mode[0] == pytest.approx(0, abs=1e-9)
    assert 10 * expit(-mode[1] / 2) == pytest.approx(expit(mode[1]) - 0.5, rel=1e-5)


def test_draws_follow_the_posterior():
    """Against the posterior summed over a grid, where it is skewed by separation."""
    x = np.repeat([0.5, -0.5], [6, 30])
    y = np.repeat([1.0, 0.0], [6, 30])
    rng = np.random.default_rng(11)
    draws = np.array([draw_coefficients(rng, x[:, None], y) for _ in range(1200)])
    a, b = np.meshgrid(np.linspace(-20, 16, 300), np.linspace(-2, 40, 300))
    log = -6 * np.logaddexp(0, -a - b / 2) - 30 * np.logaddexp(0, a - b / 2)
    log += b / 2 - np.logaddexp(0, b) - 0.5 * a**2 / INTERCEPT_SD**2
    weight = np.exp(log - log.max())
    for axis, values in enumerate((a, b)):
        mean = (weight * values).sum() / weight.sum()
        sd = np.sqrt((weight * (values - mean) ** 2).sum() / weight.sum())
        assert draws[:, axis].mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(1200))
        assert draws[:, axis].std() == pytest.approx(sd, rel=0.1)


def test_only_observed_classes_are_drawn_and_shares_follow_the_covariate():
    rng = np.random.default_rng(3)
    x = np.repeat([[-0.5], [0.5]], 300, axis=0)
    codes = np.where(x[:, 0] < 0, rng.choice(3, 600, p=[0.7, 0.2, 0.1]), 2)
    drawn = np.array([draw_classes(rng, x, codes, x, [0, 1, 2]) for _ in range(20)])
    assert set(np.unique(drawn)) <= {0, 1, 2}
    low = drawn[:, :300]
    shares = np.bincount(codes[:300], minlength=3) / 300
    found = np.bincount(low.ravel(), minlength=3) / low.size
    assert found == pytest.approx(shares, abs=0.04)
    assert (drawn[:, 300:] == 2).mean() > 0.97


def test_a_class_of_few_children_is_drawn_by_its_share_alone():
    """Three children of a class, all with the covariate: the covariate is not used."""
    rng = np.random.default_rng(4)
    codes = np.array([1] * 3 + [0] * 97)
    x = (codes == 1).astype(float)[:, None] - 0.03
    wanted = np.full((400, 1), 0.97)
    drawn = np.array([draw_classes(rng, x, codes, wanted, [0, 1]) for _ in range(200)])
    # Beta(97.5, 3.5): the mean share of the rare class is 3.5 / 101
    assert np.mean(drawn == 1) == pytest.approx(3.5 / 101, abs=0.006)
    assert drawn.mean(axis=1).std() > 0.012  # the share itself is in doubt


def test_complete_separation_in_many_columns_draws_finite_coefficients():
    rng = np.random.default_rng(5)
    y = np.repeat([1.0, 0.0], [6, 594])
    x = np.column_stack([y - 0.01, -y, rng.normal(size=(600, 12)) / 2])
    for _ in range(20):
        assert np.abs(draw_coefficients(rng, x, y)).max() < 40


@settings(deadline=None)
@given(
    st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=30),
    st.lists(st.floats(-6, 6), min_size=1, max_size=10),
    st.integers(1, 8),
    st.integers(0, 2**31),
)
def test_a_donor_is_always_among_the_nearest(seen, wanted, donors, seed):
    seen, wanted = np.array(seen), np.array(wanted)
    chosen = nearest_positions(np.random.default_rng(seed), seen, wanted, donors)
    distance = np.abs(seen[None] - wanted[:, None])
    worst = np.sort(distance, axis=1)[:, min(donors, len(seen)) - 1]
    assert (np.abs(seen[chosen] - wanted) <= worst + 1e-12).all()


def test_equal_predictions_share_the_giving():
    rng = np.random.default_rng(6)
    seen = np.repeat([0.0, 1.0], [50, 50])
    chosen = nearest_positions(rng, seen, np.zeros(5000), 5)
    assert (chosen < 50).all()
    assert np.bincount(chosen, minlength=50)[:50].min() > 0


def test_matching_keeps_slope_and_spread():
    rng = np.random.default_rng(7)
    x = rng.normal(size=(3000, 1)) / 2
    y = 3 * x[:, 0] + rng.normal(size=3000)
    slopes, spreads = [], []
    for _ in range(30):
        filled = y[draw_donors(rng, x[:1500], y[:1500], x[1500:])]
        slope, start = np.polyfit(x[1500:, 0], filled, 1)
        slopes.append(slope)
        spreads.append(np.std(filled - start - slope * x[1500:, 0]))
    assert np.mean(slopes) == pytest.approx(3, abs=0.12)
    assert np.mean(spreads) == pytest.approx(1, abs=0.06)


def test_a_number_without_spread_or_without_predictors_has_any_donor():
    rng = np.random.default_rng(8)
    nothing = np.empty((4, 0))
    assert set(draw_donors(rng, nothing, np.arange(4.0), np.empty((99, 0)))) == set(
        range(4)
    )
    same = draw_donors(rng, np.ones((4, 1)), np.full(4, 7.0), np.ones((9, 1)))
    assert ((same >= 0) & (same < 4)).all()


def test_the_hazard_of_mice():
    told = json.loads((REFERENCE / "imputation.json").read_text())["nelson_aalen"]
    first = pd.read_csv(REFERENCE / "imputation.csv").query("imputation == 1")
    assert cumulative_hazard(first["time"], first["y"]) == pytest.approx(told)


def test_the_hazard_with_late_entry_by_hand():
    # at day 5: (0, 5] and (0, 9] at risk, not (5, 8]; at day 8: (5, 8] and (0, 9]
    found = cumulative_hazard([5, 8, 9], [1, 1, 0], [0, 5, 0])
    assert found.tolist() == [0.5, 0.5, 1.0]


def test_a_child_never_at_risk_has_no_hazard_and_no_event():
    assert cumulative_hazard([0, 4], [1, 1], [0, 0]).tolist() == [0.0, 1.0]
    assert cumulative_hazard([], []).tolist() == []


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(1, 20), st.booleans()), min_size=1
    )
)
def test_the_hazards_of_all_children_sum_to_the_events(rows):
    start, length, event = (np.array(c) for c in zip(*rows, strict=True))
    found = cumulative_hazard(start + length, event, start)
    assert found.sum() == pytest.approx(event.sum())
    assert (found >= 0).all()


def test_hazard_refusals():
    with pytest.raises(UsageError, match="one length"):
        cumulative_hazard([1, 2], [1])
    with pytest.raises(UsageError, match="known in every row"):
        cumulative_hazard([1, np.nan], [1, 0])
