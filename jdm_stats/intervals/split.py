"""Splitting rows at risk in (start, stop]: the one piece of arithmetic that cuts time.

A row is open on the left and closed on the right, so a cut at day c turns (start, stop]
into (start, c] and (c, stop]; the event stays on the last piece and person-time is
conserved to the day. Expansion of a cohort and splitting of any data frame both stand
on :func:`cut_spans`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.intervals.columns import (
    as_given,
    check_events,
    check_frame,
    event_columns,
    raise_all,
    read_list,
    read_spans,
    repeated_in_place,
)


def cuts_inside(
    start: np.ndarray, stop: np.ndarray, days: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pair every span with the days that fall strictly inside it.

    Parameters
    ----------
    start, stop : ndarray of shape (n,)
        Spans (start, stop], in any one unit of time.
    days : ndarray of shape (m,)
        Days to cut at, in any order, repeats allowed.

    Returns
    -------
    span, day : ndarray of shape (k,)
        Position of the span and the day inside it, sorted by span and day.

    Examples
    --------
    >>> import numpy as np
    >>> span, day = cuts_inside(np.array([0, 4]), np.array([5, 9]), np.array([5, 2]))
    >>> span.tolist(), day.tolist()
    ([0, 1], [2, 5])
    """
    ordered = np.unique(days)
    first = np.searchsorted(ordered, start, side="right")
    count = np.maximum(np.searchsorted(ordered, stop, side="left") - first, 0)
    span = np.repeat(np.arange(len(start)), count)
    offset = np.arange(len(span)) - np.repeat(np.cumsum(count) - count, count)
    return span, ordered[np.repeat(first, count) + offset]


