"""Residuals of a Cox fit, by row, by child or by event.

All of them are read off the arrays of one likelihood evaluation at the estimate. Weights are
left out of a residual unless it is a dfbeta, as in R (Therneau and Grambsch 2000, ch. 4 and 7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.intervals.marks import marked
from jdm_stats.likelihood.partial import PartialEvaluation
from jdm_stats.likelihood.risk_sets import FloatArray

if TYPE_CHECKING:
    from jdm_stats.models.fit import FitResult

KINDS = (
    "martingale",
    "deviance",
    "score",
    "schoenfeld",
    "scaled_schoenfeld",
    "dfbeta",
    "dfbetas",
)


def residuals(
    fit: FitResult,
    kind: str,
    *,
    by_patient: bool = False,
    weighted: bool | None = None,
) -> pd.DataFrame:
    """Residuals of a Cox fit.

    Parameters
    ----------
    fit : FitResult
        Of `jdm_stats.fit_cox`, with an estimate.
    kind : {"martingale", "deviance", "score", "schoenfeld", "scaled_schoenfeld", "dfbeta", \
"dfbetas"}
    by_patient : bool, default False
        Add the rows of a child up; not for Schoenfeld residuals, which belong to events.
    weighted : bool, optional
        Multiply by the row's weight. Default: dfbeta and dfbetas only, as in R.

    Returns
    -------
    DataFrame
        One row per fitted row (index of the frame fitted) or child (by name); a column named as the
        kind, or one column per term (NaN for a term without estimate). Schoenfeld
        residuals have a row per event, ``time`` first.

    Raises
    ------
    UsageError
        For an unknown kind, a fit of another model or one without estimate.

    Examples
    --------
    >>> import pandas as pd
    >>> from jdm_stats.models.cox import fit_cox
    >>> frame = pd.DataFrame(
    ...     {
    ...         "start": 0,
    ...         "stop": [1, 2, 3, 4],
    ...         "event": [1, 1, 1, 0],
    ...         "nxp2": [1, 0, 1, 0],
    ...     }
    ... )
    >>> found = residuals(fit_cox(frame, "nxp2"), "martingale")["martingale"]
    >>> abs(round(float(found.sum()), 9))
    0.0
    """
    if kind not in KINDS:
        raise UsageError(f"kind must be one of {KINDS}; received {kind!r}")
    rows, at = fit.cox_rows(), evaluation_of(fit)
    if weighted is None:
        weighted = kind in ("dfbeta", "dfbetas")
    _check_form(kind, by_patient, weighted and rows.weights is not None)
    if kind in ("schoenfeld", "scaled_schoenfeld"):
        return marked(_schoenfeld(fit, at, kind, weighted), fit.synthetic)
    index = rows.index
    if by_patient:
        if rows.children is None:
            raise UsageError("the fit knows no patients; fit with patient_id=")
        index = rows.child_names
    if kind in ("martingale", "deviance"):
        signs = kind == "deviance"
        seen = at.expected_events() if signs else at.martingale_residuals()
        values = _by_row(fit, seen[:, None], weighted and not signs)
        events = rows.outcome.astype(float)[:, None]
        if by_patient:
            values, events = _summed(fit, values), _summed(fit, events)
        if signs:
            values = _deviance(values, events)
        columns = [kind]
    else:
        values = _of_terms(fit, at, kind, weighted)
        values = _summed(fit, values) if by_patient else values
        columns = list(fit.terms)
    return marked(pd.DataFrame(values, index=index, columns=columns), fit.synthetic)


def _check_form(kind: str, by_patient: bool, weighted: bool) -> None:
    if kind == "deviance" and weighted:
        raise UsageError(
            "deviance residuals have no weighted form; leave out weighted="
        )
    if by_patient and kind in ("schoenfeld", "scaled_schoenfeld"):
        raise UsageError(f"{kind} residuals belong to events, not to patients")


def _of_terms(
    fit: FitResult, at: PartialEvaluation, kind: str, weighted: bool
) -> FloatArray:
    """Score residuals, or what each row moves the estimates by, (n, p)."""
    values = _by_row(fit, _score(fit, at), weighted)
    if kind != "score":
        own, here = fit.inference.covariance, fit.inference.positions
        values[:, here] = values[:, here] @ own[np.ix_(here, here)]
        if kind == "dfbetas":
            values /= np.sqrt(np.diag(own))
    return values


def evaluation_of(fit: FitResult) -> PartialEvaluation:
    """Evaluate the partial likelihood of a fit at its estimate."""
    fit.cox_rows()
    solution = fit.inference.solution
    assert solution is not None
    at = solution.problem.likelihood.evaluate(solution.maximum.point.beta)
    assert isinstance(at, PartialEvaluation)
    return at


def _by_row(fit: FitResult, seen: FloatArray, weighted: bool) -> FloatArray:
    """Place residuals of the rows the likelihood sees among all rows; the others are 0."""
    rows = fit.cox_rows()
    values = np.zeros((len(rows.outcome), seen.shape[1]))
    values[rows.seen] = seen
    if weighted and rows.weights is not None:
        values *= rows.weights[:, None]
    return values


def _score(fit: FitResult, at: PartialEvaluation) -> FloatArray:
    """Score residuals of the rows seen, in the caller's units, (m, p)."""
    return _placed(fit, at.score_residuals() * _scale(fit))


def _scale(fit: FitResult) -> FloatArray:
    assert fit.inference.solution is not None
    return fit.inference.solution.problem.scale


def _placed(fit: FitResult, inner: FloatArray) -> FloatArray:
    full = np.full((len(inner), len(fit.terms)), np.nan)
    full[:, fit.inference.positions] = inner
    return full


def _summed(fit: FitResult, values: FloatArray) -> FloatArray:
    children = fit.cox_rows().children
    assert children is not None
    count = int(children.max(initial=-1)) + 1
    return np.column_stack([np.bincount(children, c, count) for c in values.T])


def _deviance(expected: FloatArray, events: FloatArray) -> FloatArray:
    """Deviance residuals from expected events: 1 less 1e-20 would no longer tell of them."""
    martingale = events - expected
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(events > 0, events * np.log(expected / events), 0.0)
    inner = np.maximum(-2.0 * (martingale + logs), 0.0)
    return np.sign(martingale) * np.sqrt(inner)


def _schoenfeld(
    fit: FitResult, at: PartialEvaluation, kind: str, weighted: bool
) -> pd.DataFrame:
    rows = fit.cox_rows()
    sets = rows.sets
    dying = rows.seen[sets.deaths]
    values = _placed(fit, at.schoenfeld_residuals() * _scale(fit))
    if weighted and rows.weights is not None:
        values *= rows.weights[dying][:, None]
    if kind == "scaled_schoenfeld":
        here = fit.inference.positions
        own = fit.inference.covariance[np.ix_(here, here)]
        values[:, here] = values[:, here] @ own * len(dying)
        values += fit.inference.coefficients
    table = pd.DataFrame(values, index=rows.index[dying], columns=list(fit.terms))
    table.insert(0, "time", rows.stop[dying])
    return table
