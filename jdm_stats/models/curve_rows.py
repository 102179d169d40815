"""Rows of curves: who is at risk, in which group, with which weight, and what changes when."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.likelihood.risk_sets import FloatArray
from jdm_stats.models.rows import rows_at_risk
from jdm_stats.models.weighting import read_extras
from jdm_stats.models.words import count

EVERYONE = "all children"


def rows_by_group(
    frame: pd.DataFrame,
    by: str | None,
    start: str,
    stop: str,
    event: str,
    patient_id: str | None,
    weights: str | None = None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Audit the rows of a frame and find their groups.

    Parameters
    ----------
    frame, by, start, stop, event, patient_id, weights
        As in `cumulative_incidence`.

    Returns
    -------
    rows : DataFrame
        ``entry, exit, code, child, group, weight``, sorted by child and entry, and where a
        child's time at risk ``begins`` and ``ends`` wherever its rows were split, and
        which row is its ``last``.
    notes : tuple of str
    """
    at_risk = rows_at_risk(frame, start, stop, event, patient_id)
    named = at_risk.patient_id
    if by is not None and by not in frame.columns:
        raise UsageError(
            f"no column {by!r} to group by; the frame has {[str(c) for c in frame.columns]}"
        )
    if frame.empty:
        raise UsageError("the frame has no rows; give at least one row at risk")
    children = None if named is None else frame[named].to_numpy()
    heavy = read_extras(frame, weights=weights, children=children).weights
    rows = pd.DataFrame(
        {
            "entry": at_risk.start,
            "exit": at_risk.stop,
            "code": at_risk.code,
            "child": np.arange(len(frame)) if children is None else children,
            "group": EVERYONE if by is None else frame[by].to_numpy(),
            "weight": 1.0 if heavy is None else heavy,
        }
    )
    notes = at_risk.notes
    varies = rows.groupby("child", observed=True)["group"].nunique(dropna=False) > 1
    if varies.any():
        raise UsageError(
            f"{by!r} changes within {int(varies.sum())} children, such as "
            f"{list(varies.index[varies][:5])}; a curve by group needs a value fixed at "
            "the start of follow-up"
        )
    unknown = rows["group"].isna()
    if unknown.any():
        number = rows.loc[unknown, "child"].nunique()
        events = int((rows.loc[unknown, "code"] == 1).sum())
        said = f"{number} children with {events} events left out: {by} is missing."
        notes = (*notes, said)
        rows = rows[~unknown]
        if rows.empty:
            raise UsageError(f"no row has a value of {by!r}")
    nothing = rows["weight"] == 0
    if nothing.any():
        said = f"Left out for a weight of zero: {count(int(nothing.sum()), 'row')}."
        notes, rows = (*notes, said), rows[~nothing]
    return _spells(rows), notes


def _spells(rows: pd.DataFrame) -> pd.DataFrame:
    """Mark where a child's time at risk begins and ends, wherever its rows were split."""
    order = np.lexsort((rows["entry"], pd.factorize(rows["child"])[0]))
    rows = rows.iloc[order].reset_index(drop=True)
    child, entry, leave = (rows[c].to_numpy() for c in ("child", "entry", "exit"))
    other = child[1:] != child[:-1]
    apart = other | (entry[1:] != leave[:-1])
    return rows.assign(
        begins=np.append(True, apart),
        ends=np.append(apart, True),
        last=np.append(other, True),
    )


def counts_by_time(rows: pd.DataFrame, causes: list[int]) -> pd.DataFrame:
    """Count at every time at which anything changes.

    Parameters
    ----------
    rows : DataFrame
        Of one group, as `rows_by_group` gives them.
    causes : list of int

    Returns
    -------
    DataFrame
        ``time_days, n_at_risk`` (just before the time; in the first row, just after),
        ``n_censored``, events of cause c ``d1, d2, ...``, of all causes ``d``, and the
        weights of these: ``n`` at risk, ``w1, w2, ...``, ``w``.
    """
    columns = ("entry", "exit", "code", "last", "begins", "ends")
    entry, leave, code, last, begins, ends = (rows[c].to_numpy() for c in columns)
    times = np.unique(np.concatenate([entry[begins], leave[ends]]))
    entered = np.searchsorted(np.sort(entry), times, side="left")
    left = np.searchsorted(np.sort(leave), times, side="left")
    at_risk = entered - left
    at_risk[0] = int((entry <= times[0]).sum())
    weight = rows["weight"].to_numpy()
    came, went = (
        np.bincount(np.searchsorted(times, at, side="right"), weight, len(times) + 1)
        for at in (entry, leave)
    )
    table = pd.DataFrame({"time_days": times, "n_at_risk": at_risk})
    table["n"] = np.cumsum(came - went)[:-1]
    table.loc[0, "n"] = 0.0
    for cause in causes:
        of_cause = code == cause
        hits = np.searchsorted(times, leave[of_cause])
        table[f"d{cause}"] = np.bincount(hits, minlength=len(times))
        table[f"w{cause}"] = np.bincount(hits, weight[of_cause], len(times))
    censored = np.searchsorted(times, leave[(code == 0) & last])
    table["n_censored"] = np.bincount(censored, minlength=len(times))
    for whole, part in (("d", "d"), ("w", "w")):
        table[whole] = table[[f"{part}{c}" for c in causes]].sum(axis=1)
    return table


def weight_note(weights: FloatArray, column: str) -> str:
    """Say how unequal the weights of the rows are."""
    effective = weights.sum() ** 2 / (weights @ weights)
    return (
        f"Rows are weighted by {column} ({weights.min():.3g} to {weights.max():.3g}; they carry "
        f"as much as {effective:.1f} of {len(weights)} rows of equal weight)."
    )
