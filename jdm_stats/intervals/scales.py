"""Splitting rows on several time scales at once: time since diagnosis, age, calendar.

Rows count time on one scale; on any other scale a row moves along with slope one from
its value at time 0. A cut on another scale is turned into a cut on the rows' own time,
once for each child, so that the order of the scales does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.intervals.columns import (
    as_given,
    check_events,
    check_frame,
    event_columns,
    raise_all,
    read_spans,
    repeated,
)
from jdm_stats.intervals.marks import is_synthetic
from jdm_stats.intervals.split import at_last_piece, cut_spans
from jdm_stats.intervals.time_scale import PlacedScale, TimeScale, placed_scale

__all__ = ["split_on_scales"]


def split_on_scales(
    frame: pd.DataFrame,
    scales: Mapping[str, TimeScale | Sequence[float]],
    *,
    start: str = "start",
    stop: str = "stop",
    event: str | Sequence[str] | None = "event",
    whole_days: bool = False,
) -> pd.DataFrame:
    """Split rows at risk on several time scales at once and say each piece's bands.

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)
        Rows at risk in (start, stop]; not changed.
    scales : mapping of str to TimeScale or sequence of float
        Name of the new band column and the scale to cut on: a list of cuts on the rows'
        own time, or what :func:`age_scale`, :func:`calendar_scale` or
        :class:`TimeScale` give.
    start, stop : str
        Names of the time columns.
    event : str, sequence of str or None
        Event columns: the event stays on the last piece, earlier pieces get 0.
    whole_days : bool, default False
        False cuts at the exact moment, so that ages may give parts of a day and whole
        times become floats. True moves each cut back to the whole day before it; times
        stay whole and every event is in the band it would be in with exact cuts,
        while less than one day of each child changes its band at each cut.

    Returns
    -------
    DataFrame
        One row per piece, in the order of the rows given and of time; all columns
        repeated; one ordered categorical per scale behind them. Bands are ``(a, b]``:
        a value of b at a piece's stop belongs to the band that ends at b.
        ``attrs["jdm_stats"]["split"]`` counts rows, pieces and the cuts made by each
        scale (a cut on a day that two scales share is counted for both).

    Raises
    ------
    UsageError
        If a column is not there or not numeric, a row is not start < stop, a value at
        time 0 is missing, a cut is no number, a band column is there already, or
        ``whole_days`` meets times that are not whole. All faults at once.

    Notes
    -----
    With exact cuts the pieces are those of ``splitLexis`` in R's Epi package, applied
    to each scale in turn. Times are compared exactly, save that a cut which rounding
    alone keeps from a whole day or from a row's end is put there.

    Examples
    --------
    >>> from jdm_stats.intervals.time_scale import age_scale
    >>> rows = pd.DataFrame({"start": [0], "stop": [900], "event": [1], "age": [9.5]})
    >>> split_on_scales(
    ...     rows,
    ...     {"since": [365], "age_band": age_scale([10, 15], at_zero="age")},
    ...     whole_days=True,
    ... )
       start  stop  event  age        since    age_band
    0      0   182      0  9.5  (-inf, 365]  (-inf, 10]
    1    182   365      0  9.5  (-inf, 365]    (10, 15]
    2    365   900      1  9.5   (365, inf)    (10, 15]
    """
    events = event_columns(frame, event)
    wrong = check_frame(frame, [start, stop, *events])
    raise_all(wrong)
    begins, ends = read_spans(frame, start, stop, wrong)
    check_events(frame, events, wrong)
    placed = _placed(frame, scales, wrong)
    if whole_days and not all((t == np.floor(t)).all() for t in (begins, ends)):
        wrong.append(f"whole_days needs whole times in {start!r} and {stop!r}")
    raise_all(wrong)
    cuts = {
        name: scale.cuts_inside(begins, ends, whole_days)
        for name, scale in placed.items()
    }
    span = np.concatenate([cut.span for cut in cuts.values()] + [np.empty(0, np.intp)])
    moments = [cut.time for cut in cuts.values()]
    time = np.concatenate([*moments, np.empty(0, begins.dtype)])
    parent, piece_start, piece_stop = cut_spans(begins, ends, span.astype(int), time)
    new: dict[str, Any] = {
        start: as_given(piece_start, frame[start]),
        stop: as_given(piece_stop, frame[stop]),
    }
    new |= {name: at_last_piece(frame[name], parent) for name in events}
    for name, scale in placed.items():
        codes: Any = cuts[name].band_of_pieces(parent, piece_start)
        new[name] = pd.Categorical.from_codes(codes, dtype=scale.bands())
    pieces = repeated(frame, parent, new)
    tally = {"rows": len(frame), "pieces": len(pieces)}
    tally |= {f"cuts_{name}": len(cut.span) for name, cut in cuts.items()}
    noted = pieces.attrs.get("jdm_stats", {})
    pieces.attrs["jdm_stats"] = {
        **noted,
        "synthetic": is_synthetic(frame),
        "split": tally,
    }
    return pieces


def _placed(
    frame: pd.DataFrame, scales: Any, wrong: list[str]
) -> dict[str, PlacedScale]:
    if not isinstance(scales, Mapping):
        wrong.append(
            "scales must map the name of each band column to its cuts, received "
            f"{type(scales).__name__}"
        )
        return {}
    there = [name for name in scales if name in frame.columns]
    if there:
        wrong.append(
            f"the frame has a column {', '.join(map(repr, there))} already; give the "
            "band column another name"
        )
    return {
        name: placed_scale(frame, str(name), scale, wrong)
        for name, scale in scales.items()
    }
