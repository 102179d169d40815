"""Dose columns: how many days back, or ahead, the dose in a row comes from.

The steroid dose of every day is worked out from the cohort. A column that equals the dose
of L days earlier in every row is that dose under a lag of L; one that no lag of 0 days or
more explains, but the dose some days ahead does, reads the future.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from jdm_stats.diagnostics.time_zero.case import Case, of_children
from jdm_stats.diagnostics.time_zero.dose_lags import (
    LOOK_DAYS,
    DoseColumn,
    DoseLook,
    agrees,
)
from jdm_stats.diagnostics.time_zero.names import (
    PULSE,
    says_amount,
    says_steroid_dose,
)
from jdm_stats.diagnostics.time_zero.record import Record
from jdm_stats.diagnostics.time_zero.report import PROOF, TimeZeroFinding
from jdm_stats.diagnostics.time_zero.rows import Column
from jdm_stats.diagnostics.time_zero.timeline import Moment
from jdm_stats.exposure.step_sums import StepSums


def dose_findings(case: Case) -> Iterator[TimeZeroFinding]:
    """Doses that look ahead, and doses without lag that change with the event."""
    record = case.record
    if record is None or not record.doses or not len(case.rows.child):
        return
    look = DoseLook.at(case.rows, record)
    for column in case.rows.columns():
        if column.constant and not column.binary:
            yield from _totals(case, record, column)
        tied = look.tie(column)
        if tied is None:
            continue
        if tied.longest < 0:
            if tied.anchors == ("first",) and case.rows.landmark is None:
                continue  # the dose of some later day of the row: the lag is not known
            yield from _looks_ahead(case, look, tied)
        elif case.rows.landmark is None and _without_lag(case, tied):
            sums = record.doses[tied.unit]
            yield from _changes_with_event(case, record, sums, tied.column)


def _without_lag(case: Case, tied: DoseColumn) -> bool:
    """Whether the dose acts at once: by the plan where it can be, else by the values."""
    if case.plan is not None and case.plan.dose_lag_days in tied.lags:
        return case.plan.dose_lag_days == 0
    return tied.longest == 0


def _looks_ahead(
    case: Case, look: DoseLook, tied: DoseColumn
) -> Iterator[TimeZeroFinding]:
    rows, column, days = case.rows, tied.column, -tied.longest
    sums = look.record.doses[tied.unit]
    every = look.known
    right = np.ones(len(every), dtype=bool)
    for anchor in tied.anchors:
        right &= agrees(column.values[every], look.dose(sums, every, 0, anchor))
    wrong = every[~right]
    if not len(wrong):
        return
    events = wrong[:0]
    if rows.landmark is None:
        known = agrees(column.values[wrong], look.dose(sums, wrong, 0))
        events = wrong[(rows.event[wrong] == 1) & ~known]
    ahead = f"{days} day{'' if days == 1 else 's'}"
    if len(events):
        row = int(events[0])
        child = int(rows.child[row])
        day = int(np.ceil(rows.stop[row])) - 1 + days
        yield case.finding(
            "exposure_after_event",
            PROOF,
            f"{column.name} holds the steroid dose ({tied.unit}) given {ahead} later than "
            "the last that may count; in "
            f"{of_children(len(np.unique(rows.child[events])))} with the event it is the "
            "dose of the event day or after, not that of the day before",
            columns=[column.name],
            at=events,
            example=child,
            moments=[
                case.seen(column, child, row),
                _dose_moment(look, sums, row),
                Moment(day, f"the dose the table says: {column.values[row]:g}"),
            ],
        )
    row = int(wrong[0])
    child = int(rows.child[row])
    landmark = rows.landmark is not None
    yield case.finding(
        "exposure_after_landmark" if landmark else "exposure_from_the_future",
        PROOF,
        f"{column.name} holds the steroid dose ({tied.unit}) given {ahead} later than the "
        f"last that may count, in every row looked at; no lag of 0 to {LOOK_DAYS} days "
        f"explains it: {len(wrong):,} rows hold a dose not yet taken",
        columns=[column.name],
        at=wrong,
        example=child,
        moments=[case.seen(column, child, row), _dose_moment(look, sums, row)],
    )


def _dose_moment(look: DoseLook, sums: StepSums, row: int) -> Moment:
    dose = float(look.dose(sums, np.array([row]), 0)[0])
    moment = look.rows.landmark
    stop = float(look.rows.stop[row]) if moment is None else moment
    day = int(np.ceil(stop)) - 1
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
    acts = ~agrees(eve, before)
    changes = acts | ~agrees(before, on) | ~agrees(on, after)
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
        f"{len(happened):,} with the event; for {int((acts & changes).sum()):,} of them "
        "the row of the event already holds the new dose",
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
    named = says_steroid_dose(column.name) or says_amount(column.name, PULSE)
    if not judged.any() or not named:
        return
    for chosen in (own, own[~own["pulse"]], own[own["pulse"]]):
        start = _total(chosen, rows.begin)
        for until in (rows.end, np.full(rows.n, np.inf)):
            total = _total(chosen, until)
            if not agrees(value[judged], total[judged]).all():
                continue
            late = np.flatnonzero(judged & ~agrees(total, start))
            if len(late):
                child = int(late[0])
                yield case.finding(
                    "later_rows_summed_up",
                    PROOF,
                    f"{column.name} never changes within a child and equals the "
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
