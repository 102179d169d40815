"""The kernels against plain loops, against the NumPy path, against differences."""

from __future__ import annotations

import numpy as np
import pytest

from jdm_stats.likelihood.compiled import single
from jdm_stats.likelihood.logistic import LogisticLikelihood
from jdm_stats.likelihood.penalty import FirthPenalty, NoPenalty, PriorPenalty
from jdm_stats.likelihood.points import evaluate_point
from jdm_stats.likelihood.risk_sets import build_risk_sets
from tests.likelihood.compiled_rows import by_loops, make_rows, needs_compiler

pytestmark = needs_compiler
TIES = ["efron", "breslow"]
BETA = np.array([0.4, -0.7, 0.2])


def close(found, expected, rtol=1e-10):
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol * scale)


def same(found, expected):
    close(found.log_likelihood, expected.log_likelihood)
    close(found.value, expected.value)
    close(found.gradient, expected.gradient)
    close(found.information, expected.information)


def test_the_exposed_of_two_dies_on_paper():
    """The value is b - log(e^b + 1): log 2/3, slope 1/3, information 2/9 at b = log 2."""
    problem = single.cox([[1.0], [0.0]], [0, 0], [1, 1], [0], [0], 1)
    at = problem.evaluate([np.log(2)])
    assert at.log_likelihood == pytest.approx(np.log(2 / 3), abs=1e-15)
    assert at.score[0] == pytest.approx(1 / 3, abs=1e-15)
    assert at.information[0, 0] == pytest.approx(2 / 9, abs=1e-15)


@pytest.mark.parametrize("ties", TIES)
def test_cox_equals_plain_loops(ties):
    rows = make_rows(0)
    compiled, _ = rows.both(ties)
    value, score, information = by_loops(rows, BETA, ties)
    at = compiled.evaluate(BETA)
    close(at.log_likelihood, value)
    close(at.score, score)
    close(at.information, information)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("firth", [False, True])
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("p", [1, 2, 5, 9])
def test_cox_equals_the_numpy_path(ties, firth, whole, p):
    rows = make_rows(p, n=700, p=p)
    compiled, likelihood = rows.both(ties, firth=firth, whole=whole)
    beta = np.linspace(-0.5, 0.7, p)
    penalty = FirthPenalty() if firth else NoPenalty()
    expected = evaluate_point(likelihood, penalty, beta)
    found = compiled.evaluate(beta)
    same(found, expected)
    close(compiled.evaluate(beta, information=False).gradient, expected.gradient)


@pytest.mark.parametrize("firth", [False, True])
@pytest.mark.parametrize("extras", [False, True])
def test_logistic_equals_the_numpy_path(firth, extras):
    rng = np.random.default_rng(1)
    n = 600
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 3))])
    y = (rng.random(n) < 0.2).astype(float)
    weights = rng.uniform(0.2, 3, n) if extras else None
    offset = rng.normal(size=n) if extras else None
    beta = np.array([-1.0, 0.4, -0.3, 5.0])
    compiled = single.logistic(x, y, firth=firth, weights=weights, offset=offset)
    likelihood = LogisticLikelihood(x, y, weights, offset)
    penalty = FirthPenalty() if firth else NoPenalty()
    same(compiled.evaluate(beta), evaluate_point(likelihood, penalty, beta))


@pytest.mark.parametrize("ties", TIES)
def test_firth_gradient_equals_differences(ties):
    compiled, _ = make_rows(7).both(ties, firth=True)
    at, step = compiled.evaluate(BETA), 1e-5
    for j in range(3):
        move = step * np.eye(3)[j]
        up, down = compiled.evaluate(BETA + move), compiled.evaluate(BETA - move)
        slope = (up.value - down.value) / (2 * step)
        assert at.gradient[j] == pytest.approx(slope, rel=1e-7, abs=1e-7)


def test_priors_equal_the_numpy_path():
    rows = make_rows(8)
    _, likelihood = rows.both("efron", whole=True)
    sets = likelihood.risk_sets
    scale = np.array([0.5, 2.0, 1.0])
    nan = np.nan
    penalty = PriorPenalty(
        rows=np.diag(1 / scale)[:2],
        mean=np.array([0.3, 0.1]),
        sd=np.array([0.8, nan]),
        m1=np.array([nan, 2.0]),
        m2=np.array([nan, 3.0]),
    )
    given = [[1, 2, 0], [0.3, 0.1, 0], [0.8, 2.0, 0], [0, 3.0, 0], scale]
    compiled = single.cox(
        likelihood.covariates,
        sets.lo,
        sets.hi,
        sets.deaths,
        sets.death_time,
        sets.n_times,
        priors=given,
    )
    same(compiled.evaluate(BETA), evaluate_point(likelihood, penalty, BETA))


@pytest.mark.parametrize("firth", [False, True])
def test_tiny_late_risk_sets_keep_their_digits(firth):
    """A risk set a billion times smaller than those before it is summed directly."""
    rows = make_rows(9, strata=1)
    offset = np.where(rows.stop >= 11, -21.0, 0.0) + rows.offset
    rows = type(rows)(*(*vars(rows).values(),)[:-1], offset)
    compiled, likelihood = rows.both("efron", firth=firth)
    penalty = FirthPenalty() if firth else NoPenalty()
    same(compiled.evaluate(BETA), evaluate_point(likelihood, penalty, BETA))


@pytest.mark.parametrize("shift", [-2000.0, 2000.0])
def test_a_large_offset_in_common_changes_nothing(shift):
    rows = make_rows(10)
    there = type(rows)(*(*vars(rows).values(),)[:-1], rows.offset + shift)
    at, moved = (r.both("efron")[0].evaluate(BETA) for r in (rows, there))
    close(moved.log_likelihood, at.log_likelihood)
    close(moved.score, at.score, rtol=1e-9)


def test_coefficients_out_of_reach_are_refused_by_their_value():
    compiled, _ = make_rows(11).both("efron")
    assert compiled.evaluate([np.nan, 0, 0]).value == -np.inf
    assert compiled.evaluate([np.inf, 0, 0]).value == -np.inf


@pytest.mark.parametrize("days", [12, 400, None])
@pytest.mark.parametrize("stratified", [False, True])
def test_prepared_rows_equal_the_numpy_path(days, stratified):
    rows = make_rows(12, n=500, days=days or 50)
    start, stop = rows.start, rows.stop
    if days is None:
        rng = np.random.default_rng(2)
        stop = np.exp(rng.normal(0, 4, len(start)))
        start = stop * rng.uniform(-1, 0.99, len(start))
    stratum = rows.stratum if stratified else None
    found = single.prepare_rows(start, stop, rows.event, stratum)
    expected = build_risk_sets(start, stop, rows.event, strata=stratum)
    np.testing.assert_array_equal(found.times, expected.times)
    np.testing.assert_array_equal(found.kept, expected.kept)
    np.testing.assert_array_equal(found.lo, expected.lo)
    np.testing.assert_array_equal(found.hi, expected.hi)
    order = np.argsort(found.death_time, kind="stable")
    np.testing.assert_array_equal(found.death_rows[order], expected.deaths)
    np.testing.assert_array_equal(found.death_time[order], expected.death_time)


def test_no_event_leaves_no_row():
    found = single.prepare_rows([0.0, 1.0], [2.0, 3.0], [False, False])
    assert len(found.times) == len(found.kept) == len(found.death_rows) == 0
