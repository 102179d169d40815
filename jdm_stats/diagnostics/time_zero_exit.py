"""How follow-up ends: the same rule for all, within observation, deaths told apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jdm_stats.diagnostics.time_zero_case import Case, of_children
from jdm_stats.diagnostics.time_zero_record import Record
from jdm_stats.diagnostics.time_zero_report import PROOF, SUSPICION, TimeZeroFinding
from jdm_stats.diagnostics.time_zero_timeline import Moment
from jdm_stats.schema import DAYS_PER_MONTH

_NEARLY_ALL = 0.9
_AFTER = ("row_after_event", "several_events")


def exit_findings(case: Case) -> Iterator[TimeZeroFinding]:
    """Rows after the event or exit, ends that depend on the event, deaths censored."""
    yield from _after_event(case)
    yield from _after_exit(case)
    yield from _deaths(case)
    yield from _horizon(case)
    if case.record is not None and case.rows.landmark is None:
        yield from _last_visit(case, case.record)


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
    yield case.finding(
        "rows_after_event",
        PROOF,
        f"{len(at):,} rows lie after the child's event or carry a second one, in "
        f"{of_children(len(np.unique(rows.child[at])))}",
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
        PROOF,
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
