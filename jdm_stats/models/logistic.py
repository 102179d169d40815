"""Logistic regression on one row per child: plain, with Firth's penalty or with priors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import DesignError, UsageError
from jdm_stats.intervals.marks import is_synthetic, standing_notes
from jdm_stats.likelihood.fast import Engine
from jdm_stats.likelihood.risk_sets import FloatArray
from jdm_stats.models.design import Design, build_design, split_formula
from jdm_stats.models.fit import FitResult
from jdm_stats.models.fitted_rows import LogisticRows
from jdm_stats.models.fitting_road import infer_rows
from jdm_stats.models.options import (
    check_penalty,
    choose_interval,
    dependent_rows,
    penalty_name,
)
from jdm_stats.models.plain_sums import INTERCEPT
from jdm_stats.models.priors import Prior, Priors, prior_notes
from jdm_stats.models.rows import named_column, require_frame
from jdm_stats.models.weighting import Extras, read_extras
from jdm_stats.models.words import (
    cluster_notes,
    count,
    design_notes,
    estimated_terms,
    event_notes,
    left_out_notes,
    method_note,
    weight_notes,
)


def fit_logistic(
    frame: pd.DataFrame,
    formula: str,
    *,
    event: str = "event",
    penalty: str | Prior | Mapping[str, Prior] | None = None,
    weights: Any = None,
    weight_kind: str | None = None,
    cluster: Any = None,
    offset: Any = None,
    interval: str | None = None,
    patient_id: str | None = None,
    engine: Engine = "auto",
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
    penalty : None, "firth", `NormalPrior`, `LogF` or mapping of term to prior
        None is plain maximum likelihood; "firth" is Firth's penalised likelihood (Firth
        1993; Heinze and Schemper 2002); a prior adds its log density. The intercept has
        no prior.
    weights, weight_kind, cluster, offset, interval
        As in `fit_cox`. Landmark rows with censoring weights carry them in a column:
        name it, with ``weight_kind="sampling"``.
    patient_id : str, optional
        Column that names the child; default ``patient_id`` when the frame has it.
    engine : {"auto", "numpy", "compiled"}
        "auto" takes the compiled path where the work is large; both agree to 1e-10.

    Returns
    -------
    FitResult
        Under separation a plain fit has NaN for every estimate and p-value, with the
        reason.

    Raises
    ------
    DesignError
        When the formula or the outcome cannot be coded.
    UsageError
        When an option is wrong, or limits are asked for that do not hold.

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
    left, right = split_formula(formula)
    column = left or event
    codes = outcome_codes(frame, column)
    named = named_column(frame, patient_id)
    children = None if named is None else frame[named].to_numpy()
    extras = read_extras(
        frame,
        weights=weights,
        weight_kind=weight_kind,
        cluster=cluster,
        offset=offset,
        children=children,
    )
    design = build_design(frame, right, intercept=True)
    if INTERCEPT not in design.terms:
        raise DesignError(
            f"the formula {right!r} removes the intercept; leave it in: without it the odds "
            "at reference would be fixed at 1"
        )
    if extras.weights is not None:
        design = design.only(extras.weights > 0)
    firth, priors = check_penalty(penalty, design.terms)
    kept = codes[design.kept]
    rows = _rows(frame, design, codes, extras, children, firth, priors)
    kind = choose_interval(interval, extras, several_events=rows.several_events)
    rows = replace(rows, engine=engine, limits=kind == "profile")
    found, null = infer_rows(design.terms, rows, kind)
    model = (
        "Firth logistic" if firth else "Logistic with prior" if priors else "Logistic"
    )
    return FitResult(
        kind="logistic",
        model=model,
        formula=f"{column} ~ {right}",
        penalty=penalty_name(firth, priors),
        interval=kind,
        n_rows=len(kept),
        n_events=int(rows.outcome.sum()),
        n_patients=(
            None if children is None else len(pd.unique(children[design.kept]))
        ),
        ties=None,
        notes=(
            *standing_notes(frame),
            method_note(design.terms, rows, kind, found),
            *prior_notes(priors, design.terms),
            *design_notes(design, codes, children),
            *weight_notes(extras, rows),
            *cluster_notes(extras, rows, kind),
            *event_notes(
                design, kept == 1, estimated_terms(design, found), rows.children
            ),
            *left_out_notes(design.terms, found),
            *_landmark_notes(frame, kept, extras),
            *found.limit_notes,
        ),
        design=design,
        inference=found,
        log_likelihood_null=null,
        synthetic=is_synthetic(frame),
        rows=rows,
        dependent=dependent_rows(extras, rows.several_events),
    )


def _rows(
    frame: pd.DataFrame,
    design: Design,
    codes: FloatArray,
    extras: Extras,
    children: np.ndarray | None,
    firth: bool,
    priors: Priors,
) -> LogisticRows:
    kept = design.kept

    def own(values: np.ndarray | None) -> Any:
        return None if values is None else values[kept]

    return LogisticRows(
        covariates=design.matrix,
        outcome=codes[kept] == 1,
        index=frame.index[kept],
        firth=firth,
        priors=priors,
        weights=own(extras.weights),
        offset=own(extras.offset),
        cluster=own(extras.cluster),
        children=None if children is None else pd.factorize(children[kept])[0],
        names=own(children),
        weight_kind=extras.weight_kind,
        offset_name=extras.offset_name,
    )


def outcome_codes(frame: pd.DataFrame, column: str) -> FloatArray:
    """Whole codes of the outcome; every fault named."""
    require_frame(frame)
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


def _landmark_notes(
    frame: pd.DataFrame, codes: FloatArray, extras: Extras
) -> list[str]:
    notes = []
    competing = int((codes > 1).sum())
    if competing:
        notes.append(
            f"{count(competing, 'row')} with a competing event count as without the outcome: "
            "the odds are of the outcome before it, within the horizon."
        )
    weighted = frame.attrs.get("jdm_stats", {}).get("lost") == "weight"
    if weighted and extras.weights is None:
        notes.append(
            "The censoring weights of these landmark rows are not used, so this is the "
            "analysis of the children not lost; name their column in weights=, with "
            "weight_kind='sampling'."
        )
    return notes
