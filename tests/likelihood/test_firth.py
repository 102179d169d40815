"""Firth's penalty: on paper, its gradient against differences, fits against coxphf."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import chi2

from jdm_stats.likelihood.estimable import estimable_cox_columns
from jdm_stats.likelihood.logistic import LogisticLikelihood
from jdm_stats.likelihood.partial import PartialLikelihood
from jdm_stats.likelihood.penalty import FirthPenalty, NoPenalty
from jdm_stats.likelihood.points import evaluate_point
from jdm_stats.likelihood.problems import cox_problem
from jdm_stats.likelihood.risk_sets import build_risk_sets

TIES = ["efron", "breslow"]


def one_of_two():
    sets = build_risk_sets(np.zeros(2), np.array([5.0, 9.0]), np.array([True, False]))
    x = np.array([[1.0], [0.0]])
    return cox_problem(x, sets, ties="breslow", firth=True)


def test_the_exposed_of_two_dies_answer_log_3():
    """1.5 b - 2 log(1 + e^b) is highest where e^b / (1 + e^b) = 3/4."""
    solution = one_of_two().solve()
    assert solution.maximum.converged
    assert solution.coefficients[0] == pytest.approx(np.log(3), abs=1e-12)
    # information e^b / (1 + e^b)^2 = 3/16
    assert solution.covariance[0, 0] == pytest.approx(16 / 3, rel=1e-12)


def test_limits_and_test_of_the_exposed_of_two():
    def penalised(b: float) -> float:
        return 1.5 * b - 2 * np.log1p(np.exp(b))

    solution = one_of_two().solve()
    top = penalised(np.log(3))
    assert solution.penalised_log_likelihood == pytest.approx(top, abs=1e-12)
    lower, upper = solution.limits(0, 0.95)

    def drop(b: float) -> float:
        return 2 * (top - penalised(b)) - chi2.ppf(0.95, 1)

    assert lower.value == pytest.approx(brentq(drop, -20, 1, xtol=1e-13), rel=1e-8)
    assert upper.value == pytest.approx(brentq(drop, 2, 30, xtol=1e-13), rel=1e-8)
    found = solution.test((0,))
    assert found.statistic == pytest.approx(2 * (top - penalised(0.0)), abs=1e-12)
    assert found.p_value == pytest.approx(chi2.sf(found.statistic, 1), rel=1e-12)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("dense_entries", [0, 10**6])
@pytest.mark.parametrize("seed", range(3))
def test_cox_half_log_det_gradient_equals_differences(
    make_rows, ties, dense_entries, seed
):
    rng = np.random.default_rng(seed)
    rows = make_rows(rng, 70, 30, 3)
    sets = rows.sets(dense_entries=dense_entries)
    likelihood = PartialLikelihood(rows.x[sets.kept], sets, ties)
    _check_gradient(likelihood, 0.5 * rng.normal(size=3))


def test_logistic_half_log_det_gradient_equals_differences():
    rng = np.random.default_rng(5)
    x = np.column_stack([np.ones(40), rng.normal(size=(40, 2))])
    y = (rng.random(40) < 0.3).astype(float)
    _check_gradient(LogisticLikelihood(x, y), 0.5 * rng.normal(size=3))


def _check_gradient(likelihood, beta):
    def half_log_det(b):
        return 0.5 * np.linalg.slogdet(likelihood.evaluate(b).information)[1]

    at = likelihood.evaluate(beta)
    found = at.half_log_det_gradient(np.linalg.inv(at.information))
    step = 1e-5
    for j in range(len(beta)):
        move = np.zeros(len(beta))
        move[j] = step
        central = (half_log_det(beta + move) - half_log_det(beta - move)) / (2 * step)
        assert found[j] == pytest.approx(central, rel=2e-8, abs=2e-9)
    point = evaluate_point(likelihood, FirthPenalty(), beta)
    plain = evaluate_point(likelihood, NoPenalty(), beta)
    assert point.value - plain.value == pytest.approx(half_log_det(beta), rel=1e-12)
    np.testing.assert_allclose(point.gradient - plain.gradient, found, rtol=1e-12)


def fit(columns, terms, ties, keep=slice(None)):
    sets = build_risk_sets(
        columns["start"][keep], columns["stop"][keep], columns["event"][keep] == 1
    )
    x = np.column_stack([columns[t][keep] for t in terms])[sets.kept]
    assert len(estimable_cox_columns(x, sets)) == len(terms)
    return cox_problem(x, sets, ties=ties, firth=True)


def check_fit(problem, expected, rtol):
    solution = problem.solve()
    assert solution.maximum.converged
    np.testing.assert_allclose(
        solution.coefficients, expected["coef"], rtol=rtol, atol=1e-9
    )
    np.testing.assert_allclose(
        np.sqrt(np.diag(solution.covariance)), expected["se"], rtol=rtol
    )
    ends = np.array([[e.value for e in pair] for pair in solution.limits_95])
    np.testing.assert_allclose(ends[:, 0], expected["lower"], rtol=1e-6)
    np.testing.assert_allclose(ends[:, 1], expected["upper"], rtol=1e-6)
    p_values = [solution.test((j,)).p_value for j in range(len(ends))]
    np.testing.assert_allclose(p_values, expected["p"], rtol=1e-7)
    return solution


@pytest.mark.parametrize("ties", TIES)
def test_heart_equals_the_reference_maximiser(heart, firth_records, ties):
    given = firth_records[f"firth_cox.reference.heart_tvc.{ties}"]
    problem = fit(heart, given["terms"], ties)
    solution = check_fit(
        problem,
        {
            "coef": given["coef"],
            "se": given["se"],
            "lower": given["profile_lower95"],
            "upper": given["profile_upper95"],
            "p": given["plr_p"],
        },
        rtol=1e-9,
    )
    assert solution.log_likelihood == pytest.approx(
        given["loglik_unpenalised_at_estimate"], rel=1e-11
    )
    # the penalised log-likelihood in the caller's units, not in standardised ones
    assert solution.penalised_log_likelihood == pytest.approx(
        given["ploglik"], rel=1e-11
    )
    assert problem.null_value == pytest.approx(given["ploglik_null"], rel=1e-11)
    together = solution.test(tuple(range(4)))
    assert together.statistic == pytest.approx(given["global_plr"]["chisq"], rel=1e-9)
    assert together.degrees_of_freedom == 4
    assert together.p_value == pytest.approx(given["global_plr"]["p"], rel=1e-9)


def test_heart_equals_coxphf(heart, firth_records):
    given = firth_records["firth_cox.coxphf.heart_tvc"]
    check_fit(
        fit(heart, given["terms"], "breslow"),
        {
            "coef": given["coef"],
            "se": given["se"],
            "lower": given["profile_lower95"],
            "upper": given["profile_upper95"],
            "p": given["plr_p"],
        },
        rtol=3e-7,
    )


def test_five_events_equal_coxphf(five_events, firth_records):
    given = firth_records["five_events.breslow"]
    solution = check_fit(
        fit(five_events, given["terms"], "breslow"),
        {
            "coef": given["firth_coef"],
            "se": given["firth_se"],
            "lower": given["profile_lower"],
            "upper": given["profile_upper"],
            "p": given["penalised_lrt_p"],
        },
        rtol=1e-6,
    )
    assert np.exp(solution.coefficients[0]) == pytest.approx(7.84, abs=0.005)


def test_joint_test_of_two_terms_equals_coxphftest(heart, firth_records):
    given = firth_records["firth_cox.joint_plr.heart40_surg_interaction"]
    terms = ["age", "surgery", "transplant", "surg_tx"]
    solution = fit(heart, terms, "breslow", keep=heart["id"] <= 40).solve()
    found = solution.test((1, 3))
    assert found.degrees_of_freedom == given["df"]
    assert found.statistic == pytest.approx(given["chisq"], rel=1e-9)
    assert found.p_value == pytest.approx(given["p"], rel=1e-9)


def test_units_change_estimates_and_nothing_else(heart):
    terms = ["age", "surgery"]
    first = fit(heart, terms, "efron").solve()
    other = fit({**heart, "age": heart["age"] * 1e6}, terms, "efron").solve()
    assert other.coefficients[0] * 1e6 == pytest.approx(
        first.coefficients[0], rel=1e-12
    )
    assert other.coefficients[1] == pytest.approx(first.coefficients[1], rel=1e-12)
    assert other.test((0,)).p_value == pytest.approx(
        first.test((0,)).p_value, rel=1e-10
    )
    # 1/2 log det I rises by log(1e6)
    assert other.penalised_log_likelihood == pytest.approx(
        first.penalised_log_likelihood + np.log(1e6), rel=1e-12
    )
