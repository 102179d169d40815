"""Merging values that come over time onto (start, stop] rows, with a tally of where they fell.

The law is that of ``tmerge`` in R's survival package: a value known on day d acts on
(d, d + 1] and later, so on rows that start at d or after; an event on day d stands at the
row that stops at d. Rows are cut where they must be, and each value is counted under the
place where it fell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.intervals.columns import (
    as_given,
    check_events,
    check_frame,
    check_lag,
    event_columns,
    named_rows,
    raise_all,
    read_numbers,
    read_spans,
    repeated,
)
from jdm_stats.intervals.keys import (
    check_no_overlap,
    last_at_or_before,
    number_children,
    pair_keys,
    same_children,
)
from jdm_stats.intervals.marks import is_synthetic
from jdm_stats.intervals.split import at_last_piece, cut_spans
from jdm_stats.intervals.terms import Term, at_stop, from_start_on, prepared

__all__ = ["merge_tally", "merge_values"]

_PLACES = ("early", "late", "gap", "within", "boundary", "leading", "trailing")


def merge_values(
    frame: pd.DataFrame,
    values: pd.DataFrame,
    terms: Mapping[str, Term],
    *,
    day: str = "day",
    patient_id: str = "patient_id",
    values_id: str | None = None,
    start: str = "start",
    stop: str = "stop",
    event: str | Sequence[str] | None = "event",
    lag: float = 0,
    carry_missing: bool = False,
) -> pd.DataFrame:
    """Put values that come over time onto rows at risk in (start, stop].

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)
        Rows at risk, in any order; a child's rows must not overlap. Not changed.
    values : DataFrame of shape (m, columns)
        One row per value: whose it is, on which day, and the value. Not changed.
    terms : mapping of str to Term
        New column and what it holds: :func:`last_value`, :func:`running_total`,
        :func:`event_at` or :func:`event_count`.
    day : str
        Column of ``values`` with the time, in the unit of ``start`` and ``stop``.
    patient_id : str
        Column that says whose row it is, in both tables.
    values_id : str, optional
        Its name in ``values`` when that differs.
    start, stop : str
        Names of the time columns.
    event : str, sequence of str or None
        Event columns that ``frame`` has: when a row is cut they stay on its last piece.
        Those that an earlier merge made are known and need not be named.
    lag : float, default 0
        A value of day d acts from d + lag on; for ``last_value`` and
        ``running_total``, not for events.
    carry_missing : bool, default False
        False passes over missing values and counts them; True lets ``last_value``
        become missing again.

    Returns
    -------
    DataFrame
        The rows, cut where a value falls inside one, in the order of the rows given and
        of time. ``attrs["jdm_stats"]["merged"]`` holds the counts that
        :func:`merge_tally` shows.

    Raises
    ------
    UsageError
        If a column is not there or of the wrong type, a day or a name is missing, or a
        new column is there already. All faults at once.
    IntervalError
        If rows of one child overlap.

    Notes
    -----
    Values before a child's first row are history and count at its first row; values in
    a gap count at the next row. Of several values of a child on one day the one further
    down holds, totals add all of them. Events outside the rows at risk, or at the start
    of a row where no row stops, are counted and mark no row. All this is as in
    ``tmerge`` (survival 3.5), with two differences: a lag delays every value, also
    those before the first row, and a column that is there is never overwritten unasked.

    Examples
    --------
    >>> from jdm_stats.intervals.terms import last_value
    >>> rows = pd.DataFrame(
    ...     {"patient_id": ["A"], "start": [0], "stop": [30], "event": [1]}
    ... )
    >>> labs = pd.DataFrame(
    ...     {"patient_id": ["A", "A"], "day": [0, 10], "ck": [900, 210]}
    ... )
    >>> merge_values(rows, labs, {"ck": last_value("ck")})
      patient_id  start  stop  event   ck
    0          A      0    10      0  900
    1          A     10    30      1  210
    """
    written = [n for n, term in _kept(terms) if term.is_event]
    events = event_columns(frame, event, written)
    theirs = patient_id if values_id is None else values_id
    wrong = check_frame(frame, [patient_id, start, stop, *events])
    wrong += _check_terms(frame, values, terms, [day, theirs])
    check_lag(lag, wrong)
    raise_all(wrong)
    check_events(frame, events, wrong)
    begins, ends = read_spans(frame, start, stop, wrong)
    times = read_numbers(values, day, wrong)
    child, labels = number_children(frame[patient_id], patient_id, wrong, "the rows")
    whose = same_children(values[theirs], theirs, labels, wrong, "the values")
    raise_all(wrong)
    order = np.lexsort((begins, child))
    check_no_overlap(frame, order, child, start, stop, patient_id)
    spans = _Pieces(order, child[order], begins[order], ends[order])
    entries = {}
    tally = {}
    for name, term in terms.items():
        delay = 0 if term.is_event else lag
        entries[name] = _entries(values, term, whose, times + delay, carry_missing)
        spans, tally[name] = _cut(spans, entries[name])
        tally[name] |= _lost(values, term, whose, carry_missing)
    spans = spans.in_order_given()
    new: dict[str, Any] = {
        start: as_given(spans.begins, frame[start]),
        stop: as_given(spans.ends, frame[stop]),
    }
    new |= {name: at_last_piece(frame[name], spans.parent) for name in events}
    for name, term in terms.items():
        new[name] = _column(frame, values, name, term, spans, entries[name], new)
    pieces = repeated(frame, spans.parent, new)
    marks = [name for name, term in terms.items() if term.is_event]
    return _with_tally(pieces, frame, values, tally, list({*events, *marks}))


def merge_tally(frame: pd.DataFrame) -> pd.DataFrame:
    """Show where the values of every merge fell.

    Parameters
    ----------
    frame : DataFrame
        What :func:`merge_values` gave, after one or several merges.

    Returns
    -------
    DataFrame
        One row per column merged: values ``early`` (before the child's first row),
        ``late`` (after its last), in a ``gap``, ``within`` a row (cut there), on the
        ``boundary`` of two rows, on the ``leading`` or ``trailing`` edge of one;
        ``tied`` with another of that day, of a child without rows (``missid``), and
        passed over because the value was ``missing``.

    Examples
    --------
    >>> from jdm_stats.intervals.terms import running_total
    >>> rows = pd.DataFrame({"patient_id": ["A"], "start": [0], "stop": [30]})
    >>> pulses = pd.DataFrame({"patient_id": ["A", "A", "B"], "day": [-3, 7, 1]})
    >>> merged = merge_values(rows, pulses, {"pulses": running_total()}, event=None)
    >>> merge_tally(merged)[["column", "early", "within", "missid"]]
       column  early  within  missid
    0  pulses      1       1       1
    """
    merged = frame.attrs.get("jdm_stats", {}).get("merged", [])
    names = ["column", *_PLACES, "tied", "missid", "missing"]
    return pd.DataFrame(merged, columns=names)


@dataclass(frozen=True)
class _Pieces:
    """Pieces sorted by child and time, and the row of the frame each is made of."""

    parent: np.ndarray
    child: np.ndarray
    begins: np.ndarray
    ends: np.ndarray

    def in_order_given(self) -> _Pieces:
        order = np.argsort(self.parent, kind="stable")
        return _Pieces(
            self.parent[order], self.child[order], self.begins[order], self.ends[order]
        )


@dataclass(frozen=True)
class _Entries:
    """Values in use, sorted by child and time: their row, child and time."""

    row: np.ndarray
    child: np.ndarray
    time: np.ndarray


def _kept(terms: Any) -> list[tuple[str, Term]]:
    """Terms that bring a column up to date."""
    given = terms.items() if isinstance(terms, Mapping) else ()
    return [(n, t) for n, t in given if isinstance(t, Term) and t.keep_existing]


def _check_terms(frame: Any, values: Any, terms: Any, needed: list[str]) -> list[str]:
    if not isinstance(terms, Mapping) or not terms:
        return ["terms must map new columns to terms such as last_value('ck')"]
    strange = [name for name, term in terms.items() if not isinstance(term, Term)]
    if strange:
        told = ", ".join(map(repr, strange))
        return [
            f"{told} is no term; use last_value, running_total, event_at or event_count"
        ]
    columns = [term.column for term in terms.values() if term.column is not None]
    wrong = check_frame(values, [*needed, *columns], "the values")
    if not isinstance(frame, pd.DataFrame) or not isinstance(values, pd.DataFrame):
        return wrong
    for name, term in terms.items():
        there = name in frame.columns
        if there and not term.keep_existing:
            wrong.append(
                f"the frame has a column {name!r} already; give the new one another "
                "name, or pass keep_existing=True to bring it up to date"
            )
        if term.keep_existing and not there:
            wrong.append(f"the frame has no column {name!r} to keep")
        wrong += _check_numbers(values, term)
    return wrong


def _check_numbers(values: pd.DataFrame, term: Term) -> list[str]:
    """Require finite numbers, or missing ones, where they are added or are codes."""
    if not term.needs_numbers or not values.columns.is_unique:
        return []
    if not isinstance(term.column, str) or term.column not in values.columns:
        return []
    dtype = values[term.column].dtype
    complex_ = pd.api.types.is_complex_dtype(dtype)
    if not pd.api.types.is_numeric_dtype(dtype) or complex_:
        return [f"{term.kind} needs numbers, column {term.column!r} is {dtype}"]
    endless = np.isinf(values[term.column].to_numpy(dtype=float, na_value=np.nan))
    if endless.any():
        told = named_rows(endless)
        return [f"{term.kind} needs finite numbers, {term.column!r} is not in {told}"]
    if term.kind != "event_at":
        return []
    codes = values[term.column].to_numpy(dtype=float, na_value=np.nan)
    strange = (codes < 0) | (np.floor(codes) != codes) & ~np.isnan(codes)
    if strange.any():
        told = named_rows(strange)
        return [
            f"event_at needs whole codes from 0 up, {term.column!r} is not in {told}"
        ]
    return []


def _usable(values: pd.DataFrame, term: Term, carry_missing: bool) -> np.ndarray:
    if term.column is None or (carry_missing and not term.needs_numbers):
        return np.ones(len(values), dtype=bool)
    return values[term.column].notna().to_numpy()


def _entries(
    values: pd.DataFrame,
    term: Term,
    whose: np.ndarray,
    times: np.ndarray,
    carry_missing: bool,
) -> _Entries:
    row = np.flatnonzero((whose >= 0) & _usable(values, term, carry_missing))
    row = row[np.lexsort((times[row], whose[row]))]
    return _Entries(row, whose[row], times[row])


def _lost(
    values: pd.DataFrame, term: Term, whose: np.ndarray, carry_missing: bool
) -> dict[str, int]:
    known = whose >= 0
    usable = _usable(values, term, carry_missing)
    return {"missid": int((~known).sum()), "missing": int((known & ~usable).sum())}


def _cut(pieces: _Pieces, entries: _Entries) -> tuple[_Pieces, dict[str, int]]:
    """Cut pieces at the entries inside them and count where each entry fell."""
    begin, end, entry = pair_keys(
        (pieces.child, pieces.begins),
        (pieces.child, pieces.ends),
        (entries.child, entries.time),
    )
    started = last_at_or_before(begin, pieces.child, entry, entries.child)
    stopping = np.searchsorted(end, entry, side="left")
    stopping[np.append(pieces.child, -1)[stopping] != entries.child] = -1
    early, late = started < 0, stopping < 0
    inside = ~early & ~late
    gap = inside & (stopping > started)
    boundary = inside & (started == stopping + 1)
    same = inside & (started == stopping)
    leading = same & (begin[started] == entry)
    trailing = same & ~leading & (end[stopping] == entry)
    within = same & ~leading & ~trailing
    masks = (early, late & ~early, gap, within, boundary, leading, trailing)
    tally = {name: int(mask.sum()) for name, mask in zip(_PLACES, masks, strict=True)}
    tally["tied"] = int((entry[1:] == entry[:-1]).sum())
    parent, begins, ends = cut_spans(
        pieces.begins, pieces.ends, started[within], entries.time[within]
    )
    return _Pieces(pieces.parent[parent], pieces.child[parent], begins, ends), tally


def _column(
    frame: pd.DataFrame,
    values: pd.DataFrame,
    name: str,
    term: Term,
    pieces: _Pieces,
    entries: _Entries,
    new: dict[str, Any],
) -> Any:
    moments = pieces.ends if term.is_event else pieces.begins
    keys, wanted = pair_keys((entries.child, entries.time), (pieces.child, moments))
    place = last_at_or_before(keys, entries.child, wanted, pieces.child)
    given = prepared(term, values, entries.row, entries.child)
    existing = None
    if term.keep_existing:
        existing = (
            pd.Series(new[name]) if name in new else frame[name].iloc[pieces.parent]
        )
    if not term.is_event:
        return from_start_on(term, given, place, existing).array
    if len(keys):
        place[keys[place] != wanted] = -1
    counts = np.ones(len(entries.row), dtype=bool)
    if term.kind == "event_count" and term.column is not None:
        more = values[term.column].to_numpy()[entries.row] != 0
        counts = np.isin(keys, keys[more])  # a day counts when any value of it does
    return at_stop(given, counts, place, existing).array


def _with_tally(
    pieces: pd.DataFrame,
    frame: pd.DataFrame,
    values: pd.DataFrame,
    tally: dict[str, dict[str, int]],
    events: list[str],
) -> pd.DataFrame:
    noted = pieces.attrs.get("jdm_stats", {})
    merged = [*noted.get("merged", []), *({"column": k} | v for k, v in tally.items())]
    pieces.attrs["jdm_stats"] = {
        **noted,
        "synthetic": is_synthetic(frame) or is_synthetic(values),
        "merged": merged,
        "event_columns": sorted(events, key=list(pieces.columns).index),
    }
    return pieces
