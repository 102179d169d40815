"""Risks from cause-specific hazards: one Cox fit per kind of event, joined for new rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.intervals.marks import marked
from jdm_stats.models.prediction import (
    cumulative_of,
    encoded,
    offset_of,
    strata_of,
)
from jdm_stats.models.residuals import evaluation_of

if TYPE_CHECKING:
    from jdm_stats.models.fit import FitResult


def predict_cumulative_incidence(
    fits: Mapping[int, FitResult], frame: pd.DataFrame, times: Sequence[float]
) -> pd.DataFrame:
    """Risk of each kind of event for new rows, from one cause-specific fit per cause.

    Parameters
    ----------
    fits : mapping of int to FitResult
        A Cox fit for each event code, every cause there is; for cause k the event column
        is 1 where the event is k and something else, such as 0 or 2, elsewhere.
    frame : DataFrame
    times : sequence of float

    Returns
    -------
    DataFrame
        ``row, cause, time, risk``; the risks and the share free of any event add up to 1.

    Notes
    -----
    Hazards are constant within each step, so that the sum of the steps' probabilities is
    exactly 1 (as R's multi-state ``survfit``). No limits: give them by bootstrap.

    Examples
    --------
    >>> from jdm_stats.models.cox import fit_cox
    >>> rows = pd.DataFrame(
    ...     {
    ...         "start": 0,
    ...         "stop": [1, 2, 3, 4, 5, 6],
    ...         "event": [1, 2, 1, 2, 1, 0],
    ...         "nxp2": [1, 0, 0, 1, 1, 0],
    ...     }
    ... )
    >>> fits = {
    ...     cause: fit_cox(
    ...         rows.assign(event=(rows["event"] == cause).astype(int)),
    ...         "nxp2",
    ...         penalty="firth",
    ...     )
    ...     for cause in (1, 2)
    ... }
    >>> risks = predict_cumulative_incidence(fits, rows.head(1), [6])
    >>> bool(0 < risks["risk"].sum() < 1)
    True
    """
    if not fits:
        raise UsageError("give one fit per cause")
    wanted = np.asarray(times, dtype=float)
    every = np.unique(np.concatenate([f.cox_rows().sets.times for f in fits.values()]))
    causes = list(fits)
    hazards = []
    for fit in fits.values():
        at = evaluation_of(fit)
        covariates, strata = encoded(fit, frame), strata_of(fit, frame)
        lifts = np.exp(offset_of(fit, frame))
        hazards.append(
            [
                cumulative_of(fit, at, x, int(s), every)[0] * lift
                for x, s, lift in zip(covariates, strata, lifts, strict=True)
            ]
        )
    steps = np.diff(np.asarray(hazards), axis=2, prepend=0.0)
    total = steps.sum(axis=0)
    free = np.exp(-np.cumsum(total, axis=1))
    before = np.concatenate([np.ones((len(frame), 1)), free[:, :-1]], axis=1)
    with np.errstate(invalid="ignore"):
        share = np.where(total > 0, steps / total, 0.0)
    risks = np.cumsum(before * -np.expm1(-total) * share, axis=2)
    place = np.searchsorted(every, wanted, side="right")
    risks = np.concatenate([np.zeros((*risks.shape[:2], 1)), risks], axis=2)[
        :, :, place
    ]
    blocks = [
        pd.DataFrame(
            {"row": label, "cause": cause, "time": wanted, "risk": risks[c, i]}
        )
        for i, label in enumerate(frame.index)
        for c, cause in enumerate(causes)
    ]
    synthetic = any(fit.synthetic for fit in fits.values())
    return marked(pd.concat(blocks, ignore_index=True), synthetic)
