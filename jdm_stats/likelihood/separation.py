"""Monotone likelihood: whether a finite maximum exists, and which coefficients it lacks.

A direction b raises the partial likelihood for ever when no one at risk beside a death ever
has a higher x'b than the one who died: (x_death - x_j)'b >= 0 for every death and everyone at
risk with it, not all of them zero (Albert and Anderson 1984; Heinze and Schemper 2001). That
is a linear programme. Its rows, deaths times risk sets, are made only as they are needed:
solve, look for the worst broken row at each event time, add it, solve again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from jdm_stats.likelihood.risk_sets import FloatArray, IntArray, RiskSets

TOLERANCE = 1e-7
MAX_ROUNDS = 200
# Pairs of a death and someone at risk with it, up to which one programme is enough.
FEW_PAIRS = 1e5

# Given a direction, rows d (c, p) with d'b most negative: those the direction breaks.
FindBroken = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class Separation:
    """Outcome of the test for monotone likelihood.

    Parameters
    ----------
    separated : bool
        True when no finite maximum-likelihood estimate exists.
    toward : (p,) int array
        Per coefficient: +1 or -1 where the likelihood climbs for ever in that direction,
        0 where the coefficient stays finite, 2 where both directions are open.
    """

    separated: bool
    toward: IntArray


def cox_separation(covariates: FloatArray, risk_sets: RiskSets) -> Separation:
    """Test a partial likelihood for monotonicity.

    Parameters
    ----------
    covariates : (m, p) float array
        Rows of ``risk_sets.kept``.
    risk_sets : RiskSets

    Returns
    -------
    Separation

    Examples
    --------
    The only exposed child dies first: the hazard ratio has no finite estimate.

    >>> import numpy as np
    >>> from jdm_stats.likelihood.risk_sets import build_risk_sets
    >>> stop = np.array([1.0, 2.0, 3.0])
    >>> sets = build_risk_sets(np.zeros(3), stop, np.array([True, True, False]))
    >>> cox_separation(np.array([[1.0], [0.0], [0.0]]), sets)
    Separation(separated=True, toward=array([1]))
    """
    x = covariates / _size(covariates)
    deaths, when = risk_sets.deaths, risk_sets.death_time
    total = risk_sets.deaths_per_time
    sums = risk_sets.gather(np.column_stack([np.ones(len(x)), x]))
    objective = x[deaths].T @ sums[when, 0] - total @ sums[:, 1:]

    def broken(direction: FloatArray) -> FloatArray:
        eta = x @ direction
        highest = risk_sets.highest(eta)[when]
        gap = eta[deaths] - eta[highest]
        worst = gap < -TOLERANCE
        return x[deaths[worst]] - x[highest[worst]]

    return _recession(objective, broken, float(sums[when, 0].sum()))


def logistic_separation(
    covariates: FloatArray, outcome: FloatArray, combinations: FloatArray | None = None
) -> Separation:
    """Test a logistic likelihood for (quasi-)complete separation.

    Parameters
    ----------
    covariates : (n, p) float array
        The design, its intercept column included.
    outcome : (n,) float array
        0.0 or 1.0.
    combinations : (p, p) float array, optional
        Rows say what to report on: combinations of the coefficients of these columns.
        Default: the coefficients themselves.

    Returns
    -------
    Separation
    """
    size = _size(covariates)
    signed = np.unique(covariates / size * (2.0 * outcome - 1.0)[:, None], axis=0)
    if combinations is not None:
        combinations = combinations / size
        combinations /= np.abs(combinations).max(axis=1, keepdims=True)

    def broken(direction: FloatArray) -> FloatArray:
        margin = signed @ direction
        order = np.argsort(margin)[: 4 * signed.shape[1]]
        return signed[order[margin[order] < -TOLERANCE]]

    return _recession(signed.sum(axis=0), broken, float(len(signed)), combinations)


def _size(covariates: FloatArray) -> FloatArray:
    largest = np.abs(covariates).max(axis=0, initial=0.0)
    return np.where(largest > 0, largest, 1.0)


def _recession(
    objective: FloatArray,
    broken: FindBroken,
    n_pairs: float,
    combinations: FloatArray | None = None,
) -> Separation:
    """Find whether a direction of ascent exists, then which coefficients it moves.

    Columns are linearly independent within the risk sets, so every direction of the cone
    but zero is an ascent. One programme on the sum of all rows settles small problems; in a
    large one that sum could drown a single strict row, and each coefficient is pushed.
    """
    p = len(objective)
    pushes = np.eye(p) if combinations is None else combinations
    rows = np.empty((0, p))
    toward = np.zeros(p, dtype=np.intp)
    scale = max(float(np.abs(objective).max(initial=0.0)), 1e-300)
    direction, rows = _solve(objective / scale, broken, rows)
    separated = float(objective @ direction) / scale > TOLERANCE
    if not separated and n_pairs <= FEW_PAIRS:
        return Separation(False, toward)
    for j in range(p):
        ways = []
        for sign in (1.0, -1.0):
            push = sign * pushes[j]
            found, rows = _solve(push, broken, rows)
            if float(push @ found) > 1e-5:
                ways.append(int(sign))
        toward[j] = 2 if len(ways) == 2 else (ways[0] if ways else 0)
    return Separation(separated or bool(np.any(toward)), toward)


def _solve(
    objective: FloatArray, broken: FindBroken, rows: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Maximise objective'b over the cone within the unit box, adding rows as needed."""
    for _ in range(MAX_ROUNDS):
        direction = _linear_programme(objective, rows)
        if float(objective @ direction) <= TOLERANCE:
            return np.zeros_like(direction), rows
        worst = broken(direction)
        if not len(worst):
            return direction, rows
        rows = np.unique(np.vstack([rows, worst]), axis=0)
    raise RuntimeError("the separation programme did not settle")


def _linear_programme(objective: FloatArray, rows: FloatArray) -> FloatArray:
    if not len(rows):
        return np.sign(objective)
    result = linprog(
        -objective,
        A_ub=-rows,
        b_ub=np.zeros(len(rows)),
        bounds=[(-1.0, 1.0)] * len(objective),
        method="highs",
    )
    if result.status != 0:
        raise RuntimeError(f"the separation programme failed: {result.message}")
    return np.asarray(result.x)
