"""Cox regression on (start, stop] rows, plain or with Firth's penalty."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jdm_stats.errors import DesignError, UsageError
from jdm_stats.intervals.audit import audit_intervals, check_cut_for_events
from jdm_stats.likelihood.fitting import cox_problem, estimable_cox_columns
from jdm_stats.likelihood.risk_sets import RiskSets, build_risk_sets
from jdm_stats.models.design import Design, build_design, split_formula
from jdm_stats.models.fit import FitResult, check_interval, check_penalty, refuse
from jdm_stats.models.inference import NO_EVENT, Inference, infer, nothing
from jdm_stats.models.words import design_notes, event_notes, method_note


def fit_cox(
    frame: pd.DataFrame,
    formula: str,
    *,
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    penalty: str | None = None,
    ties: str = "efron",
    strata: object = None,
    weights: object = None,
    weight_kind: str | None = None,
    cluster: object = None,
    offset: object = None,
    interval: str | None = None,
    patient_id: str | None = None,
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
    penalty : None or "firth"
        None is plain maximum likelihood; "firth" adds half the log determinant of the
        information (Firth 1993; Heinze and Schemper 2001).
    ties : {"efron", "breslow"}
        Rule for tied event times. R's coxph defaults to Efron, coxphf uses Breslow.
    strata, weights, weight_kind, cluster, offset
        Refused in this version.
    interval : {"profile", "wald"}, optional
        Default profile.
    patient_id : str, optional
        Column that names the child; default ``patient_id`` when the frame has it.

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
        When the formula cannot be coded.
    UsageError, NotYetSupportedError
        When an option is wrong or refused.

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
    refuse(
        strata=strata,
        weights=weights,
        weight_kind=weight_kind,
        cluster=cluster,
        offset=offset,
    )
    firth, kind = check_penalty(penalty), check_interval(interval) or "profile"
    if ties not in ("efron", "breslow"):
        raise UsageError(f"ties must be 'efron' or 'breslow'; received {ties!r}")
    left, right = split_formula(formula)
    if left is not None:
        raise DesignError(
            f"write only the right-hand side of the formula, {right!r}; the outcome of a Cox "
            "model is named by start=, stop= and event="
        )
    named = patient_id or ("patient_id" if "patient_id" in frame.columns else None)
    audit_intervals(
        frame, start=start, stop=stop, event=event, patient_id=named
    ).raise_if_faulty()
    design = build_design(frame, right, intercept=False)
    check_cut_for_events(
        frame, start=start, stop=stop, event=event, columns=list(design.variables)
    )
    rows = frame.loc[design.kept]
    codes = rows[event].to_numpy(dtype=float)
    died = codes == 1
    sets = build_risk_sets(
        rows[start].to_numpy(dtype=float), rows[stop].to_numpy(dtype=float), died
    )
    found, null = _infer(design, sets, ties, firth, kind)
    notes = _notes(frame, design, sets, named, event, codes)
    separated = found.separation is not None and found.separation.separated
    return FitResult(
        kind="cox",
        model="Firth Cox" if firth else "Cox",
        formula=right,
        penalty=penalty,
        interval=kind,
        n_rows=len(rows),
        n_events=int(died.sum()),
        n_patients=None if named is None else int(rows[named].nunique()),
        ties=ties,
        notes=(
            method_note(penalty, kind, separated),
            f"Tied event times: {ties.capitalize()}.",
            *notes,
            *found.limit_notes,
        ),
        design=design,
        inference=found,
        log_likelihood_null=null,
    )


def _infer(
    design: Design, sets: RiskSets, ties: str, firth: bool, kind: str
) -> tuple[Inference, float]:
    """Fit what the risk sets can see; the null log-likelihood beside it."""
    if not len(sets.deaths):
        return nothing(design.terms, NO_EVENT), np.nan
    seen = design.matrix[sets.kept]
    positions = estimable_cox_columns(seen, sets)
    problem = cox_problem(
        seen[:, positions],
        sets,
        ties=ties,  # type: ignore[arg-type]
        firth=firth,
    )
    found = infer(problem, design.terms, positions, kind)  # type: ignore[arg-type]
    return found, problem.null_value if len(positions) else np.nan


def _notes(
    frame: pd.DataFrame,
    design: Design,
    sets: RiskSets,
    named: str | None,
    event: str,
    codes: np.ndarray,
) -> list[str]:
    left_out = frame.loc[~design.kept]
    dropped = {
        "rows": len(left_out),
        "events": int((left_out[event].to_numpy(dtype=float) == 1).sum()),
    }
    if named is not None:
        dropped["patients"] = int(left_out[named].nunique())
    notes = design_notes(design, dropped)
    notes += event_notes(design, codes == 1, len(design.terms))
    competing = int((codes > 1).sum())
    if competing:
        notes.append(
            f"{competing} competing events end follow-up without the outcome: ratios are of "
            "cause-specific hazards, not of risks."
        )
    if frame.attrs.get("jdm_stats", {}).get("synthetic"):
        notes.insert(0, "SYNTHETIC data: no child stands behind these numbers.")
    return notes
