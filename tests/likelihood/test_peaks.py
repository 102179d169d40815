"""Several peaks and branches: the highest peak, limits on the highest branch, no jumps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import chi2, norm

from jdm_stats.likelihood.fitting import Solution
from jdm_stats.likelihood.newton import maximise
from jdm_stats.likelihood.partial import PartialLikelihood
from jdm_stats.likelihood.peaks import highest_from, predicted
from jdm_stats.likelihood.penalty import NoPenalty
from jdm_stats.likelihood.points import evaluate_point
from jdm_stats.likelihood.problems import cox_problem, logistic_problem
from jdm_stats.likelihood.profile import profile_limits
from jdm_stats.likelihood.risk_sets import build_risk_sets

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99, 0.999)


def skewed(which: int):
    """One to four events; a covariate skewed over up to eight decades, one rare and binary."""
    rng = np.random.default_rng(11)
    for _ in range(which + 1):
        n, events = int(rng.integers(15, 80)), int(rng.integers(1, 5))
        dose = rng.lognormal(0, rng.choice([1, 2.5, 4]), n)
        rare = rng.binomial(1, rng.choice([0.03, 0.2]), n)
        if rare.sum() == 0:
            rare[0] = 1
        stop, event = rng.integers(1, 50, n), np.zeros(n, dtype=bool)
        event[rng.choice(n, events, replace=False)] = True
    sets = build_risk_sets(np.zeros(n), stop.astype(float), event)
    x = np.column_stack([dose, rare])[sets.kept]
    return cox_problem(x, sets, ties="efron", firth=True)


def highest_of_many(solution: Solution, seed: int, starts: int) -> float:
    """Highest peak reached from starts over four decades."""
    rng, problem = np.random.default_rng(seed), solution.problem
    tops = []
    for _ in range(starts):
        start = rng.normal(size=len(problem.scale)) * 10 ** rng.uniform(-1, 3)
        found = maximise(problem.likelihood, problem.penalty, start)
        tops += [found.point.value] if found.converged else []
    return max(tops)


def test_a_peak_two_higher_beside_a_broad_one_is_found():
    """The climb from zero ends on 0.02; at 0.005 the objective is 2.08 higher."""
    first = skewed(81).solve()
    best = first.highest()
    assert first.coefficients[0] == pytest.approx(0.01997, abs=1e-5)
    assert best.coefficients[0] == pytest.approx(0.005108, abs=1e-6)
    gained = best.penalised_log_likelihood - first.penalised_log_likelihood
    assert gained == pytest.approx(2.0769, abs=1e-4)


@pytest.mark.parametrize("which", [81, 87, 130, 138, 20, 52, 100, 152, 156, 264])
def test_no_start_leads_higher_and_intervals_are_nested(which):
    best = skewed(which).solve().highest()
    assert highest_of_many(best, which, 25) <= best.maximum.point.value + 1e-6
    for j in range(2):
        pairs = [best.limits(j, level) for level in LEVELS]
        assert all(
            end.converged or end.failure_reason for pair in pairs for end in pair
        )
        lower, upper = (
            np.array([v for v in (p[k].value for p in pairs) if not np.isnan(v)])
            for k in (0, 1)
        )
        assert (np.diff(lower) <= 0).all()
        assert (np.diff(upper) >= 0).all()
        assert lower[0] < best.coefficients[j] < upper[0]


@pytest.mark.parametrize("which", [81, 87, 130, 138, 264])
def test_at_a_limit_the_deviance_is_the_quantile_and_no_start_lowers_it(which):
    best = skewed(which).solve().highest()
    likelihood, penalty = best.problem.likelihood, best.problem.penalty
    rng = np.random.default_rng(which)
    for j in range(2):
        for level in (0.95, 0.99):
            for end in best.limits(j, level):
                if end.at is None:
                    continue
                at = evaluate_point(likelihood, penalty, end.at)
                fall = 2 * (best.maximum.point.value - at.value)
                assert fall == pytest.approx(chi2.ppf(level, 1), abs=2e-3)
                for _ in range(10):
                    start = rng.normal(size=2) * 10 ** rng.uniform(-1, 1.5)
                    start[j] = end.at[j]
                    other = maximise(likelihood, penalty, start, held=(j,)).point
                    assert other.value <= at.value + 1e-3


def test_the_ratio_test_takes_the_higher_restricted_maximum():
    for which in (81, 87, 138, 264):
        best = skewed(which).solve().highest()
        likelihood, penalty = best.problem.likelihood, best.problem.penalty
        for j in range(2):
            held = maximise(likelihood, penalty, np.zeros(2), held=(j,)).point
            most = 2 * (best.maximum.point.value - held.value)
            assert best.test((j,)).statistic <= most + 1e-6


@dataclass(frozen=True)
class Cliff:
    """-b^2/20 with a cliff of 10 at b = 1: the root jumps from 0.3 to 4.5."""

    n_parameters = 1

    def evaluate(self, beta):
        b = float(beta[0])

        @dataclass(frozen=True)
        class Evaluation:
            log_likelihood: float
            score: np.ndarray
            information: np.ndarray

        height = -(b**2) / 20 - (10.0 if b >= 1 else 0.0)
        return Evaluation(height, np.array([-b / 10]), np.array([[0.1]]))


def test_a_jump_is_no_limit():
    best = evaluate_point(Cliff(), NoPenalty(), np.zeros(1))
    lower, upper = profile_limits(Cliff(), NoPenalty(), best, 0, np.sqrt(10))
    # b^2 / 10 = z^2 on the smooth side
    assert lower.value == pytest.approx(-norm.isf(0.025) * np.sqrt(10), rel=1e-8)
    assert np.isnan(upper.value)
    assert not upper.converged
    assert "jumps" in upper.failure_reason


@pytest.mark.parametrize("seed", [0, 1])
def test_a_limit_far_behind_a_gross_outlier_is_finite(seed):
    """One value of 1e6 sets the unit; the limit is thousands of half-widths away."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=60)
    y = (rng.random(60) < 0.3).astype(float)
    x[0], y[0] = 1e6, 0.0
    solution = logistic_problem(
        np.column_stack([np.ones(60), x]), y, firth=False
    ).solve()
    lower = solution.limits_95[1][0]
    assert lower.converged
    assert -1 < lower.value < -0.1

    def minus(a: float) -> float:
        eta = a + lower.value * x
        return float(np.logaddexp(0, eta).sum() - y @ eta)

    held = minimize_scalar(minus, bounds=(-10, 10), method="bounded").fun
    fall = 2 * (held + solution.log_likelihood)
    assert fall == pytest.approx(chi2.ppf(0.95, 1), abs=1e-5)


