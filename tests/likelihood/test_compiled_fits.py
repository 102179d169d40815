"""Compiled fits and limits against R's numbers and against the NumPy path."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from jdm_stats.errors import UsageError
from jdm_stats.likelihood.compiled import batch
from jdm_stats.likelihood.newton import maximise
from jdm_stats.likelihood.penalty import FirthPenalty
from jdm_stats.likelihood.problems import cox_problem, logistic_problem
from jdm_stats.likelihood.risk_sets import build_risk_sets
from tests.likelihood.compiled_rows import make_rows, needs_compiler

pytestmark = needs_compiler
TIES = ["efron", "breslow"]
Q95 = 1.959963984540054


def fit(columns, terms, **kwargs):
    x = np.column_stack([columns[t] for t in terms])
    return batch.cox_many(
        x,
        columns["start"],
        columns["stop"],
        columns["event"] == 1,
        [0, len(x)],
        **kwargs,
    )


@pytest.mark.parametrize("ties", TIES)
def test_heart_equals_coxph(heart, coxph, ties):
    given = coxph[ties]
    found = fit(heart, given["terms"], ties=ties)
    np.testing.assert_allclose(found.coefficients[0], given["coef"], rtol=1e-9)
    np.testing.assert_allclose(found.covariance[0], given["var"], rtol=1e-7)
    both = [found.null_log_likelihood[0], found.log_likelihood[0]]
    np.testing.assert_allclose(both, given["loglik"], rtol=1e-12)


@pytest.mark.parametrize("ties", TIES)
def test_firth_limits_of_heart_equal_the_reference_maximiser(
    heart, firth_records, ties
):
    given = firth_records[f"firth_cox.reference.heart_tvc.{ties}"]
    found = fit(heart, given["terms"], ties=ties, firth=True, quantile=Q95)
    np.testing.assert_allclose(found.coefficients[0], given["coef"], rtol=1e-9)
    np.testing.assert_allclose(found.std_errors[0], given["se"], rtol=1e-9)
    np.testing.assert_allclose(found.lower[0], given["profile_lower95"], rtol=1e-7)
    np.testing.assert_allclose(found.upper[0], given["profile_upper95"], rtol=1e-7)
    p_values = chi2.sf(found.statistics[0], 1)
    np.testing.assert_allclose(p_values, given["plr_p"], rtol=1e-7)
    assert found.penalised[0] == pytest.approx(given["ploglik"], rel=1e-11)
    assert found.null_penalised[0] == pytest.approx(given["ploglik_null"], rel=1e-11)


def test_five_events_equal_coxphf(five_events, firth_records):
    given = firth_records["five_events.breslow"]
    found = fit(five_events, given["terms"], ties="breslow", firth=True, quantile=Q95)
    np.testing.assert_allclose(found.coefficients[0], given["firth_coef"], rtol=1e-6)
    np.testing.assert_allclose(found.std_errors[0], given["firth_se"], rtol=1e-6)
    np.testing.assert_allclose(found.lower[0], given["profile_lower"], rtol=1e-6)
    np.testing.assert_allclose(found.upper[0], given["profile_upper"], rtol=1e-6)
    p_values = chi2.sf(found.statistics[0], 1)
    np.testing.assert_allclose(p_values, given["penalised_lrt_p"], rtol=1e-6)


@pytest.mark.parametrize("firth", [False, True])
@pytest.mark.parametrize("ties", TIES)
def test_weights_strata_and_offsets_fit_as_on_the_numpy_path(ties, firth):
    rows = make_rows(3)
    sets = build_risk_sets(rows.start, rows.stop, rows.event, strata=rows.stratum)
    kept = sets.kept
    solution = cox_problem(
        rows.x[kept],
        sets,
        ties=ties,
        firth=firth,
        weights=rows.weights[kept],
        offset=rows.offset[kept],
    ).solve()
    found = batch.cox_many(
        rows.x,
        rows.start,
        rows.stop,
        rows.event,
        [0, len(rows.x)],
        stratum=rows.stratum,
        weights=rows.weights,
        offset=rows.offset,
        ties=ties,
        firth=firth,
        quantile=Q95,
    )
    np.testing.assert_allclose(
        found.coefficients[0], solution.coefficients, rtol=1e-9, atol=1e-11
    )
    np.testing.assert_allclose(found.covariance[0], solution.covariance, rtol=1e-9)
    ends = np.array([[e.value for e in pair] for pair in solution.limits_95])
    np.testing.assert_allclose(found.lower[0], ends[:, 0], rtol=1e-7)
    np.testing.assert_allclose(found.upper[0], ends[:, 1], rtol=1e-7)
    tests = [solution.test((j,)).statistic for j in range(3)]
    np.testing.assert_allclose(found.statistics[0], tests, rtol=1e-8, atol=1e-10)
    assert found.penalised[0] == pytest.approx(
        solution.penalised_log_likelihood, rel=1e-11
    )


@pytest.mark.parametrize("firth", [False, True])
def test_endometrial_fits_as_on_the_numpy_path(endometrial, firth):
    terms = ["NV", "PI", "EH"] if firth else ["PI", "EH"]
    x = np.column_stack([endometrial[t] for t in terms])
    y = endometrial["HG"] == 1
    design = np.column_stack([np.ones(len(x)), x])
    solution = logistic_problem(design, y.astype(float), firth=firth).solve()
    found = batch.logistic_many(x, y, [0, len(x)], firth=firth, quantile=Q95)
    np.testing.assert_allclose(found.coefficients[0], solution.coefficients, rtol=1e-9)
    np.testing.assert_allclose(found.covariance[0], solution.covariance, rtol=1e-9)
    ends = np.array([[e.value for e in pair] for pair in solution.limits_95])
    np.testing.assert_allclose(found.lower[0, 1:], ends[1:, 0], rtol=1e-7)
    np.testing.assert_allclose(found.upper[0, 1:], ends[1:, 1], rtol=1e-7)
    assert np.isnan(found.lower[0, 0])
    assert found.null_penalised[0] == pytest.approx(
        solution.problem.null_value, rel=1e-11
    )


def test_the_exposed_alone_die():
    """No finite estimate: the climb is given up, without certificate and limits."""
    x = np.array([[1.0], [1.0], [0.0], [0.0], [0.0]])
    stop = np.array([1.0, 2.0, 9.0, 9.0, 9.0])
    event = np.array([True, True, False, False, False])
    found = batch.cox_many(x, np.zeros(5), stop, event, [0, 5], quantile=Q95)
    assert found.certificate[0] >= 1
    assert not found.converged[0]
    assert np.isnan([found.lower[0, 0], found.upper[0, 0]]).all()


def test_many_problems_equal_one_by_one():
    parts = [make_rows(s, n=150 + 10 * s) for s in range(4)]
    joined = {
        key: np.concatenate([getattr(part, key) for part in parts])
        for key in ("x", "start", "stop", "event")
    }
    first = np.cumsum([0] + [len(part.x) for part in parts])
    together = batch.cox_many(
        joined["x"], joined["start"], joined["stop"], joined["event"], first
    )
    assert together.converged.all()
    assert (together.certificate < 1e-4).all()
    for b, part in enumerate(parts):
        alone = batch.cox_many(
            part.x, part.start, part.stop, part.event, [0, len(part.x)]
        )
        np.testing.assert_array_equal(together.coefficients[b], alone.coefficients[0])


def test_what_cannot_be_fitted_says_why_and_spoils_nothing_else():
    rows = make_rows(5, n=200)
    x = np.concatenate([rows.x, rows.x, rows.x])
    x[200:400, 1] = x[200:400, 0]
    event = np.concatenate([np.zeros(200, bool), rows.event, rows.event])
    times = np.tile(rows.start, 3), np.tile(rows.stop, 3)
    found = batch.cox_many(x, *times, event, [0, 200, 400, 600])
    np.testing.assert_array_equal(found.status, [4, 5, 0])
    assert np.isnan(found.coefficients[:2]).all()
    assert np.isfinite(found.coefficients[2]).all()


def test_lengths_that_disagree_are_refused():
    with pytest.raises(UsageError, match="stop must hold"):
        batch.cox_many(np.ones((3, 1)), np.zeros(3), np.ones(2), np.ones(3), [0, 3])
    with pytest.raises(UsageError, match="first must"):
        batch.cox_many(np.ones((3, 1)), np.zeros(3), np.ones(3), np.ones(3), [0, 4])


def test_one_problem_climbs_to_what_the_batch_finds():
    rows = make_rows(6)
    compiled, likelihood = rows.both("efron", firth=True)
    found = compiled.maximise()
    expected = maximise(likelihood, FirthPenalty(), np.zeros(3))
    assert found.converged
    np.testing.assert_allclose(found.point.beta, expected.point.beta, rtol=1e-9)
    assert found.iterations == expected.iterations
    held = compiled.maximise([0.0, 0.5, 0.0], held=(1,))
    assert held.point.beta[1] == 0.5
    fall = 2 * (found.point.value - compiled.maximise(held=(1,)).point.value)
    profiled = compiled.profile(found.point)
    assert profiled.statistics[1] == pytest.approx(fall, rel=1e-9)
    assert (profiled.lower < found.point.beta).all()
    assert (found.point.beta < profiled.upper).all()
    assert found.certificate < 1
