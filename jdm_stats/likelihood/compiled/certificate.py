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


@exact
def certificate(problem: Problem, point: Point) -> float:
    """Delta R at a point: below 1, a finite maximum of the plain likelihood is proven.

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
    lower, score = np.empty((p, p)), np.empty(p)
    if not factorise(point.information, p, lower):
        return np.inf
    for j in range(p):
        score[j] = point.vectors[GRADIENT, j] - point.vectors[PENALTY, j]
    step = score.copy()
    solve_factorised(lower, p, step)
    length = 0.0
    for j in range(p):
        length += step[j] * score[j]
    # Of two rows in one risk set x'd may differ by twice the largest; a logistic third
    # derivative is bounded by the largest itself.
    factor = 2.0 if problem.kind == COX else 1.0
    return factor * np.sqrt(max(length, 0.0) * widest(problem.x, lower, p))


@exact
def estimable(information: FloatArray, most: float) -> bool:
    """Whether every column varies, independently of the others, where events see it.

    Parameters
    ----------
    information : (p, p) float array
        At zero, of covariates of unit spread.
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
