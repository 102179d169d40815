"""Proof, from where a climb ended, that a finite maximum exists; and what can be estimated.

Along a direction d of unit length in the information, the third derivative of the
log-likelihood is bounded by the range of x'd, at most R, times the second. So the second
derivative falls no faster than exp(-R t), and the slope turns negative if it was less than
1 / R at the start. With delta the length of the score, delta R < 1 proves a finite maximum.
"""

from __future__ import annotations

import numpy as np

from jdm_stats.likelihood.compiled.jit import exact
from jdm_stats.likelihood.compiled.layout import (
    COX,
    GRADIENT,
    PENALTY,
    Point,
    Problem,
)
from jdm_stats.likelihood.compiled.rows import widest
from jdm_stats.likelihood.compiled.triangular import factorise, solve_factorised
from jdm_stats.likelihood.risk_sets import FloatArray

# Information below this share of what it could be is rounding.
ROUNDING = 1e-11
# A score is no more exact than this share of the weight of the events.
SCORE_ROUNDING = 1e-13


@exact
def certificate(problem: Problem, point: Point) -> float:
    """Compute delta R at a point: below 1, a finite maximum of the plain likelihood is proven.

    Far out on a ridge that climbs for ever, score and information both vanish: what is left
    of them is rounding, and proves nothing. The score is taken as large as its rounding may
    be, and information that is no more than rounding as none.

    Parameters
    ----------
    problem, point
        See `jdm_stats.likelihood.compiled.layout`; the point evaluated.

    Returns
    -------
    float
        inf where the information is singular.
    """
    p = problem.x.shape[1]
    lower, step = np.empty((p, p)), np.empty(p)
    most = problem.weight_of_events
    if not estimable(point.information, most):
        return np.inf
    if not factorise(point.information, p, lower):
        return np.inf
    for j in range(p):
        step[j] = point.vectors[GRADIENT, j] - point.vectors[PENALTY, j]
    solve_factorised(lower, p, step)
    length, trace = 0.0, 0.0
    for j in range(p):
        length += step[j] * (point.vectors[GRADIENT, j] - point.vectors[PENALTY, j])
    for j in range(p):
        for k in range(p):
            step[k] = 1.0 if k == j else 0.0
        solve_factorised(lower, p, step)
        trace += step[j]
    delta = np.sqrt(max(length, 0.0)) + SCORE_ROUNDING * most * np.sqrt(trace)
    # Of two rows in one risk set x'd may differ by twice the largest; a logistic third
    # derivative is bounded by the largest itself.
    factor = 2.0 if problem.kind == COX else 1.0
    return factor * delta * np.sqrt(widest(problem.x, lower, p))


@exact
def estimable(information: FloatArray, most: float) -> bool:
    """Say whether every column varies, independently of the others, where events see it.

    Parameters
    ----------
    information : (p, p) float array
        Of covariates of unit spread.
    most : float
        Its diagonal when nothing is lost: the weight of the events.

    Returns
    -------
    bool
    """
    p = information.shape[0]
    unit, lower = np.empty((p, p)), np.empty((p, p))
    for j in range(p):
        if not information[j, j] > ROUNDING * most:
            return False
    for j in range(p):
        for k in range(p):
            size = np.sqrt(information[j, j] * information[k, k])
            unit[j, k] = information[j, k] / size
    if not factorise(unit, p, lower):
        return False
    smallest = 1.0
    for j in range(p):
        smallest = min(smallest, lower[j, j])
    return smallest * smallest >= ROUNDING
