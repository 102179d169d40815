"""Who is at risk, from when to when, and the days on which their follow-up is cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jdm_stats.exposure.follow_up import Endpoint, EventDays, first_events
from jdm_stats.exposure.traces import Trace
from jdm_stats.intervals.split import cut_spans, cuts_inside


@dataclass(frozen=True, slots=True, eq=False)
class AtRisk:
    """Children at risk: their number in the patients table, (entry, end], event code."""

    child: np.ndarray
    entry: np.ndarray
    end: np.ndarray
    code: np.ndarray


def children_at_risk(
    patients: pd.DataFrame, found: EventDays, endpoint: Endpoint
) -> tuple[AtRisk, dict[str, int]]:
    """Tell who is at risk, from when to when, and count the others by reason."""
    entry = patients["entry_day"].to_numpy(dtype=np.int64)
    leave = patients["exit_day"].to_numpy(dtype=np.int64)
    events = first_events(found, len(endpoint.names), entry)
    end, code = events.ending(leave)
    had_outcome = events.before[0]
    had_competing = events.before[1:].any(axis=0) & ~had_outcome
    empty = (leave <= entry) & ~had_outcome & ~had_competing
    child = np.flatnonzero(~had_outcome & ~had_competing & ~empty)
    at_risk = AtRisk(child, entry[child], end[child], code[child])
    same_day = (events.after[1:] == events.after[0]).any(axis=0)[child]
    is_outcome = (found.kind == 0) & np.isin(found.child, child)
    after_first = is_outcome & (found.day > end[found.child])
    tally = {
        "children": len(patients),
        "outcome_on_or_before_entry": int(had_outcome.sum()),
        "competing_on_or_before_entry": int(had_competing.sum()),
        "children_without_follow_up": int(empty.sum()),
        "children_at_risk": len(child),
        "delayed_entry": int((at_risk.entry > 0).sum()),
        "days_before_entry_not_at_risk": int(np.maximum(at_risk.entry, 0).sum()),
        "days_at_risk": int((at_risk.end - at_risk.entry).sum()),
        "censored": int((at_risk.code == 0).sum()),
    }
    for number, name in enumerate(endpoint.names, start=1):
        tally[f"events_{number}_{name}"] = int((at_risk.code == number).sum())
    tally |= {
        "outcome_reports_joined_same_day": found.joined_reports,
        "competing_on_day_of_outcome": int((same_day & (at_risk.code == 1)).sum()),
        "outcome_days_after_follow_up": int(after_first.sum()),
    }
    if endpoint.definite_only:
        tally["indefinite_events_dropped"] = found.indefinite_dropped
    return at_risk, tally


def cut_follow_up(
    at_risk: AtRisk, traces: Sequence[Trace], every: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut follow-up where measures change, at event days when one changes daily."""
    spans, days = [], []
    if every is not None:
        latest = int(at_risk.end.max(initial=0))
        span, day = cuts_inside(at_risk.entry, at_risk.end, np.arange(0, latest, every))
        spans.append(span)
        days.append(day)
    if any(trace.changes is None for trace in traces):
        happened = at_risk.end[at_risk.code > 0]
        span, day = cuts_inside(at_risk.entry, at_risk.end, happened)
        spans.append(span)
        days.append(day)
    for trace in traces:
        if trace.changes is not None:
            span, day = _real_changes(at_risk, trace, *trace.changes)
            spans.append(span)
            days.append(day)
    none = [np.empty(0, dtype=np.int64)]
    return cut_spans(
        at_risk.entry,
        at_risk.end,
        np.concatenate(none + spans),
        np.concatenate(none + days),
    )


def _real_changes(
    at_risk: AtRisk, trace: Trace, child: np.ndarray, day: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Keep the days inside follow-up on which the value is not the same either side."""
    if not len(at_risk.child) or not len(child):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    span = np.minimum(np.searchsorted(at_risk.child, child), len(at_risk.child) - 1)
    inside = (
        (at_risk.child[span] == child)
        & (day > at_risk.entry[span])
        & (day < at_risk.end[span])
    )
    child, day, span = child[inside], day[inside], span[inside]
    before, after = trace.value(child, day), trace.value(child, day + 1)
    changed = (before != after) & ~(np.isnan(before) & np.isnan(after))
    return span[changed], day[changed]
