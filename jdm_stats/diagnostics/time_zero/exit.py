"""How follow-up ends: one rule for all, within observation, deaths apart, nothing foretold."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from jdm_stats.diagnostics.time_zero.case import Case, of_children
from jdm_stats.diagnostics.time_zero.chance import CHANCE, beyond_chance, log_chance
from jdm_stats.diagnostics.time_zero.names import speaks_of_dose
from jdm_stats.diagnostics.time_zero.record import Record
from jdm_stats.diagnostics.time_zero.report import PROOF, SUSPICION, TimeZeroFinding
from jdm_stats.diagnostics.time_zero.rows import Column
from jdm_stats.diagnostics.time_zero.timeline import Moment
from jdm_stats.schema import DAYS_PER_MONTH

_NEARLY_ALL = 0.9
_FEW = 3  # children who may end on the day of a visit by chance
_EVE_DAYS = 1.0
_AFTER = ("row_after_event", "several_events")


def exit_findings(case: Case) -> Iterator[TimeZeroFinding]:
    """Rows after the event or exit, ends that depend on the event, deaths censored."""
    yield from _after_event(case)
    yield from _after_exit(case)
    yield from _deaths(case)
    yield from _horizon(case)
    if case.record is not None and case.rows.landmark is None:
        yield from _last_visit(case, case.record)
    if case.rows.landmark is None:
        yield from _jumps(case)
    yield from _outcome_again(case)


def _after_event(case: Case) -> Iterator[TimeZeroFinding]:
    rows = case.rows
    if rows.audit is None or rows.noted.get("recurrent"):
        return
    faults = [fault for fault in rows.audit.faults if fault.rule in _AFTER]
    if not faults:
        return
    place = np.array([fault.row for fault in faults], dtype=np.int64) - 1
    at = np.flatnonzero(np.isin(rows.place, place))
    child = int(rows.child[at[0]])
    own = (rows.child == child) & (rows.event == 1)
    day = float(rows.stop[own].min()) if own.any() else float(rows.begin[child])
    first_only = case.plan is not None or "recurrent" in rows.noted
    unless = "" if first_only else "; sound if the model counts recurrent events"
    yield case.finding(
        "rows_after_event",
        PROOF if first_only else SUSPICION,
        f"{len(at):,} {'row lies' if len(at) == 1 else 'rows lie'} after the child's event "
        f"or end with a second one, in {of_children(len(np.unique(rows.child[at])))}{unless}",
        at=at,
        example=child,
        moments=[Moment(day, "first event")],
    )


def _after_exit(case: Case) -> Iterator[TimeZeroFinding]:
    rows, leave = case.rows, case.days("exit_day")
    if leave is None or rows.landmark is not None:
        return
    beyond = np.flatnonzero(rows.end > leave)
    if not len(beyond):
        return
    days = (rows.end - leave)[beyond].sum()
    events = int((rows.code[beyond] == 1).sum())
    child = int(beyond[0])
    yield case.finding(
        "person_time_after_exit",
        PROOF,
        f"rows of {of_children(len(beyond))} run past exit_day: {days:,.0f} days and "
        f"{events:,} events",
        at=np.flatnonzero(rows.stop > leave[rows.child]),
        example=child,
        moments=[Moment(leave[child], "last day under observation")],
    )


def _deaths(case: Case) -> Iterator[TimeZeroFinding]:
    plan, rows, record = case.plan, case.rows, case.record
    if plan is None or plan.competing is None:
        return
    competing = str(plan.competing)
    if record is None or competing not in record.topics:
        listed = rows.noted.get("competing")
        if listed is not None and competing not in listed and record is None:
            yield case.finding(
                "competing_as_censoring",
                SUSPICION,
                f"the plan has {competing} compete, the rows were cut without it",
            )
        return
    day = record.first_day(competing)[: rows.n]
    died = np.flatnonzero((rows.code == 0) & (day <= rows.end))
    if not len(died):
        return
    yield case.finding(
        "competing_as_censoring",
        PROOF,
        f"the plan has {competing} compete, but {of_children(len(died))} with a "
        f"{competing} at the end of follow-up have event code 0",
        children=died,
        at=rows.last[died],
        moments=[Moment(float(day[died[0]]), competing)],
    )


def _last_visit(case: Case, record: Record) -> Iterator[TimeZeroFinding]:
    """Follow-up to the last visit without event, beyond it with one."""
    rows = case.rows
    child = record.assessments["child"].to_numpy(np.int64)
    day = record.assessments["day"].to_numpy(dtype=float)
    own = child < rows.n
    child, day = child[own], day[own]
    own = day <= record.leave[child]
    visit = np.full(rows.n, -np.inf)
    np.maximum.at(visit, child[own], day[own])
    seen_before = day < rows.end[child]
    before = np.full(rows.n, -np.inf)
    np.maximum.at(before, child[seen_before], day[seen_before])
    seen = np.isfinite(visit) & record.known
    quiet = seen & (rows.code == 0)
    at_visit = quiet & (rows.end == visit)
    short = at_visit & (rows.end < record.leave[: rows.n])
    with_event = np.flatnonzero(seen & (rows.code == 1) & (rows.end > before))
    if not quiet.any() or not len(with_event) or not short.any():
        return
    if at_visit.sum() < _NEARLY_ALL * quiet.sum() or short.sum() < quiet.sum() / 2:
        return
    example = int(with_event[0])
    told = []
    if np.isfinite(before[example]):
        told.append(Moment(float(before[example]), "last visit before the event"))
    yield case.finding(
        "end_depends_on_event",
        PROOF if at_visit.sum() >= _FEW else SUSPICION,
        f"{int(at_visit.sum()):,} of {int(quiet.sum()):,} children without event are "
        "followed to their last visit, most of them short of exit_day; "
        f"{of_children(len(with_event))} with the event are followed beyond theirs",
        children=with_event,
        moments=told,
    )


def _horizon(case: Case) -> Iterator[TimeZeroFinding]:
    """Find a window, or a month, that no child's follow-up reaches."""
    plan, rows = case.plan, case.rows
    longest = _longest(case)
    if longest is None:
        return
    if rows.landmark is not None:
        need, what = float(rows.stop.max(initial=-np.inf)), "the window of the rows"
    elif plan is not None:
        need = float(plan.landmark_days + plan.horizon_days)
        what = "landmark_days + horizon_days of the plan"
    else:
        return
    if need > longest:
        yield case.finding(
            "horizon_beyond_follow_up",
            PROOF,
            f"{what} ends on day {need:g}, but no child is followed beyond day "
            f"{longest:g}",
            table="plan",
        )
    if plan is None or rows.landmark is not None:
        return
    late = [month for month in plan.risk_months if month * DAYS_PER_MONTH > longest + 1]
    if late:
        yield case.finding(
            "horizon_beyond_follow_up",
            PROOF,
            f"risk_months asks for month {', '.join(map(str, late))}, but no child is "
            f"followed beyond day {longest:g}",
            table="plan",
        )


