"""Peaks of a penalised likelihood: whether a climb ended on the highest.

Firth's penalty can give the likelihood of a few events several peaks, and its profile
several branches. Nothing proves that the highest is found; starts from all sides make a miss
rare. A plain likelihood is concave: it needs none of this.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jdm_stats.likelihood.newton import Maximum, maximise
from jdm_stats.likelihood.penalty import Likelihood, Penalty, Point
from jdm_stats.likelihood.risk_sets import FloatArray

# A value this much above a supposed maximum is no rounding.
HIGHER = 1e-6
# Distances from the peak, in standard errors, at which `higher_start` looks.
REACH = (1.0, 2.0, 4.0)
# Newton steps of the other coefficients at each of these places.
GLANCE = 1
# A profile that has fallen by less than this share of its slope times the distance, half for
# a parabola, has risen on the way: there may be a peak.
SHALLOW = 0.2
# The score at which a trial climb ends: its value is then good to about a thousandth.
TRIAL_TOLERANCE = 0.03
TRIAL_ITERATIONS = 50


def highest_from(
    likelihood: Likelihood,
    penalty: Penalty,
    found: Maximum,
    starts: Sequence[FloatArray],
    held: tuple[int, ...] = (),
) -> Maximum:
    """Climb again from other starts; the highest of these maxima and the one found.

    Parameters
    ----------
    likelihood, penalty
        As in the fit.
    found : Maximum
    starts : sequence of (p,) float arrays
        Coefficients in ``held`` are put to where ``found`` has them.
    held : tuple of int

    Returns
    -------
    Maximum
        ``found`` itself unless another is higher by more than rounding.
    """
    fixed = list(held)
    for given in starts:
        start = given.copy()
        start[fixed] = found.point.beta[fixed]
        trial = maximise(
            likelihood,
            penalty,
            start,
            held=held,
            max_iterations=TRIAL_ITERATIONS,
            tolerance=TRIAL_TOLERANCE,
        )
        if trial.point.value > found.point.value + HIGHER:
            again = maximise(likelihood, penalty, trial.point.beta, held=held)
            found = again if again.converged else found
    return found


def higher_start(
    likelihood: Likelihood, penalty: Penalty, best: Point, std_errors: FloatArray
) -> FloatArray | None:
    """Look coarsely along each coefficient for a point higher than the supposed maximum.

    Parameters
    ----------
    likelihood, penalty
        As in the fit.
    best : Point
        The supposed maximum.
    std_errors : (p,) float array
        The unit of the steps; 1 is taken for one that is not finite.

    Returns
    -------
    (p,) float array or None
        Coefficients to fit again from.
    """
    for j, std_error in enumerate(std_errors):
        unit = float(std_error) if np.isfinite(std_error) else 1.0
        for side in (-1.0, 1.0):
            higher = _along(likelihood, penalty, best, j, side * unit)
            if higher is not None:
                return higher
    return None


def _along(
    likelihood: Likelihood, penalty: Penalty, best: Point, index: int, unit: float
) -> FloatArray | None:
    """Look one way along one coefficient, the others roughly maximised anew."""
    warm = best
    for reach in REACH:
        start = predicted(warm, index, best.beta[index] + reach * unit)
        near = maximise(
            likelihood, penalty, start, held=(index,), max_iterations=GLANCE
        ).point
        if not np.isfinite(near.value):
            return None
        warm, fall = near, best.value - near.value
        back = -float(near.gradient[index]) * reach * unit
        if back < 0 or fall < SHALLOW * back:
            top = maximise(
                likelihood,
                penalty,
                near.beta,
                max_iterations=TRIAL_ITERATIONS,
                tolerance=TRIAL_TOLERANCE,
            ).point
            if top.value > best.value + HIGHER:
                return top.beta
    return None


def predicted(point: Point, index: int, value: float) -> FloatArray:
    """Move one coefficient to ``value``; the others follow the ridge of the likelihood.

    Parameters
    ----------
    point : Point
        A maximum, or one with the coefficient held.
    index : int
    value : float

    Returns
    -------
    (p,) float array
        Coefficients to start a constrained climb from.
    """
    moved = point.beta.copy()
    moved[index] = value
    free = np.delete(np.arange(len(moved)), index)
    inner = point.information[np.ix_(free, free)]
    try:
        follow = np.linalg.solve(inner, point.information[free, index])
    except np.linalg.LinAlgError:
        return moved
    if np.all(np.isfinite(follow)):
        moved[free] -= follow * (value - point.beta[index])
    return moved
