"""From a problem to estimates with limits, tests and, where there are none, reasons.

The gate stands here: a plain fit is first tested for monotone likelihood, and when no
maximum exists every estimate of the fit is NaN with its reason (docs/decisions/0005).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.stats import norm

from jdm_stats.errors import ConvergenceWarning, SeparationWarning
from jdm_stats.likelihood.fitting import Problem, Solution
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray
from jdm_stats.likelihood.separation import Separation

IntervalKind = Literal["profile", "wald"]

NO_EVENT = "no event: nothing can be estimated (a rate still has an exact upper limit)"
NO_CONTRAST = "everyone has the event: nothing can be estimated"
ALIASED = "does not vary among those at risk at any event, or follows from the terms before it"
DIRECTIONS = {
    1: "monotone likelihood: its plain estimate runs to +infinity",
    -1: "monotone likelihood: its plain estimate runs to -infinity",
    2: "monotone likelihood: its plain estimate runs to infinity",
    0: "monotone likelihood in other terms: no joint maximum exists",
}
NO_JOINT = "monotone likelihood: no joint maximum exists"
REMEDY = "use penalty='firth', whose estimate and profile limits exist"


@dataclass(frozen=True, eq=False)
class Inference:
    """Estimates of one fit, in the order of its terms; NaN where ``reasons`` says why.

    Parameters
    ----------
    coefficients, std_errors, statistics, p_values, lower, upper : (p,) float arrays
        ``lower`` and ``upper`` are the limits of the fit's own interval at 95%.
    covariance : (p, p) float array
    reasons : tuple of str
        Empty where there is an estimate.
    positions : (k,) int array
        Terms that the likelihood can see.
    solution : Solution or None
        None when there is nothing to refit from.
    converged : bool
    failure_reason : str
    separation : Separation or None
        None when the test was not needed.
    limit_notes : tuple of str
        What there is to say of limits that are infinite or could not be found.
    limit_failures : tuple of str
        Per term, why a limit at 95% is NaN beside an estimate; empty where none is.
    """

    coefficients: FloatArray
    std_errors: FloatArray
    statistics: FloatArray
    p_values: FloatArray
    lower: FloatArray
    upper: FloatArray
    covariance: FloatArray
    reasons: tuple[str, ...]
    positions: IntArray
    solution: Solution | None
    converged: bool
    failure_reason: str
    separation: Separation | None = None
    limit_notes: tuple[str, ...] = ()
    limit_failures: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class TermLimits:
    """Limits of every term at one level, in the order of the terms.

    Parameters
    ----------
    lower, upper : (p,) float arrays
    failures : tuple of str
        Per term, why a limit is NaN beside an estimate; empty where none is.
    notes : tuple of str
        What there is to say of limits that are infinite or could not be found.
    """

    lower: FloatArray
    upper: FloatArray
    failures: tuple[str, ...]
    notes: tuple[str, ...] = ()


def nothing(terms: tuple[str, ...], reason: str) -> Inference:
    """Return NaN for every term, with one reason for all."""
    return _empty(len(terms), [reason] * len(terms), np.empty(0, dtype=np.intp), reason)


def _empty(
    p: int, reasons: list[str], positions: IntArray, failure_reason: str
) -> Inference:
    nan = np.full(p, np.nan)
    return Inference(
        coefficients=nan,
        std_errors=nan,
        statistics=nan,
        p_values=nan,
        lower=nan,
        upper=nan,
        covariance=np.full((p, p), np.nan),
        reasons=tuple(reasons),
        positions=positions,
        solution=None,
        converged=False,
        failure_reason=failure_reason,
    )


def infer(
    problem: Problem,
    terms: tuple[str, ...],
    positions: IntArray,
    interval: IntervalKind,
) -> Inference:
    """Fit a problem, or say why it has no estimate.

    Parameters
    ----------
    problem : Problem
        Made of the columns in ``positions`` alone.
    terms : tuple of str
        All terms of the design.
    positions : (k,) int array
        Terms the likelihood can see; the others are NaN.
    interval : {"profile", "wald"}

    Returns
    -------
    Inference
    """
    reasons = [ALIASED] * len(terms)
    for j in positions:
        reasons[j] = ""
    if not len(positions):
        return _empty(len(terms), reasons, positions, ALIASED)
    solution, separation = problem.gated() if problem.plain else (problem.solve(), None)
    if solution is None:
        return _separated(terms, reasons, positions, separation)
    if not solution.maximum.converged:
        reason = f"not converged: {solution.maximum.failure_reason}"
        warnings.warn(reason, ConvergenceWarning, stacklevel=4)
        failed = [r or reason for r in reasons]
        return _empty(len(terms), failed, positions, reason)
    solution = solution.highest()
    base = _empty(len(terms), reasons, positions, "")
    return _with_estimates(base, solution, terms, interval, separation)


def _separated(
    terms: tuple[str, ...],
    reasons: list[str],
    positions: IntArray,
    separation: Separation,
) -> Inference:
    known = bool(np.any(separation.toward))
    for j, way in zip(positions, separation.toward, strict=True):
        reasons[j] = DIRECTIONS[int(way)] if known else NO_JOINT
    diverging = [
        terms[j] for j, way in zip(positions, separation.toward, strict=True) if way
    ]
    failure = (
        f"monotone likelihood (separation) in {', '.join(diverging)}"
        if diverging
        else "monotone likelihood (separation) by too narrow a margin to say in which terms"
    )
    warnings.warn(f"{failure}: {REMEDY}", SeparationWarning, stacklevel=5)
    empty = _empty(len(terms), reasons, positions, f"{failure}; {REMEDY}")
    return replace(empty, separation=separation)


def _with_estimates(
    base: Inference,
    solution: Solution,
    terms: tuple[str, ...],
    interval: IntervalKind,
    separation: Separation | None,
) -> Inference:
    at = base.positions
    coefficients = _placed(base.coefficients, at, solution.coefficients)
    covariance = base.covariance.copy()
    covariance[np.ix_(at, at)] = solution.covariance
    std_errors = np.sqrt(np.diag(covariance))
    statistics, p_values = _tests(solution, base, coefficients, std_errors)
    made = replace(
        base,
        coefficients=coefficients,
        std_errors=std_errors,
        statistics=statistics,
        p_values=p_values,
        covariance=covariance,
        solution=solution,
        converged=True,
        separation=separation,
    )
    found = limits(made, terms, interval, 0.95)
    return replace(
        made,
        lower=found.lower,
        upper=found.upper,
        limit_notes=found.notes,
        limit_failures=found.failures,
    )


def _placed(empty: FloatArray, at: IntArray, values: FloatArray) -> FloatArray:
    full = empty.copy()
    full[at] = values
    return full


def _tests(
    solution: Solution,
    base: Inference,
    coefficients: FloatArray,
    std_errors: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Wald z for a plain fit, penalised likelihood-ratio chi-square for a Firth fit."""
    if not solution.problem.firth:
        z = coefficients / std_errors
        return z, 2.0 * norm.sf(np.abs(z))
    tests = [solution.test((k,)) for k in range(len(base.positions))]
    statistics = np.array([t.statistic for t in tests])
    p_values = np.array([t.p_value for t in tests])
    return (
        _placed(base.statistics, base.positions, statistics),
        _placed(base.p_values, base.positions, p_values),
    )


