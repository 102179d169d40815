"""Events and time: columns that jump on the eve of events, groups without early events."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from jdm_stats.diagnostics.time_zero_case import CHANCE, Case, of_children
from jdm_stats.diagnostics.time_zero_patterns import log_chance
from jdm_stats.diagnostics.time_zero_report import SUSPICION, TimeZeroFinding
from jdm_stats.diagnostics.time_zero_rows import Column, Rows
from jdm_stats.exposure.baseline import BASELINE

_EVE_DAYS = 1.0
_FEWEST_EVENTS = 10
# A deficit of early events is told when chance gives it in fewer than 1 of 100 tables, and
# the hazard ratio afterwards is three times as high or more.
_RARE, _CONTRAST = 0.01, 3.0


def event_findings(case: Case) -> Iterator[TimeZeroFinding]:
    """Jumps at events and groups whose events are missing early; intervals alone."""
    if case.rows.landmark is None and len(case.rows.child):
        yield from _jumps(case)
        yield from _immortal(case)


def _jumps(case: Case) -> Iterator[TimeZeroFinding]:
    """Columns that change on the last day before an event more often than on others."""
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
    columns = [c for c in rows.columns() if not c.constant and c.name not in daily]
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


def _immortal(case: Case) -> Iterator[TimeZeroFinding]:
    """Constant 0/1 columns whose group has far fewer events early than it has later."""
    rows = case.rows
    if (rows.code > 0).sum() < _FEWEST_EVENTS:
        return
    columns = [
        column
        for column in rows.columns()
        if column.constant and column.binary and column.name not in BASELINE
    ]
    for column in columns:
        sup, day, early, late = _score_path(rows, column.values[rows.first])
        if math.exp(-2 * sup**2) > _RARE / len(columns):
            continue
        if early > late / _CONTRAST:
            continue
        group = column.values[rows.first] == 1
        first = np.flatnonzero(group & (rows.code > 0))
        child = int(first[np.argmin(rows.end[first])]) if len(first) else None
        yield case.finding(
            "immortal_pattern",
            SUSPICION,
            f"up to day {day:g} the children with {column.name} = 1 have {early:.2g} "
            f"times the hazard of the others, later {late:.2g} times: a group that can "
            "only be joined by staying event-free looks like this",
            columns=[column.name],
            children=np.flatnonzero(group),
            example=child,
        )


def _score_path(rows: Rows, group: np.ndarray) -> tuple[float, float, float, float]:
    """Cumulative score of a group's constant hazard ratio over the events.

    Returns
    -------
    sup : float
        Largest deficit, standardised; under a constant ratio the largest fall of a
        Brownian bridge, beyond x with probability exp(-2 x^2).
    day : float
        Where it is largest.
    early, late : float
        Ratio of observed to expected events in the group over that in the others, up to
        that day and after it.
    """
    judged = ~np.isnan(group)
    begin, end = rows.begin[judged], rows.end[judged]
    one = group[judged] == 1
    event = rows.code[judged] > 0
    days = np.unique(end[event])
    at_risk = _at_risk(begin, end, days)
    exposed = _at_risk(begin[one], end[one], days)
    place = np.searchsorted(days, end[event])
    deaths = np.bincount(place, minlength=len(days)).astype(float)
    hits = np.bincount(place[one[event]], minlength=len(days)).astype(float)
    ratio = _ratio(hits, deaths, exposed, at_risk - exposed)
    share = ratio * exposed / np.maximum(ratio * exposed + at_risk - exposed, 1e-12)
    spread = math.sqrt(float((deaths * share * (1 - share)).sum()))
    if spread == 0:
        return 0.0, 0.0, 1.0, 1.0
    path = np.cumsum(hits - deaths * share) / spread
    low = int(np.argmin(path))
    cut = slice(None, low + 1), slice(low + 1, None)
    told = [_ratio(hits[c], deaths[c], exposed[c], (at_risk - exposed)[c]) for c in cut]
    return max(-float(path[low]), 1e-9), float(days[low]), told[0], told[1]


def _at_risk(begin: np.ndarray, end: np.ndarray, days: np.ndarray) -> np.ndarray:
    entered = np.searchsorted(np.sort(begin), days, side="left")
    gone = np.searchsorted(np.sort(end), days, side="left")
    return (entered - gone).astype(float)


def _ratio(
    hits: np.ndarray, deaths: np.ndarray, exposed: np.ndarray, others: np.ndarray
) -> float:
    """Hazard ratio of a 0/1 group by Newton on the log scale, kept within 1e-4 to 1e4."""
    if not deaths.sum():
        return 1.0
    low, high = math.log(1e-4), math.log(1e4)
    for _ in range(60):
        middle = (low + high) / 2
        scaled = math.exp(middle) * exposed
        expected = (deaths * scaled / np.maximum(scaled + others, 1e-12)).sum()
        low, high = (middle, high) if hits.sum() > expected else (low, middle)
    return math.exp((low + high) / 2)