def _longest(case: Case) -> float | None:
    rows, record = case.rows, case.record
    if record is not None and len(record.leave):
        return float(np.nanmax(record.leave))
    if rows.landmark is None and rows.n:
        return float(rows.end.max())
    return None


def _jumps(case: Case) -> Iterator[TimeZeroFinding]:
    """Doses and 0/1 columns that change on the eve of events more often than else."""
    rows = case.rows
    joined = np.zeros(len(rows.child), dtype=bool)
    joined[1:] = (rows.child[1:] == rows.child[:-1]) & (
        rows.start[1:] == rows.stop[:-1]
    )
    eve = joined & (rows.event == 1) & (rows.stop - rows.start <= _EVE_DAYS)
    events = int((rows.event == 1).sum())
    if eve.sum() < 2:
        return
    days = float((rows.stop - rows.start).sum())
    daily = set(rows.noted.get("daily_measures", ()))
    columns = [
        column
        for column in rows.columns()
        if not column.constant
        and column.name not in daily
        and (column.binary or speaks_of_dose(column.name))
    ]
    for column in columns:
        jumped = _jumped(column, joined)
        found = np.flatnonzero(jumped & eve)
        others = int((jumped & ~eve).sum())
        rate = _EVE_DAYS * (others + 0.5) / days
        chance = log_chance(events, rate, max(len(found), 1))
        if len(found) < 2 or chance > math.log(CHANCE / len(columns)):
            continue
        row = int(found[0])
        child = int(rows.child[row])
        yield case.finding(
            "dose_changes_on_event_day",
            SUSPICION,
            f"{column.name} changes on the last day before the event in "
            f"{of_children(len(found))} of {events:,} with the event; on other days a "
            f"change is seen {others / days * 365.25:.1f} times a year",
            columns=[column.name],
            at=found,
            example=child,
            moments=[case.seen(column, child, row - 1), case.seen(column, child, row)],
        )


def _jumped(column: Column, joined: np.ndarray) -> np.ndarray:
    before, now = column.values[:-1], column.values[1:]
    same = (before == now) | (np.isnan(before) & np.isnan(now))
    return joined & np.append(False, ~same)


def _outcome_again(case: Case) -> Iterator[TimeZeroFinding]:
    """Find a constant column that is the event, or the length of follow-up."""
    rows = case.rows
    happened = rows.code == 1
    for column in rows.columns():
        if not column.constant:
            continue
        value = column.values[rows.first]
        present = ~np.isnan(value)
        if column.binary:
            same = np.array_equal(value[present] == 1, happened[present])
            sure = beyond_chance(int(present.sum()), int(happened[present].sum()), 1)
            words = "is 1 for exactly the children with the event"
        elif rows.landmark is None and present.sum() >= 3:
            distinct = len(np.unique(value[present])) >= 3
            ends = (rows.end, rows.end - rows.begin)
            same = distinct and any(
                np.array_equal(value[present], e[present]) for e in ends
            )
            sure, words = True, "equals the child's follow-up"
        else:
            continue
        if same and sure:
            children = np.flatnonzero(present & (happened | ~np.bool_(column.binary)))
            yield case.finding(
                "column_tells_the_event",
                SUSPICION if column.binary else PROOF,
                f"{column.name} {words}, from the first row on",
                columns=[column.name],
                children=children,
                moments=[case.seen(column, int(children[0]))],
            )