def limits(
    inference: Inference,
    terms: tuple[str, ...],
    interval: IntervalKind,
    conf_level: float,
) -> TermLimits:
    """Limits of every term, and what there is to say of the odd ones.

    Parameters
    ----------
    inference : Inference
    terms : tuple of str
    interval : {"profile", "wald"}
    conf_level : float

    Returns
    -------
    TermLimits
    """
    lower = np.full(len(terms), np.nan)
    upper = lower.copy()
    failures = [""] * len(terms)
    if inference.solution is None:
        return TermLimits(lower, upper, tuple(failures))
    if interval == "wald":
        reach = norm.isf((1.0 - conf_level) / 2.0) * inference.std_errors
        lower, upper = inference.coefficients - reach, inference.coefficients + reach
        return TermLimits(lower, upper, tuple(failures))
    notes = []
    for k, j in enumerate(inference.positions):
        ends = inference.solution.limits(k, conf_level)
        lower[j], upper[j] = ends[0].value, ends[1].value
        failed = []
        for side, end in zip(("lower", "upper"), ends, strict=True):
            if not end.converged:
                failed.append(
                    f"the {side} profile limit could not be found "
                    f"({end.failure_reason})"
                )
                notes.append(f"{terms[j]}: {failed[-1]}.")
            elif np.isinf(end.value):
                notes.append(
                    f"{terms[j]}: the {side} profile limit is infinite; the data do not "
                    "bound the effect on that side."
                )
        failures[j] = "; ".join(failed)
    return TermLimits(lower, upper, tuple(failures), tuple(notes))
