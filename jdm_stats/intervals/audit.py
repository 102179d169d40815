"""The audit of (start, stop] rows: whether a table obeys the law of intervals.

Libraries for survival analysis accept overlapping, reversed and repeated rows in
silence and count a child twice. The audit names each such row and runs inside every fit
and every rate. :func:`check_cut_for_events` guards tables whose measures change daily:
they serve only the events they were cut for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from jdm_stats.errors import Fault, IntervalError
from jdm_stats.html import html_table
from jdm_stats.intervals.child_histories import check_histories
from jdm_stats.intervals.columns import (
    check_frame,
    group_codes,
    loose_numbers,
    raise_all,
)
from jdm_stats.intervals.marks import recurrent_mark

_HEADING = "the rows break the law of intervals;"
_CODES = "give 0 for none, 1 for the outcome, 2 and up for competing events"

# Rule: what is wrong, what to do.
_RULES = {
    "patient_id_missing": (
        "the row names no child",
        "give every row the child it belongs to",
    ),
    "not_a_number": ("the time is not a number", "give times as plain numbers of days"),
    "missing_time": ("the time is missing", "fill in the day or leave the row out"),
    "infinite_time": ("the time is infinite", "end the row at the last day followed"),
    "zero_length": (
        "row {row} starts and stops at once",
        "leave the row out: it holds no time at risk",
    ),
    "reversed": ("row {row} stops before it starts", "swap or correct the two days"),
    "event_missing": ("the event code is missing", _CODES),
    "event_code": ("the event code is not a whole number from 0 up", _CODES),
    "duplicate_row": ("row {row} is there twice", "keep one of the rows"),
    "overlap": (
        "row {row} overlaps an earlier row of the same child",
        "cut the rows so that each day is at risk once",
    ),
    "row_after_event": (
        "row {row} lies after the child's event",
        "end follow-up at the event, or see recurrent_rows where every event counts",
    ),
    "several_events": (
        "row {row} carries a second event",
        "keep the first event, or see recurrent_rows where every event counts",
    ),
}


@dataclass(frozen=True, slots=True)
class IntervalAudit:
    """What an audit of (start, stop] rows found.

    Parameters
    ----------
    ok : bool
        True when no rule is broken.
    faults : tuple of Fault
        Every broken rule, in row order.
    tally : dict of str to int
        Counts that are no fault: rows, patients, events by code, gaps, delayed entry.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"start": [0, 4], "stop": [4, 4], "event": [0, 1]})
    >>> audit_intervals(rows).faults[0].rule
    'zero_length'
    """

    ok: bool
    faults: tuple[Fault, ...]
    tally: dict[str, int] = field(hash=False)

    def raise_if_faulty(self) -> None:
        """Raise IntervalError with every fault, or do nothing.

        Raises
        ------
        IntervalError
            If any rule is broken.
        """
        if not self.ok:
            raise IntervalError(self.faults, heading=_HEADING)

    def _repr_html_(self) -> str:
        tally = pd.DataFrame(
            {
                "Count of": [name.replace("_", " ") for name in self.tally],
                "n": list(self.tally.values()),
            }
        )
        verdict = "no rule broken" if self.ok else f"{len(self.faults)} rules broken"
        shown = html_table(tally, caption=f"Audit of (start, stop] rows: {verdict}")
        if self.ok:
            return shown
        faults = pd.DataFrame(
            [
                (f.row, f.patient_id, f.rule, f.message, f.remedy)
                for f in self.faults[:50]
            ],
            columns=["Row", "Patient", "Rule", "What is wrong", "What to do"],
        )
        more = len(self.faults) - len(faults)
        notes = [f"{more} more in .faults"] if more else []
        return shown + html_table(faults, caption="Broken rules", footnotes=notes)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The columns of a table as arrays; ``patient`` is -1 where missing."""

    start: np.ndarray
    stop: np.ndarray
    event: np.ndarray
    patient: np.ndarray | None
    labels: np.ndarray


@dataclass(frozen=True, slots=True)
class _Finding:
    rule: str
    column: str | None
    rows: np.ndarray


