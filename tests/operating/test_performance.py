"""Performance measures: worked by hand, then against closed forms, then their own errors."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from jdm_stats.operating.performance import (
    FALSE_POSITIVE,
    POWER,
    REFERENCES,
    UNKNOWN,
    performance,
)

NAN = math.nan


def table_of(estimate, std_error, low=None, high=None, p=None, events=5.0):
    estimate, std_error = np.asarray(estimate, float), np.asarray(std_error, float)
    return pd.DataFrame(
        {
            "replicate": range(len(estimate)),
            "model": "fit",
            "term": "x",
            "estimate": estimate,
            "std_error": std_error,
            "conf_low": estimate - 2 * std_error if low is None else low,
            "conf_high": estimate + 2 * std_error if high is None else high,
            "p_value": NAN if p is None else p,
            "events": events,
        }
    )


def held_against(truth=NAN, large=NAN, large_se=NAN):
    row = ("fit", "x", truth, "", large, large_se, "")
    return pd.DataFrame([row], columns=list(REFERENCES))


def test_three_estimates_worked_on_paper():
    # Mean 2, deviations -2, 0, 2: variance 8/2 = 4. Variances 1, 1, 4: mean 2, and
    # their own variance (1 + 1 + 4)/2 = 3.
    estimates = table_of([0, 2, 4], [1, 1, 2], p=[0.9, 0.04, 0.05], events=[4, 5, 9])
    row = performance(estimates, held_against(1.0, 3.0, 0.5)).iloc[0]
    by_hand = {
        "replicates": 3,
        "estimable": 3,
        "mean_events": 6,
        "mean_estimate": 2,
        "mean_estimate_mcse": 2 / math.sqrt(3),
        "bias_from_truth": 1,
        "bias_from_truth_mcse": 2 / math.sqrt(3),
        "small_sample_bias": -1,
        "small_sample_bias_mcse": math.sqrt(4 / 3 + 0.25),
        "confounding": 2,
        "confounding_mcse": 0.5,
        "empirical_se": 2,
        "empirical_se_mcse": 1,
        "model_se": math.sqrt(2),
        "model_se_mcse": math.sqrt(3 / (4 * 3 * 2)),
        "model_se_off_percent": 100 * (math.sqrt(2) / 2 - 1),
        "model_se_off_percent_mcse": 100
        * (math.sqrt(2) / 2)
        * math.sqrt(3 / (4 * 3 * 4) + 1 / 4),
        # limits -2 to 2, 0 to 4, 0 to 8
        "coverage_of_truth": 1,
        "coverage_of_truth_mcse": 0,
        "coverage_of_large_sample": 2 / 3,
        "coverage_of_large_sample_mcse": math.sqrt(2 / 27),
        "coverage_bias_eliminated": 1,
        # 0.04 rejects; 0.05 does not
        "rejected": 1 / 3,
        "rejected_mcse": math.sqrt(2 / 27),
        "not_estimable": 0,
    }
    for name, value in by_hand.items():
        assert row[name] == pytest.approx(value, rel=1e-12), name


def test_what_is_missing_is_counted_and_infinite_limits_cover():
    estimates = table_of(
        [1.0, NAN, math.inf, 3.0],
        [1.0, NAN, NAN, 1.0],
        low=[-math.inf, NAN, 2.0, NAN],
        high=[5.0, NAN, math.inf, 4.0],
        events=[1, 0, 2, 5],
    )
    row = performance(estimates, held_against(0.0)).iloc[0]
    assert row["estimable"] == 2 and row["not_estimable"] == 0.5
    assert row["not_estimable_mcse"] == 0.25
    assert row["mean_estimate"] == 2.0 and row["mean_events"] == 2.0
    # limits: the first covers 0, the third does not; the fourth has only one
    assert row["no_limits"] == 0.5 and row["infinite_limits"] == 1.0
    assert row["coverage_of_truth"] == 0.5
    # without p-values the limits test: the first does not exclude 0, the third does
    assert row["tests"] == 2 and row["rejected"] == 0.5


def test_nothing_estimable_gives_nan_and_a_share_of_one():
    nothing = table_of([NAN, NAN], [NAN, NAN])
    row = performance(nothing, held_against(0.0, 1.0, 0.1)).iloc[0]
    assert row["not_estimable"] == 1.0 and row["estimable"] == 0
    for name in (
        *("mean_estimate", "bias_from_truth", "small_sample_bias", "empirical_se"),
        *("model_se", "coverage_of_truth", "coverage_bias_eliminated", "rejected"),
    ):
        assert math.isnan(row[name]) and math.isnan(row[f"{name}_mcse"]), name


def test_one_estimate_has_no_spread():
    row = performance(table_of([1.0], [0.5]), held_against(0.0)).iloc[0]
    assert row["bias_from_truth"] == 1.0 and row["model_se"] == 0.5
    for name in ("bias_from_truth_mcse", "empirical_se", "model_se_off_percent"):
        assert math.isnan(row[name])


@pytest.mark.parametrize(
    ("truth", "null", "meaning"),
    [(0.0, 0.0, FALSE_POSITIVE), (0.4, 0.0, POWER), (0.4, 0.4, FALSE_POSITIVE)],
)
def test_what_a_rejection_means(truth, null, meaning):
    row = performance(table_of([1, 2], [1, 1]), held_against(truth), null=null).iloc[0]
    assert row["rejected_means"] == meaning


def test_a_rejection_means_nothing_where_the_truth_is_not_known():
    row = performance(table_of([1, 2], [1, 1]), held_against()).iloc[0]
    assert row["rejected_means"] == UNKNOWN
    assert math.isnan(row["bias_from_truth"]) and math.isnan(row["coverage_of_truth"])


TRUTH, BIAS, SPREAD, TOLD = 0.4, 0.3, 0.8, 0.6  # TOLD: the standard error a fit claims
Z = norm.ppf(0.975)


def normal_draws(rng, count):
    estimate = rng.normal(TRUTH + BIAS, SPREAD, count)
    return table_of(
        estimate,
        np.full(count, TOLD),
        low=estimate - Z * TOLD,
        high=estimate + Z * TOLD,
        p=2 * norm.sf(np.abs(estimate) / TOLD),
    )


def closed_form():
    reach = Z * TOLD / SPREAD
    off = BIAS / SPREAD
    mean = (TRUTH + BIAS) / SPREAD
    return {
        "bias_from_truth": BIAS,
        "empirical_se": SPREAD,
        "model_se_off_percent": 100 * (TOLD / SPREAD - 1),
        "coverage_of_truth": norm.cdf(reach - off) - norm.cdf(-reach - off),
        "coverage_of_large_sample": norm.cdf(reach) - norm.cdf(-reach),
        "coverage_bias_eliminated": norm.cdf(reach) - norm.cdf(-reach),
        "rejected": norm.cdf(mean - reach) + norm.cdf(-mean - reach),
    }


def test_normal_draws_have_the_performance_of_their_closed_form():
    estimates = normal_draws(np.random.default_rng(1), 40_000)
    row = performance(estimates, held_against(TRUTH, TRUTH + BIAS, 0.0)).iloc[0]
    for name, value in closed_form().items():
        error = row[f"{name}_mcse"]
        assert error > 0 and abs(row[name] - value) < 3.5 * error, name
    assert row["model_se"] == pytest.approx(TOLD)
    assert row["model_se_mcse"] == pytest.approx(0.0, abs=1e-12)


def test_monte_carlo_errors_are_the_spread_of_repeated_studies():
    # The bias-eliminated coverage takes its target from the same draws, which its formula
    # leaves out; it is not among them.
    rng, runs = np.random.default_rng(2), 300
    held = held_against(TRUTH, TRUTH + BIAS, 0.0)
    rows = pd.concat([performance(normal_draws(rng, 100), held) for _ in range(runs)])
    for name in closed_form().keys() - {"coverage_bias_eliminated"}:
        ratio = rows[f"{name}_mcse"].mean() / rows[name].std(ddof=1)
        assert abs(ratio - 1) < 4 / math.sqrt(2 * runs), name


def test_the_level_moves_the_rejections():
    estimates = table_of([1, 2], [1, 1], p=[0.03, 0.08])
    shares = [
        performance(estimates, held_against(0.0), level=level).iloc[0]["rejected"]
        for level in (0.99, 0.95, 0.9)
    ]
    assert shares == [0.0, 0.5, 1.0]
