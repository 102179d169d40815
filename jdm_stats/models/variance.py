"""Variances that do not trust the model: robust by cluster, and leaving clusters out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jdm_stats.likelihood.fitting import Problem, Solution
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray
from jdm_stats.likelihood.sandwich import Evaluated, sandwich
from jdm_stats.models.fitted_rows import FittedRows

FEW_CLUSTERS = 10


@dataclass(frozen=True, eq=False)
class Variance:
    """A covariance of the estimates, with what its limits need.

    Parameters
    ----------
    covariance : (p, p) float array
        In the order of all terms; NaN for those without estimate.
    degrees : float
        Degrees of freedom of the t quantile; infinity for the normal.
    reason : str
        Why there is no covariance; empty when there is.
    """

    covariance: FloatArray
    degrees: float = np.inf
    reason: str = ""


def variance_of(
    kind: str, solution: Solution, positions: IntArray, p: int, rows: FittedRows
) -> Variance:
    """Give the covariance behind robust or jackknife limits, or R's plain ``"sandwich"``."""
    if kind == "jackknife":
        return jackknife_variance(solution, positions, p, rows)
    corrected = kind == "robust"
    return robust_variance(solution, positions, p, rows, leverage=corrected)


def robust_variance(
    solution: Solution, positions: IntArray, p: int, rows: FittedRows, *, leverage: bool
) -> Variance:
    """Sandwich by cluster, in the caller's units.

    Parameters
    ----------
    solution : Solution
    positions : (k,) int array
        Terms with an estimate.
    p : int
        All terms.
    rows : FittedRows
    leverage : bool
        Correct for leverage (the limits of a fit do); False is R's sandwich.

    Returns
    -------
    Variance
        ``degrees`` are clusters with an event less parameters; below 1 there is a reason.
    """
    evaluation = solution.problem.likelihood.evaluate(solution.maximum.point.beta)
    assert isinstance(evaluation, Evaluated)
    groups = np.unique(rows.groups[rows.seen], return_inverse=True)[1]
    copies, uneven = _copies(rows, groups)
    if uneven:
        return Variance(np.full((p, p), np.nan), 0.0, uneven)
    inner = sandwich(
        evaluation,
        solution.scaled_covariance,
        groups,
        leverage=leverage,
        copies=copies,
    )
    back = solution.problem.back
    slopes = len(positions) - int(solution.problem.logistic)
    degrees = rows.groups_with_event - slopes
    found = _placed(back @ inner @ back.T, positions, p)
    if leverage and not np.isfinite(inner).all():
        return Variance(
            found, degrees, "one cluster alone carries the information on an estimate"
        )
    if leverage and degrees < 1:
        return Variance(
            np.full((p, p), np.nan),
            degrees,
            f"{rows.groups_with_event} clusters with an event leave no degree of freedom "
            f"for {slopes} parameters",
        )
    return Variance(found, degrees)


def _copies(rows: FittedRows, groups: IntArray) -> tuple[FloatArray | None, str]:
    """Children that each cluster stands for under frequency weights, and what is wrong."""
    if rows.weight_kind != "frequency" or rows.weights is None:
        return None, ""
    weights = rows.weights[rows.seen]
    count = int(groups.max(initial=-1)) + 1
    copies = np.zeros(count)
    copies[groups] = weights
    if not (copies[groups] == weights).all():
        return None, "frequency weights differ within a cluster"
    return copies, ""


def jackknife_variance(
    solution: Solution, positions: IntArray, p: int, rows: FittedRows
) -> Variance:
    """Refit without each cluster in turn: (G - 1) / G times the spread of the estimates.

    Parameters
    ----------
    solution : Solution
        Refits start from it.
    positions : (k,) int array
    p : int
    rows : FittedRows

    Returns
    -------
    Variance
        With a reason when an estimate does not exist without some cluster.
    """
    if rows.weight_kind == "frequency":
        return Variance(
            np.full((p, p), np.nan),
            0.0,
            "under frequency weights a row stands for several children, and leaving it out "
            "would leave out all of them; use robust limits",
        )
    estimates = leave_out_estimates(solution, positions, rows, rows.groups)
    lost = ~np.isfinite(estimates).all(axis=1)
    degrees = rows.groups_with_event - len(positions) + int(solution.problem.logistic)
    if lost.any():
        return Variance(
            np.full((p, p), np.nan),
            degrees,
            "without one cluster there is no estimate"
            if lost.sum() == 1
            else f"without any one of {int(lost.sum())} clusters there is no estimate",
        )
    if degrees < 1:
        reason = "too few clusters with an event for the number of parameters"
        return Variance(np.full((p, p), np.nan), degrees, reason)
    groups = len(estimates)
    apart = estimates - estimates.mean(axis=0)
    return Variance(
        _placed((groups - 1) / groups * apart.T @ apart, positions, p), degrees
    )


def leave_out_estimates(
    solution: Solution, positions: IntArray, rows: FittedRows, groups: IntArray
) -> FloatArray:
    """Estimates without each group of rows in turn, (G, k); NaN where none exists."""
    count = int(groups.max(initial=-1)) + 1
    estimates = np.tile(solution.coefficients, (count, 1))
    for group in np.unique(groups[rows.seen]):
        estimates[group] = np.nan
        left = rows.without(groups == group)
        if left.outcome.any() and np.isin(positions, left.estimable()).all():
            found = refitted(left.problem(positions), solution)
            if found is not None:
                estimates[group] = found.coefficients
    return estimates


def refitted(problem: Problem, near: Solution) -> Solution | None:
    """Fit a problem from where a neighbouring fit ended; None where no estimate exists."""
    start = np.asarray(np.linalg.solve(problem.back, near.coefficients), np.float64)
    if problem.plain:
        found, _ = problem.gated(start, directions=False)
        return found if found is not None and found.maximum.converged else None
    solved = problem.solve(start)
    if not solved.maximum.converged:
        solved = problem.solve()
    return solved if solved.maximum.converged else None


def _placed(inner: FloatArray, positions: IntArray, p: int) -> FloatArray:
    full = np.full((p, p), np.nan)
    full[np.ix_(positions, positions)] = inner
    return full
