"""The drift test is the score test of a model with x and x g(t), built row by row."""

from __future__ import annotations

import numpy as np
import pytest

from jdm_stats.likelihood.partial import PartialLikelihood
from jdm_stats.likelihood.risk_sets import build_risk_sets
from jdm_stats.likelihood.time_varying import drift_score, information_over_time


def problem(ties, seed=3, n=60):
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 4, n).astype(float)
    stop = start + rng.integers(1, 7, n)
    event, strata = rng.random(n) < 0.45, rng.integers(0, 2, n)
    x = rng.normal(size=(n, 2))
    weights = rng.choice([0.5, 1.0, 2.5], n)
    return start, stop, event, strata, x, weights


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_it_is_the_score_test_of_rows_cut_at_every_event(ties):
    """Cut each row at every event time; x g(t) is then an ordinary column."""
    start, stop, event, strata, x, weights = problem(ties)
    sets = build_risk_sets(start, stop, event, strata=strata)
    kept, beta = sets.kept, np.array([0.3, -0.5])
    at = PartialLikelihood(x[kept], sets, ties, weights[kept]).evaluate(beta)
    g = np.sqrt(sets.times)
    found = drift_score(at, g)

    cuts = np.unique(stop[event])
    pieces = []
    for i in range(len(stop)):
        ends = [*cuts[(cuts > start[i]) & (cuts < stop[i])], stop[i]]
        begins = [start[i], *ends[:-1]]
        for a, b in zip(begins, ends, strict=True):
            pieces.append((i, a, b, event[i] and b == stop[i]))
    who, a, b, dies = (np.array(column) for column in zip(*pieces, strict=True))
    long = build_risk_sets(a, b, dies.astype(bool), strata=strata[who])
    wide = np.column_stack([x[who], x[who] * np.sqrt(b)[:, None]])[long.kept]
    whole = PartialLikelihood(wide, long, ties, weights[who][long.kept]).evaluate(
        np.concatenate([beta, np.zeros(2)])
    )
    v, u = whole.information, whole.score
    solved = np.linalg.solve(v[:2, :2], np.column_stack([v[:2, 2:], u[:2]]))
    np.testing.assert_allclose(
        found.score, u[2:] - v[2:, :2] @ solved[:, -1], atol=1e-9
    )
    np.testing.assert_allclose(
        found.variance, v[2:, 2:] - v[2:, :2] @ solved[:, :2], atol=1e-9
    )


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_ones_give_the_information_and_a_constant_added_changes_nothing(ties):
    start, stop, event, strata, x, weights = problem(ties)
    sets = build_risk_sets(start, stop, event, strata=strata)
    at = PartialLikelihood(x[sets.kept], sets, ties, weights[sets.kept]).evaluate(
        np.array([0.2, 0.1])
    )
    np.testing.assert_allclose(
        information_over_time(at, np.ones(sets.n_times)), at.information, rtol=1e-12
    )
    one, other = (
        drift_score(at, sets.times + c).test(np.arange(2)) for c in (0.0, 99.0)
    )
    assert one == pytest.approx(other, rel=1e-9)


def test_a_drift_that_cannot_be_told_is_nan():
    """One event time only: a drift and a constant effect are one and the same."""
    sets = build_risk_sets(
        np.zeros(3), np.array([1.0, 2.0, 2.0]), np.array([1, 0, 0], bool)
    )
    at = PartialLikelihood(np.array([[1.0], [0.0], [0.0]]), sets).evaluate(np.zeros(1))
    assert np.isnan(drift_score(at, np.array([1.0])).test(np.array([0]))).all()
