"""One cohort through every method: what each says of each coefficient, nothing left out."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from jdm_stats.errors import ConvergenceWarning, SeparationWarning
from jdm_stats.likelihood.compiled.gate import gate
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.fit import FitResult
from jdm_stats.models.priors import LogF
from tests.recovery.design import TERMS, Cell, draw_cohort

METHODS: dict[str, Any] = {
    "plain": None,
    "firth": "firth",
    "log-F(1,1)": LogF(1),
    "log-F(2,2)": LogF(2),
}
SAMPLED_METHODS = ("plain", "firth", "log-F(1,1)")
LIMITS = ("wald", "profile", "robust", "sandwich", "jackknife")
FEWEST_EVENTS = 2
Z95 = float(norm.isf(0.025))

# What became of an estimate.
ESTIMATED, SEPARATED, UNSEEN, NOT_CONVERGED = range(4)
FATES = ("estimated", "separated", "unseen", "not_converged")


def records_of(
    cell: Cell, replicate: int, seed: np.random.SeedSequence, *, jackknife: bool
) -> list[dict[str, Any]]:
    """Draw one cohort and fit it by every method; a record for each method and term.

    Parameters
    ----------
    cell : Cell
    replicate : int
        Its number, for the record.
    seed : SeedSequence
    jackknife : bool
        Jackknife limits alone, of the plain and the Firth fit.

    Returns
    -------
    list of dict
        A single record with fate "too few events" when nothing was fitted.
    """
    frame = draw_cohort(cell, np.random.default_rng(seed))
    events = int(frame["event"].sum())
    place = {"replicate": replicate, "events": events}
    if events < FEWEST_EVENTS:
        return [place | {"method": "", "term": "", "fate": -1}]
    chosen = SAMPLED_METHODS if cell.sampled else tuple(METHODS)
    if jackknife:
        chosen = ("plain", "firth")
    found: list[dict[str, Any]] = []
    for method in chosen:
        kinds = _kinds(cell, jackknife=jackknife)
        found += [place | row for row in _of_method(frame, cell, method, kinds)]
    return found


def _kinds(cell: Cell, *, jackknife: bool) -> tuple[str, ...]:
    if jackknife:
        return ("robust", "jackknife")
    if cell.sampled:
        return ("robust", "sandwich")
    return ("wald", "profile", "robust", "sandwich")


def _of_method(
    frame: pd.DataFrame, cell: Cell, method: str, kinds: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        fit = fitted(frame, method, "profile" if "profile" in kinds else None)
        limits = {kind: _limits(fit, kind) for kind in kinds}
        ratio = [_ratio_p(fit, term, kinds) for term in TERMS]
    said = "; ".join(sorted({_words(one) for one in heard} - {""}))
    reasons = fit.inference.reasons
    for j, term in enumerate(TERMS):
        row = {
            "method": method,
            "term": term,
            "fate": _fate(fit, reasons[j]),
            "reason": reasons[j],
            "warned": said if j == 0 else "",
            "separated": fit.separated,
            "estimate": fit.inference.coefficients[j],
            "std_error": fit.inference.std_errors[j],
            "ratio_p": ratio[j],
        }
        for kind, (low, high, why) in limits.items():
            row[f"{kind}_low"], row[f"{kind}_high"] = low[j], high[j]
            row[f"{kind}_why"] = why[j]
        yield row


def fitted(frame: pd.DataFrame, method: str, interval: str | None) -> FitResult:
    """Fit one cohort by one method, the compiled way where it is to be had."""
    weighted = "weight" in frame.columns
    return fit_cox(
        frame,
        " + ".join(TERMS),
        penalty=METHODS[method],
        weights="weight" if weighted else None,
        weight_kind="sampling" if weighted else None,
        interval=interval or ("robust" if weighted else "wald"),
        engine="compiled" if gate().open else "numpy",
    )


def _limits(
    fit: FitResult, kind: str
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    if kind != "sandwich":
        found = fit.term_limits(kind, 0.95)  # type: ignore[arg-type]
        return found.lower, found.upper, found.failures
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(np.diag(fit.robust_covariance(leverage=False)))
    estimate = fit.inference.coefficients
    why = ("",) * len(estimate)
    return estimate - Z95 * errors, estimate + Z95 * errors, why


def _ratio_p(fit: FitResult, term: str, kinds: tuple[str, ...]) -> float:
    if "profile" not in kinds:
        return np.nan
    return float(fit.likelihood_ratio_test(term)["p_value"].iloc[0])


def _fate(fit: FitResult, reason: str) -> int:
    if not reason:
        return ESTIMATED
    if fit.inference.failure_reason.startswith("not converged"):
        return NOT_CONVERGED
    return SEPARATED if fit.separated else UNSEEN


def _words(warning: warnings.WarningMessage) -> str:
    """Name a warning that is no plain word of separation."""
    if issubclass(warning.category, SeparationWarning):
        return ""
    text = str(warning.message)
    if issubclass(warning.category, ConvergenceWarning):
        return text
    return f"{warning.category.__name__}: {text}"
