"""Numbered event times and who sees which of them, without sorting a row.

Only event times are sorted, stratum by stratum. The rank of a start or stop among them is
looked up in a grid of equal cells and settled inside its cell: one step for each row when
times are spread evenly, a binary search at worst.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jdm_stats.likelihood.compiled.jit import exact
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray

# Cells of the grid for each event time.
CELLS = 4


@exact
def prepare(
    start: FloatArray,
    stop: FloatArray,
    event: NDArray[np.bool_],
    stratum: IntArray,
    n_strata: int,
) -> tuple[FloatArray, IntArray, IntArray, IntArray, IntArray, IntArray]:
    """Give numbers to the event times, and to each row the run of them that it sees.

    Parameters
    ----------
    start, stop : (n,) float arrays
        Row i is at risk in (start, stop]; finite.
    event : (n,) bool array
        True where the row ends in the event, at ``stop``.
    stratum : (n,) int array
        Codes 0 to n_strata - 1, or of length 0 for one stratum.
    n_strata : int

    Returns
    -------
    times : (K,) float array
        Distinct event times, ascending within each stratum.
    stratum_first : (n_strata + 1,) int array
        Event times of stratum s are those from ``stratum_first[s]``.
    kept : (m,) int array
        Rows that see at least one event.
    spans : (3, m) int array
        First event time seen by each kept row; first one no longer seen; room for `layout`.
    death_rows, death_time : (d,) int arrays
        Kept rows that end in the event, in the order of rows, and their event time.
    """
    times, first = _event_times(stop, event, stratum, n_strata)
    n, n_times = len(start), len(times)
    lo, hi = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    if n_strata == 1:
        cells = _grid(times)
        low, unit = _grid_scale(times)
        for i in range(n):
            lo[i] = _rank_in_grid(times, cells, low, unit, start[i])
            hi[i] = _rank_in_grid(times, cells, low, unit, stop[i])
    else:
        for i in range(n):
            a, b = first[stratum[i]], first[stratum[i] + 1]
            lo[i] = _rank(times, a, b, start[i])
            hi[i] = _rank(times, a, b, stop[i])
    m, d = 0, 0
    for i in range(n):
        if lo[i] < hi[i]:
            m += 1
            if event[i]:
                d += 1
    kept, spans = np.empty(m, dtype=np.int64), np.empty((3, m), dtype=np.int64)
    death_rows, death_time = np.empty(d, dtype=np.int64), np.empty(d, dtype=np.int64)
    m, d = 0, 0
    for i in range(n):
        if lo[i] < hi[i]:
            kept[m] = i
            spans[0, m] = lo[i]
            spans[1, m] = hi[i]
            spans[2, m] = n_times
            if event[i]:
                death_rows[d] = m
                death_time[d] = hi[i] - 1
                d += 1
            m += 1
    return times, first, kept, spans, death_rows, death_time


@exact
def _event_times(
    stop: FloatArray, event: NDArray[np.bool_], stratum: IntArray, n_strata: int
) -> tuple[FloatArray, IntArray]:
    """Distinct event times, stratum by stratum, and where each stratum begins."""
    place = np.zeros(n_strata + 1, dtype=np.int64)
    one = n_strata == 1
    for i in range(len(stop)):
        if event[i]:
            place[1 if one else stratum[i] + 1] += 1
    for s in range(n_strata):
        place[s + 1] += place[s]
    found = np.empty(place[n_strata])
    end = place[:n_strata].copy()
    for i in range(len(stop)):
        if event[i]:
            s = 0 if one else stratum[i]
            found[end[s]] = stop[i]
            end[s] += 1
    spare = np.empty(len(found))
    first = np.zeros(n_strata + 1, dtype=np.int64)
    n = 0
    for s in range(n_strata):
        first[s] = n
        _sort(found, spare, place[s], place[s + 1])
        for i in range(place[s], place[s + 1]):
            if i == place[s] or found[i] != found[i - 1]:
                spare[n] = found[i]
                n += 1
        for i in range(first[s], n):
            found[i] = spare[i]
    first[n_strata] = n
    return found[:n].copy(), first


@exact
def _sort(values: FloatArray, spare: FloatArray, begin: int, end: int) -> None:
    """Merge sort of values[begin:end], ``spare`` as memory there."""
    for i in range(begin, end, 8):
        for j in range(i + 1, min(i + 8, end)):
            value, k = values[j], j
            while k > i and values[k - 1] > value:
                values[k] = values[k - 1]
                k -= 1
            values[k] = value
    width = 8
    while width < end - begin:
        for left in range(begin, end, 2 * width):
            middle, right = min(left + width, end), min(left + 2 * width, end)
            i, j = left, middle
            for k in range(left, right):
                if i < middle and (j >= right or values[i] <= values[j]):
                    spare[k] = values[i]
                    i += 1
                else:
                    spare[k] = values[j]
                    j += 1
        for k in range(begin, end):
            values[k] = spare[k]
        width *= 2


@exact
def _rank(times: FloatArray, a: int, b: int, value: float) -> int:
    """Find the number of the first time above ``value`` among times[a:b]."""
    while a < b:
        middle = (a + b) // 2
        if times[middle] <= value:
            a = middle + 1
        else:
            b = middle
    return a


@exact
def _grid_scale(times: FloatArray) -> tuple[float, float]:
    """First time, and cells in a unit of time."""
    if len(times) < 2:
        return 0.0, 0.0
    return times[0], CELLS * len(times) / (times[-1] - times[0])


@exact
def _grid(times: FloatArray) -> IntArray:
    """Count the times in the cells before each cell.

    The cell of a time never falls as the time rises, so a value ranks within its own cell.
    """
    n_cells = CELLS * len(times) + 1
    low, unit = _grid_scale(times)
    count = np.zeros(n_cells + 1, dtype=np.int64)
    for k in range(len(times)):
        count[int((times[k] - low) * unit) + 1] += 1
    for c in range(n_cells):
        count[c + 1] += count[c]
    return count


@exact
def _rank_in_grid(
    times: FloatArray, cells: IntArray, low: float, unit: float, value: float
) -> int:
    """Find the number of the first time above ``value``."""
    n = len(times)
    if n == 0 or value < times[0]:
        return 0
    if value >= times[n - 1]:
        return n
    cell = int((value - low) * unit)
    a, b = cells[cell], cells[cell + 1]
    if b - a > 4:
        return _rank(times, a, b, value)
    while a < b and times[a] <= value:
        a += 1
    return a
