"""Who is at risk at each event time: the summing operator and its adjoint.

With K distinct event times, a row (start, stop] is at risk at the contiguous run of event
times start < t_k <= stop, that is lo <= k < hi. Every quantity of a partial likelihood is
made of two linear maps, adjoint to each other:

- ``gather``: S_k = sum of row values over the rows at risk at t_k;
- ``spread``: c_i = sum of event-time values over the times at which row i is at risk.

Strata number their event times one after another, so that a row's run stays contiguous and
no stratum sees another.

Small problems, which rare events are, use the K x n membership matrix itself and so add
without ever subtracting. Large ones use cumulative sums of a difference array, O(n + K),
and sum the few risk sets directly where that subtraction would lose digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

# Entries of the membership matrix up to which it is held (16 MB of float64).
DENSE_ENTRIES = 2_000_000
# A risk set this small against the largest before it is summed directly.
CANCELLATION = 1e-6
# Rows above which whole days are ranked by counting instead of searching.
COUNTED_ROWS = 20_000


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Rows seen by at least one event, and the event times that see them.

    Parameters
    ----------
    kept : (m,) int array
        Positions of the rows at risk at one event time or more; the other rows carry no
        information and are dropped before the first iteration.
    lo, hi : (m,) int arrays
        Row i is at risk at event times ``lo[i] <= k < hi[i]``.
    times : (K,) float array
        Distinct event times, ascending within each stratum.
    deaths : (d,) int array
        Positions among the kept rows of those that end in the event, by event time and,
        where tied, in row order.
    death_time : (d,) int array
        Index k of the event time of each death, ascending.
    stratum : (K,) int array
        Code of the stratum each event time belongs to.
    dense_entries : int
        Largest K x m for which the membership matrix is held.
    """

    kept: IntArray
    lo: IntArray
    hi: IntArray
    times: FloatArray
    deaths: IntArray
    death_time: IntArray
    stratum: IntArray
    dense_entries: int = DENSE_ENTRIES

    @property
    def n_times(self) -> int:
        """Number of distinct event times, K."""
        return len(self.times)

    @cached_property
    def deaths_per_time(self) -> IntArray:
        """Deaths tied at each event time, shape (K,)."""
        return np.bincount(self.death_time, minlength=self.n_times)

    @cached_property
    def _membership(self) -> FloatArray | None:
        if self.n_times * len(self.lo) > self.dense_entries:
            return None
        k = np.arange(self.n_times)[:, None]
        return ((self.lo <= k) & (k < self.hi)).astype(np.float64)

    def gather(self, values: FloatArray) -> FloatArray:
        """Sum row values over each risk set: (m, c) to (K, c)."""
        if self._membership is not None:
            return self._membership @ values
        sums = np.empty((self.n_times, values.shape[1]))
        for c in range(values.shape[1]):
            column = np.ascontiguousarray(values[:, c])
            entering = np.bincount(self.lo, column, self.n_times + 1)
            leaving = np.bincount(self.hi, column, self.n_times + 1)
            sums[:, c] = np.cumsum(entering - leaving)[:-1]
        size = sums[:, 0]
        # Risk sets whose first column is tiny beside what passed through lose digits.
        tiny = size < CANCELLATION * np.maximum.accumulate(np.abs(size))
        for k in np.flatnonzero(tiny):
            at_risk = (self.lo <= k) & (k < self.hi)
            sums[k] = values[at_risk].sum(axis=0)
        return sums

    def spread(self, values: FloatArray) -> FloatArray:
        """Sum event-time values over the times each row is at risk: (K, c) to (m, c)."""
        if self._membership is not None:
            return self._membership.T @ values
        cumulative = np.zeros((self.n_times + 1, values.shape[1]))
        np.cumsum(values, axis=0, out=cumulative[1:])
        return cumulative[self.hi] - cumulative[self.lo]

    @cached_property
    def first_deaths(self) -> IntArray:
        """Place in ``deaths`` of the first death of each event time, shape (K,)."""
        return np.searchsorted(self.death_time, np.arange(self.n_times))

    def sum_deaths(self, values: FloatArray) -> FloatArray:
        """Sum values of the dying rows by event time: (d, c) to (K, c)."""
        if self.n_times == len(self.deaths):
            return values
        return np.add.reduceat(values, self.first_deaths, axis=0)

    def highest(self, values: FloatArray) -> IntArray:
        """Kept row with the largest value in each risk set: (m,) to (K,).

        A row's run of event times is covered by two blocks whose length is a power of
        two; blocks are pushed down level by level, O(m + K log K).
        """
        if self._membership is not None:
            at_risk = np.where(self._membership > 0, values, -np.inf)
            return at_risk.argmax(axis=1)
        order = np.argsort(values, kind="stable")
        rank = np.empty(len(values), dtype=np.int64)
        rank[order] = np.arange(len(values))
        levels = max(1, int(self.n_times).bit_length())
        table = np.full((levels, self.n_times), -1, dtype=np.int64)
        level = np.frexp((self.hi - self.lo).astype(float))[1] - 1
        np.maximum.at(table, (level, self.lo), rank)
        np.maximum.at(table, (level, self.hi - (1 << level)), rank)
        for upper in range(levels - 1, 0, -1):
            half = 1 << (upper - 1)
            below = table[upper - 1]
            np.maximum(below, table[upper], out=below)
            if half < self.n_times:
                np.maximum(below[half:], table[upper, :-half], out=below[half:])
        return order[table[0]]


