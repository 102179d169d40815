"""Dose columns: how many days back, or ahead, the dose in a row comes from.

The steroid dose of every day is worked out from the cohort. A column that equals the dose
of L days earlier in every row is that dose under a lag of L; one that no lag of 0 days or
more explains, but the dose some days ahead does, reads the future.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jdm_stats.diagnostics.time_zero_case import Case, of_children
from jdm_stats.diagnostics.time_zero_record import Record
from jdm_stats.diagnostics.time_zero_report import PROOF, TimeZeroFinding
from jdm_stats.diagnostics.time_zero_rows import Column
from jdm_stats.diagnostics.time_zero_timeline import Moment
from jdm_stats.exposure.step_sums import StepSums

LOOK_DAYS = 60
_FEW, _MANY = 300, 20_000
_ENOUGH_ROWS = 20  # rows that tell two lags apart, for a column with a name of its own
_NAMES = ("dose", "steroid", "pred", "mg")


@dataclass(frozen=True, slots=True, eq=False)
class DoseColumn:
    """A column tied to the dose of the day.

    ``lags`` are all whole numbers of days, from -60 to 60, that explain it in every row
    looked at; below 0 the dose comes from later days.
    """

    column: Column
    unit: str
    lags: tuple[int, ...]

    @property
    def longest(self) -> int:
        """The longest lag that explains it: the kindest reading."""
        return max(self.lags)


def dose_findings(case: Case) -> Iterator[TimeZeroFinding]:
    """Doses that look ahead, and doses without lag that change with the event."""
    record = case.record
    if record is None or not record.doses or not len(case.rows.child):
        return
    for column in case.rows.columns():
        if column.constant and not column.binary:
            yield from _totals(case, record, column)
        tied = tie(case, record, column)
        if tied is None:
            continue
        if tied.longest < 0:
            yield from _looks_ahead(case, record, tied)
        elif case.rows.landmark is None and _without_lag(case, tied):
            sums = record.doses[tied.unit]
            yield from _changes_with_event(case, record, sums, tied.column)


def _without_lag(case: Case, tied: DoseColumn) -> bool:
    """Whether the dose acts at once: by the plan where it can be, else by the values."""
    if case.plan is not None and case.plan.dose_lag_days in tied.lags:
        return case.plan.dose_lag_days == 0
    return tied.longest == 0


def tie(case: Case, record: Record, column: Column) -> DoseColumn | None:
    """Find the lags under which a column is the steroid dose of the day; None if none.

    A column is first held against the dose over all of each row, then against that of its
    last day, then of its first: rows need not be cut where the dose changes.
    """
    usable = _usable(case, record, column)
    if not len(usable) or (column.values[usable] == 0).all():
        return None
    few = _sample(case.rows.event, usable, _FEW)
    many = _sample(case.rows.event, usable, _MANY)
    ahead = None
    for unit, sums in record.doses.items():
        if not _telling(case, sums, column, many):
            continue
        for anchors in (("first", "last"), ("last",), ("first",)):
            lags = _fitting(case, sums, column, few, anchors, range(-LOOK_DAYS, 61))
            lags = _fitting(case, sums, column, many, anchors, lags)
            if lags and max(lags) >= 0:
                return DoseColumn(column, unit, tuple(lags))
            if lags and anchors != ("first",) and ahead is None:
                ahead = DoseColumn(column, unit, tuple(lags))
    return ahead


def _usable(case: Case, record: Record, column: Column) -> np.ndarray:
    """Rows of children whose doses are all known, with a value."""
    known = (record.known & record.dosed[: case.rows.n])[case.rows.child]
    return np.flatnonzero(known & ~np.isnan(column.values))


def _sample(event: np.ndarray, usable: np.ndarray, size: int) -> np.ndarray:
    """Rows of an event and others at equal steps, about ``size`` in all."""
    events = usable[event[usable] > 0][:size]
    step = max(len(usable) // size, 1)
    return np.union1d(events, usable[::step])


def _dose(
    case: Case, sums: StepSums, at: np.ndarray, lag: int, anchor: str = "last"
) -> np.ndarray:
    """Dose that acts on the first or last day of each row; landmark rows: at it."""
    rows = case.rows
    if rows.landmark is not None:
        day = np.full(len(at), np.ceil(rows.landmark) - 1)
    elif anchor == "last":
        day = np.ceil(rows.stop[at]) - 1
    else:
        day = np.floor(rows.start[at])
    return sums.up_to(rows.child[at], day.astype(np.int64) - lag) * 1e-9


def _fitting(
    case: Case,
    sums: StepSums,
    column: Column,
    at: np.ndarray,
    anchors: Iterable[str],
    lags: Iterable[int],
) -> list[int]:
    value = column.values[at]
    return [
        lag
        for lag in lags
        if all(_close(value, _dose(case, sums, at, lag, a)).all() for a in anchors)
    ]


def _close(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.abs(left - right) <= 1e-6 * np.maximum(1.0, np.abs(right))


def _telling(case: Case, sums: StepSums, column: Column, at: np.ndarray) -> bool:
    """Whether agreement is more than chance: by the name, or by many changes."""
    if any(part in column.name.lower() for part in _NAMES):
        return True
    here, later = _dose(case, sums, at, 0), _dose(case, sums, at, -30)
    return int((~_close(here, later)).sum()) >= _ENOUGH_ROWS


def _looks_ahead(
    case: Case, record: Record, tied: DoseColumn
) -> Iterator[TimeZeroFinding]:
    rows, column, days = case.rows, tied.column, -tied.longest
    sums = record.doses[tied.unit]
    every = _usable(case, record, column)
    wrong = every[~_close(column.values[every], _dose(case, sums, every, 0))]
    if not len(wrong):
        return
    events = wrong[rows.event[wrong] == 1] if rows.landmark is None else wrong[:0]
    ahead = f"{days} day{'' if days == 1 else 's'}"
    if len(events):
        row = int(events[0])
        child = int(rows.child[row])
        day = int(np.ceil(rows.stop[row])) - 1 + days
        yield case.finding(
            "exposure_after_event",
            PROOF,
            f"{column.name} equals the steroid dose ({tied.unit}) {ahead} later than a "
            f"dose can act; in {of_children(len(np.unique(rows.child[events])))} with "
            "the event it is the dose of the event day or after, not that of the day before",
            columns=[column.name],
            at=events,
            example=child,
            moments=[
                case.seen(column, child, row),
                _dose_moment(case, sums, row, 0),
                Moment(day, f"the dose the table says: {column.values[row]:g}"),
            ],
        )
    row = int(wrong[0])
    child = int(rows.child[row])
    landmark = rows.landmark is not None
    yield case.finding(
        "exposure_after_landmark" if landmark else "exposure_from_the_future",
        PROOF,
        f"{column.name} equals the steroid dose ({tied.unit}) {ahead} later than a dose "
        f"can act in every row looked at, and no lag of 0 to {LOOK_DAYS} days explains "
        f"it: {len(wrong):,} rows hold a dose not yet taken",
        columns=[column.name],
        at=wrong,
        example=child,
        moments=[case.seen(column, child, row), _dose_moment(case, sums, row, 0)],
    )


def _dose_moment(case: Case, sums: StepSums, row: int, lag: int) -> Moment:
    at = np.array([row])
    dose = float(_dose(case, sums, at, lag)[0])
    moment = case.rows.landmark
    stop = float(case.rows.stop[row]) if moment is None else moment
    day = int(np.ceil(stop)) - 1 - lag
    return Moment(day, f"dose of that day {dose:g}, the last before the row stops")


def _changes_with_event(
    case: Case, record: Record, sums: StepSums, column: Column
) -> Iterator[TimeZeroFinding]:
    """Find children whose dose starts, stops or changes on the event day or its eve."""
    rows = case.rows
    known = record.known & record.dosed[: rows.n]
    happened = np.flatnonzero((rows.code == 1) & known)
    day = np.ceil(rows.end[happened]).astype(np.int64)
    days = [sums.up_to(happened, day + k) * 1e-9 for k in (-2, -1, 0, 1)]
    eve, before, on, after = days
    acts = ~_close(eve, before)
    changes = acts | ~_close(before, on) | ~_close(on, after)
    children = happened[changes]
    if not len(children):
        return
    place = int(np.flatnonzero(changes)[0])
    child, event = int(happened[place]), int(day[place])
    told = [
        Moment(event + k, f"dose {dose[place]:g}")
        for k, dose in zip((-2, -1, 0, 1), days, strict=True)
    ]
    yield case.finding(
        "dose_changes_on_event_day",
        PROOF,
        f"{column.name} acts without lag, and the steroid dose starts, stops or changes "
        f"on the day of the event or the day before in {of_children(len(children))} of "
        f"{len(happened):,} with the event; in {int((acts & changes).sum()):,} the "
        "change is in the row of the event",
        columns=[column.name],
        at=rows.last[children],
        example=child,
        moments=told,
    )


def _totals(case: Case, record: Record, column: Column) -> Iterator[TimeZeroFinding]:
    """Find a constant column that is the dose of all follow-up, or of the whole record."""
    rows, own = case.rows, record.totals
    own = own[own["child"] < rows.n]
    value = column.values[rows.first]
    judged = record.known & record.dosed[: rows.n] & ~np.isnan(value)
    if not judged.any() or not any(part in column.name.lower() for part in _NAMES):
        return
    for chosen in (own, own[~own["pulse"]], own[own["pulse"]]):
        start = _total(chosen, rows.begin)
        for until in (rows.end, np.full(rows.n, np.inf)):
            total = _total(chosen, until)
            if not _close(value[judged], total[judged]).all():
                continue
            late = np.flatnonzero(judged & ~_close(total, start))
            if len(late):
                child = int(late[0])
                yield case.finding(
                    "later_rows_summed_up",
                    PROOF,
                    f"{column.name} is the same in every row of a child and equals the "
                    f"steroid dose of all its follow-up; in {of_children(len(late))} "
                    "part of it was given after the first row starts",
                    columns=[column.name],
                    children=late,
                    moments=[
                        case.seen(column, child),
                        Moment(rows.begin[child], f"given by then: {start[child]:g}"),
                    ],
                )
                return


def _total(courses: pd.DataFrame, until: np.ndarray) -> np.ndarray:
    """Dose in mg/kg of each child on days before its own day ``until``."""
    child = courses["child"].to_numpy()
    last = np.minimum(courses["last"].to_numpy(dtype=float), until[child] - 1)
    days = np.maximum(last - courses["first"].to_numpy() + 1, 0)
    return np.bincount(child, days * courses["mg_kg"].to_numpy(), minlength=len(until))