def test_the_ridge_of_a_parabola_is_followed_exactly(make_rows):
    """At the maximum the prediction is the regression of the others on the one moved."""
    rows = make_rows(np.random.default_rng(5), 60, 20, 3)
    sets = rows.sets()
    likelihood = PartialLikelihood(rows.x[sets.kept], sets, "efron")
    top = maximise(likelihood, NoPenalty(), np.zeros(3)).point
    covariance = np.linalg.inv(top.information)
    moved = predicted(top, 1, top.beta[1] + 0.5)
    expected = top.beta + 0.5 * covariance[:, 1] / covariance[1, 1]
    np.testing.assert_allclose(moved, expected, rtol=1e-10)


def test_highest_from_keeps_what_no_start_betters():
    problem = skewed(81)
    first = problem.solve().maximum
    same = highest_from(problem.likelihood, problem.penalty, first, [np.zeros(2)])
    assert same is first
    start = np.array([0.3, 0.3])
    higher = highest_from(problem.likelihood, problem.penalty, first, [start])
    assert higher.point.value > first.point.value + 2
    assert higher.converged


def test_the_search_costs_less_than_twice_a_bare_one(heart, monkeypatch):
    """Fit and limits alone, trusting the first peak and branch, took 149 evaluations."""
    calls = []
    evaluate = PartialLikelihood.evaluate
    monkeypatch.setattr(
        PartialLikelihood,
        "evaluate",
        lambda self, b: calls.append(1) or evaluate(self, b),
    )
    terms = ["age", "year", "surgery", "transplant"]
    sets = build_risk_sets(heart["start"], heart["stop"], heart["event"] == 1)
    x = np.column_stack([heart[t] for t in terms])[sets.kept]
    best = cox_problem(x, sets, ties="efron", firth=True).solve().highest()
    assert best.limits_95
    assert len(calls) < 2 * 149
