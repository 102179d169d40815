"""Fitting problems from arrays: covariates centred and scaled, penalty in the caller's units."""

from __future__ import annotations

from dataclasses import replace

from jdm_stats.likelihood.estimable import column_spread
from jdm_stats.likelihood.fitting import Problem
from jdm_stats.likelihood.logistic import LogisticLikelihood
from jdm_stats.likelihood.partial import PartialLikelihood, Ties
from jdm_stats.likelihood.penalty import (
    FirthPenalty,
    NoPenalty,
    Penalty,
    PriorPenalty,
)
from jdm_stats.likelihood.risk_sets import FloatArray, RiskSets


def cox_problem(
    covariates: FloatArray,
    risk_sets: RiskSets,
    *,
    ties: Ties,
    firth: bool = False,
    priors: PriorPenalty | None = None,
    weights: FloatArray | None = None,
    offset: FloatArray | None = None,
    overwrite: bool = False,
) -> Problem:
    """Scale and centre a Cox problem.

    Parameters
    ----------
    covariates : (m, p) float array
        Rows of ``risk_sets.kept``.
    overwrite : bool, default False
        Centre and scale ``covariates`` in place, to save memory.
    risk_sets : RiskSets
    ties : {"efron", "breslow"}
    firth : bool
    priors : PriorPenalty, optional
        Its rows act on coefficients in the caller's units.
    weights, offset : (m,) float arrays, optional
        Of the kept rows.

    Returns
    -------
    Problem

    Examples
    --------
    One exposed child dies while one unexposed child is at risk, and the reverse: the plain
    estimate is 0.

    >>> import numpy as np
    >>> from jdm_stats.likelihood.risk_sets import build_risk_sets
    >>> start = np.array([0.0, 0.0, 5.0, 5.0])
    >>> stop = np.array([3.0, 3.0, 8.0, 8.0])
    >>> sets = build_risk_sets(start, stop, np.array([True, False, False, True]))
    >>> x = np.array([[1.0], [0.0], [1.0], [0.0]])
    >>> problem = cox_problem(x, sets, ties="breslow", firth=False)
    >>> float(abs(problem.solve().coefficients[0])) < 1e-12
    True
    """
    centre = covariates.mean(axis=0)
    inner = covariates if overwrite else covariates.copy()
    inner -= centre
    scale = column_spread(inner)
    inner /= scale
    likelihood = PartialLikelihood(inner, risk_sets, ties, weights, offset)
    problem = Problem(likelihood, scale, _penalty(firth), centre=centre)
    return problem if priors is None else _with_priors(problem, priors)


def logistic_problem(
    covariates: FloatArray,
    outcome: FloatArray,
    *,
    firth: bool = False,
    priors: PriorPenalty | None = None,
    weights: FloatArray | None = None,
    offset: FloatArray | None = None,
) -> Problem:
    """Scale a logistic problem whose first column is the intercept.

    Parameters
    ----------
    covariates : (n, p) float array
    outcome : (n,) float array
        0.0 or 1.0.
    firth, priors
        As in `cox_problem`.
    weights, offset : (n,) float arrays, optional

    Returns
    -------
    Problem
    """
    location = covariates.mean(axis=0)
    location[0] = 0.0
    scale = column_spread(covariates - location)
    inner = (covariates - location) / scale
    likelihood = LogisticLikelihood(inner, outcome, weights, offset)
    problem = Problem(likelihood, scale, _penalty(firth), location)
    return problem if priors is None else _with_priors(problem, priors)


def _penalty(firth: bool) -> Penalty:
    return FirthPenalty() if firth else NoPenalty()


def _with_priors(problem: Problem, priors: PriorPenalty) -> Problem:
    return replace(problem, penalty=priors.turned(problem.back))
