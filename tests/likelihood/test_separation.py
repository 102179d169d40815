"""Monotone likelihood: on paper, against all directions, where a lone subject hides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from jdm_stats.likelihood.estimable import estimable_cox_columns
from jdm_stats.likelihood.risk_sets import build_risk_sets
from jdm_stats.likelihood.separation import (
    cox_separation,
    logistic_separation,
)


def cox(stop, event, x, start=None):
    stop = np.asarray(stop, dtype=float)
    start = np.zeros(len(stop)) if start is None else np.asarray(start, dtype=float)
    sets = build_risk_sets(start, stop, np.asarray(event) == 1)
    x = np.atleast_2d(np.asarray(x, dtype=float).T).T
    return cox_separation(x[sets.kept], sets)


@pytest.mark.parametrize(
    ("stop", "event", "x", "toward"),
    [
        # every death exposed, someone unexposed beside it
        ([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0], 1),
        # no death exposed
        ([1, 2, 3, 4], [1, 1, 0, 0], [0, 0, 1, 0], -1),
        # an exposed and an unexposed death, each beside the other kind
        ([1, 2, 3, 4, 5], [1, 1, 0, 0, 0], [1, 0, 1, 0, 0], 0),
        # the second death alone with its like: it says nothing, the first decides
        ([1, 2, 2], [1, 1, 0], [1, 0, 0], 1),
        # a dose: the one who dies has the highest at risk each time
        ([1, 2, 3], [1, 1, 0], [3.5, 2.5, 1.0], 1),
        # the second death has a middle dose
        ([1, 2, 3, 4], [1, 1, 0, 0], [3.5, 2.0, 2.5, 1.0], 0),
        # tied deaths, one exposed, one not, an unexposed survivor: each bounds the other
        ([1, 1, 2], [1, 1, 0], [1, 0, 0], 0),
        # tied deaths alike, survivors unlike
        ([1, 1, 2], [1, 1, 0], [1, 1, 0], 1),
    ],
)
def test_one_covariate_on_paper(stop, event, x, toward):
    found = cox(stop, event, x)
    assert found.separated == (toward != 0)
    assert found.toward.tolist() == [toward]


def test_delayed_entry_decides_who_stands_beside_a_death():
    """The exposed survivor who would break the direction enters on the day of the death."""
    stop, event, x = [5, 9, 9], [1, 0, 0], [1, 0, 2]
    assert not cox(stop, event, x).separated
    assert cox(stop, event, x, start=[0, 0, 5]).toward.tolist() == [1]


def test_quasi_separation_in_one_of_two_covariates():
    """Nobody with the second covariate dies; the first overlaps and stays finite."""
    stop = [1, 2, 3, 4, 5, 6]
    event = [1, 1, 1, 0, 0, 0]
    x = np.array([[1, 0], [0, 0], [1, 0], [0, 0], [1, 1], [0, 1]])
    found = cox(stop, event, x)
    assert found.separated
    assert found.toward.tolist() == [0, -1]


def test_both_directions_open():
    """Deaths all NXP2. TIF1g alone can fall; with NXP2 rising faster, it can rise as well."""
    stop = [1, 2, 3, 4, 5]
    event = [1, 1, 0, 0, 0]
    x = np.array([[1, 0], [1, 0], [0, 1], [0, 0], [0, 0]])
    assert cox(stop, event, x).toward.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("y", "x", "toward"),
    [
        ([0, 0, 1, 1], [1, 2, 3, 4], [-1, 1]),  # complete
        ([0, 0, 1, 1, 1], [1, 2, 2, 3, 4], [-1, 1]),  # quasi-complete: a tie at 2
        ([0, 1, 0, 1], [1, 2, 3, 4], [0, 0]),  # overlap
        ([1, 1, 0, 1, 0], [1, 1, 0, 0, 0], [0, 1]),  # an empty cell of a 2 x 2 table
    ],
)
def test_logistic_on_paper(y, x, toward):
    design = np.column_stack([np.ones(len(y)), np.asarray(x, dtype=float)])
    found = logistic_separation(design, np.asarray(y, dtype=float))
    assert found.separated == any(toward)
    assert found.toward.tolist() == toward


def brute_force(differences: np.ndarray) -> tuple[bool, list[int]]:
    """Try every direction of the plane between the boundaries that the rows draw."""
    rows = differences[np.any(differences != 0, axis=1)]
    if rows.shape[1] == 1:
        angles = np.array([[1.0], [-1.0]])
    else:
        edges = np.arctan2(rows[:, 1], rows[:, 0])
        edges = np.concatenate([edges + s for s in (np.pi / 2, -np.pi / 2)])
        edges = np.unique(np.round(np.mod(edges, 2 * np.pi), 12))
        between = edges + np.diff(np.append(edges, edges[0] + 2 * np.pi)) / 2
        every = np.concatenate([edges, between])
        angles = np.column_stack([np.cos(every), np.sin(every)])
    values = rows @ angles.T
    ascent = np.all(values >= -1e-9, axis=0) & np.any(values > 1e-9, axis=0)
    toward = []
    for j in range(rows.shape[1]):
        ways = {int(np.sign(v)) for v in angles[ascent, j] if abs(v) > 1e-9}
        toward.append(2 if len(ways) == 2 else (ways.pop() if ways else 0))
    return bool(ascent.any()), toward


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), p=st.sampled_from([1, 2]))
def test_cox_equals_brute_force(seed, p):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 14))
    stop = rng.integers(1, 8, n).astype(float)
    start = np.floor(stop * rng.uniform(0, 0.9, n)) * (rng.random(n) < 0.4)
    event = rng.random(n) < 0.35
    event[0] = True
    x = rng.integers(0, rng.integers(2, 5), (n, p)).astype(float)
    sets = build_risk_sets(start, stop, event)
    seen = x[sets.kept]
    if len(estimable_cox_columns(seen, sets)) < p:
        return
    differences = [
        x[i] - x[j]
        for i in np.flatnonzero(event)
        for j in np.flatnonzero((start < stop[i]) & (stop[i] <= stop))
    ]
    separated, toward = brute_force(np.array(differences))
    found = cox_separation(seen, sets)
    assert found.separated == separated
    assert found.toward.tolist() == toward


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_logistic_equals_brute_force(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 12))
    x = np.column_stack([np.ones(n), rng.integers(0, 4, n)]).astype(float)
    y = (rng.random(n) < 0.4).astype(float)
    if np.ptp(x[:, 1]) == 0 or np.ptp(y) == 0:
        return
    separated, toward = brute_force(x * (2 * y - 1)[:, None])
    found = logistic_separation(x, y)
    assert found.separated == separated
    assert found.toward.tolist() == toward


@pytest.mark.parametrize("exposed_dies", [False, True])
def test_a_lone_exposed_child_among_many_is_not_drowned(exposed_dies):
    """One of 3,000 is exposed; 60 deaths beside 3,000: far more pairs than are listed."""
    rng = np.random.default_rng(8)
    n, deaths = 3000, 60
    stop = np.full(n, 100.0)
    event = np.zeros(n, dtype=bool)
    event[:deaths] = True
    stop[:deaths] = np.arange(1, deaths + 1)
    x = np.column_stack([np.zeros(n), rng.normal(size=n)])
    x[deaths - 1 if exposed_dies else n - 1, 0] = 1.0
    sets = build_risk_sets(np.zeros(n), stop, event)
    assert sets.gather(np.ones((n, 1)))[sets.death_time].sum() > 1e5
    found = cox_separation(x, sets)
    if exposed_dies:
        # at risk in 59 deaths of others, dies at the last: e^b(n - 1) against 59 e^b
        assert not found.separated
    else:
        assert found.separated
        assert found.toward.tolist() == [-1, 0]


def test_a_large_problem_without_separation():
    rng = np.random.default_rng(9)
    n = 3000
    stop = rng.integers(1, 500, n).astype(float)
    event = rng.random(n) < 0.05
    x = np.column_stack([rng.random(n) < 0.2, rng.normal(size=n)]).astype(float)
    sets = build_risk_sets(np.zeros(n), stop, event)
    found = cox_separation(x[sets.kept], sets)
    assert not found.separated
    assert found.toward.tolist() == [0, 0]


def by_linear_programme(rows: np.ndarray) -> tuple[bool, list[int]]:
    """All rows written out, in the unit box; then each coefficient pushed either way."""
    p = rows.shape[1]

    def reach(objective: np.ndarray) -> float:
        found = linprog(
            -objective, A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=[(-1, 1)] * p
        )
        assert found.status == 0
        return -float(found.fun)

    scale = np.abs(rows).max(initial=1.0)
    separated = reach(rows.sum(axis=0) / scale) > 1e-6
    toward = []
    for j in range(p):
        ways = [s for s in (1, -1) if separated and reach(s * np.eye(p)[j]) > 1e-5]
        toward.append(2 if len(ways) == 2 else (ways[0] if ways else 0))
    return separated, toward


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), p=st.integers(1, 4))
def test_cox_with_strata_equals_the_linear_programme(seed, p):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(6, 25))
    stop = rng.integers(2, 9, n).astype(float)
    start = np.floor(stop * rng.uniform(0, 0.7, n))
    event = rng.random(n) < 0.3
    event[0] = True
    stratum = rng.integers(0, 2, n)
    x = rng.integers(0, 3, (n, p)).astype(float)
    sets = build_risk_sets(start, stop, event, strata=stratum)
    positions = estimable_cox_columns(x[sets.kept], sets)
    if not len(positions):
        return
    x = x[:, positions]
    rows = [
        x[i] - x[j]
        for i in np.flatnonzero(event)
        for j in range(n)
        if stratum[j] == stratum[i] and start[j] < stop[i] <= stop[j]
    ]
    found = cox_separation(x[sets.kept], sets)
    separated, toward = by_linear_programme(np.array(rows))
    assert found.separated == separated
    assert found.toward.tolist() == toward


def test_units_do_not_decide():
    """An overlap stays an overlap when one covariate is measured in millionths."""
    stop = [1, 2, 3, 4, 5, 6]
    event = [1, 1, 1, 0, 0, 0]
    x = np.array([[1, 0.2], [0, 0.9], [1, 0.5], [0, 0.1], [1, 0.6], [0, 0.4]])
    plain = cox(stop, event, x)
    assert cox(stop, event, x * [1e8, 1e-8]).toward.tolist() == plain.toward.tolist()
