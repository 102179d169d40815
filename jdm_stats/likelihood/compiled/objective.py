"""Likelihood and penalty together: the objective that is climbed."""

from __future__ import annotations

import numpy as np

from jdm_stats.likelihood.compiled.cox import cox_information, cox_value
from jdm_stats.likelihood.compiled.cox_third import cox_half_log_det_gradient
from jdm_stats.likelihood.compiled.jit import exact
from jdm_stats.likelihood.compiled.layout import (
    BEND,
    BETA,
    COX,
    GRADIENT,
    INVERSE,
    LOG_LIKELIHOOD,
    LOWER,
    NORMAL,
    ONE,
    PENALTY,
    PRIOR,
    SCALE,
    TWO,
    VALUE,
    Point,
    Problem,
    Scratch,
)
from jdm_stats.likelihood.compiled.logistic import (
    logistic_half_log_det_gradient,
    logistic_information,
    logistic_value,
)
from jdm_stats.likelihood.compiled.triangular import (
    factorise,
    half_log_det,
    invert_factorised,
)

# What to evaluate: value and gradient; all; or, at the point valued last, the rest.
SLOPE, ALL, REST = 0, 1, 2


@exact
def evaluate(problem: Problem, scratch: Scratch, point: Point, what: int) -> None:
    """Evaluate the objective at the point's coefficients.

    Firth's penalty needs the information for its value, so that there SLOPE is ALL.

    Parameters
    ----------
    problem, scratch, point
        See `jdm_stats.likelihood.compiled.layout`. A point where the objective is not
        defined receives the value -inf.
    what : int
        SLOPE, ALL or REST.
    """
    numbers = point.numbers
    if what != REST:
        beta, score = point.vectors[BETA], point.vectors[GRADIENT]
        if problem.kind == COX:
            numbers[LOG_LIKELIHOOD] = cox_value(problem, scratch, beta, score)
        else:
            numbers[LOG_LIKELIHOOD] = logistic_value(problem, scratch, beta, score)
        numbers[VALUE] = numbers[LOG_LIKELIHOOD] + _priors(problem, point)
        for j in range(len(score)):
            score[j] += point.vectors[PENALTY, j]
    needed = (problem.firth == 1) == (what != REST) or what == ALL
    if needed and abs(numbers[VALUE]) < np.inf:
        if problem.kind == COX:
            cox_information(problem, scratch, point.information)
        else:
            logistic_information(problem, scratch, point.information)
        for j in range(point.vectors.shape[1]):
            if not abs(point.information[j, j]) < np.inf:
                numbers[VALUE] = -np.inf
        if problem.firth == 1:
            _add_firth(problem, scratch, point)
    if not abs(numbers[VALUE]) < np.inf:
        numbers[VALUE] = -np.inf


@exact
def _add_firth(problem: Problem, scratch: Scratch, point: Point) -> None:
    """Add half the log determinant of the full information, and its gradient."""
    p = point.vectors.shape[1]
    lower = scratch.square[LOWER]
    if not factorise(point.information, p, lower):
        point.numbers[VALUE] = -np.inf
        return
    point.numbers[VALUE] += half_log_det(lower, p)
    invert_factorised(lower, p, scratch.square[INVERSE])
    third = np.empty(p)
    if problem.kind == COX:
        cox_half_log_det_gradient(problem, scratch, third)
    else:
        logistic_half_log_det_gradient(problem, scratch, third)
    for j in range(p):
        point.vectors[PENALTY, j] += third[j]
        point.vectors[GRADIENT, j] += third[j]


@exact
def _priors(problem: Problem, point: Point) -> float:
    """Log densities of the priors, up to a constant; gradient and curvature."""
    value = 0.0
    for j in range(point.vectors.shape[1]):
        point.vectors[PENALTY, j] = 0.0
        point.vectors[BEND, j] = 0.0
        if problem.columns[PRIOR, j] == 0:
            continue
        scale = problem.columns[SCALE, j]
        one, two = problem.columns[ONE, j], problem.columns[TWO, j]
        b = point.vectors[BETA, j] / scale
        if problem.columns[PRIOR, j] == NORMAL:
            z = (b - one) / two
            value -= 0.5 * z * z
            point.vectors[PENALTY, j] = -z / (two * scale)
            point.vectors[BEND, j] = 1.0 / (two * scale) ** 2
        else:
            # log F(m1, m2): e^(b m1 / 2) / (1 + e^b)^((m1 + m2) / 2)
            half = 0.5 * (one + two)
            e = np.exp(-abs(b))
            value += 0.5 * one * b - half * (max(b, 0.0) + np.log1p(e))
            share = (1.0 if b >= 0.0 else e) / (1.0 + e)
            point.vectors[PENALTY, j] = (0.5 * one - half * share) / scale
            point.vectors[BEND, j] = half * e / (1.0 + e) ** 2 / scale**2
    return value
