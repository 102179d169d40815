"""What happens to children between diagnosis and the end: severity, steroids, the gut.

Whole arrays of D days by n children, since in this world nothing that is given acts back
on severity or on the onset of GI involvement: severity comes first, then GI involvement and
flares, then steroids, then the hazard of a first perforation. On day d the clinician knows
the severity z(d - 1) and the events up to day d; the doses of day d follow; then the
hazards of `jdm_stats.simulation.hazards` act on (d, d + 1]. An event happens when the
hazard, summed, passes the child's own exponential threshold, drawn once: so two scenarios
that differ in one coefficient share everything else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jdm_stats.simulation.course.aftermath import Aftermath
from jdm_stats.simulation.course.children import Children
from jdm_stats.simulation.course.giving import (
    NEVER,
    Flares,
    decide_after_gi,
    find_flares,
    give_steroids,
)
from jdm_stats.simulation.course.subset import some_children
from jdm_stats.simulation.course.treatment import Plan
from jdm_stats.simulation.draws import Streams, exponential, normal_quantile
from jdm_stats.simulation.hazards import (
    PULSE_WINDOW_DAYS,
    WEIGHTED_HALF_LIFE_DAYS,
    DayState,
    gi_baseline,
    gi_hazard,
    perforation_baseline,
    perforation_hazard,
)
from jdm_stats.simulation.scenario import Scenario

__all__ = [
    "JAK_DAYS",
    "METHYLPREDNISOLONE",
    "NEVER",
    "Histories",
    "day_states",
    "hazard_path",
    "nxp2_shift",
    "walk",
    "weighted_dose",
]

METHYLPREDNISOLONE = 1.25
JAK_DAYS = 365
_EVENT_ROWS = 5


@dataclass(frozen=True)
class Histories:
    """What happened to n children on each of D days, before follow-up is cut.

    ``oral``, ``pulse``: hundredths of mg/kg/day of prednisone and methylprednisolone,
    shape (D, n). ``severity``: z(d - 1) for each day d, shape (D, n). ``gi_day``,
    ``perforation_day``, ``jak_from``: shape (n,), `NEVER` when it did not come.
    ``hazard``: hazard of a first perforation on (d, d + 1], shape (D, n), if kept.
    """

    oral: NDArray[np.int16]
    pulse: NDArray[np.int16]
    severity: NDArray[np.float64]
    gi_day: NDArray[np.int64]
    perforation_day: NDArray[np.int64]
    jak_from: NDArray[np.int64]
    hazard: NDArray[np.float64] | None


def walk(
    streams: Streams,
    children: Children,
    plan: Plan,
    aftermath: Aftermath,
    scenario: Scenario,
    *,
    perforations: bool = True,
    keep_hazard: bool = False,
) -> Histories:
    """Let the days pass from diagnosis to the end of the scenario's follow-up.

    Parameters
    ----------
    streams, children, plan, aftermath, scenario
        The children, their planned treatment and what would follow a perforation.
    perforations : bool, default True
        False lets the hazard run without its events: for calibration, and for what would
        have happened.
    keep_hazard : bool, default False
        Whether the hazard of each child and day is kept.

    Returns
    -------
    Histories
    """
    days = scenario.follow_up_days + 1
    u = streams.uniforms("events", _EVENT_ROWS)
    severity = _severity(streams, children, scenario, days)
    gi_sum = gi_hazard(
        severity, children.nxp2, scenario, gi_baseline(scenario, days)[:, None]
    )
    gi_day = _first_passing(gi_sum, exponential(u[0], 12))
    flares = find_flares(streams, plan, scenario, severity)
    decisions = decide_after_gi(gi_day, severity, children, plan, scenario, u[2:])
    oral, pulse = give_steroids(flares, decisions, children, plan, scenario, days)
    history = Histories(
        oral=oral,
        pulse=pulse,
        severity=severity,
        gi_day=gi_day,
        perforation_day=np.full(len(gi_day), NEVER, dtype=np.int64),
        jak_from=decisions.jak_from,
        hazard=None,
    )
    if not perforations and not keep_hazard:
        return history
    hazard = hazard_path(children, history, scenario)
    if perforations:
        first = _first_passing(hazard, exponential(u[1], 12), decimals=14)
        history = _perforate(
            history, first, flares, u[2:], (children, plan, aftermath, scenario)
        )
    if not keep_hazard:
        return history
    after = np.flatnonzero(history.perforation_day < NEVER)
    if len(after):
        own = some_children(replace(history, hazard=None), after)
        hazard[:, after] = hazard_path(some_children(children, after), own, scenario)
    return replace(history, hazard=hazard)


def nxp2_shift(scenario: Scenario, days: int) -> NDArray[np.float64]:
    """Return the severity that NXP2 adds on each day, in SD; shape (days,).

    Examples
    --------
    >>> nxp2_shift(Scenario(), 366)[[0, 365]].tolist()
    [0.5, 0.25]
    """
    faded = 0.5 ** (np.arange(days) / scenario.severity_nxp2_half_life_days)
    return np.round(scenario.severity_nxp2_shift * faded, 6)


def hazard_path(
    children: Children,
    history: Histories,
    scenario: Scenario,
    *,
    oral: NDArray[np.int16] | None = None,
    pulse: NDArray[np.int16] | None = None,
) -> NDArray[np.float64]:
    """Return the hazard of a first perforation on every day; shape (D, n).

    Parameters
    ----------
    children : Children
    history : Histories
        Severity, GI involvement and JAK inhibitor; also the doses, unless others are
        given.
    scenario : Scenario
    oral, pulse : array of int16, shape (D, n), optional
        Other doses than those of the history, in its units.
    """
    state = day_states(children, history, oral=oral, pulse=pulse)
    day = np.arange(len(history.severity))[:, None]
    baseline = perforation_baseline(scenario, len(day))[:, None]
    return perforation_hazard(day, state, scenario, baseline)


def day_states(
    children: Children,
    history: Histories,
    *,
    oral: NDArray[np.int16] | None = None,
    pulse: NDArray[np.int16] | None = None,
) -> DayState:
    """Return what acts on each day in each child, as arrays of shape (D, n).

    Parameters
    ----------
    children, history, oral, pulse
        As for `hazard_path`.
    """
    oral = history.oral if oral is None else oral
    pulse = history.pulse if pulse is None else pulse
    day = np.arange(len(oral), dtype=np.int32)[:, None]
    return DayState(
        severity=history.severity,
        nxp2=children.nxp2,
        dose=oral / 100,
        recent_pulse=_recent(pulse),
        weighted_dose=weighted_dose(oral, pulse),
        jak=(history.jak_from <= day) & (day < history.jak_from + JAK_DAYS),
        gi=history.gi_day <= day - 1,
    )


def weighted_dose(
    oral: NDArray[np.int16], pulse: NDArray[np.int16]
) -> NDArray[np.float64]:
    """Return all steroid up to and with each day, each dose halved every 90 days.

    Parameters
    ----------
    oral, pulse : array of int16, shape (D, n)
        Hundredths of mg/kg/day of prednisone and methylprednisolone.

    Returns
    -------
    array of float, shape (D, n)
        Prednisone-equivalent mg/kg, six decimals.

    Examples
    --------
    >>> oral = np.zeros((91, 1), np.int16)
    >>> oral[0] = 200
    >>> weighted_dose(oral, np.zeros_like(oral))[[0, 90], 0].round(4).tolist()
    [2.0, 1.0]
    """
    decay = round(0.5 ** (1 / WEIGHTED_HALF_LIFE_DAYS), 12)
    total = oral + METHYLPREDNISOLONE * pulse
    total /= 100
    for day in range(1, len(total)):
        total[day] += decay * total[day - 1]
    return np.round(total, 6, out=total)


def _severity(
    streams: Streams, children: Children, scenario: Scenario, days: int
) -> NDArray[np.float64]:
    """Mean-reverting severity with the fading shift of NXP2; shape (days, n)."""
    memory = round(0.5 ** (1 / scenario.severity_half_life_days), 10)
    kick = round(math.sqrt(1 - memory * memory), 10)
    path = np.empty((days, len(children.age)))
    path[0] = children.deviation
    news = normal_quantile(streams.uniforms("severity_daily", days - 1))
    np.multiply(news, kick, out=path[1:])
    for day in range(1, days):
        path[day] += memory * path[day - 1]
    shift = nxp2_shift(scenario, days)
    has = children.nxp2 == 1
    path[:, has] += shift[:, None]
    return np.round(path, 6, out=path)


def _recent(pulse: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Whether a pulse was given on one of the last 30 days, the day itself among them."""
    recent = np.zeros(pulse.shape, dtype=bool)
    day, child = np.nonzero(pulse)
    for since in range(PULSE_WINDOW_DAYS):
        within = day < len(pulse) - since
        recent[day[within] + since, child[within]] = True
    return recent


