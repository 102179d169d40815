"""From the rows of a fit to its inference: the one road that every model takes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from jdm_stats.likelihood.fitting import Solution
from jdm_stats.likelihood.risk_sets import IntArray
from jdm_stats.models.fitted_rows import FittedRows
from jdm_stats.models.inference import (
    ALIASED,
    NO_CONTRAST,
    NO_EVENT,
    Inference,
    IntervalKind,
    infer,
    nothing,
)
from jdm_stats.models.variance import variance_of


def infer_rows(
    terms: tuple[str, ...],
    rows: FittedRows,
    interval: IntervalKind,
    *,
    near: Inference | None = None,
) -> tuple[Inference, float]:
    """Fit what the likelihood can see of the rows.

    Parameters
    ----------
    terms : tuple of str
        All terms of the design.
    rows : FittedRows
    interval : {"profile", "wald", "robust", "jackknife"}
    near : Inference, optional
        Of a fit to almost the same rows: where a penalised climb starts.

    Returns
    -------
    inference : Inference
    null : float
        (Penalised) log-likelihood with every covariate at zero; NaN without any.
    """
    if not rows.outcome.any():
        return nothing(terms, NO_EVENT), np.nan
    if rows.needs_contrast and rows.outcome.all():
        return nothing(terms, NO_CONTRAST), np.nan
    positions, problem = rows.whole_problem()
    if problem is None:
        return nothing(terms, ALIASED), np.nan
    free = np.array([j for j in positions if rows.priors and rows.priors[j] is None])
    unguarded = None
    if rows.priors and len(free):
        plain = replace(rows, priors=()).problem(free.astype(np.intp))
        unguarded = (plain, np.flatnonzero(np.isin(positions, free)))
    found = infer(
        problem,
        terms,
        positions,
        interval,
        partial(variance_of, positions=positions, p=len(terms), rows=rows),
        unguarded=unguarded,
        near=_start(near, positions),
    )
    return found, problem.null_value


def _start(near: Inference | None, positions: IntArray) -> Solution | None:
    """Give the neighbour's solution when it is of the same terms."""
    if near is None or not np.array_equal(near.positions, positions):
        return None
    return near.solution
