"""The solver and the profile search: that they arrive, where others bounce or give up."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.special import logsumexp
from scipy.stats import chi2

from jdm_stats.likelihood.estimable import estimable_cox_columns
from jdm_stats.likelihood.fitting import separation_of
from jdm_stats.likelihood.newton import maximise
from jdm_stats.likelihood.partial import PartialLikelihood
from jdm_stats.likelihood.penalty import FirthPenalty, NoPenalty
from jdm_stats.likelihood.points import evaluate_point
from jdm_stats.likelihood.problems import cox_problem, logistic_problem
from jdm_stats.likelihood.risk_sets import build_risk_sets


def tiny_problem(rng: np.random.Generator, ties: str):
    """Six to nine events; rare binary and skewed covariates, ties, delayed entry."""
    n, events, p = (int(rng.integers(*ends)) for ends in ((20, 80), (6, 10), (1, 5)))
    stop = rng.integers(1, 60, n).astype(float)
    start = np.floor(stop * rng.uniform(0, 0.9, n)) * (rng.random(n) < 0.5)
    event = np.zeros(n, dtype=bool)
    event[rng.choice(n, events, replace=False)] = True
    binary = rng.random((n, p)) < rng.uniform(0.05, 0.5, p)
    x = np.where(rng.random(p) < 0.5, binary, rng.exponential(1, (n, p)))
    sets = build_risk_sets(start, stop, event)
    seen = x[sets.kept].astype(float)
    positions = estimable_cox_columns(seen, sets)
    return seen[:, positions], sets, ties


def test_a_thousand_tiny_firth_fits_all_converge():
    rng = np.random.default_rng(20240618)
    iterations, failed, empty = [], [], 0
    for i in range(1000):
        x, sets, ties = tiny_problem(rng, ("efron", "breslow")[i % 2])
        if not x.shape[1]:
            empty += 1
            continue
        found = cox_problem(x, sets, ties=ties, firth=True).solve().maximum
        iterations.append(found.iterations)
        if not found.converged:
            failed.append((i, found.failure_reason))
    assert not failed
    assert empty < 20
    assert np.mean(iterations) < 10


def test_a_converged_fit_stands_on_a_peak():
    """No step of a hundredth or a tenth in any direction tried is higher."""
    rng = np.random.default_rng(3)
    for i in range(20):
        x, sets, ties = tiny_problem(rng, ("efron", "breslow")[i % 2])
        problem = cox_problem(x, sets, ties=ties, firth=True)
        top = problem.solve().maximum.point
        for size in (0.01, 0.1):
            step = size * rng.normal(size=len(top.beta))
            beside = evaluate_point(problem.likelihood, FirthPenalty(), top.beta + step)
            assert beside.value < top.value


def test_held_coefficients_stay_and_the_rest_is_best(make_rows):
    rows = make_rows(np.random.default_rng(1), 60, 20, 3)
    sets = rows.sets()
    likelihood = PartialLikelihood(rows.x[sets.kept], sets, "efron")
    start = np.array([0.0, 0.7, 0.0])
    found = maximise(likelihood, NoPenalty(), start, held=(1,))
    assert found.converged
    assert found.point.beta[1] == 0.7
    score = likelihood.evaluate(found.point.beta).score
    assert np.abs(score[[0, 2]]).max() < 1e-8
    assert abs(score[1]) > 1e-3


def test_everything_held_takes_no_step(make_rows):
    rows = make_rows(np.random.default_rng(1), 30, 10, 2)
    sets = rows.sets()
    likelihood = PartialLikelihood(rows.x[sets.kept], sets, "efron")
    found = maximise(likelihood, FirthPenalty(), np.ones(2), held=(0, 1))
    assert found.converged
    assert found.iterations == 0


def test_a_run_out_of_iterations_says_so(heart):
    sets = build_risk_sets(heart["start"], heart["stop"], heart["event"] == 1)
    x = heart["age"][sets.kept][:, None] / 10
    likelihood = PartialLikelihood(x, sets, "efron")
    found = maximise(likelihood, NoPenalty(), np.zeros(1), max_iterations=1)
    assert not found.converged
    assert found.failure_reason == "no convergence in 1 iterations"


def test_a_start_from_which_no_risk_set_can_be_summed_is_refused():
    """At b = 2000 the death at day 2 has a risk set of e^-2000: underflow, no exception."""
    sets = build_risk_sets(
        np.zeros(3), np.array([1.0, 2.0, 2.0]), np.array([True, True, False])
    )
    likelihood = PartialLikelihood(np.array([[1.0], [0.0], [0.5]]) * 2, sets, "efron")
    for penalty in (NoPenalty(), FirthPenalty()):
        found = maximise(likelihood, penalty, np.array([2000.0]))
        assert not found.converged
        assert found.failure_reason == "the objective is not finite at the start"


def lone_exposed():
    """One exposed child among four, second of three to die."""
    sets = build_risk_sets(
        np.zeros(4), np.array([1.0, 2, 3, 4]), np.array([1, 1, 1, 0]) > 0
    )
    x = np.zeros((4, 1))
    x[1, 0] = 1.0
    return cox_problem(x, sets, ties="efron", firth=False)


def test_plain_limits_of_a_profile_written_out():
    """l(b) = b - log(3 + e^b) - log(2 + e^b) - log 2; both limits by bisection."""

    def loglik(b: float) -> float:
        return b - np.log(3 + np.exp(b)) - np.log(2 + np.exp(b)) - np.log(2)

    solution = lone_exposed().solve()
    # slope 0: 1 = e/(3+e) + e/(2+e), so e^2 = 6
    assert solution.coefficients[0] == pytest.approx(np.log(6) / 2, abs=1e-10)
    top = loglik(np.log(6) / 2)
    assert solution.log_likelihood == pytest.approx(top, abs=1e-12)
    lower, upper = solution.limits(0, 0.9)

    def drop(b: float) -> float:
        return 2 * (top - loglik(b)) - chi2.ppf(0.9, 1)

    assert lower.value == pytest.approx(brentq(drop, -30, 0.8, xtol=1e-13), rel=1e-8)
    assert upper.value == pytest.approx(brentq(drop, 1, 30, xtol=1e-13), rel=1e-8)


def test_a_limit_that_does_not_exist_is_infinite():
    """Under monotone likelihood the plain profile never falls on the open side."""
    sets = build_risk_sets(
        np.zeros(4), np.array([1.0, 2, 3, 3]), np.array([True, True, False, False])
    )
    x = np.array([[1.0], [1.0], [0.0], [0.0]])
    solution = cox_problem(x, sets, ties="efron", firth=False).solve()
    assert solution.limits(0, 0.95)[1].value == np.inf


def test_limits_lie_where_the_constrained_maximum_has_fallen_by_half_the_quantile(
    make_rows,
):
    rows = make_rows(np.random.default_rng(11), 60, 8, 3)
    sets = rows.sets()
    for firth in (False, True):
        problem = cox_problem(rows.x[sets.kept], sets, ties="efron", firth=firth)
        solution = problem.solve()
        for j, pair in enumerate(solution.limits_95):
            for end in pair:
                start = solution.maximum.point.beta.copy()
                start[j] = end.value * problem.scale[j]
                held = maximise(problem.likelihood, problem.penalty, start, held=(j,))
                fall = 2 * (solution.maximum.point.value - held.point.value)
                assert fall == pytest.approx(chi2.ppf(0.95, 1), abs=1e-7)


# One covariate, three deaths in the order of their dose: a Firth likelihood with two peaks.
SKEWED = np.array([6.8, 1.9, 1.3, 0.0, 0.1, 0.2])


def skewed_penalised(b: float) -> float:
    value, information = 0.0, 0.0
    for k in range(3):
        weight = np.exp(b * SKEWED[k:])
        mean = weight @ SKEWED[k:] / weight.sum()
        value += b * SKEWED[k] - np.log(weight.sum())
        information += weight @ (SKEWED[k:] - mean) ** 2 / weight.sum()
    return value + 0.5 * np.log(information)


def test_the_higher_of_two_firth_peaks_is_found():
    """From zero the climb ends on the lower peak; the profiles see the higher one."""
    grid = np.linspace(0.05, 6, 2000)
    values = np.array([skewed_penalised(b) for b in grid])
    inner = (values[1:-1] > values[:-2]) & (values[1:-1] > values[2:])
    peaks = grid[1:-1][inner]
    assert len(peaks) == 2

    sets = build_risk_sets(np.zeros(6), np.arange(1.0, 7), np.arange(6) < 3)
    problem = cox_problem(SKEWED[:, None], sets, ties="breslow", firth=True)
    first = problem.solve()
    assert first.maximum.converged
    assert first.coefficients[0] == pytest.approx(peaks[0], abs=0.01)
    assert any(end.higher is not None for pair in first.limits_95 for end in pair)
    best = first.highest()
    assert best.maximum.converged
    assert best.coefficients[0] == pytest.approx(peaks[1], abs=0.01)
    top = skewed_penalised(best.coefficients[0])
    assert top == pytest.approx(values.max(), abs=1e-5)
    assert best.penalised_log_likelihood == pytest.approx(top, abs=1e-10)
    # the limits enclose every value that the likelihood-ratio test does not reject
    lower, upper = (end.value for end in best.limits_95[0])
    rejected = 2 * (top - values) > chi2.ppf(0.95, 1)
    outside = (grid < lower) | (grid > upper)
    assert np.array_equal(rejected, outside)


def test_a_maximum_at_a_thousand_units_has_estimate_and_limits():
    """Doses of hundredths decide, doses of 30 and 40 set the unit: b is near -67."""
    dose = np.array([0.02, 0.01, 0.03, 30.0, 40.0])

    def loglik(b: float) -> float:
        return sum(b * dose[k] - logsumexp(b * dose[k:]) for k in range(3))

    sets = build_risk_sets(np.zeros(5), np.arange(1.0, 6), np.arange(5) < 3)
    problem = cox_problem(dose[:, None], sets, ties="efron", firth=False)
    assert not separation_of(problem).separated
    solution = problem.solve()
    assert solution.maximum.converged
    assert abs(solution.maximum.point.beta[0]) > 1000
    found = minimize_scalar(lambda b: -loglik(b), bounds=(-500, 0), method="bounded")
    assert solution.coefficients[0] == pytest.approx(found.x, rel=1e-5)
    assert solution.log_likelihood == pytest.approx(-found.fun, abs=1e-10)
    fall = chi2.ppf(0.95, 1) / 2
    for end in solution.limits_95[0]:
        assert -found.fun - loglik(end.value) == pytest.approx(fall, abs=1e-7)


def test_a_profile_whose_newton_steps_would_alternate_still_ends():
    """A bare Newton search goes to and fro between the ends of its bracket here.

    The one large dose bends the upper side of the profile: nearly flat, then steep.
    """
    dose = np.array([0.5, 3.6, 1.8, 0, 21.3, 1.1, 0.6, 0.1, 0, 0.3, 0, 0, 0])
    y = np.zeros(13)
    y[[5, 7, 11]] = 1
    x = np.column_stack([np.ones(13), dose])
    solution = logistic_problem(x, y, firth=False).solve()

    def deviance(b: float) -> float:
        def minus(a: float) -> float:
            return float(np.logaddexp(0, a + b * dose).sum() - y @ (a + b * dose))

        best = minimize_scalar(minus, bounds=(-15, 15), method="bounded")
        return 2 * (best.fun + solution.log_likelihood)

    quantile = chi2.ppf(0.95, 1)
    upper = brentq(lambda b: deviance(b) - quantile, 0, 1, xtol=1e-10)
    lower = brentq(lambda b: deviance(b) - quantile, -10, -1, xtol=1e-10)
    ends = solution.limits_95[1]
    assert all(end.converged for end in ends)
    assert [end.value for end in ends] == pytest.approx([lower, upper], rel=1e-5)