def _first_passing(
    hazard: NDArray[np.float64], threshold: NDArray[np.float64], decimals: int = 12
) -> NDArray[np.int64]:
    """Return the day after the summed hazard passed its threshold, or `NEVER`."""
    reached = np.round(hazard.sum(axis=0), decimals) >= threshold
    day = np.full(len(threshold), NEVER, dtype=np.int64)
    total = np.cumsum(hazard[:, reached], axis=0)
    passed = np.round(total, decimals) >= threshold[reached]
    passed[-1] = True
    day[reached] = passed.argmax(axis=0) + 1
    return day


def _perforate(
    history: Histories,
    first: NDArray[np.int64],
    flares: Flares,
    u: NDArray[np.float64],
    world: tuple[Children, Plan, Aftermath, Scenario],
) -> Histories:
    """Give the perforated their later course; all that went before stays as it was."""
    who = np.flatnonzero(first < NEVER)
    if not len(who):
        return history
    children, plan, aftermath, scenario = world
    children, plan = some_children(children, who), some_children(plan, who)
    gi_day, jak_from = np.minimum(history.gi_day, first), history.jak_from.copy()
    decisions = decide_after_gi(
        gi_day[who], history.severity[:, who], children, plan, scenario, u[:, who]
    )
    after = aftermath.pulse[who]
    due = np.where(after > 0, first[who] + after, NEVER)
    days = len(history.oral)
    oral, pulse = give_steroids(
        flares.among(who), decisions, children, plan, scenario, days, due
    )
    history.oral[:, who], history.pulse[:, who] = oral, pulse
    jak_from[who] = decisions.jak_from
    return replace(history, gi_day=gi_day, perforation_day=first, jak_from=jak_from)
