"""Fine-Gray regression: covariates and the risk of an event when others compete with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from jdm_stats.errors import DesignError, UsageError
from jdm_stats.models.design import split_formula
from jdm_stats.models.fine_gray_children import Children, names_of, read_children
from jdm_stats.models.fine_gray_result import FineGrayResult, FineGrayRows
from jdm_stats.models.fitting_road import infer_rows
from jdm_stats.models.gray import check_cause
from jdm_stats.models.inference import Inference, IntervalKind, nothing
from jdm_stats.models.options import (
    check_interval,
    check_penalty,
    choose_interval,
    penalty_name,
)
from jdm_stats.models.priors import Prior, Priors, prior_notes
from jdm_stats.models.weighting import Extras
from jdm_stats.models.words import (
    cluster_notes,
    count,
    design_notes,
    event_notes,
    method_note,
    weight_notes,
)


def fit_fine_gray(
    frame: pd.DataFrame,
    formula: str,
    *,
    cause: int = 1,
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    penalty: str | Prior | Mapping[str, Prior] | None = None,
    ties: str = "breslow",
    strata: str | Sequence[str] | None = None,
    censoring: str | Sequence[str] | None = None,
    weights: str | None = None,
    interval: str | None = None,
    patient_id: str | None = None,
) -> FineGrayResult:
    """Fit a proportional subdistribution hazards model (Fine and Gray 1999).

    Parameters
    ----------
    frame : DataFrame
        Rows at risk in (start, stop]; event 0 none, other codes kinds of event. Rows of a
        child that was merely split are joined; children may enter late.
    formula : str
        Right-hand side; its variables must not change within a child.
    cause : int, default 1
        The event of interest; every other code but 0 competes with it.
    start, stop, event : str
        Columns.
    penalty : None, "firth", `NormalPrior`, `LogF` or mapping of term to prior
        As in `fit_cox`.
    ties : {"breslow", "efron"}
        Rule for tied event times.
    strata : str or list of str, optional
        Columns, fixed within a child, whose values have baselines of their own.
    censoring : str or list of str, optional
        Columns, fixed within a child, within whose values the censoring and entry laws are
        estimated apart. Default: one law for all.
    weights : str, optional
        Column of case weights, fixed within a child; the censoring law takes no notice of
        them, as in R.
    interval : {"robust", "profile", "wald", "jackknife"}, optional
        Default robust by child; profile under a penalty, unless weights are not whole.
        Only the jackknife, which estimates the censoring law anew each time, carries the
        uncertainty of that law.
    patient_id : str, optional
        Default ``patient_id`` when the frame has it; without it a row is a child.

    Returns
    -------
    FineGrayResult
        Its ratios are of subdistribution hazards: they say in which direction a covariate
        moves the risk by any day, not by how much the rate among those still at risk.

    Raises
    ------
    IntervalError
        When rows break the law of intervals, leave a gap, or carry a covariate that changes
        after entry (those who met a competing event have no current dose).
    DesignError
        When the formula, weights or strata cannot be read.
    UsageError
        When an option is wrong.

    Warns
    -----
    SeparationWarning, ConvergenceWarning

    Notes
    -----
    Estimates, log-likelihood and ``covariance`` equal R's ``finegray`` followed by ``coxph``;
    ``robust_covariance(leverage=False)`` is its variance clustered by child. Children with a
    missing variable are left out of the censoring law too.

    Examples
    --------
    An exposed child dies on day 1 and stays at risk. Events on days 2 (unexposed, one of two
    and two) and 3 (exposed, one of two and one): 1 / (2 r + 2) r / (2 r + 1) is largest at
    r = sqrt(1/2).

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"start": 0, "stop": [1, 2, 3, 4], "event": [2, 1, 1, 0]})
    >>> frame["nxp2"] = [1, 0, 1, 0]
    >>> fit = fit_fine_gray(frame, "nxp2", interval="profile")
    >>> round(float(fit.summary.loc["nxp2", "exp(coef)"]) ** 2, 9)
    0.5
    """
    check_cause(cause)
    if ties not in ("efron", "breslow"):
        raise UsageError(f"ties must be 'efron' or 'breslow'; received {ties!r}")
    left, right = split_formula(formula)
    if left is not None:
        raise DesignError(
            f"write only the right-hand side of the formula, {right!r}; the outcome is named by "
            "start=, stop=, event= and cause="
        )
    children = read_children(
        frame, right, start, stop, event, patient_id, strata, censoring, weights
    )
    design, at_risk, extras = children.design, children.at_risk, children.extras
    kept = design.kept
    firth, priors = check_penalty(penalty, design.terms)
    rows = _rows(children, cause, ties, firth, priors)
    kind = _interval(interval, extras, penalised=firth or bool(priors))
    found, null = _infer(design.terms, rows, kind)
    base = "Fine-Gray"
    return FineGrayResult(
        kind="fine_gray",
        model=f"Firth {base}" if firth else f"{base} with prior" if priors else base,
        formula=right,
        penalty=penalty_name(firth, priors),
        interval=kind,
        n_rows=int(kept.sum()),
        n_events=int(rows.outcome.sum()),
        n_patients=None if at_risk.patient_id is None else int(kept.sum()),
        ties=ties,
        notes=(
            *at_risk.notes,
            *children.joined,
            method_note(design.terms, rows, kind, found),
            *prior_notes(priors, design.terms),
            f"Tied event times: {ties.capitalize()}.",
            *design_notes(
                design, np.where(at_risk.code == cause, 1, 0), children.names
            ),
            *weight_notes(extras, rows),
            *cluster_notes(extras, rows, kind),
            *event_notes(design, rows.outcome, len(design.terms)),
            *_competing_notes(rows, cause),
            *_law_notes(rows, kind, names_of(censoring)),
            *found.limit_notes,
        ),
        synthetic=at_risk.synthetic,
        design=design,
        inference=found,
        log_likelihood_null=null,
        rows=rows,
        dependent="estimated weights of children with a competing event",
        cause=int(cause),
    )


def _rows(
    children: Children, cause: int, ties: str, firth: bool, priors: Priors
) -> FineGrayRows:
    design, at_risk, extras = children.design, children.at_risk, children.extras
    kept = design.kept
    code = at_risk.code[kept]
    state = np.where(code == cause, 1, np.where(code > 0, 2, 0))

    def own(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else values[kept]

    law = own(children.law)
    return FineGrayRows(
        covariates=design.matrix,
        outcome=state == 1,
        index=children.frame.index[kept],
        firth=firth,
        priors=priors,
        weights=own(extras.weights),
        children=None if children.names is None else np.arange(len(state)),
        start=at_risk.start[kept],
        stop=at_risk.stop[kept],
        ties=ties,  # type: ignore[arg-type]
        strata=own(extras.strata),
        strata_labels=extras.strata_labels,
        strata_names=extras.strata_names,
        state=state,
        law=None if law is None else np.unique(law, return_inverse=True)[1],
    )


def _interval(asked: str | None, extras: Extras, *, penalised: bool) -> IntervalKind:
    """Robust limits, for estimated weights make it no likelihood; profile under a penalty."""
    if not extras.whole_weights:
        return choose_interval(asked, extras, several_events=False)
    return check_interval(asked) or ("profile" if penalised else "robust")


def _infer(
    terms: tuple[str, ...], rows: FineGrayRows, kind: IntervalKind
) -> tuple[Inference, float]:
    if rows.unobservable.any():
        days = ", ".join(f"{d:g}" for d in np.unique(rows.stop[rows.unobservable])[:5])
        reason = (
            f"{count(int(rows.unobservable.sum()), 'child', 'children')} had a competing event "
            f"(day {days}) when nobody could stay under observation until the next child entered: "
            "they cannot be weighted; start where the risk set does not empty"
        )
        return nothing(terms, reason), np.nan
    return infer_rows(terms, rows, kind)


def _competing_notes(rows: FineGrayRows, cause: int) -> list[str]:
    competing = int((rows.state == 2).sum())
    if not competing:
        return [
            f"No event competes with event {cause}: the fit is that of a Cox model."
        ]
    return [
        f"{count(competing, 'competing event')}: those children stay at risk, weighted by the "
        "chance of being still under observation. Ratios are of subdistribution hazards: they "
        "tell of risks, not of rates among those still at risk."
    ]


def _law_notes(rows: FineGrayRows, kind: str, censoring: list[str]) -> list[str]:
    if not (rows.state == 2).any():
        return []
    late = int((rows.start > rows.start.min()).sum())
    law = "of censoring" + (" and of entry" if late else "")
    within = f" within {', '.join(censoring)}" if censoring else ""
    notes = [f"The law {law} was estimated{within} by the product limit."]
    if late:
        entered = count(late, "child", "children")
        notes.append(
            f"{entered} entered after the first; entry is taken as independent."
        )
    if kind in ("profile", "wald"):
        notes.append(f"{kind.capitalize()} limits take that law as known.")
    return notes