def cut_spans(
    start: np.ndarray, stop: np.ndarray, span: np.ndarray, day: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut each span (start, stop] at its own days.

    Parameters
    ----------
    start, stop : ndarray of shape (n,)
        Spans to cut; start < stop.
    span, day : ndarray of shape (k,)
        Span ``span[i]`` is cut at ``day[i]``. Days that are not strictly inside
        their span and repeated days change nothing.

    Returns
    -------
    parent, piece_start, piece_stop : ndarray of shape (p,)
        The pieces in order of span and time; ``parent`` is the span of each.

    Examples
    --------
    >>> import numpy as np
    >>> parent, a, b = cut_spans(
    ...     np.array([0, 0]), np.array([9, 5]), np.array([0, 0, 1]), np.array([7, 3, 5])
    ... )
    >>> parent.tolist(), a.tolist(), b.tolist()
    ([0, 0, 0, 1], [0, 3, 7, 0], [3, 7, 9, 5])
    """
    inside = (day > start[span]) & (day < stop[span])
    span, day = span[inside], day[inside]
    ahead = (span[1:] > span[:-1]) | (span[1:] == span[:-1]) & (day[1:] > day[:-1])
    if not ahead.all():
        span, day = _in_order(span, day)
    return ordered_pieces(start, stop, np.bincount(span, minlength=len(start)), day)


def _in_order(span: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sort pairs of span and day and keep each once; whole days sort as one number."""
    if day.dtype.kind == "i" and day.max() - day.min() < 2**31:
        low, width = day.min(), int(day.max() - day.min()) + 1
        pair = np.sort(span.astype(np.int64) * width + (day - low))
        pair = pair[np.append(True, pair[1:] != pair[:-1])]
        span = pair // width
        return span, pair - span * width + low
    order = np.lexsort((day, span))
    span, day = span[order], day[order]
    fresh = np.append(True, (span[1:] != span[:-1]) | (day[1:] != day[:-1]))
    return span[fresh], day[fresh]


def ordered_pieces(
    start: np.ndarray, stop: np.ndarray, count: np.ndarray, day: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut spans at days that are known to lie inside them, in order, without repeats.

    Parameters
    ----------
    start, stop : ndarray of shape (n,)
        Spans to cut.
    count : ndarray of shape (n,)
        How many cuts each span gets.
    day : ndarray of shape (sum of count,)
        The cuts of the first span, then of the second, and so on.

    Returns
    -------
    parent, piece_start, piece_stop : ndarray of shape (n + sum of count,)

    Examples
    --------
    >>> import numpy as np
    >>> one, two = np.array([0, 0]), np.array([9, 5])
    >>> parent, a, b = ordered_pieces(one, two, np.array([0, 1]), np.array([3]))
    >>> parent.tolist(), a.tolist(), b.tolist()
    ([0, 1, 1], [0, 0, 3], [9, 3, 5])
    """
    last = np.cumsum(count + 1) - 1  # place of the last piece of each span
    size = len(start) + len(day)
    cut = np.ones(size, dtype=bool)
    cut[last - count] = False
    begins = np.empty(size, dtype=np.result_type(start, day))
    begins[last - count] = start
    begins[cut] = day
    ends = np.empty(size, dtype=np.result_type(stop, day))
    ends[:-1] = begins[1:]
    ends[last] = stop
    return np.repeat(np.arange(len(start)), count + 1), begins, ends


def split_rows(
    frame: pd.DataFrame,
    cuts: Iterable[float],
    *,
    start: str = "start",
    stop: str = "stop",
    event: str | Sequence[str] | None = "event",
) -> pd.DataFrame:
    """Split every row at risk across the given days.

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)
        Rows at risk in (start, stop]; not changed.
    cuts : iterable of float
        Days (or whatever unit ``start`` and ``stop`` carry) to split at.
    start, stop : str
        Names of the time columns.
    event : str, sequence of str or None
        Event columns. The event stays on the last piece; earlier pieces get 0. None
        when the frame has no event.

    Returns
    -------
    DataFrame
        One row per piece, in the order of the rows given, with a fresh index. All
        other columns are repeated as they are, a measure that changes daily too: it
        keeps the value of the whole row's stop.

    Raises
    ------
    UsageError
        If a column is not there, a time is not a finite number, a row is not
        start < stop, or a cut is not a finite number.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"start": [0], "stop": [10], "event": [1]})
    >>> split_rows(rows, [4, 10])
       start  stop  event
    0      0     4      0
    1      4    10      1
    """
    events = event_columns(frame, event)
    wrong = check_frame(frame, [start, stop, *events])
    days = read_list(cuts, "cuts", wrong)
    raise_all(wrong)
    begins, ends = read_spans(frame, start, stop, wrong)
    check_events(frame, events, wrong)
    raise_all(wrong)
    ordered = np.unique(days)
    first = np.searchsorted(ordered, begins, side="right")
    count = np.maximum(np.searchsorted(ordered, ends, side="left") - first, 0)
    last = np.cumsum(count + 1) - 1
    piece_start, piece_stop = _consecutive(begins, ends, ordered, first, count, last)
    new: dict[str, Any] = {
        start: as_given(piece_start, frame[start]),
        stop: as_given(piece_stop, frame[stop]),
    }
    new |= {name: _placed(frame[name], last, len(piece_start)) for name in events}
    return repeated_in_place(frame, count + 1, new)


def _consecutive(
    start: np.ndarray,
    stop: np.ndarray,
    ordered: np.ndarray,
    first: np.ndarray,
    count: np.ndarray,
    last: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Cut spans at ``count`` consecutive entries of one list, from ``first`` on."""
    size = int(last[-1]) + 1 if len(last) else 0
    head = last - count
    entry = np.arange(size)
    entry += np.repeat(first - head - 1, count + 1)  # one too few at a head: set below
    grid = ordered if len(ordered) else np.zeros(1, dtype=start.dtype)
    begins = grid.astype(np.result_type(start, grid), copy=False).take(entry)
    begins[head] = start
    ends = np.empty_like(begins)
    ends[:-1] = begins[1:]
    ends[last] = stop
    return begins, ends


def at_last_piece(event: pd.Series, parent: np.ndarray) -> Any:
    """Keep each row's event on its last piece; earlier pieces get 0.

    Parameters
    ----------
    event : Series of shape (n,)
        Codes by row, numbers or true and false.
    parent : ndarray of shape (p,)
        Row of each piece, pieces of a row together and in order of time.

    Returns
    -------
    array of shape (p,)
        In the dtype of ``event``.
    """
    last = np.flatnonzero(np.append(parent[1:] != parent[:-1], True)[: len(parent)])
    return _placed(event, last, len(parent))


def _placed(event: pd.Series, last: np.ndarray, size: int) -> Any:
    """Write each row's event at its last piece and 0 elsewhere."""
    if isinstance(event.dtype, np.dtype):
        placed = np.zeros(size, dtype=event.dtype)
        placed[last] = event.to_numpy()
        return placed
    coded = pd.array(np.zeros(size, dtype=np.int8)).astype(event.dtype)
    coded[last] = event.array
    return coded
