"""Limits of interaction from refits to children drawn with replacement."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.diagnostics.interaction.measures import (
    MEASURES,
    NO_SYNERGY,
    Trio,
    measures_of,
    reference_row,
    row_of,
)
from jdm_stats.errors import UsageError
from jdm_stats.likelihood.risk_sets import FloatArray
from jdm_stats.models.fitted_rows import FittedRows
from jdm_stats.models.variance import refitted


def bootstrap_limits(
    trio: Trio, conf_level: float, rng: np.random.Generator, draws: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """Percentile limits of every measure.

    Parameters
    ----------
    trio : Trio
    conf_level : float
    rng : numpy Generator
    draws : int
        At least 100.

    Returns
    -------
    rows : list of dict
        One a measure; limits are NaN where as many draws as lie beyond one limit have no
        estimate.
    notes : list of str
        What was drawn, and how many draws had no estimate.
    """
    if not isinstance(draws, int | np.integer) or draws < 100:
        raise UsageError(
            f"draws must be a whole number from 100 up, such as 1000; received {draws!r}"
        )
    rows = trio.fit.rows
    assert rows is not None
    if trio.fit.kind not in ("cox", "logistic") or rows.weight_kind == "frequency":
        raise UsageError(
            "the bootstrap draws children or rows of Cox and logistic fits, each standing "
            f"for itself; received {trio.fit.model}"
            + (" with frequency weights" * (rows.weight_kind == "frequency"))
        )
    drawn = np.full((draws, 3), np.nan)
    for place in range(draws):
        drawn[place] = _refit(trio, _resampled(rows, rng))
        _tell(place + 1, draws)
    values = np.array([measures_of(beta) for beta in drawn])
    lost = int(np.isnan(drawn[:, 0]).sum())
    notes = [
        f"Bootstrap: {draws:,} refits to {_what(rows)} drawn with replacement; "
        "percentile limits, no p-values."
    ]
    if lost:
        notes.append(
            f"{lost:,} of {draws:,} draws have no estimate; penalty='firth' gives one to "
            "every draw with an event in which the terms vary."
        )
    estimates = measures_of(trio.beta)
    told = [reference_row(trio.first, trio.second)]
    for measure, estimate, own in zip(MEASURES, estimates, values.T, strict=True):
        told.append(_row(trio, measure, float(estimate), own, conf_level))
    return told, notes


def _row(
    trio: Trio, measure: str, estimate: float, own: FloatArray, conf_level: float
) -> dict[str, Any]:
    if np.isnan(estimate):
        return row_of(trio, measure, estimate, reason=NO_SYNERGY)
    known = own[~np.isnan(own)]
    tail = (1.0 - conf_level) / 2.0
    missing = len(own) - len(known)
    if missing >= tail * len(own) or len(known) < 2:
        return row_of(
            trio,
            measure,
            estimate,
            interval="bootstrap",
            reason=f"{missing} of {len(own)} draws have no estimate of it",
        )
    low, high = np.quantile(known, (tail, 1.0 - tail))
    spread = known if measure in ("RERI", "AP") else np.log(known)
    return row_of(
        trio,
        measure,
        estimate,
        std_error=float(np.std(spread, ddof=1)),
        conf_low=float(low),
        conf_high=float(high),
        interval="bootstrap",
    )


def _what(rows: FittedRows) -> str:
    if rows.cluster is not None:
        return "clusters"
    return "rows" if rows.children is None else "children"


def _resampled(rows: FittedRows, rng: np.random.Generator) -> FittedRows:
    """Give the rows of as many clusters (or children) as there are, with replacement."""
    order = np.argsort(rows.groups, kind="stable")
    sizes = np.bincount(rows.groups)
    ends = np.cumsum(sizes)
    chosen = rng.integers(len(sizes), size=len(sizes))
    at = np.concatenate([order[ends[g] - sizes[g] : ends[g]] for g in chosen])
    taken = {
        name: value[at]
        for name, value in vars(rows).items()
        if name in rows.__dataclass_fields__
        and isinstance(value, np.ndarray | pd.Index)
    }
    return replace(rows, **taken)  # type: ignore[arg-type]


def _refit(trio: Trio, rows: FittedRows) -> FloatArray:
    positions = trio.fit.inference.positions
    nothing = np.full(3, np.nan)
    if not rows.outcome.any() or (rows.needs_contrast and rows.outcome.all()):
        return nothing
    if not np.isin(positions, rows.estimable()).all():
        return nothing
    found = refitted(rows.problem(positions), trio.solution)
    return nothing if found is None else found.coefficients[trio.within]


def _tell(done: int, draws: int) -> None:
    """Progress, on a terminal only."""
    if sys.stderr.isatty() and (done % max(draws // 20, 1) == 0 or done == draws):
        sys.stderr.write(f"\r{done:,} of {draws:,} draws" + "\n" * (done == draws))
        sys.stderr.flush()