def audit_intervals(
    frame: pd.DataFrame,
    *,
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    patient_id: str | None = None,
    recurrent: bool | None = None,
) -> IntervalAudit:
    """Check a table of rows at risk in (start, stop] against the law of intervals.

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)
        Rows in any order; times in days or any other unit, whole or not.
    start, stop, event : str
        Names of the columns. Event codes are whole numbers: 0 none, 1 the outcome,
        2 and up competing events.
    patient_id : str, optional
        Column that says whose row it is. By default ``patient_id`` when the frame has
        one; without it the rules about one child's rows cannot be checked.
    recurrent : bool, optional
        Whether a child may have several events of code 1 and stay at risk; competing
        events end its rows all the same. By default what the table is marked as, by
        `recurrent_rows` or ``expand_intervals(recurrent=True)``.

    Returns
    -------
    IntervalAudit
        ``ok``, every fault with row (counted from 1), child, rule and remedy, and a
        tally. Gaps in follow-up and delayed entry are counted, they are no faults.

    Raises
    ------
    UsageError
        If ``frame`` is no data frame or a named column is not in it.

    Notes
    -----
    Rules: patient_id_missing, not_a_number, missing_time, infinite_time, zero_length,
    reversed, event_missing, event_code, duplicate_row, overlap, row_after_event,
    several_events. The checks follow those of ``survcheck`` in R's survival package.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame(
    ...     {"patient_id": ["A", "A"], "start": [0, 3], "stop": [5, 9], "event": [0, 1]}
    ... )
    >>> audit = audit_intervals(rows)
    >>> audit.ok, audit.faults[0].rule, audit.faults[0].row
    (False, 'overlap', 2)
    """
    raise_all(check_frame(frame, [], others_unique=False))
    if patient_id is None and "patient_id" in frame.columns:
        patient_id = "patient_id"
    mark = recurrent_mark(frame) if recurrent in (None, True) else None
    several = bool(recurrent) or mark is not None
    names = [start, stop, event] + ([patient_id] if patient_id is not None else [])
    names += [mark.spell] if mark is not None and mark.spell is not None else []
    raise_all(check_frame(frame, names, others_unique=False))
    spell = None
    if mark is not None and mark.spell is not None:
        spell = group_codes(frame[mark.spell])[0]
    findings: list[_Finding] = []
    rows = _Rows(
        _times(frame[start], start, findings),
        _times(frame[stop], stop, findings),
        _codes(frame[event], event, findings),
        *_patients(frame, patient_id, findings),
    )
    findings += _span_findings(rows, stop)
    tally = {"rows": len(frame)}
    if rows.patient is not None:
        found, counted = _history_findings(rows, start, event, several, spell)
        findings += found
        tally |= counted
    codes = rows.event[np.isfinite(rows.event)]
    for code, count in np.column_stack(np.unique(codes[codes > 0], return_counts=True)):
        tally[f"events_code_{code:g}"] = int(count)
    faults = _faults(findings, rows)
    return IntervalAudit(not faults, faults, tally)


def _times(column: pd.Series, name: str, findings: list[_Finding]) -> np.ndarray:
    values, wrong = loose_numbers(column)
    findings += [
        _Finding("not_a_number", name, wrong),
        _Finding("missing_time", name, np.isnan(values) & ~wrong),
        _Finding("infinite_time", name, np.isinf(values)),
    ]
    return values


def _codes(column: pd.Series, name: str, findings: list[_Finding]) -> np.ndarray:
    values, wrong = loose_numbers(column)
    with np.errstate(invalid="ignore"):
        wrong = wrong | (values < 0) | (values != np.floor(values)) & ~np.isnan(values)
    wrong |= np.isinf(values)
    findings += [
        _Finding("event_missing", name, np.isnan(values) & ~wrong),
        _Finding("event_code", name, wrong),
    ]
    return np.where(wrong, np.nan, values)


def _patients(
    frame: pd.DataFrame, name: str | None, findings: list[_Finding]
) -> tuple[np.ndarray | None, np.ndarray]:
    if name is None:
        return None, np.array([], dtype=object)
    patient, labels = group_codes(frame[name])
    findings.append(_Finding("patient_id_missing", name, patient < 0))
    return patient, np.asarray(labels, dtype=object)


