"""The children of a Fine-Gray fit: their rows joined, and nothing that changes after entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.intervals.audit import check_cut_for_events
from jdm_stats.models.design import Design, build_design
from jdm_stats.models.rows import AtRisk, rows_at_risk
from jdm_stats.models.weighting import Extras, read_extras
from jdm_stats.models.whole_follow_up import (
    joined_note,
    refuse_change,
    whole_follow_up,
)

METHOD = "a Fine-Gray model"
NO_DOSE = (
    "children who met a competing event stay in the risk set, and have no current value: fit the "
    "cause-specific hazard by fit_cox, or use a value fixed at entry"
)


@dataclass(frozen=True, eq=False)
class Children:
    """The frame as one row a child: design, times, and what stands beside the formula.

    Parameters
    ----------
    frame : DataFrame
        First row of each child.
    design : Design
    at_risk : AtRisk
        Entry, end and last event code of each child.
    extras : Extras
        Weights and strata.
    law : (n,) int array or None
        Group with a censoring law of its own.
    names : (n,) array or None
        Who they are.
    joined : tuple of str
        What there is to say of rows that were joined.
    """

    frame: pd.DataFrame
    design: Design
    at_risk: AtRisk
    extras: Extras
    law: np.ndarray | None
    names: np.ndarray | None
    joined: tuple[str, ...]


def read_children(
    frame: pd.DataFrame,
    formula: str,
    start: str,
    stop: str,
    event: str,
    patient_id: str | None,
    strata: str | Sequence[str] | None,
    censoring: str | Sequence[str] | None,
    weights: str | None,
) -> Children:
    """Read a frame as one row a child.

    Parameters
    ----------
    frame, formula, start, stop, event, patient_id, strata, censoring, weights
        As in `jdm_stats.fit_fine_gray`.

    Returns
    -------
    Children

    Raises
    ------
    IntervalError
        When rows break the law of intervals, leave a gap, or a column changes in a child.
    UsageError, DesignError
        When a column is not there or cannot be read.
    """
    beside = [*names_of(strata), *names_of(censoring), *names_of(weights)]
    absent = [c for c in beside if c not in frame.columns]
    if absent:
        raise UsageError(
            f"no columns {absent}; the frame has {[str(c) for c in frame.columns]}"
        )
    at_risk = rows_at_risk(frame, start, stop, event, patient_id)
    named = at_risk.patient_id
    names = None if named is None else frame[named].to_numpy()
    whole = whole_follow_up(at_risk, names, METHOD)
    given = frame.iloc[whole.first]
    design = build_design(given, formula, intercept=False)
    columns = list(design.variables)
    refuse_change(
        frame, list(dict.fromkeys([*columns, *beside])), whole, named, NO_DOSE
    )
    check_cut_for_events(frame, start=start, stop=stop, event=event, columns=columns)
    at_risk = replace(
        at_risk,
        start=whole.entry,
        stop=whole.leave,
        code=whole.code.astype(float),
        child=np.arange(len(whole.first)),
    )
    names = None if names is None else names[whole.first]
    extras = read_extras(
        given, weights=weights, strata=names_of(strata) or None, children=names
    )
    law = read_extras(given, strata=names_of(censoring) or None, children=names).strata
    if extras.weights is not None:
        design = design.only(extras.weights > 0)
    return Children(given, design, at_risk, extras, law, names, joined_note(whole))


def names_of(columns: str | Sequence[str] | None) -> list[str]:
    """Give the names of one column, of several or of none."""
    if columns is None:
        return []
    names = [columns] if isinstance(columns, str) else list(columns)
    if not all(isinstance(name, str) for name in names):
        raise UsageError(f"name columns of the frame; received {columns!r}")
    return names
