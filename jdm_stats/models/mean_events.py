"""The mean number of events of a child by a day, where events recur and death may end them.

With deaths this is the estimate of Ghosh and Lin (2000), in which the dead have no further
events; without them it is the mean cumulative function of Nelson and Lawless. Standard
errors are robust: events of one child may go together in any way.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.stats import norm

from jdm_stats.errors import UsageError
from jdm_stats.intervals.columns import check_level, raise_all
from jdm_stats.intervals.marks import is_synthetic, marked, recurrent_mark
from jdm_stats.likelihood.risk_sets import FloatArray
from jdm_stats.models.curves import Curves
from jdm_stats.models.rows import rows_at_risk

__all__ = ["mean_cumulative_function"]

EVERYONE = "all children"

# Children times event days worked on at once, to bound memory.
_CELLS = 4_000_000


def mean_cumulative_function(
    frame: pd.DataFrame,
    by: str | None = None,
    *,
    conf_level: float = 0.95,
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    patient_id: str | None = None,
) -> Curves:
    """Estimate the mean number of events per child over time.

    Parameters
    ----------
    frame : DataFrame
        Rows at risk in (start, stop], such as ``expand_intervals(recurrent=True)`` gives;
        event 0 none, 1 the event that recurs, 2 and up an event that ends a child's
        follow-up and after which none is possible (death).
    by : str, optional
        Column that splits the children into groups; it must not change within a child.
        Rows without a value are left out and counted in the notes.
    conf_level : float, default 0.95
    start, stop, event : str
        Columns.
    patient_id : str, optional
        Column that names the child; default ``patient_id``.

    Returns
    -------
    Curves
        ``estimate`` is the mean number of events by ``time_days``, from the first entry on;
        limits on the log scale, NaN before the first event.

    Raises
    ------
    UsageError
        When no column names the child, ``by`` is missing or changes within a child, or the
        rows count time from the event before.
    IntervalError
        When rows break the law of intervals.

    Notes
    -----
    The estimate is the sum over event days u of S(u-) dN(u) / Y(u), with Y the children at
    risk and S the Kaplan-Meier curve of events of code 2 and up. Its variance is the sum
    over children of the squared derivative with respect to the child's weight (the
    infinitesimal jackknife), which without such events is that of ``survfit(..., id=)`` in
    R. Ghosh and Lin (2000, Biometrics 56:554-562); Lawless and Nadeau (1995, Technometrics
    37:158-168). Children who enter late stand for those at risk before; the mean starts at
    0 on the first day anyone is at risk.

    Examples
    --------
    A has events on days 1 and 3, B dies on day 2, C is followed to day 4: 1/3 on day 1,
    and on day 3, with two at risk and two thirds alive, 1/3 more.

    >>> rows = pd.DataFrame(
    ...     {
    ...         "patient_id": ["A", "A", "A", "B", "C"],
    ...         "start": [0, 1, 3, 0, 0],
    ...         "stop": [1, 3, 4, 2, 4],
    ...         "event": [1, 1, 0, 2, 0],
    ...     }
    ... )
    >>> mean_cumulative_function(rows).at([1, 3])["estimate"].round(6).tolist()
    [0.333333, 0.666667]
    """
    wrong: list[str] = []
    check_level(conf_level, wrong)
    mark = recurrent_mark(frame) if isinstance(frame, pd.DataFrame) else None
    if mark is not None and mark.spell is not None:
        wrong.append(
            "these rows count time from the event before; give the rows that "
            "recurrent_rows was given"
        )
    raise_all(wrong)
    quantile = float(norm.isf((1.0 - conf_level) / 2.0))
    rows, notes = _rows(frame, by, start, stop, event, patient_id)
    blocks = []
    for group, block in rows.groupby("group", sort=True, observed=True):
        curve = _curve(block, quantile)
        curve.insert(0, "group", group)
        blocks.append(curve)
    table = marked(pd.concat(blocks, ignore_index=True), is_synthetic(frame))
    return Curves("mean number of events", table, notes)


def _rows(
    frame: pd.DataFrame,
    by: str | None,
    start: str,
    stop: str,
    event: str,
    patient_id: str | None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Audited rows with child and group, those without a group left out, in order."""
    at_risk = rows_at_risk(frame, start, stop, event, patient_id, recurrent=True)
    if at_risk.child is None:
        raise UsageError("name the column of the children: patient_id=")
    if by is not None and by not in frame.columns:
        raise UsageError(
            f"no column {by!r} to group by; the frame has {[str(c) for c in frame.columns]}"
        )
    rows = pd.DataFrame(
        {
            "entry": at_risk.start,
            "exit": at_risk.stop,
            "code": at_risk.code,
            "child": at_risk.child,
            "group": EVERYONE if by is None else frame[by].to_numpy(),
        }
    ).sort_values(["child", "entry"])
    notes = list(at_risk.notes)
    varies = rows.groupby("child")["group"].nunique(dropna=False) > 1
    if varies.any():
        raise UsageError(
            f"{by!r} changes within {int(varies.sum())} children; a curve by group needs a "
            "value fixed at the start of follow-up"
        )
    unknown = rows["group"].isna()
    if unknown.any():
        events = int((rows.loc[unknown, "code"] == 1).sum())
        left_out = rows.loc[unknown, "child"].nunique()
        notes.append(
            f"{left_out} children with {events} events left out: {by} is missing."
        )
        rows = rows[~unknown]
    if rows.empty:
        raise UsageError("no row is left to count events in; give rows at risk")
    ended = int((rows["code"] > 1).sum())
    if ended:
        notes.append(
            f"{ended} children had an event that ends follow-up: they count as having no "
            "further events (Ghosh and Lin)."
        )
    notes.append("Standard errors are robust: events of one child may go together.")
    return rows, tuple(notes)


