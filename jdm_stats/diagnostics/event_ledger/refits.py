"""A fit without one of its events, for each of them in turn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from jdm_stats.errors import JdmStatsWarning
from jdm_stats.models.fit import FitResult
from jdm_stats.models.fitted_rows import CoxRows, FittedRows
from jdm_stats.models.fitting_road import infer_rows
from jdm_stats.models.inference import Inference
from jdm_stats.replicates.progress import progress


def rows_without(rows: FittedRows, event: int, leave_out: str) -> FittedRows:
    """Give the rows of a fit without one event, or without the child who had it.

    Parameters
    ----------
    rows : FittedRows
    event : int
        Row of the event.
    leave_out : {"event", "patient"}
        "event" keeps the row of a Cox fit at risk, as if follow-up had ended there. A
        logistic row cannot be kept: without its outcome it says nothing.

    Returns
    -------
    FittedRows
    """
    if leave_out == "patient":
        assert rows.children is not None
        return rows.without(rows.children == rows.children[event])
    if isinstance(rows, CoxRows):
        outcome = rows.outcome.copy()
        outcome[event] = False
        return replace(rows, outcome=outcome)
    return rows.without(np.arange(len(rows.outcome)) == event)


def refits_without(
    fit: FitResult,
    events: Sequence[int],
    leave_out: str,
    show: bool | None = None,
) -> list[Inference]:
    """Fit again without each event, with limits of the same kind as the fit's.

    Each refit takes the whole road of a fit, its gate against monotone likelihood
    included, and a penalised one climbs from the estimate with every event. What cannot
    be estimated any more is NaN with its reason.

    Parameters
    ----------
    fit : FitResult
    events : sequence of int
        Rows of the events.
    leave_out : {"event", "patient"}
    show : bool, optional
        Draw a bar; default on a terminal only.

    Returns
    -------
    list of Inference
    """
    rows = fit.rows
    assert rows is not None
    whole: dict[int, Inference] = {}
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JdmStatsWarning)
        for event in progress(events, f"fits without each {leave_out}", show=show):
            key = event
            if leave_out == "patient" and rows.children is not None:
                key = int(rows.children[event])
            if key not in whole:
                left = rows_without(rows, event, leave_out)
                made, _ = infer_rows(fit.terms, left, fit.interval, near=fit.inference)
                whole[key] = made
            found.append(whole[key])
    return found
