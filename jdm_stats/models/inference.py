"""From a problem to estimates with limits, tests and, where there are none, reasons.

The gate stands here: every fit is asked whether its plain likelihood is monotone. A plain fit
that is has no estimate, and NaN with its reason (docs/decisions/0005); a penalised fit has
one, but neither Wald nor sandwich figures, which would rest on a curvature that is not there.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.stats import norm, t

from jdm_stats.errors import ConvergenceWarning, SeparationWarning
from jdm_stats.likelihood.fitting import Problem, Solution
from jdm_stats.likelihood.penalty import NoPenalty
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray
from jdm_stats.likelihood.separation import Separation
from jdm_stats.models.variance import Variance, refitted

IntervalKind = Literal["profile", "wald", "robust", "jackknife"]
# Gives the covariance behind an interval of one kind.
VarianceOf = Callable[[str, Solution], Variance]

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
PRIORS_TOO = "give these terms a prior, too, or use penalty='firth'"
REFUSED = (
    "monotone likelihood: Wald and sandwich figures rest on a curvature that is not there; "
    "use profile limits"
)


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
    variance : Variance or None
        Behind the limits, when they are Wald, robust or jackknife ones.
    converged : bool
    failure_reason : str
    separation : Separation or None
        What the gate found of the plain likelihood; None when it was not asked.
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
    variance: Variance | None = None


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
    variance_of: VarianceOf,
    *,
    unguarded: tuple[Problem, IntArray] | None = None,
    near: Solution | None = None,
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
    interval : {"profile", "wald", "robust", "jackknife"}
    variance_of : callable
        Covariance for an interval of a kind, given the solution.
    unguarded : (Problem, (f,) int array), optional
        The plain problem of the terms that no prior holds, and where they stand among
        ``positions``; None when all are held.
    near : Solution, optional
        A neighbouring fit of the same terms, from which a penalised climb starts.

    Returns
    -------
    Inference
    """
    reasons = [ALIASED] * len(terms)
    for j in positions:
        reasons[j] = ""
    if not len(positions):
        return _empty(len(terms), reasons, positions, ALIASED)
    if problem.plain:
        solution, separation = problem.gated()
        if solution is None:
            return _separated(terms, reasons, positions, separation)
    else:
        climbed = None if near is None else refitted(problem, near)
        solution = problem.solve() if climbed is None else climbed
        plain = replace(problem, penalty=NoPenalty())
        separation = plain.gated(solution.maximum.point.beta)[1]
        if unguarded is not None and separation.separated:
            free, places = unguarded
            open_still = free.gated()[1]
            if open_still.separated:
                toward = np.zeros(len(positions), dtype=np.intp)
                toward[places] = open_still.toward
                own = Separation(True, toward)
                return _separated(terms, reasons, positions, own, PRIORS_TOO)
    if not solution.maximum.converged:
        reason = f"not converged: {solution.maximum.failure_reason}"
        warnings.warn(reason, ConvergenceWarning, stacklevel=4)
        failed = [r or reason for r in reasons]
        return _empty(len(terms), failed, positions, reason)
    base = _empty(len(terms), reasons, positions, "")
    return _with_estimates(
        replace(base, separation=separation),
        solution.highest(),
        terms,
        interval,
        variance_of,
    )


def _separated(
    terms: tuple[str, ...],
    reasons: list[str],
    positions: IntArray,
    separation: Separation,
    remedy: str = REMEDY,
) -> Inference:
    known = bool(np.any(separation.toward))
    for j, way in zip(positions, separation.toward, strict=True):
        reasons[j] = DIRECTIONS[int(way)] if known else NO_JOINT
    diverging = diverging_terms(terms, positions, separation)
    failure = (
        f"monotone likelihood (separation) in {', '.join(diverging)}"
        if diverging
        else "monotone likelihood (separation) by too narrow a margin to say in which terms"
    )
    warnings.warn(f"{failure}: {remedy}", SeparationWarning, stacklevel=5)
    empty = _empty(len(terms), reasons, positions, f"{failure}; {remedy}")
    return replace(empty, separation=separation)


def diverging_terms(
    terms: tuple[str, ...], positions: IntArray, separation: Separation
) -> list[str]:
    """Terms whose plain estimate runs to infinity."""
    return [
        terms[j] for j, way in zip(positions, separation.toward, strict=True) if way
    ]


