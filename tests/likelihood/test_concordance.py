"""Pairs are counted as a double loop counts them, whatever the entries, ties and weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.likelihood.concordance import count_pairs, score_ranks
from jdm_stats.likelihood.risk_sets import build_risk_sets


def rows(seed: int, n: int, scores: int):
    """Whole days, few distinct scores and two strata, so that everything ties."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 5, n).astype(float)
    stop = start + rng.integers(1, 6, n)
    return (
        start,
        stop,
        rng.random(n) < 0.5,
        rng.integers(0, scores, n).astype(float),
        rng.choice([0.5, 1.0, 2.0, 3.0], n),
        rng.integers(0, 2, n),
    )


def double_loop(start, stop, event, score, weights, strata):
    """Count pair by pair: by stratum, and the partners of each row."""
    table, partners = np.zeros((2, 5)), np.zeros((len(stop), 3))
    for i in np.flatnonzero(event):
        for j in range(len(stop)):
            if i == j or strata[i] != strata[j] or not start[j] < stop[i] <= stop[j]:
                continue
            weight = weights[i] * weights[j]
            if stop[j] == stop[i] and event[j]:
                if i < j:
                    table[strata[i], 4 if score[i] == score[j] else 3] += weight
                continue
            kind = 2 if score[i] == score[j] else int(score[i] < score[j])
            table[strata[i], kind] += weight
            partners[i, kind] += weights[j]
            partners[j, kind] += weights[i]
    return table, partners


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 60), scores=st.integers(1, 40))
def test_pairs_are_those_of_a_double_loop(seed, n, scores):
    start, stop, event, score, weights, strata = rows(seed, n, scores)
    event[0] = True
    sets = build_risk_sets(start, stop, event, strata=strata)
    found = count_pairs(score[sets.kept], sets, weights[sets.kept], n_strata=2)
    table, partners = double_loop(start, stop, event, score, weights, strata)
    np.testing.assert_allclose(found.by_stratum, table, atol=1e-9)
    np.testing.assert_allclose(found.by_row, partners[sets.kept], atol=1e-9)


def test_five_children_on_paper():
    """A (day 2, score 3) and B (day 2, score 1) die together; C dies on day 4 with score 1.

    D is censored on day 4 with score 2 and E is followed on from day 3 with score 1. On day 2
    A and B tie in time; A beats C and D; B ties with C in the score and loses to D. On day 4
    C loses to D, who is still at risk, and ties with E.
    """
    start = np.array([0.0, 0.0, 0.0, 0.0, 3.0])
    stop = np.array([2.0, 2.0, 4.0, 4.0, 9.0])
    event = np.array([True, True, True, False, False])
    sets = build_risk_sets(start, stop, event)
    found = count_pairs(np.array([3.0, 1.0, 1.0, 2.0, 1.0]), sets)
    assert found.total.tolist() == [2.0, 2.0, 2.0, 1.0, 0.0]
    assert found.concordance == 0.5


def test_influence_is_the_derivative_in_each_weight():
    start, stop, event, score, weights, strata = rows(5, 40, 12)
    sets = build_risk_sets(start, stop, event, strata=strata)
    score, weights = score[sets.kept], weights[sets.kept]
    found = count_pairs(score, sets, weights).influence(weights)
    for i in range(len(weights)):
        values = []
        for change in (1.0 - 1e-6, 1.0 + 1e-6):
            moved = weights.copy()
            moved[i] *= change
            values.append(count_pairs(score, sets, moved).concordance)
        assert found[i] == pytest.approx((values[1] - values[0]) / 2e-6, abs=1e-8)


def test_rounding_breaks_no_tie():
    assert score_ranks(np.array([0.1 + 0.2, 0.3, 0.3 + 1e-9])).tolist() == [0, 0, 1]


def test_no_pair_is_no_number():
    sets = build_risk_sets(np.zeros(1), np.ones(1), np.array([True]))
    found = count_pairs(np.zeros(1), sets)
    assert np.isnan(found.concordance)
    assert np.isnan(found.influence(np.ones(1))).all()
