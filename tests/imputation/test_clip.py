"""Combined profiles on curves whose pooled quantiles are known."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm

from jdm_stats.imputation.clip import pooled_limit, pooled_p_value


@dataclass
class Normal:
    """The profile of a normal mean: a straight line."""

    estimate: float
    std_error: float = 1.0

    def root(self, value, *, thorough=False):
        away = (value - self.estimate) / self.std_error
        return SimpleNamespace(
            value=away, slope=1.0 / self.std_error, failure_reason=""
        )

    def limit(self, side, level=0.95):
        return self.estimate + side * norm.isf((1 - level) / 2) * self.std_error


@dataclass
class Flat(Normal):
    """A profile that never falls by more than ``top`` standard deviations above."""

    top: float = 1.0

    def root(self, value, *, thorough=False):
        away = (value - self.estimate) / self.std_error
        if away < 0:
            return super().root(value)
        rise = self.top * away / (1 + away)
        slope = self.top / (1 + away) ** 2 / self.std_error
        return SimpleNamespace(value=rise, slope=slope, failure_reason="")

    def limit(self, side, level=0.95):
        quantile = norm.isf((1 - level) / 2)
        if side < 0:
            return super().limit(side, level)
        if quantile >= self.top:
            return np.inf
        return self.estimate + self.std_error * quantile / (self.top - quantile)


def pooled(curves, side, level=0.95):
    own = np.array([curve.limit(side, level) for curve in curves])
    return pooled_limit(curves, own, side, level)


def cdf(curves, value):
    return np.mean([norm.cdf(curve.root(value).value) for curve in curves])


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-20, 20), st.floats(0.05, 5)), min_size=2, max_size=12
    ),
    st.sampled_from([0.5, 0.8, 0.95, 0.999]),
)
@example(
    parts=[
        *[(0, 2), (0, 5), (0, 1.5), (0, 0.25), (0, 0.25), (1, 2.5)],
        *[(-3, 1), (-3, 1), (-4, 1), (-4, 1), (-5, 1)],
    ],
    level=0.5,
)
def test_the_pooled_limits_are_quantiles_of_the_mixture(parts, level):
    curves = [Normal(*part) for part in parts]
    low, high = pooled(curves, -1, level), pooled(curves, 1, level)
    assert cdf(curves, low.value) == pytest.approx((1 - level) / 2, rel=1e-7)
    assert 1 - cdf(curves, high.value) == pytest.approx((1 - level) / 2, rel=1e-6)
    ends = [curve.limit(1, level) for curve in curves]
    assert min(ends) - 1e-9 <= high.value <= max(ends) + 1e-9


def test_two_normals_by_hand():
    # Phi(b) + Phi(b - 2) = 1.95 and, by symmetry about 1, the lower limit is 2 - b
    curves = [Normal(0.0), Normal(2.0)]
    high = brentq(lambda b: norm.cdf(b) + norm.cdf(b - 2) - 1.95, 1, 5, xtol=1e-13)
    assert pooled(curves, 1).value == pytest.approx(high, abs=1e-8)
    assert pooled(curves, -1).value == pytest.approx(2 - high, abs=1e-8)
    p_value, reason = pooled_p_value(curves)
    assert p_value == pytest.approx(norm.cdf(0) + norm.cdf(-2)) and not reason


def test_profiles_far_apart_leave_the_limit_to_chance_and_say_so():
    # the quarter of the mixture lies anywhere between 0 and 16
    curves = [Normal(0.0, 0.05078125), Normal(16.0, 0.25)]
    found = pooled(curves, -1, 0.5)
    assert np.isfinite(found.value)
    middle = pooled(curves, 1, 1e-9)
    assert 0 < middle.value < 16 and not middle.mc_error < 1e6


def test_one_curve_over_and_over_gives_its_own_limit_to_the_last_bit():
    curves = [Normal(0.3, 0.7)] * 5
    assert pooled(curves, -1).value == curves[0].limit(-1)
    assert pooled(curves, 1).value == curves[0].limit(1)
    assert pooled(curves, 1).mc_error == 0.0


def test_an_unbounded_profile_in_every_imputation_is_unbounded():
    curves = [Flat(0.0), Flat(0.5)]
    assert pooled(curves, 1).value == np.inf
    assert np.isfinite(pooled(curves, -1).value)


def test_one_unbounded_profile_may_leave_the_pooled_limit_infinite_or_finite():
    # its tail never falls below Phi(-1) = 0.159, a fifth of which is above 0.025
    few = [Normal(0.0)] * 4 + [Flat(0.0)]
    assert pooled(few, 1).value == np.inf
    # a tenth of Phi(-1) is 0.016: the pooled tail does reach 0.025
    many = [Normal(0.0)] * 9 + [Flat(0.0)]
    limit = pooled(many, 1).value
    assert np.isfinite(limit)
    assert 1 - cdf(many, limit) == pytest.approx(0.025, rel=1e-6)


def test_an_imputation_whose_own_limit_is_unknown_does_not_stop_the_search():
    curves = [Normal(0.0), Normal(1.0), Normal(-1.0)]
    own = np.array([np.nan, curves[1].limit(1), np.nan])
    assert cdf(curves, pooled_limit(curves, own, 1).value) == pytest.approx(0.975)
    nothing = np.full(3, np.nan)
    assert cdf(curves, pooled_limit(curves, nothing, -1).value) == pytest.approx(0.025)


def test_a_profile_that_fails_leaves_no_limit_and_says_whose():
    class Broken(Normal):
        def root(self, value, *, thorough=False):
            return SimpleNamespace(value=np.nan, slope=np.nan, failure_reason="bad")

    curves = [Normal(0.0), Broken(1.0)]
    found = pooled_limit(curves, np.array([2.0, 3.0]), 1)
    assert np.isnan(found.value) and "imputation 2: bad" in found.failure_reason
    p_value, reason = pooled_p_value(curves)
    assert np.isnan(p_value) and "imputation 2" in reason


def test_the_monte_carlo_error_of_a_limit_is_that_of_repeated_imputation():
    rng = np.random.default_rng(8)
    limits, errors = [], []
    for _ in range(200):
        found = pooled([Normal(x) for x in rng.normal(0, 0.5, 40)], 1)
        limits.append(found.value)
        errors.append(found.mc_error)
    assert np.mean(errors) == pytest.approx(np.std(limits), rel=0.15)