def _span_findings(rows: _Rows, stop: str) -> list[_Finding]:
    with np.errstate(invalid="ignore"):
        return [
            _Finding("zero_length", stop, rows.start == rows.stop),
            _Finding("reversed", stop, rows.start > rows.stop),
        ]


def _history_findings(
    rows: _Rows, start: str, event: str, recurrent: bool, spell: np.ndarray | None
) -> tuple[list[_Finding], dict[str, int]]:
    """Check the rows of each child against each other; count gaps and late entries."""
    assert rows.patient is not None
    sound = np.isfinite(rows.start) & np.isfinite(rows.stop) & (rows.start < rows.stop)
    masks, tally = check_histories(
        rows.start,
        rows.stop,
        rows.event,
        rows.patient,
        np.flatnonzero(sound & (rows.patient >= 0)),
        recurrent=recurrent and spell is None,
        spell=spell,
    )
    columns = {"several_events": event}
    return [
        _Finding(rule, columns.get(rule, start), mask) for rule, mask in masks.items()
    ], tally


def _faults(findings: Sequence[_Finding], rows: _Rows) -> tuple[Fault, ...]:
    return tuple(
        sorted(
            (fault for finding in findings for fault in _faults_of(finding, rows)),
            key=lambda fault: fault.row or 0,
        )
    )


def _faults_of(finding: _Finding, rows: _Rows) -> Iterator[Fault]:
    message, remedy = _RULES[finding.rule]
    for row in np.flatnonzero(finding.rows):
        child = None
        if rows.patient is not None and rows.patient[row] >= 0:
            child = str(rows.labels[rows.patient[row]])
        told = message.format(row=f"({rows.start[row]:g}, {rows.stop[row]:g}]")
        yield Fault(
            "intervals", int(row) + 1, child, finding.column, finding.rule, told, remedy
        )


def check_cut_for_events(
    frame: pd.DataFrame, start: str, stop: str, event: str, columns: Sequence[str]
) -> None:
    """Check that daily measures are read only at the event times they were cut for.

    Parameters
    ----------
    frame : DataFrame
        Rows at risk. Only a table whose ``attrs["jdm_stats"]`` names daily measures
        among ``columns`` is checked; any other passes.
    start, stop, event : str
        Names of the columns.
    columns : sequence of str
        Columns the model reads.

    Raises
    ------
    IntervalError
        If a row at risk at an event time does not end there: the value of its daily
        measure is that of another day. The table was cut for another outcome.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"start": [0, 0], "stop": [4, 9], "event": [1, 0]})
    >>> rows["days_since_pulse"] = [4.0, 9.0]
    >>> rows.attrs["jdm_stats"] = {"daily_measures": ["days_since_pulse"]}
    >>> check_cut_for_events(rows, "start", "stop", "event", ["days_since_pulse"])
    Traceback (most recent call last):
    ...
    jdm_stats.errors.IntervalError: ...
    """
    noted = frame.attrs.get("jdm_stats", {})
    daily = [name for name in noted.get("daily_measures", ()) if name in set(columns)]
    if not daily:
        return
    begin, _ = loose_numbers(frame[start])
    end, _ = loose_numbers(frame[stop])
    code, _ = loose_numbers(frame[event])
    moments = np.append(np.unique(end[code > 0]), np.inf)
    following = moments[np.searchsorted(moments[:-1], begin, side="right")]
    wrong = np.flatnonzero(following < end)
    children = frame["patient_id"] if "patient_id" in frame.columns else None
    mark = recurrent_mark(frame)
    remedy = "expand the cohort again for this outcome and its competing events"
    if mark is not None and mark.spell is not None:
        remedy = "use scheme='andersen_gill' or 'pwp_total', on whose clock its days were cut"
    faults = [
        Fault(
            "intervals",
            int(row) + 1,
            None if children is None else str(children.iloc[row]),
            daily[0],
            "not_cut_at_event",
            f"row ({begin[row]:g}, {end[row]:g}] is at risk at the event on day "
            f"{following[row]:g} but does not end there, and {', '.join(daily)} "
            f"changes daily (cut for {noted.get('cut_for', 'another outcome')!r})",
            remedy,
        )
        for row in wrong
    ]
    if faults:
        raise IntervalError(faults, heading=_HEADING)
