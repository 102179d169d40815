"""A coarse look for a higher peak, as `jdm_stats.likelihood.peaks.higher_start` takes it.

Firth's penalty can give the likelihood of a few events several peaks. The look goes 1, 2 and 4
standard errors either way along each coefficient, lets the others follow by one step, and
climbs from where the fall is too shallow for a parabola.
"""

from __future__ import annotations

import numpy as np

from jdm_stats.likelihood.compiled.climb import TOLERANCE, Evaluate, climb
from jdm_stats.likelihood.compiled.jit import exact
from jdm_stats.likelihood.compiled.layout import (
    BETA,
    GRADIENT,
    VALUE,
    Point,
    Problem,
    Scratch,
    copy_point,
    make_point,
)
from jdm_stats.likelihood.compiled.profile import (
    HIGHER_BY,
    TRIAL_ITERATIONS,
    TRIAL_TOLERANCE,
    follow_ridge,
    standard_error,
)

SHALLOW = 0.2
LOOKS = 3


@exact
def higher_elsewhere(
    evaluate: Evaluate, problem: Problem, scratch: Scratch, best: Point
) -> bool:
    """Say whether a point higher than the supposed maximum was met.

    Parameters
    ----------
    evaluate : callable
        From `jdm_stats.likelihood.compiled.pointer`.
    problem, scratch
        See `jdm_stats.likelihood.compiled.layout`.
    best : Point
        The supposed maximum.
    """
    p = best.vectors.shape[1]
    held, free = np.zeros(p, dtype=np.bool_), np.zeros(p, dtype=np.bool_)
    warm, near = make_point(p), make_point(p)
    for j in range(p):
        unit = standard_error(best, j)
        if not np.isfinite(unit):
            unit = 1.0
        held[j] = True
        for side in (-1.0, 1.0):
            copy_point(best, warm)
            reach = side * unit
            for _ in range(LOOKS):
                for k in range(p):
                    near.vectors[BETA, k] = warm.vectors[BETA, k]
                value = best.vectors[BETA, j] + reach
                follow_ridge(warm, near, j, value - warm.vectors[BETA, j])
                near.vectors[BETA, j] = value
                climb(evaluate, problem, scratch, near, held, False, 1, TOLERANCE)
                if not np.isfinite(near.numbers[VALUE]):
                    break
                fall = best.numbers[VALUE] - near.numbers[VALUE]
                back = -near.vectors[GRADIENT, j] * reach
                copy_point(near, warm)
                if back < 0.0 or fall < SHALLOW * back:
                    climb(
                        evaluate,
                        problem,
                        scratch,
                        near,
                        free,
                        True,
                        TRIAL_ITERATIONS,
                        TRIAL_TOLERANCE,
                    )
                    if near.numbers[VALUE] > best.numbers[VALUE] + HIGHER_BY:
                        return True
                reach *= 2.0
        held[j] = False
    return False
