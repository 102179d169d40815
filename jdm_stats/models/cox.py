"""Cox regression on (start, stop] rows: plain, with Firth's penalty or with priors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import DesignError, UsageError
from jdm_stats.intervals.audit import check_cut_for_events
from jdm_stats.likelihood.fast import Engine
from jdm_stats.models.design import Design, build_design, split_formula
from jdm_stats.models.fit import FitResult
from jdm_stats.models.fitted_rows import CoxRows
from jdm_stats.models.fitting_road import infer_rows
from jdm_stats.models.options import (
    check_penalty,
    choose_interval,
    dependent_rows,
    penalty_name,
)
from jdm_stats.models.priors import Prior, prior_notes
from jdm_stats.models.rows import AtRisk, recurrent_strata, rows_at_risk
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


def fit_cox(
    frame: pd.DataFrame,
    formula: str,
    *,
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    penalty: str | Prior | Mapping[str, Prior] | None = None,
    ties: str = "efron",
    strata: Any = None,
    weights: Any = None,
    weight_kind: str | None = None,
    cluster: Any = None,
    offset: Any = None,
    interval: str | None = None,
    patient_id: str | None = None,
    engine: Engine = "auto",
) -> FitResult:
    """Fit a Cox model to the (start, stop] rows of any data frame.

    Parameters
    ----------
    frame : DataFrame
        One row per interval at risk, open on the left and closed on the right; covariates
        as known at ``start``. `jdm_stats.audit_intervals` runs on it first.
    formula : str
        Right-hand side, such as ``"nxp2 + current_dose_mg_kg"`` or
        ``'C(antibody, Treatment("none"))'``.
    start, stop, event : str
        Columns. Event 1 is the outcome; 0 and every other code (a competing event) end
        the row without it, so the hazard is cause-specific.
    penalty : None, "firth", `NormalPrior`, `LogF` or mapping of term to prior
        None is plain maximum likelihood; "firth" adds half the log determinant of the
        information (Firth 1993; Heinze and Schemper 2001); a prior adds its log density.
    ties : {"efron", "breslow"}
        Rule for tied event times. R's coxph defaults to Efron, coxphf uses Breslow.
    strata : str, list of str or array, optional
        Column or columns; each stratum has its own baseline hazard. By default those a
        table of recurrent events was prepared for (`jdm_stats.intervals.recurrent`).
    weights : str or array, optional
        Column of weights, zero or above; rows of weight zero are left out and counted.
    weight_kind : {"case", "sampling", "frequency"}, optional
        "case" (default) as in R's coxph; "sampling" for inverse probabilities, with
        robust limits; "frequency" for rows that stand for so many like them.
    cluster : str or array, optional
        Rows that belong together; robust limits.
    offset : str or array, optional
        Added to the linear predictor.
    interval : {"profile", "wald", "robust", "jackknife"}, optional
        Default profile; robust when weights are sampling weights or not whole, a cluster
        is given or a child has several events.
    patient_id : str, optional
        Column that names the child; default ``patient_id`` when the frame has it.
    engine : {"auto", "numpy", "compiled"}
        "auto" takes the compiled path where the work is large; both agree to 1e-10.

    Returns
    -------
    FitResult
        Under monotone likelihood a plain fit has NaN for every estimate and p-value, with
        the reason.

    Raises
    ------
    IntervalError
        When rows break the law of intervals; all faults at once.
    DesignError
        When the formula, weights, strata, cluster or offset cannot be read.
    UsageError
        When an option is wrong, limits are asked for that do not hold, or the strata of
        a table of recurrent events are not among those named.

    Warns
    -----
    SeparationWarning, ConvergenceWarning

    Examples
    --------
    Two exposed children die first and second of four; the plain estimate does not exist,
    Firth's does.

    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {
    ...         "start": 0,
    ...         "stop": [1, 2, 3, 4],
    ...         "event": [1, 1, 0, 0],
    ...         "nxp2": [1, 1, 0, 0],
    ...     }
    ... )
    >>> fit = fit_cox(frame, "nxp2", penalty="firth")
    >>> fit.tidy(exponentiate=True)[["estimate", "conf_low"]].round(
    ...     2
    ... ).to_numpy().tolist()
    [[7.56, 0.58]]
    """
    if ties not in ("efron", "breslow"):
        raise UsageError(f"ties must be 'efron' or 'breslow'; received {ties!r}")
    left, right = split_formula(formula)
    if left is not None:
        raise DesignError(
            f"write only the right-hand side of the formula, {right!r}; the outcome of a Cox "
            "model is named by start=, stop= and event="
        )
    at_risk = rows_at_risk(frame, start, stop, event, patient_id, recurrent=None)
    children = _children(frame, at_risk)
    extras = read_extras(
        frame,
        weights=weights,
        weight_kind=weight_kind,
        strata=recurrent_strata(frame, strata),
        cluster=cluster,
        offset=offset,
        children=children,
    )
    design = build_design(frame, right, intercept=False)
    check_cut_for_events(
        frame, start=start, stop=stop, event=event, columns=list(design.variables)
    )
    if extras.weights is not None:
        design = design.only(extras.weights > 0)
    firth, priors = check_penalty(penalty, design.terms)
    rows = _rows(frame, design, at_risk, extras, children)(
        ties=ties, firth=firth, priors=priors
    )
    kind = choose_interval(interval, extras, several_events=rows.several_events)
    rows = replace(rows, engine=engine, limits=kind == "profile")
    found, null = infer_rows(design.terms, rows, kind)
    kept = design.kept
    return FitResult(
        kind="cox",
        model="Firth Cox" if firth else "Cox with prior" if priors else "Cox",
        formula=right,
        penalty=penalty_name(firth, priors),
        interval=kind,
        n_rows=int(kept.sum()),
        n_events=_events(rows, extras),
        n_patients=rows.n_children,
        ties=ties,
        notes=(
            *at_risk.notes,
            method_note(design.terms, rows, kind, found),
            *prior_notes(priors, design.terms),
            f"Tied event times: {ties.capitalize()}.",
            *design_notes(design, at_risk.code, children),
            *weight_notes(extras, rows),
            *cluster_notes(extras, rows, kind),
            *event_notes(
                design, rows.outcome, estimated_terms(design, found), rows.children
            ),
            *left_out_notes(design.terms, found),
            *_strata_note(rows),
            *_competing_note(at_risk.code[kept]),
            *found.limit_notes,
        ),
        synthetic=at_risk.synthetic,
        design=design,
        inference=found,
        log_likelihood_null=null,
        rows=rows,
        dependent=dependent_rows(extras, rows.several_events),
    )


def _children(frame: pd.DataFrame, at_risk: AtRisk) -> np.ndarray | None:
    named = at_risk.patient_id
    return None if named is None else frame[named].to_numpy()


def _rows(
    frame: pd.DataFrame,
    design: Design,
    at_risk: AtRisk,
    extras: Extras,
    children: np.ndarray | None,
) -> partial[CoxRows]:
    """Rows of the design; ties and penalty are still to be given."""
    kept = design.kept

    every = bool(kept.all())

    def own(values: Any) -> Any:
        return values if values is None or every else values[kept]

    return partial(
        CoxRows,
        covariates=design.matrix,
        outcome=own(at_risk.code) == 1,
        index=own(frame.index),
        start=own(at_risk.start),
        stop=own(at_risk.stop),
        strata=own(extras.strata),
        strata_labels=extras.strata_labels,
        strata_names=extras.strata_names,
        weights=own(extras.weights),
        offset=own(extras.offset),
        cluster=own(extras.cluster),
        children=own(at_risk.child),
        names=own(children),
        weight_kind=extras.weight_kind,
        offset_name=extras.offset_name,
    )


def _events(rows: CoxRows, extras: Extras) -> int:
    if extras.weight_kind == "frequency" and rows.weights is not None:
        return int(rows.weights[rows.outcome].sum())
    return int(rows.outcome.sum())


def _strata_note(rows: CoxRows) -> list[str]:
    if rows.strata is None:
        return []
    present = np.unique(rows.strata)
    empty = np.setdiff1d(present, np.unique(rows.strata[rows.outcome]))
    notes = [
        f"{len(present)} strata, each with its own baseline hazard; children are "
        "compared within strata only."
    ]
    if len(empty):
        named = ", ".join(rows.strata_labels[k] for k in empty[:10])
        notes.append(
            f"{count(len(empty), 'stratum', 'strata')} without an event say nothing of the "
            f"ratios: {named}."
        )
    return notes


def _competing_note(codes: np.ndarray) -> list[str]:
    competing = int((codes > 1).sum())
    if not competing:
        return []
    return [
        f"{count(competing, 'competing event')}: follow-up ends there without the outcome, and "
        "ratios are of cause-specific hazards, not of risks."
    ]
