"""Joining adjacent rows that differ in nothing: the way back from splitting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.intervals.columns import (
    check_events,
    check_frame,
    event_columns,
    group_codes,
    name_list,
    raise_all,
    read_spans,
)
from jdm_stats.intervals.keys import check_no_overlap, number_children
from jdm_stats.intervals.marks import is_synthetic

__all__ = ["collapse_rows"]


def collapse_rows(
    frame: pd.DataFrame,
    *,
    patient_id: str = "patient_id",
    start: str = "start",
    stop: str = "stop",
    event: str | Sequence[str] | None = "event",
    ignore: Sequence[str] = (),
) -> pd.DataFrame:
    """Join rows of a child that follow each other without a gap and differ in nothing.

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)
        Rows at risk in (start, stop], in any order; a child's rows must not overlap.
    patient_id, start, stop : str
        Names of the columns.
    event : str, sequence of str or None
        Event columns. A row with an event is the last of those joined.
    ignore : sequence of str
        Columns that may differ, such as bands of a split; they are left out of the
        result.

    Returns
    -------
    DataFrame
        In the order in which the first row of each stands in ``frame``. Two missing
        values count as equal. ``attrs["jdm_stats"]["collapsed"]`` counts rows before
        and after.

    Raises
    ------
    UsageError
        If a column is not there or of the wrong type, or a row is not start < stop.
    IntervalError
        If rows of one child overlap.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {"patient_id": "A", "start": [0, 4], "stop": [4, 9], "event": [0, 1]}
    ... )
    >>> collapse_rows(rows)
      patient_id  start  stop  event
    0          A      0     9      1
    """
    wrong: list[str] = []
    left_out = name_list(ignore, "ignore", wrong)
    events = event_columns(frame, event)
    wrong += check_frame(frame, [patient_id, start, stop, *events, *left_out])
    raise_all(wrong)
    fixed = [name for name in left_out if name in (patient_id, start, stop, *events)]
    if fixed:
        wrong.append(f"ignore names {', '.join(map(repr, fixed))}, which the rows need")
    check_events(frame, events, wrong)
    begins, ends = read_spans(frame, start, stop, wrong)
    child, _ = number_children(frame[patient_id], patient_id, wrong, "the rows")
    raise_all(wrong)
    order = np.lexsort((begins, child))
    check_no_overlap(frame, order, child, start, stop, patient_id)
    joins = (child[order][1:] == child[order][:-1]) & (
        begins[order][1:] == ends[order][:-1]
    )
    for name in events:
        codes = frame[name].to_numpy(dtype=float, na_value=np.nan)[order]
        joins &= codes[:-1] == 0
    rest = (patient_id, start, stop, *events, *left_out)
    for name in frame.columns:
        if name not in rest:
            joins &= _same_as_before(frame[name], order)
    new = np.append(True, ~joins)[: len(order)]
    last = np.append(new[1:], True)[: len(order)]
    back = np.argsort(order[new], kind="stable")
    first_row, last_row = order[new][back], order[last][back]
    result = frame.drop(columns=left_out).iloc[first_row].reset_index(drop=True)
    for name in (stop, *events):
        result[name] = frame[name].iloc[last_row].array
    noted = frame.attrs.get("jdm_stats", {})
    result.attrs = {
        **frame.attrs,
        "jdm_stats": {
            **noted,
            "synthetic": is_synthetic(frame),
            "collapsed": {"rows": len(frame), "rows_left": len(result)},
        },
    }
    return result


def _same_as_before(column: pd.Series, order: np.ndarray) -> Any:
    """Compare each value with the one before it in an order; missing equals missing."""
    codes, _ = group_codes(column)
    return codes[order][1:] == codes[order][:-1]
