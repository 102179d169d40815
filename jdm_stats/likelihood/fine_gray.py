"""Risk sets of a subdistribution hazard: those who met a competing event stay at risk.

Fine and Gray (1999): who has had a competing event at T remains in the risk set of every
later event time t, with the weight G(t-) H(t-) / (G(T-) H(T-)), the probability of being still
under observation at t given that one was at T. G is the Kaplan-Meier estimate of censoring,
H the product-limit estimate of entry in reversed time (1 without delayed entry; Geskus 2011).

No row is copied: the weight is a product of a row's part and a time's part, so the sum over
earlier competing rows is a prefix sum and its adjoint a suffix sum. Everything else, the
information, Firth's third moments, score residuals, the separation test, is that of the
partial likelihood over these sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from jdm_stats.likelihood.risk_sets import (
    DENSE_ENTRIES,
    FloatArray,
    IntArray,
    RiskSets,
    build_risk_sets,
)

CENSORED, OUTCOME, COMPETING = 0, 1, 2


@dataclass(frozen=True, eq=False, kw_only=True)
class FineGraySets(RiskSets):
    """Risk sets in which rows that end in a competing event stay.

    Parameters
    ----------
    lasting : (c,) int array
        Positions among the kept rows of those that stay after their end: competing events
        followed by an event of interest.
    until : (c,) int array
        They stay at event times ``hi[lasting] <= k < until``.
    row_part : (c,) float array
        1 / (G(T-) H(T-)) at the end T of each.
    law : (c,) int array
        Which censoring law each follows.
    time_part : (L, K) float array
        G(t-) H(t-) of each law at the event times.
    """

    lasting: IntArray
    until: IntArray
    row_part: FloatArray
    law: IntArray
    time_part: FloatArray

    def gather(self, values: FloatArray) -> FloatArray:
        """Sum row values over each risk set, competing rows with their weights."""
        sums = super().gather(values)
        if not len(self.lasting):
            return sums
        scaled = values[self.lasting] * self.row_part[:, None]
        since = self.hi[self.lasting]
        for number, time_part in enumerate(self.time_part):
            own = np.flatnonzero(self.law == number)
            prefix = np.empty_like(sums)
            for c in range(values.shape[1]):
                prefix[:, c] = np.bincount(since[own], scaled[own, c], self.n_times)
            for block in self._blocks:
                sums[block] += time_part[block, None] * np.cumsum(prefix[block], axis=0)
        return sums

    def spread(self, values: FloatArray) -> FloatArray:
        """Sum event-time values over the times each row is at risk, with its weights."""
        sums = super().spread(values)
        since = self.hi[self.lasting]
        for number, time_part in enumerate(self.time_part):
            own = np.flatnonzero(self.law == number)
            suffix = time_part[:, None] * values
            for block in self._blocks:
                suffix[block] = np.cumsum(suffix[block][::-1], axis=0)[::-1]
            sums[self.lasting[own]] += suffix[since[own]] * self.row_part[own, None]
        return sums

    def highest(self, values: FloatArray) -> IntArray:
        """Kept row with the largest value in each risk set, lasting rows included."""
        return self._ever_at_risk.highest(values)

    @cached_property
    def _blocks(self) -> list[slice]:
        """Runs of event times that share a baseline."""
        return _blocks(self.stratum)

    @cached_property
    def _ever_at_risk(self) -> RiskSets:
        """The same risk sets without weights."""
        hi = self.hi.copy()
        hi[self.lasting] = self.until
        return RiskSets(
            kept=self.kept,
            lo=self.lo,
            hi=hi,
            times=self.times,
            deaths=self.deaths,
            death_time=self.death_time,
            stratum=self.stratum,
            dense_entries=self.dense_entries,
        )


def build_fine_gray_sets(
    entry: FloatArray,
    leave: FloatArray,
    state: IntArray,
    *,
    strata: IntArray | None = None,
    law: IntArray | None = None,
    dense_entries: int = DENSE_ENTRIES,
) -> FineGraySets:
    """Build the risk sets of the subdistribution hazard, one row a child.

    Parameters
    ----------
    entry, leave : (n,) float arrays
        The child is under observation in (entry, leave].
    state : (n,) int array
        How it ends: 0 censored, 1 the event of interest, 2 a competing event.
    strata : (n,) int array, optional
        Stratum of each child, 0 and up, each with a baseline of its own.
    law : (n,) int array, optional
        Group of children with a censoring and entry law of its own, numbered from 0.
        Default: one for all.
    dense_entries : int, optional
        As in `build_risk_sets`.

    Returns
    -------
    FineGraySets

    Raises
    ------
    ValueError
        When a competing row has no weight: nobody could have been under observation at
        its end (see `unobservable`).

    Examples
    --------
    A death on day 1, a censoring on day 2, an event on day 3: on day 3 the dead child counts
    for the 1/2 of the children that are still followed.

    >>> import numpy as np
    >>> sets = build_fine_gray_sets(
    ...     np.zeros(3), np.array([1.0, 2.0, 3.0]), np.array([2, 0, 1])
    ... )
    >>> sets.gather(np.ones((len(sets.kept), 1)))
    array([[1.5]])
    """
    n = len(state)
    law = np.zeros(n, dtype=np.intp) if law is None else law
    strata = np.zeros(n, dtype=np.intp) if strata is None else strata
    plain = build_risk_sets(entry, leave, state == OUTCOME, strata=strata)
    row_part = np.ones(n)
    time_part = np.ones((int(law.max(initial=0)) + 1, plain.n_times))
    for number in range(len(time_part)):
        own = law == number
        given = entry[own], leave[own], state[own]
        row_part[own] = still_observed(*given, leave[own])
        time_part[number] = still_observed(*given, plain.times)
    lo, hi, until = np.zeros((3, n), dtype=np.intp)
    for block in _blocks(plain.stratum):
        own = strata == plain.stratum[block.start]
        times = plain.times[block]
        lo[own] = block.start + np.searchsorted(times, entry[own], side="right")
        hi[own] = block.start + np.searchsorted(times, leave[own], side="right")
        # A law that has come to zero lets nobody stay.
        open_ = np.arange(block.start, block.stop) + 1
        until[own] = np.where(time_part[:, block] > 0, open_, 0).max(axis=1)[law[own]]
    stays = (state == COMPETING) & (hi < until)
    if np.any(row_part[stays] <= 0):
        raise ValueError("a competing row ends where nobody is observed")
    kept = np.flatnonzero((lo < hi) | stays)
    lasting = np.flatnonzero(stays[kept])
    deaths = np.flatnonzero(state[kept] == OUTCOME)
    death_time = hi[kept][deaths] - 1
    order = np.argsort(death_time, kind="stable")
    return FineGraySets(
        kept=kept,
        lo=lo[kept],
        hi=hi[kept],
        times=plain.times,
        deaths=deaths[order],
        death_time=death_time[order],
        stratum=plain.stratum,
        dense_entries=dense_entries,
        lasting=lasting,
        until=until[kept][lasting],
        row_part=1.0 / row_part[kept][lasting],
        law=law[kept][lasting],
        time_part=time_part,
    )


def _blocks(stratum: IntArray) -> list[slice]:
    """Split the event times into runs of one stratum each."""
    ends = np.append(np.flatnonzero(np.diff(stratum)) + 1, len(stratum))
    starts = np.append(0, ends[:-1])
    return [slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True) if a < b]


def still_observed(
    entry: FloatArray, leave: FloatArray, state: IntArray, times: FloatArray
) -> FloatArray:
    """Estimate G(t-) H(t-), the probability of having entered before t and not been censored.

    At a tie events come before censorings, and entries take part from just after their time,
    as in R's ``finegray``: G(t-) is the product over censoring times c < t of 1 - d/n, n those
    with entry < c <= leave who have no event at c; H(t-) the product over entry times e >= t
    of 1 - d/n, n those with entry <= e < leave.

    Parameters
    ----------
    entry, leave : (n,) float arrays
    state : (n,) int array
        0 where censored.
    times : (q,) float array

    Returns
    -------
    (q,) float array

    Examples
    --------
    >>> import numpy as np
    >>> leave = np.array([1.0, 2.0, 3.0])
    >>> still_observed(np.zeros(3), leave, np.array([2, 0, 1]), np.array([2.0, 2.5]))
    array([1. , 0.5])
    """
    entered, left = np.sort(entry), np.sort(leave)
    events = np.sort(leave[state != CENSORED])
    when, d = np.unique(leave[state == CENSORED], return_counts=True)
    n = np.searchsorted(entered, when, "left") - np.searchsorted(left, when, "left")
    n -= np.searchsorted(events, when, "right") - np.searchsorted(events, when, "left")
    g = np.concatenate([[1.0], np.cumprod((n - d) / n)])
    result: FloatArray = g[np.searchsorted(when, times, "left")]
    when, d = np.unique(entry, return_counts=True)
    n = np.searchsorted(entered, when, "right") - np.searchsorted(left, when, "right")
    h = np.concatenate([np.cumprod(((n - d) / n)[::-1])[::-1], [1.0]])
    result = result * h[np.searchsorted(when, times, "left")]
    return result


def unobservable(
    entry: FloatArray, leave: FloatArray, state: IntArray
) -> NDArray[np.bool_]:
    """Mark competing rows at whose end nobody could have been under observation.

    With delayed entry the risk set may empty before later children enter; what then became
    of the earlier ones cannot be weighted, and no subdistribution hazard is estimable.

    Parameters
    ----------
    entry, leave : (n,) float arrays
    state : (n,) int array

    Returns
    -------
    (n,) bool array
    """
    return (state == COMPETING) & (still_observed(entry, leave, state, leave) <= 0)
