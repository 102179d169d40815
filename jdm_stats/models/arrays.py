"""One fit of arrays that have been checked, and the checks; a light result.

No formula, no audit, no notes: the rows are the caller's affair. The gate is not left out:
a fit whose plain maximum does not exist is NaN with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from jdm_stats.errors import UsageError
from jdm_stats.likelihood.estimable import (
    clearly_independent,
    estimable_cox_columns,
    independent_columns,
)
from jdm_stats.likelihood.fast import Engine, choose
from jdm_stats.likelihood.fitting import Problem, Solution, separation_of
from jdm_stats.likelihood.penalty import NoPenalty
from jdm_stats.likelihood.problems import cox_problem, logistic_problem
from jdm_stats.likelihood.risk_sets import FloatArray, build_risk_sets
from jdm_stats.models.inference import ALIASED, NO_CONTRAST, NO_EVENT, REFUSED

SEPARATED = "monotone likelihood: no plain estimate exists; use penalty='firth'"
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ArrayFit:
    """One fit of arrays; every figure on the log scale, NaN where ``reason`` says why.

    Parameters
    ----------
    coefficients, std_errors, p_values, conf_low, conf_high : (p,) float arrays
        Tests are Wald's; penalised likelihood ratio under Firth with profile limits.
    covariance : (p, p) float array
        Inverse information.
    log_likelihood, log_likelihood_null : float
        With the penalty, if any.
    converged, separated : bool
    reason : str
        Why there is no estimate, or no limit beside one; else empty. Wald figures of a
        Firth fit are refused where the plain likelihood is monotone.
    """

    coefficients: FloatArray
    std_errors: FloatArray
    p_values: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    covariance: FloatArray
    log_likelihood: float
    log_likelihood_null: float
    converged: bool
    separated: bool
    reason: str


def fit_checked(
    rows: dict[str, Any],
    engine: Engine,
    *,
    model: str,
    penalty: str | None,
    ties: str,
    interval: str,
    conf_level: float,
    doubtful: bool = False,
) -> ArrayFit:
    """Fit arrays that have been checked.

    Parameters
    ----------
    rows : dict
        ``x, died, begin, end, strata, weights, offset``; None where not given.
    engine, model, penalty, ties, interval, conf_level
        As in `fit_arrays`.
    doubtful : bool, default False
        Ask first whether the plain likelihood is monotone, and climb only if not.

    Returns
    -------
    ArrayFit
    """
    x, died = rows["x"], rows["died"]
    logistic = model == "logistic"
    p = x.shape[1] + logistic
    if not died.any() or (logistic and died.all()):
        return _nothing(p, NO_CONTRAST if died.any() else NO_EVENT)
    limits, firth = interval == "profile", penalty == "firth"
    compiled = choose(engine, len(x), p, limits=limits, firth=firth)
    if logistic:
        problem, estimable = _logistic(rows, firth, compiled)
    else:
        problem, estimable = _cox(rows, firth, ties, compiled)
    if not estimable:
        return _nothing(p, f"a column {ALIASED}")
    if doubtful and separation_of(problem, directions=False).separated:
        return _nothing(p, SEPARATED, separated=True)
    return solved(problem, interval, conf_level)


def is_separated(rows: dict[str, Any], model: str, ties: str) -> bool:
    """Whether the plain likelihood of checked arrays is monotone."""
    if model == "logistic":
        problem, _ = _logistic(rows, False, False)
    else:
        problem, _ = _cox(rows, False, ties, False)
    return separation_of(problem, directions=False).separated


def _logistic(
    rows: dict[str, Any], firth: bool, compiled: bool
) -> tuple[Problem, bool]:
    design = np.column_stack([np.ones(len(rows["x"])), rows["x"]])
    problem = logistic_problem(
        design,
        rows["died"].astype(float),
        firth=firth,
        weights=rows["weights"],
        offset=rows["offset"],
        compiled=compiled,
    )
    clear = clearly_independent(problem.zero.information)
    return problem, clear or len(independent_columns(design)) == design.shape[1]


def _cox(
    rows: dict[str, Any], firth: bool, ties: str, compiled: bool
) -> tuple[Problem, bool]:
    sets = build_risk_sets(
        rows["begin"], rows["end"], rows["died"], strata=rows["strata"]
    )
    seen, heavy, shift = rows["x"][sets.kept], rows["weights"], rows["offset"]
    problem = cox_problem(
        seen,
        sets,
        ties=ties,  # type: ignore[arg-type]
        firth=firth,
        weights=None if heavy is None else heavy[sets.kept],
        offset=None if shift is None else shift[sets.kept],
        overwrite=True,
        compiled=compiled,
    )
    if clearly_independent(problem.zero.information):
        return problem, True
    found = estimable_cox_columns(rows["x"][sets.kept], sets)
    return problem, len(found) == seen.shape[1]


def solved(problem: Problem, interval: str, conf_level: float) -> ArrayFit:
    """Solve a problem whose columns are all estimable."""
    p, separated = problem.likelihood.n_parameters, False
    if problem.plain:
        solution, _ = problem.gated(directions=False)
        if solution is None:
            return _nothing(p, SEPARATED, separated=True)
    else:
        solution = problem.solve()
        plain = replace(problem, penalty=NoPenalty())
        start = solution.maximum.point.beta
        separated = plain.gated(start, directions=False)[1].separated
    if not solution.maximum.converged:
        return _nothing(p, f"not converged: {solution.maximum.failure_reason}")
    solution = solution.highest()
    errors = np.sqrt(np.diag(solution.covariance))
    estimates = solution.coefficients
    p_values, reason = _p_values(solution, estimates, errors, interval), ""
    if interval == "profile":
        ends = [solution.limits(k, conf_level) for k in range(p)]
        low, high = (np.array([end[side].value for end in ends]) for side in (0, 1))
        failed = {e.failure_reason for pair in ends for e in pair if not e.converged}
        reason = f"limits not found: {'; '.join(sorted(failed))}" if failed else ""
    elif separated:
        low, high, p_values = (np.full(p, np.nan) for _ in range(3))
        reason = REFUSED
    else:
        reach = -ndtri((1.0 - conf_level) / 2.0) * errors
        low, high = estimates - reach, estimates + reach
    return ArrayFit(
        estimates,
        errors,
        p_values,
        low,
        high,
        solution.covariance,
        solution.penalised_log_likelihood,
        problem.null_value,
        True,
        separated,
        reason,
    )


def _p_values(
    solution: Solution, estimates: FloatArray, errors: FloatArray, interval: str
) -> FloatArray:
    if solution.problem.plain or interval == "wald":
        return 2.0 * ndtr(-np.abs(estimates / errors))
    return np.array([solution.test((k,)).p_value for k in range(len(estimates))])


def _nothing(p: int, reason: str, *, separated: bool = False) -> ArrayFit:
    nan = np.full(p, np.nan)
    square = np.full((p, p), np.nan)
    return ArrayFit(
        nan, nan, nan, nan, nan, square, np.nan, np.nan, False, separated, reason
    )


def check_options(
    model: str, penalty: str | None, ties: str, interval: str, conf_level: float
) -> None:
    """Check the options of a fit of arrays; every fault at once."""
    wrong = []
    if model not in ("cox", "logistic"):
        wrong.append(f"model must be 'cox' or 'logistic'; received {model!r}")
    if penalty not in (None, "firth"):
        wrong.append(f"penalty must be None or 'firth'; received {penalty!r}")
    if ties not in ("efron", "breslow"):
        wrong.append(f"ties must be 'efron' or 'breslow'; received {ties!r}")
    if interval not in ("wald", "profile"):
        wrong.append(f"interval must be 'wald' or 'profile'; received {interval!r}")
    if not 0.0 < conf_level < 1.0:
        wrong.append(f"conf_level must lie between 0 and 1; received {conf_level!r}")
    if wrong:
        raise UsageError("; ".join(wrong))


def check_arrays(
    covariates: ArrayLike,
    event: ArrayLike,
    start: ArrayLike | None,
    stop: ArrayLike | None,
    model: str,
) -> tuple[FloatArray, BoolArray, FloatArray, FloatArray]:
    """Read the arrays; every fault of theirs at once."""
    x = np.asarray(covariates, dtype=float)
    codes = np.asarray(event)
    if x.ndim != 2 or not x.shape[1]:
        raise UsageError(f"covariates must be (n, p), p at least 1; received {x.shape}")
    n, wrong = len(x), []
    if not np.isfinite(x).all():
        bad = [int(j) for j in np.flatnonzero(~np.isfinite(x).all(axis=0))]
        wrong.append(f"covariates are missing or infinite in columns {bad}")
    if codes.shape != (n,):
        wrong.append(f"event must have {n} values; received shape {codes.shape}")
    elif not np.isin(codes, (0, 1)).all():
        wrong.append("event must hold 0 and 1 only; code competing events as 0")
    if model != "logistic" and stop is None:
        wrong.append("a Cox model needs stop=")
    end = np.zeros(n) if stop is None else np.asarray(stop, dtype=float)
    begin = np.zeros(n) if start is None else np.asarray(start, dtype=float)
    wrong += _time_faults(begin, end, n, cox=model != "logistic" and stop is not None)
    if wrong:
        raise UsageError("; ".join(wrong))
    return x, codes.astype(bool), begin, end


def _time_faults(begin: FloatArray, end: FloatArray, n: int, *, cox: bool) -> list[str]:
    wrong = []
    for name, values in (("start", begin), ("stop", end)):
        if values.shape != (n,):
            wrong.append(f"{name} must have {n} values; received shape {values.shape}")
        elif not np.isfinite(values).all():
            wrong.append(f"{name} is missing or infinite in some rows")
    if not wrong and cox and not (begin < end).all():
        rows = [int(i) for i in np.flatnonzero(~(begin < end))[:20]]
        wrong.append(f"rows {rows} (counted from 0) do not stop after they start")
    return wrong


def check_vectors(
    x: FloatArray, weights: ArrayLike | None, offset: ArrayLike | None
) -> tuple[FloatArray | None, FloatArray | None]:
    """Read weights and offset; every fault of theirs at once."""
    wrong, found = [], []
    for name, given in (("weights", weights), ("offset", offset)):
        values = None if given is None else np.asarray(given, dtype=float)
        if values is not None and values.shape != (len(x),):
            wrong.append(f"{name} must have {len(x)} values; received {values.shape}")
        elif values is not None and not np.isfinite(values).all():
            wrong.append(f"{name} is missing or infinite in some rows")
        found.append(values)
    if not wrong and found[0] is not None and not (found[0] > 0).all():
        wrong.append("weights must be above zero; leave out rows of weight zero")
    if wrong:
        raise UsageError("; ".join(wrong))
    return found[0], found[1]
