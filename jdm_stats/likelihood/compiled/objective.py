"""Likelihood and penalty together: the objective that is climbed."""

from __future__ import annotations

import numpy as np

from jdm_stats.likelihood.compiled.cox import cox_information, cox_value
from jdm_stats.likelihood.compiled.cox_third import cox_half_log_det_gradient
from jdm_stats.likelihood.compiled.jit import exact
from jdm_stats.likelihood.compiled.layout import (
    BETA,
    COX,
    GRADIENT,
    INVERSE,
    LOG_LIKELIHOOD,
    LOWER,
    MEAN,
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
        _bend(problem, point)
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
    """Log densities of the priors, up to a constant, and their gradient."""
    columns = problem.columns
    value = 0.0
    for j in range(columns.shape[1]):
        point.vectors[PENALTY, j] = 0.0
        if columns[PRIOR, j] == 0:
            continue
        scale, one, two = columns[SCALE, j], columns[ONE, j], columns[TWO, j]
        b = point.vectors[BETA, j] / scale - columns[MEAN, j]
        if columns[PRIOR, j] == NORMAL:
            z = b / one
            value -= 0.5 * z * z
            slope = -z / one
        else:
            # e^(b m1 / 2) / (1 + e^b)^((m1 + m2) / 2)
            half, e = 0.5 * (one + two), np.exp(-abs(b))
            value += 0.5 * one * b - half * (max(b, 0.0) + np.log1p(e))
            slope = 0.5 * one - half * (1.0 if b >= 0.0 else e) / (1.0 + e)
        point.vectors[PENALTY, j] = slope / scale
    return value


@exact
def _bend(problem: Problem, point: Point) -> None:
    """Add the curvature of the priors to the information."""
    columns = problem.columns
    for j in range(columns.shape[1]):
        if columns[PRIOR, j] == 0:
            continue
        scale, one, two = columns[SCALE, j], columns[ONE, j], columns[TWO, j]
        if columns[PRIOR, j] == NORMAL:
            bend = 1.0 / (one * one)
        else:
            b = point.vectors[BETA, j] / scale - columns[MEAN, j]
            e = np.exp(-abs(b))
            bend = 0.5 * (one + two) * e / (1.0 + e) ** 2
        point.information[j, j] += bend / (scale * scale)