def _curve(rows: pd.DataFrame, quantile: float) -> pd.DataFrame:
    """Mean number of events of one group at every time at which anything changes."""
    entry, leave, code = (rows[c].to_numpy(float) for c in ("entry", "exit", "code"))
    child = np.unique(rows["child"].to_numpy(), return_inverse=True)[1]
    opens = np.append(True, (child[1:] != child[:-1]) | (entry[1:] != leave[:-1]))
    closes = np.append(opens[1:], True)
    last = np.append(child[1:] != child[:-1], True)
    times = np.unique(np.concatenate([entry[opens], leave[closes], leave[code > 0]]))
    risk = _count_before(entry, times) - _count_before(leave, times)
    events, deaths, censored = (
        np.bincount(np.searchsorted(times, leave[chosen]), minlength=len(times))
        for chosen in (code == 1, code > 1, (code == 0) & last)
    )
    moved = np.flatnonzero(events + deaths)
    jumps = _Jumps(times[moved], risk[moved], events[moved], deaths[moved])
    mean = np.zeros(len(times))
    std_error = np.zeros(len(times))
    reached = np.searchsorted(moved, np.arange(len(times)), side="right") - 1
    known = reached >= 0
    if len(moved):
        mean[known] = np.cumsum(jumps.step)[reached[known]]
        variance = jumps.variance(entry, leave, code, child)
        std_error[known] = np.sqrt(variance)[reached[known]]
    risk[0] = int((entry <= times[0]).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.exp(quantile * std_error / mean)
        low, high = mean / reach, mean * reach
    return pd.DataFrame(
        {
            "time_days": times,
            "estimate": mean,
            "std_error": std_error,
            "conf_low": low,
            "conf_high": high,
            "n_at_risk": risk,
            "n_events": events,
            "n_censored": censored,
        }
    )


def _count_before(values: FloatArray, times: FloatArray) -> np.ndarray:
    return np.searchsorted(np.sort(values), times, side="left")


class _Jumps:
    """What happens at the times of events and deaths, of which someone is at risk at each.

    Parameters
    ----------
    times, risk, events, deaths : ndarray of shape (m,)
    """

    def __init__(
        self,
        times: FloatArray,
        risk: np.ndarray,
        events: np.ndarray,
        deaths: np.ndarray,
    ) -> None:
        self.times, self.risk = times, risk.astype(float)
        self.hazard = deaths / self.risk
        self.rate = events / self.risk
        self.alive = np.append(1.0, np.cumprod(1.0 - self.hazard))[:-1]
        self.step = self.alive * self.rate

    def variance(
        self, entry: FloatArray, leave: FloatArray, code: FloatArray, child: np.ndarray
    ) -> FloatArray:
        """Sum over children of the squared derivative by the child's weight, at each time."""
        total = np.zeros(len(self.times))
        most = max(1, _CELLS // len(self.times))
        edges = np.searchsorted(child, np.arange(0, child[-1] + 1 + most, most))
        for low, high in pairwise(edges):
            if high > low:
                part = slice(low, high)
                who = child[part] - child[low]
                psi = self._derivative(entry[part], leave[part], code[part], who)
                total += (psi**2).sum(axis=0)
        return total

    def _derivative(
        self, entry: FloatArray, leave: FloatArray, code: FloatArray, who: np.ndarray
    ) -> FloatArray:
        """Differentiate the mean by the weight of each child: (children, m)."""
        shape = (int(who[-1]) + 1, len(self.times))
        events, deaths = np.zeros(shape), np.zeros(shape)
        first = np.searchsorted(self.times, entry, side="right")
        after = np.searchsorted(self.times, leave, side="right")
        edge = np.zeros((shape[0], shape[1] + 1))
        np.add.at(edge, (who, first), 1.0)
        np.add.at(edge, (who, after), -1.0)
        there = np.cumsum(edge[:, :-1], axis=1)
        for table, chosen in ((events, code == 1), (deaths, code > 1)):
            table[who[chosen], np.searchsorted(self.times, leave[chosen])] = 1.0
        own = self.alive * (events - there * self.rate) / self.risk
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(self.hazard < 1, 1 / (self.risk * (1 - self.hazard)), 0.0)
        died = np.cumsum((deaths - there * self.hazard) * share, axis=1)
        before = np.hstack([np.zeros((shape[0], 1)), died[:, :-1]])
        return np.cumsum(own - self.step * before, axis=1)