def _with_estimates(
    base: Inference,
    solution: Solution,
    terms: tuple[str, ...],
    interval: IntervalKind,
    variance_of: VarianceOf,
) -> Inference:
    at = base.positions
    coefficients = _placed(base.coefficients, at, solution.coefficients)
    covariance = base.covariance.copy()
    covariance[np.ix_(at, at)] = solution.covariance
    made = replace(
        base,
        coefficients=coefficients,
        std_errors=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        solution=solution,
        converged=True,
    )
    if interval in ("robust", "jackknife"):
        if made.separation is not None and made.separation.separated:
            variance = Variance(np.full_like(covariance, np.nan), 1.0, REFUSED)
        else:
            variance = variance_of(interval, solution)
        with np.errstate(invalid="ignore"):
            errors = np.sqrt(np.diag(variance.covariance))
        made = replace(made, std_errors=errors, variance=variance)
        variance_of = _already(variance)
    statistics, p_values = _tests(made)
    made = replace(made, statistics=statistics, p_values=p_values)
    found = limits(made, terms, interval, 0.95, variance_of)
    return replace(
        made,
        lower=found.lower,
        upper=found.upper,
        limit_notes=found.notes,
        limit_failures=found.failures,
    )


def _already(variance: Variance) -> VarianceOf:
    """Hand out a variance that has been worked out."""
    return lambda kind, solution: variance


def _placed(empty: FloatArray, at: IntArray, values: FloatArray) -> FloatArray:
    full = empty.copy()
    full[at] = values
    return full


def _tests(made: Inference) -> tuple[FloatArray, FloatArray]:
    """Wald z of a plain fit, t under a robust variance, else penalised likelihood ratio."""
    solution = made.solution
    assert solution is not None
    if made.variance is not None:
        ratio = made.coefficients / made.std_errors
        degrees = max(made.variance.degrees, 1.0)
        return ratio, 2.0 * t.sf(np.abs(ratio), degrees)
    if solution.problem.plain:
        z = made.coefficients / made.std_errors
        return z, 2.0 * norm.sf(np.abs(z))
    tests = [solution.test((k,)) for k in range(len(made.positions))]
    statistics = np.array([one.statistic for one in tests])
    p_values = np.array([one.p_value for one in tests])
    return (
        _placed(made.statistics, made.positions, statistics),
        _placed(made.p_values, made.positions, p_values),
    )


def limits(
    inference: Inference,
    terms: tuple[str, ...],
    interval: IntervalKind,
    conf_level: float,
    variance_of: VarianceOf,
) -> TermLimits:
    """Limits of every term, and what there is to say of the odd ones.

    Parameters
    ----------
    inference : Inference
    terms : tuple of str
    interval : {"profile", "wald", "robust", "jackknife"}
    conf_level : float
    variance_of : callable
        As in `infer`.

    Returns
    -------
    TermLimits
    """
    nan = np.full(len(terms), np.nan)
    if inference.solution is None:
        return TermLimits(nan, nan.copy(), ("",) * len(terms))
    if interval == "profile":
        return _profile(inference, terms, conf_level)
    separation = inference.separation
    if separation is not None and separation.separated:
        said = tuple("" if r else REFUSED for r in inference.reasons)
        return TermLimits(nan, nan.copy(), said, (f"No {interval} limits: {REFUSED}.",))
    if interval == "wald":
        variance = Variance(inference.covariance)
    else:
        variance = variance_of(interval, inference.solution)
    if variance.reason:
        said = tuple("" if r else variance.reason for r in inference.reasons)
        note = f"No {interval} limits: {variance.reason}."
        return TermLimits(nan, nan.copy(), said, (note,))
    tail = (1.0 - conf_level) / 2.0
    reach = t.isf(tail, variance.degrees) * np.sqrt(np.diag(variance.covariance))
    return TermLimits(
        inference.coefficients - reach,
        inference.coefficients + reach,
        ("",) * len(terms),
    )


def _profile(
    inference: Inference, terms: tuple[str, ...], conf_level: float
) -> TermLimits:
    assert inference.solution is not None
    lower, upper = np.full(len(terms), np.nan), np.full(len(terms), np.nan)
    failures, notes = [""] * len(terms), []
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