def build_risk_sets(
    start: FloatArray,
    stop: FloatArray,
    event: NDArray[np.bool_],
    *,
    strata: IntArray | None = None,
    dense_entries: int = DENSE_ENTRIES,
) -> RiskSets:
    """Build the numbered event times and the run of them that each row sees.

    Parameters
    ----------
    start, stop : (n,) float arrays
        Row i is at risk in (start, stop]: open on the left, closed on the right.
    event : (n,) bool array
        True where the row ends in the event, at ``stop``.
    strata : (n,) int array, optional
        Stratum of each row, 0 and up: a row is at risk in its own stratum only.
    dense_entries : int, optional
        Largest K x m for which the membership matrix is held.

    Returns
    -------
    RiskSets

    Examples
    --------
    Two children at risk from day 0; one has the event on day 5.

    >>> import numpy as np
    >>> sets = build_risk_sets(
    ...     np.array([0.0, 0.0]), np.array([5.0, 9.0]), np.array([True, False])
    ... )
    >>> sets.gather(np.ones((2, 1)))
    array([[2.]])
    """
    distinct = np.unique(stop[event])
    before, upto = _ranks(distinct, start), _ranks(distinct, stop)
    if strata is None:
        times, stratum = distinct, np.zeros(len(distinct), dtype=np.intp)
        lo, hi = before, upto
    else:
        # Key of an event time: its stratum first, then its place among all event times.
        width = len(distinct) + 1
        base = np.asarray(strata, dtype=np.int64) * width
        keys = np.unique(base[event] + upto[event] - 1)
        times, stratum = distinct[keys % width], (keys // width).astype(np.intp)
        lo = np.searchsorted(keys, base + before, side="left")
        hi = np.searchsorted(keys, base + upto, side="left")
    kept = np.flatnonzero(lo < hi)
    deaths = np.flatnonzero(event[kept])
    death_time = hi[kept][deaths] - 1
    order = np.argsort(death_time, kind="stable")
    return RiskSets(
        kept=kept,
        lo=lo[kept],
        hi=hi[kept],
        times=times,
        deaths=deaths[order],
        death_time=death_time[order],
        stratum=stratum,
        dense_entries=dense_entries,
    )


def _ranks(distinct: FloatArray, times: FloatArray) -> IntArray:
    """Count the event times up to and with each time, (n,); by a table where days are whole."""
    if len(times) > COUNTED_ROWS and len(distinct):
        last = float(distinct[-1])
        whole = distinct[0] >= 0 and last < 4 * len(times)
        if whole and bool((distinct == np.floor(distinct)).all()):
            days = np.zeros(int(last) + 1, dtype=np.intp)
            days[distinct.astype(np.intp)] = 1
            # A time between two whole days has seen what the earlier day has.
            place = np.clip(np.floor(times), -1, last).astype(np.intp)
            return np.concatenate([np.cumsum(days), [0]])[place]
    return np.searchsorted(distinct, times, side="right")
