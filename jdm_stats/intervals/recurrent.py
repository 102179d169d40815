"""Several events of one child: tables for Andersen-Gill and Prentice-Williams-Peterson.

A child who stays at risk after an event has rows after it. This module numbers the event
each row is at risk for, sets the clock back where the scheme asks for it, and marks the
table, so that models know several events of one child are meant and allow for rows of
one child going together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.intervals.audit import audit_intervals
from jdm_stats.intervals.columns import (
    as_given,
    check_frame,
    group_codes,
    loose_numbers,
    named_rows,
    raise_all,
    read_spans,
)
from jdm_stats.intervals.marks import RecurrentMark, is_synthetic, recurrent_mark
from jdm_stats.replicates.numbers import is_whole

__all__ = ["recurrent_rows"]

SCHEMES = ("andersen_gill", "pwp_total", "pwp_gap")
NUMBER, STRATUM, GAP_FROM = "event_number", "event_stratum", "gap_from"


def recurrent_rows(
    frame: pd.DataFrame,
    *,
    scheme: str = "andersen_gill",
    patient_id: str = "patient_id",
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    max_event_number: int | None = None,
    first_gap_from: str = "zero",
) -> pd.DataFrame:
    """Prepare rows with several events per child for a model of recurrent events.

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)
        Rows at risk in (start, stop], a child's rows after its events among them; the
        event of a row happens at its stop. Not changed.
    scheme : {"andersen_gill", "pwp_total", "pwp_gap"}
        ``andersen_gill``: all events share one baseline hazard. ``pwp_total``: a baseline
        hazard for each number of event, time counted on. ``pwp_gap``: the same with time
        counted from the event before.
    patient_id, start, stop, event : str
        Names of the columns. Event 1 recurs; a code of 2 and up ends a child's rows.
    max_event_number : int, optional
        For the two latter schemes: the stratum of this number holds all later ones too,
        as late strata tend to hold few events.
    first_gap_from : {"zero", "entry"}
        For ``pwp_gap``: where the clock of the first event starts, at time 0 of the scale
        (a late entry stays late) or at each child's first start.

    Returns
    -------
    DataFrame
        The rows in their order, with ``event_number``, the number of the event a row is
        at risk for (1 + the child's events before it). For the two latter schemes also
        ``event_stratum``, the same up to ``max_event_number``; for ``pwp_gap`` ``start``
        and ``stop`` are times since ``gap_from``, the time of the event before, so that
        start + gap_from is the time it was. ``attrs["jdm_stats"]`` holds the mark
        ``recurrent`` and, as ``recurrent_rows``, the counts.

    Raises
    ------
    UsageError
        If a column is not there, an option is none of those above, or a column
        ``event_number`` that is there already says otherwise than the rows.
    IntervalError
        If rows of a child overlap, or lie after a competing event.

    Notes
    -----
    Andersen and Gill (1982, Ann Stat 10:1100-1120); Prentice, Williams and Peterson
    (1981, Biometrika 68:373-379). Fit with ``cluster=`` the child and, for the two latter,
    ``strata="event_stratum"``: in R ``coxph(Surv(start, stop, event) ~ x +
    strata(event_stratum), cluster = patient_id)``. Cutting a row anywhere changes nothing.

    Examples
    --------
    >>> rows = pd.DataFrame({"patient_id": "A", "start": [0, 40, 65]})
    >>> rows["stop"], rows["event"] = [40, 65, 90], [1, 1, 0]
    >>> recurrent_rows(rows, scheme="pwp_gap", max_event_number=2)
      patient_id  start  stop  event  event_number  event_stratum  gap_from
    0          A      0    40      1             1              1         0
    1          A      0    25      1             2              2        40
    2          A      0    25      0             3              2        65
    """
    _check_call(frame, scheme, max_event_number, first_gap_from)
    audit_intervals(
        frame,
        start=start,
        stop=stop,
        event=event,
        patient_id=patient_id,
        recurrent=True,
    ).raise_if_faulty()
    histories = _histories(frame, patient_id, start, stop, event, first_gap_from)
    _refuse_other_numbers(frame, histories.number)
    rows = frame.drop(columns=[c for c in (STRATUM, GAP_FROM) if c in frame.columns])
    rows = rows.reset_index(drop=True)
    rows[NUMBER] = histories.number
    tally = _counts(frame, histories, event)
    stratum = None
    if scheme != "andersen_gill":
        last = max_event_number or int(histories.number.max(initial=1))
        rows[STRATUM] = np.minimum(histories.number, last)
        stratum = STRATUM
        tally |= _pooled(tally, max_event_number)
    if scheme == "pwp_gap":
        rows[GAP_FROM] = as_given(histories.since, frame[start])
        for name in (start, stop):
            rows[name] = frame[name].array - histories.since
    mark = RecurrentMark(
        scheme, patient_id, stratum, NUMBER if scheme == "pwp_gap" else None
    )
    rows.attrs["jdm_stats"] = {
        **frame.attrs.get("jdm_stats", {}),
        "synthetic": is_synthetic(frame),
        "recurrent": mark.noted(),
        "recurrent_rows": tally,
    }
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class _Histories:
    """Per row: the child, the number of the event it is at risk for, the clock's start."""

    child: np.ndarray
    number: np.ndarray
    since: np.ndarray


def _check_call(
    frame: Any, scheme: str, max_event_number: int | None, first_gap_from: str
) -> None:
    wrong = check_frame(frame, [])
    raise_all(wrong)
    if scheme not in SCHEMES:
        wrong.append(f"scheme must be one of {', '.join(SCHEMES)}; received {scheme!r}")
    if first_gap_from not in ("zero", "entry"):
        wrong.append(
            f"first_gap_from must be 'zero' or 'entry'; received {first_gap_from!r}"
        )
    if max_event_number is not None and (
        not is_whole(max_event_number) or max_event_number < 1
    ):
        wrong.append(
            "max_event_number must be a whole number from 1 up, received "
            f"{max_event_number!r}"
        )
    elif max_event_number is not None and scheme == "andersen_gill":
        wrong.append(
            "max_event_number pools strata, and scheme='andersen_gill' has none; leave it "
            "out or choose pwp_total or pwp_gap"
        )
    mark = recurrent_mark(frame)
    if mark is not None and mark.spell is not None:
        wrong.append(
            "these rows count time from the event before already; give the rows that "
            "recurrent_rows was given"
        )
    taken = [c for c in (STRATUM, GAP_FROM) if mark is None and c in frame.columns]
    if taken:
        wrong.append(f"rename the column {', '.join(taken)}: the result has one too")
    raise_all(wrong)


def _histories(
    frame: pd.DataFrame,
    patient_id: str,
    start: str,
    stop: str,
    event: str,
    first_gap_from: str,
) -> _Histories:
    """Count the events of the child before each row, and find when the last one was."""
    child, _ = group_codes(frame[patient_id])
    wrong: list[str] = []
    begins, ends = read_spans(frame, start, stop, wrong)
    raise_all(wrong)
    order = np.lexsort((begins, child))
    begins, ends = begins[order], ends[order]
    happened = (frame[event].to_numpy(dtype=float) == 1)[order]
    first = np.append(True, child[order][1:] != child[order][:-1])[: len(order)]
    opens = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    before = np.cumsum(happened) - happened  # events of all children in earlier rows
    number = before - before[opens] + 1
    since = begins[opens] if first_gap_from == "entry" else np.zeros_like(begins)
    again = np.flatnonzero(number > 1)
    since[again] = ends[np.flatnonzero(happened)[before[again] - 1]]
    back = np.argsort(order)
    return _Histories(child, number[back], since[back])


def _refuse_other_numbers(frame: pd.DataFrame, number: np.ndarray) -> None:
    """Refuse numbers that are there and differ: rows of the child are not all given."""
    if NUMBER not in frame.columns:
        return
    other = loose_numbers(frame[NUMBER])[0] != number
    if other.any():
        raise UsageError(
            f"the column {NUMBER!r} says otherwise than the events of the rows in "
            f"{named_rows(other)}; give all rows of each child, or rename the column if it "
            "means something else"
        )


def _counts(frame: pd.DataFrame, histories: _Histories, event: str) -> dict[str, Any]:
    happened = frame[event].to_numpy(dtype=float) == 1
    per_child = np.bincount(histories.child[happened], minlength=1)
    pairs = np.unique(np.column_stack([histories.child, histories.number]), axis=0)
    at_risk = np.bincount(pairs[:, 1], minlength=2)
    events = np.bincount(histories.number[happened], minlength=len(at_risk))
    return {
        "rows": len(frame),
        "patients": len(np.unique(histories.child)),
        "events": int(happened.sum()),
        "patients_with_event": int((per_child > 0).sum()),
        "patients_with_several": int((per_child > 1).sum()),
        "at_risk_by_number": {str(k): int(n) for k, n in enumerate(at_risk) if k},
        "events_by_number": {str(k): int(n) for k, n in enumerate(events) if k},
    }


def _pooled(tally: dict[str, Any], last: int | None) -> dict[str, Any]:
    if last is None:
        return {}
    later = [n for k, n in tally["events_by_number"].items() if int(k) >= last]
    return {"pooled_from": int(last), "pooled_events": sum(later)}
