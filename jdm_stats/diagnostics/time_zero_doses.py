"""Dose columns: how many days back, or ahead, the dose in a row comes from.

The steroid dose of every day is worked out from the cohort. A column that equals the dose
of L days earlier in every row is that dose under a lag of L; one that no lag of 0 days or
more explains, but the dose some days ahead does, reads the future.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from jdm_stats.diagnostics.time_zero_case import Case, of_children
from jdm_stats.diagnostics.time_zero_record import Record
from jdm_stats.diagnostics.time_zero_report import PROOF, TimeZeroFinding
from jdm_stats.diagnostics.time_zero_rows import Column
from jdm_stats.diagnostics.time_zero_timeline import Moment
from jdm_stats.exposure.history import StepSums

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
        tied = tie(case, record, column)
        if tied is None:
            continue
        if tied.longest < 0:
            yield from _looks_ahead(case, record, tied)
        elif tied.longest == 0 and case.rows.landmark is None:
            yield from _changes_with_event(case, record, tied)


def tie(case: Case, record: Record, column: Column) -> DoseColumn | None:
    """Find the lags under which a column is the steroid dose of the day; None if none."""
    rows = case.rows
    usable = np.flatnonzero(record.known[rows.child] & ~np.isnan(column.values))
    if not len(usable) or (column.values[usable] == 0).all():
        return None
    lags = range(-LOOK_DAYS, LOOK_DAYS + 1)
    few, many = _sample(rows.event, usable, _FEW), _sample(rows.event, usable, _MANY)
    for unit, sums in record.doses.items():
        fitting = [lag for lag in lags if _equal(case, sums, column, few, lag)]
        fitting = [lag for lag in fitting if _equal(case, sums, column, many, lag)]
        if fitting and _telling(case, sums, column, many):
            return DoseColumn(column, unit, tuple(fitting))
    return None


def _sample(event: np.ndarray, usable: np.ndarray, size: int) -> np.ndarray:
    """Rows of an event and others at equal steps, about ``size`` in all."""
    events = usable[event[usable] > 0][:size]
    step = max(len(usable) // size, 1)
    return np.union1d(events, usable[::step])


def _dose(case: Case, sums: StepSums, at: np.ndarray, lag: int) -> np.ndarray:
    """Dose that acts on the last day of each row under a lag; landmark rows: at it."""
    rows = case.rows
    moment = rows.stop[at] if rows.landmark is None else np.full(len(at), rows.landmark)
    day = np.ceil(moment).astype(np.int64) - 1 - lag
    return sums.up_to(rows.child[at], day) * 1e-9


def _equal(
    case: Case, sums: StepSums, column: Column, at: np.ndarray, lag: int
) -> bool:
    return bool(_close(column.values[at], _dose(case, sums, at, lag)).all())


def _close(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.abs(left - right) <= 1e-6 * np.maximum(1.0, np.abs(right))


def _telling(case: Case, sums: StepSums, column: Column, at: np.ndarray) -> bool:
    """Whether the agreement is more than chance: by the name, or by many changes."""
    if any(part in column.name.lower() for part in _NAMES):
        return True
    here, later = _dose(case, sums, at, 0), _dose(case, sums, at, -30)
    return int((~_close(here, later)).sum()) >= _ENOUGH_ROWS


def _looks_ahead(
    case: Case, record: Record, tied: DoseColumn
) -> Iterator[TimeZeroFinding]:
    rows, column, days = case.rows, tied.column, -tied.longest
    sums = record.doses[tied.unit]
    every = np.flatnonzero(record.known[rows.child] & ~np.isnan(column.values))
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
    case: Case, record: Record, tied: DoseColumn
) -> Iterator[TimeZeroFinding]:
    yield from dose_change_findings(case, record, record.doses[tied.unit], tied.column)


def dose_change_findings(
    case: Case, record: Record, sums: StepSums, column: Column
) -> Iterator[TimeZeroFinding]:
    """Children whose dose changes on the day of the event or the day before it."""
    rows = case.rows
    happened = np.flatnonzero((rows.code == 1) & record.known)
    day = np.ceil(rows.end[happened]).astype(np.int64)
    eve = sums.up_to(happened, day - 2)
    before, on = sums.up_to(happened, day - 1), sums.up_to(happened, day)
    acts = ~_close(eve * 1e-9, before * 1e-9)
    changes = acts | ~_close(before * 1e-9, on * 1e-9)
    children = happened[changes]
    if not len(children):
        return
    place = int(np.flatnonzero(changes)[0])
    child, event = int(happened[place]), int(day[place])
    told = [
        Moment(event - 2, f"dose {eve[place] * 1e-9:g}"),
        Moment(event - 1, f"dose {before[place] * 1e-9:g}"),
        Moment(event, f"dose {on[place] * 1e-9:g}"),
    ]
    yield case.finding(
        "dose_changes_on_event_day",
        PROOF,
        f"{column.name} acts without lag, and the steroid dose changes on the day of "
        f"the event or the day before in {of_children(len(children))} of "
        f"{len(happened):,} with the event; in {int((acts & changes).sum()):,} the "
        "change is in the row of the event",
        columns=[column.name],
        at=rows.last[children],
        example=child,
        moments=told,
    )
