"""The summing operator and its adjoint: by hand, against loops, dense against cumulative."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.likelihood.risk_sets import build_risk_sets

# Five rows on paper. Event times 3 and 6. The row (3, 6] enters on the day another dies and is
# not at risk then; (0, 2] sees no event; (6, 9] enters on the last event and sees none.
START = np.array([0.0, 3.0, 0.0, 1.0, 6.0])
STOP = np.array([3.0, 6.0, 2.0, 9.0, 9.0])
EVENT = np.array([True, True, False, False, False])


def test_risk_sets_worked_on_paper():
    sets = build_risk_sets(START, STOP, EVENT)
    assert sets.times.tolist() == [3.0, 6.0]
    assert sets.kept.tolist() == [0, 1, 3]
    assert sets.lo.tolist() == [0, 1, 0]
    assert sets.hi.tolist() == [1, 2, 2]
    assert sets.deaths.tolist() == [0, 1]
    assert sets.death_time.tolist() == [0, 1]
    assert sets.deaths_per_time.tolist() == [1, 1]


@pytest.mark.parametrize("dense_entries", [0, 10**6])
def test_gather_and_spread_worked_on_paper(dense_entries):
    sets = build_risk_sets(START, STOP, EVENT, dense_entries=dense_entries)
    # kept rows 0, 1, 3 with values 1, 10, 100: at day 3 rows 0 and 3, at day 6 rows 1 and 3
    assert sets.gather(np.array([[1.0], [10.0], [100.0]])).tolist() == [
        [101.0],
        [110.0],
    ]
    # day 3 carries 2, day 6 carries 5
    assert sets.spread(np.array([[2.0], [5.0]])).tolist() == [[2.0], [5.0], [7.0]]
    assert sets.sum_deaths(np.array([[1.0], [10.0]])).tolist() == [[1.0], [10.0]]
    assert sets.highest(np.array([1.0, 10.0, 100.0])).tolist() == [2, 2]
    assert sets.highest(np.array([5.0, 4.0, 3.0])).tolist() == [0, 1]


def test_no_event_leaves_no_risk_set():
    sets = build_risk_sets(START, STOP, np.zeros(5, dtype=bool))
    assert sets.n_times == 0
    assert len(sets.kept) == 0


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(2, 40),
    dense_entries=st.sampled_from([0, 10**6]),
)
def test_against_loops_and_adjoint(seed, n, dense_entries):
    rng = np.random.default_rng(seed)
    stop = rng.integers(1, 15, n).astype(float)
    start = np.floor(stop * rng.uniform(0, 0.95, n))
    event = rng.random(n) < 0.4
    event[0] = True
    sets = build_risk_sets(start, stop, event, dense_entries=dense_entries)
    at_risk = (start[:, None] < sets.times) & (sets.times <= stop[:, None])
    assert np.array_equal(np.flatnonzero(at_risk.any(axis=1)), sets.kept)
    at_risk = at_risk[sets.kept]
    a = rng.lognormal(size=(len(sets.kept), 3))
    b = rng.normal(size=(sets.n_times, 3))
    np.testing.assert_allclose(sets.gather(a), at_risk.T @ a, rtol=1e-11)
    np.testing.assert_allclose(sets.spread(b), at_risk @ b, rtol=1e-10, atol=1e-12)
    assert np.isclose(
        np.sum(sets.gather(a) * b), np.sum(a * sets.spread(b)), rtol=1e-11
    )
    values = rng.integers(0, 5, len(sets.kept)).astype(float)
    found = sets.highest(values)
    for k, row in enumerate(found):
        assert at_risk[row, k]
        assert values[row] == values[at_risk[:, k]].max()


def test_a_tiny_late_risk_set_keeps_its_digits_in_cumulative_sums():
    """After a row of 1e12 has left, the difference of sums would leave nothing of 1e-6."""
    start = np.zeros(4)
    stop = np.array([1.0, 2.0, 3.0, 3.0])
    event = np.array([True, True, True, False])
    values = np.array([[1e12, -1e12], [1.0, 2.0], [1e-6, 3e-6], [2e-6, 5e-6]])
    cumulative = build_risk_sets(start, stop, event, dense_entries=0)
    assert cumulative._membership is None
    np.testing.assert_allclose(
        cumulative.gather(values)[2], [3e-6, 8e-6], rtol=1e-12, atol=0
    )
