"""Splitting rows at risk in (start, stop]: the one piece of arithmetic that cuts time.

A row is open on the left and closed on the right, so a cut at day c turns (start, stop]
into (start, c] and (c, stop]; the event stays on the last piece and person-time is
conserved to the day. Expansion of a cohort and splitting of any data frame both stand
on :func:`cut_spans`.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError


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
    parent = np.concatenate([np.arange(len(start)), span[inside]])
    begins = np.concatenate([start, day[inside]])
    order = np.lexsort((begins, parent))
    parent, begins = parent[order], begins[order]
    fresh = np.ones(len(parent), dtype=bool)
    fresh[1:] = (parent[1:] != parent[:-1]) | (begins[1:] != begins[:-1])
    parent, begins = parent[fresh], begins[fresh]
    ends = np.empty_like(begins)
    ends[:-1] = begins[1:]
    last = np.append(parent[1:] != parent[:-1], True)[: len(parent)]
    ends[last] = stop[parent[last]]
    return parent, begins, ends


def split_rows(
    frame: pd.DataFrame,
    cuts: Iterable[float],
    *,
    start: str = "start",
    stop: str = "stop",
    event: str | None = "event",
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
    event : str or None
        Name of the event column. The event stays on the last piece; earlier pieces
        get 0. None when the frame has no event.

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
    _check_columns(frame, [start, stop] + ([event] if event is not None else []))
    days = np.asarray(list(cuts), dtype=float)
    begins = _finite_times(frame, start)
    ends = _finite_times(frame, stop)
    if not np.isfinite(days).all():
        raise UsageError(f"cuts must be finite numbers, received {days.tolist()!r}")
    if not (begins < ends).all():
        raise UsageError(
            f"every row needs {start} < {stop}; "
            f"{int((begins >= ends).sum())} rows break this (see audit_intervals)"
        )
    span, day = cuts_inside(begins, ends, days)
    parent, piece_start, piece_stop = cut_spans(begins, ends, span, day)
    pieces = frame.iloc[parent].reset_index(drop=True)
    pieces[start] = _like(piece_start, frame[start])
    pieces[stop] = _like(piece_stop, frame[stop])
    if event is not None:
        ends_here = np.append(parent[1:] != parent[:-1], True)[: len(parent)]
        none = pd.Series(np.zeros(len(parent)), index=pieces.index)
        pieces[event] = pieces[event].where(ends_here, none.astype(frame[event].dtype))
    pieces.attrs = dict(frame.attrs)
    return pieces


def _check_columns(frame: pd.DataFrame, names: list[str]) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise UsageError(
            f"no column {', '.join(map(repr, missing))} in the frame; "
            f"it has {', '.join(map(str, frame.columns))}"
        )


def _finite_times(frame: pd.DataFrame, name: str) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(frame[name]):
        raise UsageError(f"column {name!r} must be numeric, is {frame[name].dtype}")
    times = frame[name].to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(times).all():
        raise UsageError(f"column {name!r} holds missing or infinite times")
    return times


def _like(values: np.ndarray, original: pd.Series) -> pd.Series:
    """Give times back in the column's own dtype when every value is whole."""
    series = pd.Series(values)
    whole = bool((values == np.floor(values)).all())
    if pd.api.types.is_integer_dtype(original.dtype) and whole:
        return series.astype(original.dtype)
    return series
