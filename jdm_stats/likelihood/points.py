"""The objective at one point: likelihood and penalty together, on whichever path serves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jdm_stats.likelihood.fast import compiled_problem
from jdm_stats.likelihood.penalty import Likelihood, Penalty, Point
from jdm_stats.likelihood.risk_sets import FloatArray

if TYPE_CHECKING:
    from jdm_stats.likelihood.compiled.single import Evaluated


def evaluate_point(likelihood: Likelihood, penalty: Penalty, beta: FloatArray) -> Point:
    """Evaluate likelihood and penalty together at ``beta``."""
    twin = compiled_problem(likelihood, penalty)
    if twin is not None:
        return point_of(twin.evaluate(beta))
    # So far out that a risk set underflows, the point is refused by its value of -inf.
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        evaluation = likelihood.evaluate(beta)
        added = penalty.contribution(evaluation, beta)
    total = evaluation.log_likelihood + added.value
    information = evaluation.information
    learnt = added.gradient
    if added.curvature is not None:
        information, learnt = information + added.curvature, np.zeros_like(learnt)
    if not np.all(np.isfinite(information)):
        total = -np.inf
    return Point(
        beta=beta,
        value=total if np.isfinite(total) else -np.inf,
        gradient=evaluation.score + added.gradient,
        penalty_gradient=learnt,
        log_likelihood=evaluation.log_likelihood,
        information=information,
    )


def point_of(evaluated: Evaluated) -> Point:
    """Take over what the compiled path found at a point."""
    value, information = evaluated.value, evaluated.information
    sound = np.isfinite(value) and np.isfinite(information).all()
    return Point(
        beta=evaluated.beta,
        value=value if sound else -np.inf,
        gradient=evaluated.gradient,
        penalty_gradient=evaluated.penalty_gradient,
        log_likelihood=evaluated.log_likelihood,
        information=information,
    )
