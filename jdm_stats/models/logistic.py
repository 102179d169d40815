"""Logistic regression at a landmark, plain (statsmodels) or with Firth's penalty (ours)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from jdm_stats.errors import DesignError, UsageError
from jdm_stats.intervals.marks import is_synthetic, standing_notes
from jdm_stats.likelihood.estimable import independent_columns
from jdm_stats.likelihood.fitting import Problem, logistic_problem
from jdm_stats.likelihood.logistic import LogisticLikelihood
from jdm_stats.likelihood.risk_sets import FloatArray
from jdm_stats.models.design import INTERCEPT, Design, build_design, split_formula
from jdm_stats.models.fit import FitResult, check_interval, check_penalty, refuse
from jdm_stats.models.inference import NO_CONTRAST, NO_EVENT, Inference, infer, nothing
from jdm_stats.models.rows import named_column
from jdm_stats.models.words import count, design_notes, event_notes, method_note


def fit_logistic(
    frame: pd.DataFrame,
    formula: str,
    *,
    event: str = "event",
    penalty: str | None = None,
    weights: object = None,
    weight_kind: str | None = None,
    cluster: object = None,
    offset: object = None,
    interval: str | None = None,
    patient_id: str | None = None,
) -> FitResult:
    """Fit a logistic model, one row per child.

    Parameters
    ----------
    frame : DataFrame
        Such as `jdm_stats.landmark_rows` makes.
    formula : str
        Right-hand side, ``"nxp2 + pulse_by_landmark"``, or with the outcome,
        ``"died ~ nxp2"``.
    event : str
        Outcome column when the formula does not name it: 1 (or True) is the outcome; 0 and
        every other code (a competing event, such as death) are no outcome.
    penalty : None or "firth"
        None is plain maximum likelihood, fitted by statsmodels; "firth" is Firth's
        penalised likelihood (Firth 1993; Heinze and Schemper 2002).
    weights, weight_kind, cluster, offset
        Refused in this version.
    interval : {"profile", "wald"}, optional
        Default profile.
    patient_id : str, optional
        Column that names the child; default ``patient_id`` when the frame has it.

    Returns
    -------
    FitResult
        Under separation a plain fit has NaN for every estimate and p-value, with the
        reason.

    Raises
    ------
    DesignError
        When the formula or the outcome cannot be coded.
    UsageError, NotYetSupportedError
        When an option is wrong or refused.

    Warns
    -----
    SeparationWarning, ConvergenceWarning

    Examples
    --------
    A two-by-two table with 1 of 2 against 1 of 3: the plain odds ratio is (1/1)/(1/2) = 2.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"event": [1, 0, 1, 0, 0], "nxp2": [1, 1, 0, 0, 0]})
    >>> fit = fit_logistic(frame, "nxp2")
    >>> round(float(fit.summary.loc["nxp2", "exp(coef)"]), 6)
    2.0
    """
    refuse(weights=weights, weight_kind=weight_kind, cluster=cluster, offset=offset)
    firth, kind = check_penalty(penalty), check_interval(interval) or "profile"
    left, right = split_formula(formula)
    column = left or event
    codes = _outcome(frame, column)
    design = build_design(frame, right, intercept=True)
    if INTERCEPT not in design.terms:
        raise DesignError(
            f"the formula {right!r} removes the intercept; leave it in: without it the odds "
            "at reference would be fixed at 1"
        )
    kept = codes[design.kept]
    y = (kept == 1).astype(float)
    found, null = _infer(design, y, firth, kind)
    named = named_column(frame, patient_id)
    children = None if named is None else frame[named].to_numpy()
    synthetic = is_synthetic(frame)
    return FitResult(
        kind="logistic",
        model="Firth logistic" if firth else "Logistic",
        formula=f"{column} ~ {right}",
        penalty=penalty,
        interval=kind,
        n_rows=len(y),
        n_events=int(y.sum()),
        n_patients=(
            None if children is None else len(pd.unique(children[design.kept]))
        ),
        ties=None,
        notes=(
            *standing_notes(frame),
            method_note(penalty, kind, found),
            *design_notes(design, codes, children),
            *event_notes(design, kept == 1, len(design.terms) - 1),
            *_landmark_notes(frame, kept),
            *found.limit_notes,
        ),
        design=design,
        inference=found,
        log_likelihood_null=null,
        synthetic=synthetic,
    )


def _outcome(frame: pd.DataFrame, column: str) -> FloatArray:
    """Whole codes of the outcome; every fault named."""
    if column not in frame.columns:
        raise UsageError(
            f"the frame has no outcome column {column!r}; name it with event= or write "
            f"'outcome ~ ...'; its columns are {[str(c) for c in frame.columns]}"
        )
    given = frame[column]
    if not (pd.api.types.is_numeric_dtype(given) or pd.api.types.is_bool_dtype(given)):
        raise DesignError(
            f"outcome {column!r} must be 0/1 codes or booleans; received {given.dtype} such "
            f"as {given.iloc[0]!r}"
        )
    codes = np.asarray(given.to_numpy(dtype=float, na_value=np.nan))
    wrong = ~(np.isfinite(codes) & (codes >= 0) & (codes == np.floor(codes)))
    if wrong.any():
        where = [int(i) + 1 for i in np.flatnonzero(wrong)]
        shown = ", ".join(map(str, where[:20])) + (" ..." if len(where) > 20 else "")
        raise DesignError(
            f"outcome {column!r} is missing or not a whole code >= 0 in {len(where)} rows "
            f"(counted from 1): {shown}; drop or code those rows"
        )
    return codes


def _infer(
    design: Design, y: FloatArray, firth: bool, kind: str
) -> tuple[Inference, float]:
    if not y.any():
        return nothing(design.terms, NO_EVENT), np.nan
    if y.all():
        return nothing(design.terms, NO_CONTRAST), np.nan
    positions = independent_columns(design.matrix)
    seen = design.matrix[:, positions]
    problem = logistic_problem(seen, y, firth=firth)
    found = infer(problem, design.terms, positions, kind)  # type: ignore[arg-type]
    if not firth and found.converged:
        found = _by_statsmodels(found, problem)
    return found, problem.null_value


def _by_statsmodels(found: Inference, problem: Problem) -> Inference:
    """Take a plain fit's estimates from statsmodels; the profile stays ours."""
    from scipy.stats import norm
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    likelihood = problem.likelihood
    assert isinstance(likelihood, LogisticLikelihood)
    with np.errstate(over="ignore"):
        fitted = GLM(likelihood.outcome, likelihood.covariates, family=Binomial()).fit(
            maxiter=200, tol=1e-14, tol_criterion="params"
        )
    at = found.positions
    coefficients, covariance = found.coefficients.copy(), found.covariance.copy()
    coefficients[at] = problem.back @ np.asarray(fitted.params)
    covariance[np.ix_(at, at)] = (
        problem.back @ np.asarray(fitted.cov_params()) @ problem.back.T
    )
    std_errors = np.sqrt(np.diag(covariance))
    statistics = coefficients / std_errors
    return replace(
        found,
        coefficients=coefficients,
        covariance=covariance,
        std_errors=std_errors,
        statistics=statistics,
        p_values=2.0 * norm.sf(np.abs(statistics)),
    )


def _landmark_notes(frame: pd.DataFrame, codes: FloatArray) -> list[str]:
    notes = []
    competing = int((codes > 1).sum())
    if competing:
        notes.append(
            f"{count(competing, 'row')} with a competing event count as without the outcome: "
            "the odds are of the outcome before it, within the horizon."
        )
    if frame.attrs.get("jdm_stats", {}).get("lost") == "weight":
        notes.append(
            "The censoring weights of these landmark rows are not used: weighted fits are not "
            "supported in this version, so this is the analysis of the children not lost."
        )
    return notes
