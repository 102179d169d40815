"""Fits of imputed data sets joined into one: estimates, limits, and what was missing.

Estimates and standard errors are pooled by Rubin's rules. Limits of fits that carry a
profile are pooled by combining the profiles (CLIP), because with a handful of events an
estimate plus or minus two standard errors is no fair account of what the data allow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.imputation.clip import pooled_limit, pooled_p_value
from jdm_stats.imputation.pooled import PooledFit
from jdm_stats.imputation.pooled_words import pooling_notes
from jdm_stats.imputation.rubin import pool_estimates
from jdm_stats.models.fit import RATIO, FitResult
from jdm_stats.models.profile_curve import ProfileCurve

METHODS = ("clip", "rubin")


def pool_fits(
    imputations: Iterable[Any],
    analyse: Callable[[Any], FitResult] | None = None,
    *,
    interval: str | None = None,
    conf_level: float = 0.95,
    complete_df: float = np.inf,
) -> PooledFit:
    """Pool the fits of imputed data sets.

    Parameters
    ----------
    imputations : iterable
        Imputed data sets, such as `impute_cohort` gives, with ``analyse``; or the fits
        themselves.
    analyse : callable, optional
        Takes one imputed data set and returns a fit of `jdm_stats.fit_cox` or
        `jdm_stats.fit_logistic`. Everything the analysis derives from imputed values,
        down to the intervals, is to be made inside it.
    interval : {"clip", "rubin"}, optional
        "clip" combines the profile likelihoods; "rubin" takes a t quantile of the total
        variance. Default: "clip" for fits with profile limits, "rubin" for Wald ones.
    conf_level : float, default 0.95
    complete_df : float, default infinity
        Degrees of freedom of the complete-data analysis, for Rubin's rules (Barnard and
        Rubin 1999). Infinity goes with limits made with the normal quantile, as the Wald
        limits of a fit are; events less parameters would be cautious.

    Returns
    -------
    PooledFit
        A term without an estimate in any of the fits, because a plain fit met
        separation, say, has no pooled estimate: NaN, with the reason.

    Raises
    ------
    UsageError
        With fewer than two fits, or fits of different models or reference levels; all
        faults at once.

    See Also
    --------
    pool_estimates : Rubin's rules for any estimate and standard error.

    Notes
    -----
    Under "clip" the p-value is twice the smaller tail of the pooled distribution at a
    coefficient of 0, so that it agrees with the limits; with identical data sets it is
    that of the (penalised) likelihood-ratio test. The fraction of missing information is
    Rubin's in either case.

    Examples
    --------
    Two imputed tables that happen to be the same give back their own fit.

    >>> from jdm_stats.models.logistic import fit_logistic
    >>> frame = pd.DataFrame({"event": [1, 0, 1, 0, 0], "nxp2": [1, 1, 0, 0, 0]})
    >>> pooled = pool_fits(
    ...     [frame, frame], lambda f: fit_logistic(f, "nxp2", penalty="firth")
    ... )
    >>> own = fit_logistic(frame, "nxp2", penalty="firth").tidy()
    >>> bool((pooled.tidy()["conf_high"] == own["conf_high"]).all())
    True
    """
    fits = _fits(imputations, analyse)
    _check(fits, interval, conf_level)
    first = fits[0]
    method = interval or ("clip" if first.interval == "profile" else "rubin")
    terms = list(dict.fromkeys(term for fit in fits for term in fit.terms))
    rows = pool_estimates(
        _by_term(fits, terms, "coefficients"),
        _by_term(fits, terms, "std_errors"),
        terms=terms,
        complete_df=complete_df,
        conf_level=conf_level,
    )
    rows["reason"] = [_reason(fits, term) for term in terms]
    if method == "clip":
        rows = _with_profiles(rows, fits, conf_level)
    rows.insert(0, "model", first.model)
    rows["scale"] = f"log {RATIO[first.kind]}"
    rows["interval"] = method
    rows["n"] = _one([f.n_rows if f.n_patients is None else f.n_patients for f in fits])
    rows["events"] = _one([fit.n_events for fit in fits])
    return PooledFit(
        kind=first.kind,
        model=first.model,
        formula=first.formula,
        interval=method,
        conf_level=conf_level,
        rows=rows,
        notes=pooling_notes(rows, fits, method, conf_level),
        fits=fits,
        synthetic=any(fit.synthetic for fit in fits),
    )


def _fits(
    imputations: Iterable[Any], analyse: Callable[[Any], FitResult] | None
) -> tuple[FitResult, ...]:
    if isinstance(imputations, (str, pd.DataFrame, FitResult)):
        raise UsageError(
            f"pool_fits takes several imputed data sets or fits, not one "
            f"{type(imputations).__name__}; pass a list of them"
        )
    try:
        given = iter(imputations)
    except TypeError:
        raise UsageError(
            f"pool_fits takes several imputed data sets or fits, not "
            f"{type(imputations).__name__}"
        ) from None
    fits = []
    for place, data in enumerate(given, start=1):  # one data set at a time is held
        try:
            fits.append(data if analyse is None else analyse(data))
        except Exception as error:
            error.add_note(f"raised by the analysis of imputation {place}")
            raise
    wrong = [
        f"number {place} is {type(fit).__name__}"
        for place, fit in enumerate(fits, start=1)
        if not isinstance(fit, FitResult)
    ]
    if wrong:
        hint = (
            "analyse must return the fit"
            if analyse
            else "pass analyse= to fit each imputed data set"
        )
        raise UsageError(
            f"pool_fits needs fits of fit_cox or fit_logistic; {', '.join(wrong)}; {hint}"
        )
    return tuple(fits)


def _check(fits: Sequence[FitResult], interval: str | None, conf_level: float) -> None:
    wrong = []
    if len(fits) < 2:
        wrong.append(
            f"pooling needs two imputations or more, received {len(fits)}: one alone "
            "says nothing of what the missing values leave open"
        )
    for name in ("kind", "formula", "penalty", "interval", "ties"):
        values = {str(getattr(fit, name)) for fit in fits}
        if len(values) > 1:
            wrong.append(f"the fits differ in {name}: {', '.join(sorted(values))}")
    wrong += _different_references(fits)
    if interval is not None and interval not in METHODS:
        wrong.append(f"interval must be 'clip' or 'rubin', received {interval!r}")
    if not 0.0 < conf_level < 1.0:
        wrong.append(f"conf_level must lie between 0 and 1, received {conf_level!r}")
    if wrong:
        raise UsageError("; ".join(wrong))


def _different_references(fits: Sequence[FitResult]) -> list[str]:
    """Say of which factors the terms compare with one level here, with another there."""
    levels: dict[str, set[str]] = {}
    for fit in fits:
        for factor, level in fit.design.references.items():
            levels.setdefault(factor, set()).add(str(level))
    return [
        f"the reference level of {factor} differs between imputations: "
        f"{', '.join(sorted(found))}; name one that every imputed data set has, such as "
        'C(antibody, Treatment("none"))'
        for factor, found in levels.items()
        if len(found) > 1
    ]


def _by_term(fits: Sequence[FitResult], terms: Sequence[str], what: str) -> np.ndarray:
    """One row per fit, one column per term; NaN where a fit does not know the term."""
    values = np.full((len(fits), len(terms)), np.nan)
    for row, fit in enumerate(fits):
        own = getattr(fit.inference, what)
        for place, term in enumerate(fit.terms):
            values[row, terms.index(term)] = own[place]
    return values


def _reason(fits: Sequence[FitResult], term: str) -> str:
    """Say in which imputations a term has no estimate, and why."""
    lacking: dict[str, list[int]] = {}
    for place, fit in enumerate(fits, start=1):
        why = "the term is not in the fit: none of its level was imputed"
        if term in fit.terms:
            at = fit.terms.index(term)
            why = fit.inference.reasons[at]
            if not why and not np.isfinite(fit.inference.std_errors[at]):
                why = "the standard error could not be computed"
        if why:
            lacking.setdefault(why, []).append(place)
    told = [
        f"no estimate in {len(where)} of {len(fits)} imputations ({_places(where)}): {why}"
        for why, where in lacking.items()
    ]
    return "; ".join(told)


def _places(where: Sequence[int]) -> str:
    shown = ", ".join(map(str, where[:8]))
    return f"{shown}, ..." if len(where) > 8 else shown


def _with_profiles(
    rows: pd.DataFrame, fits: Sequence[FitResult], conf_level: float
) -> pd.DataFrame:
    """Replace limits and p-values by those of the combined profiles."""
    rows = rows.assign(mc_error_low=np.nan, mc_error_high=np.nan, statistic=np.nan)
    own = [(fit.terms, fit.term_limits("profile", conf_level)) for fit in fits]
    for place, row in enumerate(rows.to_dict("records")):
        if row["reason"]:
            continue
        term = str(row["term"])
        curves = [ProfileCurve(fit, term) for fit in fits]
        reasons = []
        for end, side, name in (("low", -1, "lower"), ("high", 1, "upper")):
            ends = np.array([getattr(o, name)[t.index(term)] for t, o in own])
            limit = pooled_limit(curves, ends, side, conf_level)
            rows.loc[place, f"conf_{end}"] = limit.value
            rows.loc[place, f"mc_error_{end}"] = limit.mc_error
            if limit.failure_reason:
                reasons.append(f"no {end} limit ({limit.failure_reason})")
        p_value, failed = pooled_p_value(curves)
        rows.loc[place, "p_value"] = p_value
        if failed:
            reasons.append(f"no p-value ({failed})")
        rows.loc[place, "reason"] = "; ".join(reasons)
    return rows


def _one(counts: Sequence[int]) -> float | int:
    """One count for all fits; their mean when they differ."""
    return counts[0] if len(set(counts)) == 1 else float(np.mean(counts))
