"""Risk sets of the subdistribution: on paper, against expanded rows, and where they separate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.likelihood.estimable import estimable_cox_columns
from jdm_stats.likelihood.fine_gray import (
    FineGraySets,
    build_fine_gray_sets,
    still_observed,
    unobservable,
)
from jdm_stats.likelihood.partial import PartialLikelihood
from jdm_stats.likelihood.problems import cox_problem
from jdm_stats.likelihood.risk_sets import build_risk_sets
from jdm_stats.likelihood.separation import cox_separation


def sets_of(*rows: tuple[float, float, int], **options) -> FineGraySets:
    entry, leave, state = np.array(rows, dtype=float).T
    return build_fine_gray_sets(entry, leave, state.astype(np.intp), **options)


def weights_of(sets: FineGraySets) -> np.ndarray:
    """Weight of every kept row in every risk set, (K, m), one row at a time."""
    return np.column_stack(
        [sets.gather(unit[:, None])[:, 0] for unit in np.eye(len(sets.kept))]
    )


@pytest.mark.parametrize("dense", [0, 10**6])
def test_a_dead_child_counts_for_the_share_still_followed(dense):
    """Death on day 1, censoring on day 2 of the two left: on day 3 the dead count 1/2."""
    sets = sets_of((0, 1, 2), (0, 2, 0), (0, 3, 1), dense_entries=dense)
    assert sets.kept.tolist() == [0, 2]
    np.testing.assert_allclose(weights_of(sets), [[0.5, 1.0]], rtol=1e-15)
    # log-likelihood of x = (1, ., 0): -log(1 + e^b / 2), here at b = log 2
    x = np.array([[1.0], [0.0]])
    at = PartialLikelihood(x, sets, "breslow").evaluate(np.array([np.log(2.0)]))
    assert at.log_likelihood == pytest.approx(-np.log(2.0), rel=1e-15)
    assert at.score[0] == pytest.approx(-0.5, rel=1e-15)
    assert at.information[0, 0] == pytest.approx(0.25, rel=1e-15)


def test_at_a_tie_events_come_before_censorings():
    """Day 2: a censoring, an event and a death. Of the two at risk of censoring one is."""
    rows = ((0, 2, 0), (0, 2, 1), (0, 2, 2), (0, 4, 1))
    weights = weights_of(sets_of(*rows))
    # the censored and the dead are at risk on day 2; on day 4 the dead count 1/2
    np.testing.assert_allclose(weights, [[1, 1, 1, 1], [0, 0, 0.5, 1]], rtol=1e-15)


def test_delayed_entry_makes_the_dead_stand_for_those_not_yet_seen():
    """On day 3 one of two enters, H = 1/2 up to then: a death on day 2 counts for two."""
    weights = weights_of(sets_of((0, 2, 2), (0, 5, 1), (3, 6, 0)))
    np.testing.assert_allclose(weights, [[2.0, 1.0, 1.0]], rtol=1e-15)


def test_probability_of_being_observed_on_paper():
    """Entries on days 0, 0, 1; censorings on days 2 and 4; event on day 3."""
    entry, leave = np.array([0.0, 0.0, 1.0]), np.array([2.0, 3.0, 4.0])
    state = np.array([0, 1, 0])
    found = still_observed(entry, leave, state, np.array([1.0, 1.5, 2.0, 3.0, 4.0]))
    # one of three enters on day 1: H = 2/3 to then; one of three is censored on day 2
    np.testing.assert_allclose(found, [2 / 3, 1, 1, 2 / 3, 2 / 3], rtol=1e-15)


def test_a_law_for_each_group_of_children():
    """Censoring among a only: the dead of b keep their weight."""
    rows = ((0, 1, 2), (0, 2, 0), (0, 3, 0), (0, 1, 2), (0, 4, 0), (0, 4, 1))
    law = np.array([0, 0, 0, 1, 1, 1])
    apart = weights_of(sets_of(*rows, law=law))
    np.testing.assert_allclose(apart, [[1, 1, 1]])  # a comes to 0 and drops out
    together = sets_of(*rows)
    np.testing.assert_allclose(weights_of(together), [[0.5, 0.5, 1, 1]], rtol=1e-15)


def test_strata_keep_to_themselves():
    rows = ((0, 1, 2), (0, 3, 1), (0, 2, 2), (0, 4, 1))
    sets = sets_of(*rows, strata=np.array([0, 0, 1, 1]))
    np.testing.assert_allclose(weights_of(sets), [[1, 1, 0, 0], [0, 0, 1, 1]])


def test_nobody_observed_before_the_late_come_is_told():
    """The first child dies before the second enters: no weight links the two."""
    entry, leave = np.array([0.0, 5.0]), np.array([3.0, 8.0])
    assert unobservable(entry, leave, np.array([2, 1])).tolist() == [True, False]
    with pytest.raises(ValueError, match="nobody is observed"):
        sets_of((0, 3, 2), (5, 8, 1))
    # without a later event nothing needs the weight
    assert len(sets_of((0, 2, 1), (0, 3, 2), (5, 8, 0)).lasting) == 0


# Few distinct days, so that ties of every kind come up.
row = st.tuples(st.integers(0, 4), st.integers(1, 8), st.integers(0, 2))


def drawn(
    rows: list[tuple[int, int, int]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    entry, length, state = np.array(rows).T
    return entry.astype(float), (entry + length).astype(float), state


def expanded(entry, leave, state):
    """Rows copied out, as finegray would; returns start, stop, event, weight, row."""
    times = np.unique(leave[state == 1])
    rows = [(entry[i], leave[i], state[i] == 1, 1.0, i) for i in range(len(entry))]
    at_end = still_observed(entry, leave, state, leave)
    at_times = still_observed(entry, leave, state, times)
    for i in np.flatnonzero(state == 2):
        for k in np.flatnonzero(times > leave[i]):
            weight = at_times[k] / at_end[i]
            if weight > 0:
                rows.append((times[k] - 0.5, times[k], False, weight, i))
    return [np.array(column) for column in zip(*rows, strict=True)]


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(row, min_size=4, max_size=14),
    ties=st.sampled_from(["breslow", "efron"]),
    dense=st.sampled_from([0, 10**6]),
    seed=st.integers(0, 99),
)
def test_sums_are_those_of_expanded_rows(rows, ties, dense, seed):
    entry, leave, state = drawn(rows)
    if unobservable(entry, leave, state).any() or not (state == 1).any():
        return
    rng = np.random.default_rng(seed)
    x, beta = rng.normal(size=(len(entry), 2)), rng.normal(size=2) / 2
    case = rng.uniform(0.5, 2.0, len(entry))
    sets = build_fine_gray_sets(entry, leave, state, dense_entries=dense)
    ours = PartialLikelihood(x[sets.kept], sets, ties, case[sets.kept]).evaluate(beta)
    start, stop, event, weight, child = expanded(entry, leave, state)
    plain = build_risk_sets(start, stop, event, dense_entries=10**6)
    child = child[plain.kept]
    both = weight[plain.kept] * case[child]
    theirs = PartialLikelihood(x[child], plain, ties, both).evaluate(beta)
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood, rel=1e-11)
    np.testing.assert_allclose(ours.score, theirs.score, atol=1e-10)
    np.testing.assert_allclose(ours.information, theirs.information, atol=1e-10)
    np.testing.assert_allclose(
        ours.hazard_increments(), theirs.hazard_increments(), rtol=1e-11
    )
    left = np.bincount(
        child, theirs.martingale_residuals() * weight[plain.kept], len(entry)
    )
    np.testing.assert_allclose(ours.martingale_residuals(), left[sets.kept], atol=1e-10)
    summed = np.zeros((len(entry), 2))
    np.add.at(summed, child, theirs.score_residuals() * both[:, None])
    np.testing.assert_allclose(
        ours.score_residuals() * case[sets.kept][:, None], summed[sets.kept], atol=1e-10
    )


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(row, min_size=3, max_size=14),
    dense=st.sampled_from([0, 10**6]),
    groups=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_gather_and_spread_are_adjoint(rows, dense, groups, seed):
    entry, leave, state = drawn(rows)
    rng = np.random.default_rng(seed)
    law, strata = rng.integers(0, groups, (2, len(entry)))
    if any(
        unobservable(entry[law == g], leave[law == g], state[law == g]).any()
        for g in range(groups)
    ):
        return
    sets = build_fine_gray_sets(
        entry, leave, state, law=law, strata=strata, dense_entries=dense
    )
    a = rng.normal(size=(len(sets.kept), 2))
    c = rng.normal(size=(sets.n_times, 2))
    left, right = np.sum(sets.gather(a) * c), np.sum(a * sets.spread(c))
    assert left == pytest.approx(right, abs=1e-9)


@pytest.mark.parametrize("dense", [0, 10**6])
def test_highest_sees_the_dead(dense):
    sets = sets_of((0, 1, 2), (0, 2, 1), (0, 5, 1), (3, 6, 0), dense_entries=dense)
    eta = np.array([4.0, 1.0, 2.0, 3.0])
    assert sets.highest(eta).tolist() == [0, 0]
    assert sets.highest(-eta).tolist() == [1, 2]


def test_firth_gradient_equals_differences():
    rng = np.random.default_rng(5)
    n = 60
    entry = rng.integers(0, 6, n) * rng.integers(0, 2, n) * 1.0
    leave = entry + rng.integers(1, 15, n)
    state, law = rng.integers(0, 3, n), rng.integers(0, 2, n)
    sets = build_fine_gray_sets(entry, leave, state, law=law)
    x = rng.normal(size=(n, 3))[sets.kept]
    w = rng.uniform(0.5, 2, n)[sets.kept]
    beta, step = np.array([0.3, -0.4, 0.2]), 1e-5
    for ties in ("breslow", "efron"):
        likelihood = PartialLikelihood(x, sets, ties, w)

        def half(b, likelihood=likelihood):
            return 0.5 * np.linalg.slogdet(likelihood.evaluate(b).information)[1]

        at = likelihood.evaluate(beta)
        found = at.half_log_det_gradient(np.linalg.inv(at.information))
        around = [
            (half(beta + step * e) - half(beta - step * e)) / (2 * step)
            for e in np.eye(3)
        ]
        np.testing.assert_allclose(found, around, rtol=1e-7, atol=1e-9)


def test_a_dead_child_can_end_separation():
    """Day 2: the exposed has the event beside an unexposed; a heavier exposed died before."""
    rows = ((0, 1, 2), (0, 2, 1), (0, 3, 0))
    x = np.array([[2.0], [1.0], [0.0]])
    sets = sets_of(*rows)
    assert not cox_separation(x[sets.kept], sets).separated
    alone = sets_of(*rows[1:])
    assert cox_separation(x[1:][alone.kept], alone).separated
    solution, separation = cox_problem(x[sets.kept], sets, ties="breslow").gated()
    # x = 1 lies midway between 2 and 0, each of weight 1: the estimate is 0
    assert solution is not None
    assert not separation.separated
    assert solution.coefficients[0] == pytest.approx(0.0, abs=1e-12)


def test_a_dead_child_can_make_a_term_estimable_and_separated():
    """Only the dead child was exposed: it never has the event, for ever at risk."""
    rows = ((0, 1, 2), (0, 2, 1), (0, 3, 0))
    x = np.array([[1.0], [0.0], [0.0]])
    sets = sets_of(*rows)
    assert estimable_cox_columns(x[sets.kept], sets).tolist() == [0]
    found = cox_separation(x[sets.kept], sets)
    assert found.separated
    assert found.toward.tolist() == [-1]
    plain = build_risk_sets(
        np.zeros(3), np.array([1.0, 2, 3]), np.array([0, 1, 0]) == 1
    )
    assert estimable_cox_columns(x[plain.kept], plain).tolist() == []


def test_without_competing_events_it_is_cox():
    rng = np.random.default_rng(8)
    entry = rng.integers(0, 5, 40) * 1.0
    leave, event = entry + rng.integers(1, 9, 40), rng.random(40) < 0.4
    x = rng.normal(size=(40, 2))
    plain = build_risk_sets(entry, leave, event)
    ours = build_fine_gray_sets(entry, leave, event.astype(np.intp))
    for firth in (False, True):
        a, b = (
            cox_problem(x[s.kept], s, ties="breslow", firth=firth).solve()
            for s in (plain, ours)
        )
        np.testing.assert_array_equal(a.coefficients, b.coefficients)
        assert a.penalised_log_likelihood == b.penalised_log_likelihood
