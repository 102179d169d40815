"""Cox regression on (start, stop] rows, plain or with Firth's penalty."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jdm_stats.errors import DesignError, UsageError
from jdm_stats.intervals.audit import check_cut_for_events
from jdm_stats.likelihood.estimable import estimable_cox_columns
from jdm_stats.likelihood.fitting import cox_problem
from jdm_stats.likelihood.risk_sets import RiskSets, build_risk_sets
from jdm_stats.models.design import Design, build_design, split_formula
from jdm_stats.models.fit import FitResult, check_interval, check_penalty, refuse
from jdm_stats.models.inference import NO_EVENT, Inference, infer, nothing
from jdm_stats.models.rows import rows_at_risk
from jdm_stats.models.words import count, design_notes, event_notes, method_note


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
    at_risk = rows_at_risk(frame, start, stop, event, patient_id)
    design = build_design(frame, right, intercept=False)
    check_cut_for_events(
        frame, start=start, stop=stop, event=event, columns=list(design.variables)
    )
    kept = design.kept
    died = at_risk.code[kept] == 1
    sets = build_risk_sets(at_risk.start[kept], at_risk.stop[kept], died)
    found, null = _infer(design, sets, ties, firth, kind)
    children = None
    if at_risk.patient_id is not None:
        children = frame[at_risk.patient_id].to_numpy()
    return FitResult(
        kind="cox",
        model="Firth Cox" if firth else "Cox",
        formula=right,
        penalty=penalty,
        interval=kind,
        n_rows=int(kept.sum()),
        n_events=int(died.sum()),
        n_patients=None if children is None else len(pd.unique(children[kept])),
        ties=ties,
        notes=(
            *at_risk.notes,
            method_note(penalty, kind, found),
            f"Tied event times: {ties.capitalize()}.",
            *design_notes(design, at_risk.code, children),
            *event_notes(design, died, len(design.terms)),
            *_competing_note(at_risk.code[kept]),
            *found.limit_notes,
        ),
        synthetic=at_risk.synthetic,
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


def _competing_note(codes: np.ndarray) -> list[str]:
    competing = int((codes > 1).sum())
    if not competing:
        return []
    return [
        f"{count(competing, 'competing event')}: follow-up ends there without the outcome, and "
        "ratios are of cause-specific hazards, not of risks."
    ]
