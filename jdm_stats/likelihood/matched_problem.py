"""A matched-set problem in scaled covariates, ready for the solver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from jdm_stats.likelihood.conditional import ConditionalLikelihood
from jdm_stats.likelihood.estimable import column_spread, independent_columns
from jdm_stats.likelihood.fitting import Problem
from jdm_stats.likelihood.matched_sets import MatchedSets
from jdm_stats.likelihood.penalty import FirthPenalty, NoPenalty, PriorPenalty
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray

# A column that varies in its sets by less than this share of its size does not vary.
ROUNDING = 1e-12


def conditional_problem(
    covariates: FloatArray,
    sets: MatchedSets,
    *,
    firth: bool = False,
    priors: PriorPenalty | None = None,
    weights: FloatArray | None = None,
    offset: FloatArray | None = None,
) -> Problem:
    """Centre the covariates on the means of their sets, and scale them.

    What is constant within a set cancels out of the likelihood, so no coefficient changes.

    Parameters
    ----------
    covariates : (m, p) float array
        Rows of ``sets.kept``.
    sets : MatchedSets
    firth : bool
    priors : PriorPenalty, optional
        Its rows act on coefficients in the caller's units.
    weights, offset : (m,) float arrays, optional
        Of the kept rows; weights are the same for every row of a set.

    Returns
    -------
    Problem

    Examples
    --------
    Three pairs with an exposed case, one with an exposed control: the odds ratio is 3.

    >>> import numpy as np
    >>> from jdm_stats.likelihood.matched_sets import build_matched_sets
    >>> case = np.tile([True, False], 4)
    >>> sets = build_matched_sets(np.repeat(np.arange(4), 2), case)
    >>> exposed = np.array([1.0, 0, 1, 0, 1, 0, 0, 1])[:, None]
    >>> solution = conditional_problem(exposed, sets).solve()
    >>> float(np.exp(solution.coefficients[0]).round(9))
    3.0
    """
    inner = within_sets(covariates, sets)
    scale = column_spread(inner)
    likelihood = ConditionalLikelihood(inner / scale, sets, weights, offset)
    problem = Problem(likelihood, scale, FirthPenalty() if firth else NoPenalty())
    if priors is None:
        return problem
    return replace(problem, penalty=priors.turned(problem.back))


def estimable_conditional_columns(
    covariates: FloatArray, sets: MatchedSets
) -> IntArray:
    """Positions of covariates that vary, independently, within the sets.

    Examples
    --------
    The first column is the same for everyone in a set.

    >>> import numpy as np
    >>> from jdm_stats.likelihood.matched_sets import build_matched_sets
    >>> case = np.array([True, False, True, False])
    >>> sets = build_matched_sets(np.array([1, 1, 2, 2]), case)
    >>> x = np.array([[5.0, 1.0], [5.0, 0.0], [7.0, 1.0], [7.0, 1.0]])
    >>> estimable_conditional_columns(x, sets)
    array([1])
    """
    return independent_columns(within_sets(covariates, sets))


def within_sets(covariates: FloatArray, sets: MatchedSets) -> FloatArray:
    """Covariates less the means of their sets, (m, p); 0 where only rounding is left."""
    within = sets.centred(covariates)
    size = np.abs(covariates).max(axis=0, initial=0.0)
    within[:, np.abs(within).max(axis=0, initial=0.0) <= ROUNDING * size] = 0.0
    return within
