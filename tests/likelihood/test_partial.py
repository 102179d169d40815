"""Cox's partial likelihood: on paper, against plain loops, against R's coxph."""

from __future__ import annotations

import numpy as np
import pytest

from jdm_stats.likelihood.partial import PartialLikelihood
from jdm_stats.likelihood.problems import cox_problem
from jdm_stats.likelihood.risk_sets import build_risk_sets

TIES = ["efron", "breslow"]


def by_loops(rows, beta, ties):
    """Log-likelihood, score and information written out death by death."""
    p = rows.x.shape[1]
    value, score, information = 0.0, np.zeros(p), np.zeros((p, p))
    for time in np.unique(rows.stop[rows.event]):
        at_risk = rows.at_risk(time)
        dying = rows.event & (rows.stop == time)
        deaths = int(dying.sum())
        value += float((rows.x[dying] @ beta).sum())
        score += rows.x[dying].sum(axis=0)
        for place in range(deaths):
            phi = place / deaths if ties == "efron" else 0.0
            weight = np.exp(rows.x @ beta) * (at_risk - phi * dying)
            total = weight.sum()
            mean = weight @ rows.x / total
            centred = rows.x - mean
            value -= np.log(total)
            score -= mean
            information += (centred * weight[:, None]).T @ centred / total
    return value, score, information


def evaluate(rows, beta, ties, **kwargs):
    sets = rows.sets(**kwargs)
    return PartialLikelihood(rows.x[sets.kept], sets, ties).evaluate(beta)


def test_two_children_on_paper():
    """The exposed of two dies first: b - log(e^b + 1), slope 1/(1+e^b), both at b = log 2."""
    sets = build_risk_sets(np.zeros(2), np.array([5.0, 9.0]), np.array([True, False]))
    at = PartialLikelihood(np.array([[1.0], [0.0]]), sets).evaluate(
        np.array([np.log(2)])
    )
    assert at.log_likelihood == pytest.approx(np.log(2 / 3), abs=1e-15)
    assert at.score[0] == pytest.approx(1 / 3, abs=1e-15)
    assert at.information[0, 0] == pytest.approx(2 / 9, abs=1e-15)


def test_a_tie_on_paper():
    """Two of three die together, one exposed. At b = 0: Breslow 1/9, Efron 1/3 * 1/2."""
    sets = build_risk_sets(
        np.zeros(3), np.array([4.0, 4.0, 7.0]), np.array([True, True, False])
    )
    x = np.array([[1.0], [0.0], [0.0]])
    breslow = PartialLikelihood(x, sets, "breslow").evaluate(np.zeros(1))
    efron = PartialLikelihood(x, sets, "efron").evaluate(np.zeros(1))
    assert breslow.log_likelihood == pytest.approx(-np.log(9), abs=1e-15)
    assert efron.log_likelihood == pytest.approx(-np.log(6), abs=1e-15)
    # Breslow: 1 - 2/3. Efron: 1 - 1/3 - (1/2)/2.
    assert breslow.score[0] == pytest.approx(1 / 3, abs=1e-15)
    assert efron.score[0] == pytest.approx(5 / 12, abs=1e-15)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("dense_entries", [0, 10**6])
@pytest.mark.parametrize("seed", range(4))
def test_loglik_score_information_equal_loops(make_rows, ties, dense_entries, seed):
    rng = np.random.default_rng(seed)
    rows = make_rows(rng, 60, 25, 3)
    assert (
        np.bincount(np.unique(rows.stop[rows.event], return_inverse=True)[1]).max() > 1
    )
    beta = rng.normal(size=3)
    value, score, information = by_loops(rows, beta, ties)
    found = evaluate(rows, beta, ties, dense_entries=dense_entries)
    assert found.log_likelihood == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(found.score, score, rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(found.information, information, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("ties", TIES)
def test_heart_at_a_given_point_equals_coxph(heart, coxph, ties):
    expected = coxph[ties]
    sets = build_risk_sets(heart["start"], heart["stop"], heart["event"] == 1)
    x = np.column_stack([heart[t] for t in expected["terms"]])[sets.kept]
    found = PartialLikelihood(x, sets, ties).evaluate(np.array(expected["at"]))
    assert found.log_likelihood == pytest.approx(expected["loglik_at"], rel=1e-12)
    np.testing.assert_allclose(found.score, expected["score_at"], rtol=1e-9)
    np.testing.assert_allclose(found.information, expected["information_at"], rtol=1e-9)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("dense_entries", [0, 10**6])
def test_heart_fit_equals_coxph(heart, coxph, ties, dense_entries):
    expected = coxph[ties]
    sets = build_risk_sets(
        heart["start"], heart["stop"], heart["event"] == 1, dense_entries=dense_entries
    )
    x = np.column_stack([heart[t] for t in expected["terms"]])[sets.kept]
    problem = cox_problem(x, sets, ties=ties, firth=False)
    solution = problem.solve()
    assert solution.maximum.converged
    np.testing.assert_allclose(solution.coefficients, expected["coef"], rtol=1e-9)
    np.testing.assert_allclose(
        np.sqrt(np.diag(solution.covariance)), expected["se"], rtol=1e-9
    )
    np.testing.assert_allclose(solution.covariance, expected["var"], rtol=1e-8)
    assert problem.null_value == pytest.approx(expected["loglik"][0], rel=1e-12)
    assert solution.log_likelihood == pytest.approx(expected["loglik"][1], rel=1e-12)


@pytest.mark.parametrize("ties", TIES)
def test_plain_profile_limits_equal_uniroot_on_coxph(heart, coxph, ties):
    expected = coxph[ties]
    sets = build_risk_sets(heart["start"], heart["stop"], heart["event"] == 1)
    x = np.column_stack([heart[t] for t in expected["terms"]])[sets.kept]
    solution = cox_problem(x, sets, ties=ties, firth=False).solve()
    ends = np.array([[e.value for e in pair] for pair in solution.limits_95])
    np.testing.assert_allclose(ends[:, 0], expected["lower"], rtol=1e-7)
    np.testing.assert_allclose(ends[:, 1], expected["upper"], rtol=1e-7)
