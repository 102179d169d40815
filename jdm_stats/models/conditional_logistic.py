"""Conditional logistic regression of matched sets: exact, with Firth's penalty or priors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import DesignError, UsageError
from jdm_stats.intervals.columns import named_rows
from jdm_stats.intervals.marks import is_synthetic, standing_notes
from jdm_stats.likelihood.matched_sets import MatchedSets, build_matched_sets
from jdm_stats.likelihood.risk_sets import IntArray
from jdm_stats.models.conditional_rows import ConditionalRows
from jdm_stats.models.design import Design, build_design, split_formula
from jdm_stats.models.fit import FitResult
from jdm_stats.models.fitting_road import infer_rows
from jdm_stats.models.inference import ALIASED, Inference, IntervalKind, nothing
from jdm_stats.models.logistic import outcome_codes
from jdm_stats.models.options import (
    check_penalty,
    choose_interval,
    dependent_rows,
    penalty_name,
)
from jdm_stats.models.priors import Prior, prior_notes
from jdm_stats.models.rows import named_column
from jdm_stats.models.weighting import Extras, read_extras
from jdm_stats.models.words import (
    cluster_notes,
    count,
    design_notes,
    event_notes,
    method_note,
    weight_notes,
)

METHODS = ("exact", "efron", "breslow")
NO_SET = "no set has both a case and a control: nothing can be estimated"
CONSTANT = "does not vary within any set (it was matched on, or follows from the terms before it)"


def fit_conditional_logistic(
    frame: pd.DataFrame,
    formula: str,
    *,
    set_id: str = "set",
    event: str = "event",
    penalty: str | Prior | Mapping[str, Prior] | None = None,
    method: str = "exact",
    weights: Any = None,
    weight_kind: str | None = None,
    cluster: Any = None,
    offset: Any = None,
    interval: str | None = None,
    patient_id: str | None = None,
) -> FitResult:
    """Fit a conditional logistic model to matched sets.

    Parameters
    ----------
    frame : DataFrame
        One row per member of a set: case and matched controls, windows of
        `jdm_stats.case_crossover_rows`, or children at risk in one period.
    formula : str
        Right-hand side, ``"recent_pulse + mean_dose_mg_kg_day"``, or with the outcome,
        ``"case ~ recent_pulse"``. There is no intercept: each set has its own, and it
        cancels, as does everything that is the same for all members of a set.
    set_id : str, default "set"
        Column that names the set.
    event : str
        Outcome column when the formula does not name it: 1 (or True) is a case, every
        other code a control.
    penalty : None, "firth", `NormalPrior`, `LogF` or mapping of term to prior
        As in `fit_cox`. Firth's penalty (Heinze and Puhr 2010, Stat Med 29:770-777) has an
        estimate also where all cases differ from their controls in the same way.
    method : {"exact", "efron", "breslow"}, default "exact"
        How several cases of a set enter: the exact conditional likelihood, or an
        approximation by Cox's partial likelihood. With one case a set, all are the same.
    weights : str or array, optional
        Column of weights, the same for every member of a set (exact method).
    weight_kind : {"case", "sampling", "frequency"}, optional
    cluster : str or array, optional
        Sets that belong together, for robust limits; by default each set stands for
        itself.
    offset : str or array, optional
        Added to the log odds, as for controls drawn with known, unequal chances.
    interval : {"profile", "wald", "robust", "jackknife"}, optional
        As in `fit_cox`.
    patient_id : str, optional
        Column that names the child; default ``patient_id`` when the frame has it.

    Returns
    -------
    FitResult
        Odds ratios within sets. Sets without a case or without a control say nothing;
        they are left out, under every method, and counted in the notes. (R's ``clogit``
        lets sets of cases only pull the estimates under "efron" and "breslow".) Under
        monotone likelihood a plain fit has NaN for every estimate and p-value, with the
        reason.

    Raises
    ------
    DesignError
        When the formula, outcome, set, weights, cluster or offset cannot be read.
    UsageError
        When an option is wrong, or limits are asked for that do not hold.

    Warns
    -----
    SeparationWarning, ConvergenceWarning

    Examples
    --------
    Three pairs with an exposed case and one with an exposed control: odds ratio 3 / 1.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"set": [1, 1, 2, 2, 3, 3, 4, 4], "event": [1, 0] * 4})
    >>> frame["pulse"] = [1, 0, 1, 0, 1, 0, 0, 1]
    >>> fit = fit_conditional_logistic(frame, "pulse")
    >>> round(float(fit.summary.loc["pulse", "exp(coef)"]), 6)
    3.0
    """
    if method not in METHODS:
        raise UsageError(f"method must be one of {METHODS}; received {method!r}")
    left, right = split_formula(formula)
    column = left or event
    codes = outcome_codes(frame, column)
    set_code = _set_codes(frame, set_id)
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
    design = build_design(frame, right, intercept=False)
    used = design.kept if extras.weights is None else design.kept & (extras.weights > 0)
    sets = build_matched_sets(set_code[used], codes[used] == 1)
    if sets.n_sets:
        informative = np.zeros(len(frame), dtype=bool)
        informative[np.flatnonzero(used)[sets.kept]] = True
        design = design.only(informative)
    if method == "exact":
        _check_whole_sets(sets, np.flatnonzero(used), extras, set_id)
    firth, priors = check_penalty(penalty, design.terms)
    rows = _rows(
        *(frame, design, codes, set_code, extras, children, method),
        firth=firth,
        priors=priors,
    )
    kind = choose_interval(interval, extras, several_events=rows.several_events)
    found, null = _infer(design.terms, rows, kind, sets)
    model = "Firth conditional logistic" if firth else "Conditional logistic"
    by = {**(extras.named or {})}
    by.setdefault("cluster", set_id)
    return FitResult(
        kind="conditional_logistic",
        model=f"{model} with prior" if priors else model,
        formula=f"{column} ~ {right}, sets {set_id}",
        penalty=penalty_name(firth, priors),
        interval=kind,
        n_rows=len(rows.outcome),
        n_events=int(rows.outcome.sum()),
        n_patients=(
            None if children is None else len(pd.unique(children[design.kept]))
        ),
        ties=method,
        notes=(
            *standing_notes(frame),
            method_note(design.terms, rows, kind, found),
            *prior_notes(priors, design.terms),
            *_set_notes(sets, method),
            *design_notes(design, codes, children),
            *weight_notes(extras, rows),
            *cluster_notes(replace(extras, named=by), rows, kind),
            *event_notes(design, rows.outcome, len(design.terms)),
            *found.limit_notes,
        ),
        design=design,
        inference=found,
        log_likelihood_null=null,
        synthetic=is_synthetic(frame),
        rows=rows,
        dependent=dependent_rows(extras, rows.several_events),
    )


def _set_codes(frame: pd.DataFrame, set_id: str) -> IntArray:
    if not isinstance(set_id, str) or set_id not in frame.columns:
        raise UsageError(
            f"the frame has no column {set_id!r} that names the sets; name it with "
            f"set_id=; its columns are {[str(c) for c in frame.columns]}"
        )
    missing = frame[set_id].isna().to_numpy()
    if missing.any():
        raise DesignError(
            f"the set {set_id!r} is missing in {named_rows(missing)}; say whom those rows "
            "were matched with, or leave them out"
        )
    codes: IntArray = pd.factorize(frame[set_id], sort=False)[0].astype(np.intp)
    return codes


def _check_whole_sets(
    sets: MatchedSets, used: IntArray, extras: Extras, set_id: str
) -> None:
    """Refuse weights and clusters that part the members of a set."""
    wrong = []
    for role, values in (("weights", extras.weights), ("cluster", extras.cluster)):
        if values is None or not sets.n_sets:
            continue
        own = values[used[sets.kept]]
        parted = np.unique(sets.place[own != own[sets.first][sets.place]])
        if len(parted):
            wrong.append(f"{role} differ within {count(len(parted), 'set')}")
    if wrong:
        raise UsageError(
            f"the exact likelihood takes sets ({set_id}) whole: {'; '.join(wrong)}; give "
            "every member of a set the same value, or use method='efron'"
        )


def _rows(
    frame: pd.DataFrame,
    design: Design,
    codes: np.ndarray,
    set_code: IntArray,
    extras: Extras,
    children: np.ndarray | None,
    method: str,
    **penalty: Any,
) -> ConditionalRows:
    kept = design.kept
    own_sets = np.unique(set_code[kept], return_inverse=True)[1]
    child = None if children is None else pd.factorize(children[kept])[0]
    return ConditionalRows(
        covariates=design.matrix,
        outcome=codes[kept] == 1,
        index=frame.index[kept],
        weights=None if extras.weights is None else extras.weights[kept],
        offset=None if extras.offset is None else extras.offset[kept],
        # members of a set are compared with each other: it is the set that is independent
        cluster=own_sets if extras.cluster is None else extras.cluster[kept],
        children=child,
        names=None if children is None else children[kept],
        weight_kind=extras.weight_kind,
        offset_name=extras.offset_name,
        set_code=own_sets,
        method=method,  # type: ignore[arg-type]
        **penalty,
    )


def _infer(
    terms: tuple[str, ...], rows: ConditionalRows, kind: IntervalKind, sets: MatchedSets
) -> tuple[Inference, float]:
    if not sets.n_sets:
        return nothing(terms, NO_SET), np.nan
    found, null = infer_rows(terms, rows, kind)
    reasons = tuple(CONSTANT if r == ALIASED else r for r in found.reasons)
    failure = CONSTANT if found.failure_reason == ALIASED else found.failure_reason
    return replace(found, reasons=reasons, failure_reason=failure), null


def _set_notes(sets: MatchedSets, method: str) -> list[str]:
    """Say how the sets are made up, which were left out, and what is compared."""
    notes = []
    if sets.n_sets:
        pairs = np.column_stack([sets.cases, sets.sizes - sets.cases])
        kinds, often = np.unique(pairs, axis=0, return_counts=True)
        order = np.argsort(-often, kind="stable")[:5]
        made = ", ".join(f"{kinds[k][0]}:{kinds[k][1]} ({often[k]})" for k in order)
        more = f" and {len(kinds) - 5} other kinds" if len(kinds) > 5 else ""
        notes.append(
            f"{count(sets.n_sets, 'set')} with a case and a control (cases:controls) "
            f"{made}{more}; odds ratios compare members of one set only."
        )
        if (sets.cases > 1).any():
            how = (
                "by the exact conditional likelihood"
                if method == "exact"
                else f"by {method.capitalize()}'s approximation"
            )
            notes.append(f"Several cases in one set enter {how}.")
    dropped = (
        (sets.without_case, sets.rows_without_case, "a case"),
        (sets.without_control, sets.rows_without_control, "a control"),
    )
    notes += [
        f"Left out, because they say nothing: {count(number, 'set')} without {what} "
        f"({count(size, 'row')})."
        for number, size, what in dropped
        if number
    ]
    return notes
