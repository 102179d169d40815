"""Steroids as they are given: the taper clock, flares, decisions after GI involvement.

A child's taper clock runs from the first dose, faster or slower than time, and is set back
by flares and by a raised dose after GI involvement. Setting back means: no further than so
far; hence the clock on a day is its own course plus the lowest set-back so far, which makes
it a running minimum. Pulses last three days, on which no oral steroid is given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from jdm_stats.schema import DAYS_PER_YEAR
from jdm_stats.simulation.course.children import Children, logistic
from jdm_stats.simulation.course.treatment import STEP_DAYS, Plan, taper_table
from jdm_stats.simulation.draws import Streams
from jdm_stats.simulation.scenario import Scenario

__all__ = [
    "NEVER",
    "PULSE_DAYS",
    "Decisions",
    "Flares",
    "decide_after_gi",
    "find_flares",
    "give_steroids",
]

NEVER = 10**7
PULSE_DAYS = 3
_JAK_AFTER = 14
_DECISION_WITHIN = 7
_RAISED_SHARE_LOG_ODDS = 0.0  # half of those not pulsed have their oral dose raised
_SEVERE = 1.0  # a flare at a severity above 1 SD goes back to the full dose


@dataclass(frozen=True)
class Flares:
    """Flares of n children, one entry each: ``day`` and ``child``, in order of day.

    ``back`` is where the taper clock is set back to, in tenths of a day; ``pulsed``
    whether pulses are given.
    """

    day: NDArray[np.int64]
    child: NDArray[np.int64]
    back: NDArray[np.int64]
    pulsed: NDArray[np.bool_]

    def among(self, who: NDArray[np.int64]) -> Flares:
        """Return the flares of chosen children, who are counted anew."""
        own = np.isin(self.child, who)
        place = np.searchsorted(who, self.child[own])
        return Flares(self.day[own], place, self.back[own], self.pulsed[own])


@dataclass(frozen=True)
class Decisions:
    """What was decided after GI involvement; every array has shape (n,).

    ``day`` of the decision, or `NEVER`; ``pulsed``; ``raised``, the oral dose taken back
    up; ``jak_from``, first day of a JAK inhibitor, or `NEVER`.
    """

    day: NDArray[np.int64]
    pulsed: NDArray[np.bool_]
    raised: NDArray[np.bool_]
    jak_from: NDArray[np.int64]


def find_flares(
    streams: Streams, plan: Plan, scenario: Scenario, severity: NDArray[np.float64]
) -> Flares:
    """Draw flares: only children whose treatment needed a major change have them.

    Parameters
    ----------
    streams : Streams
    plan : Plan
    scenario : Scenario
    severity : array of float, shape (D, n)
        z(d - 1) of each day.
    """
    who = np.flatnonzero(plan.flares)
    ill = severity[:, who]
    u = streams.uniforms("flare_daily", len(severity))[:, who]
    per_sd = scenario.confounding * math.log(scenario.flare_severity_hr)
    # As many flares in the mean, over normal severity, wherever the dial stands.
    as_usual = math.log(scenario.flare_severity_hr) ** 2 - per_sd**2
    chance = np.exp(per_sd * ill + round(as_usual / 2, 12))
    chance *= -scenario.flares_per_year / DAYS_PER_YEAR
    day = np.arange(len(severity))[:, None]
    methotrexate = plan.drugs[0]
    begun = methotrexate.start[who] <= day
    treated = begun & (day <= methotrexate.stop[who]) & methotrexate.given[who]
    chance = np.where(treated, scenario.methotrexate_flare_hr, 1.0) * chance
    chance = np.round(-np.expm1(chance, out=chance), 12)
    flared = (u < chance) & (day > plan.start[who] + PULSE_DAYS)
    days, place = np.nonzero(flared)
    child, then = who[place], ill[days, place]
    odds = scenario.pulse_flare_log_odds + plan.pulse_log_odds[child]
    odds = odds + _indication(scenario) * then
    share = np.round(chance[days, place] * logistic(odds), 12)
    severe = scenario.confounding * then > _SEVERE
    back = np.where(severe, 0, _turn(scenario))
    return Flares(days, child, back, u[days, place] < share)


def decide_after_gi(
    gi_day: NDArray[np.int64],
    severity: NDArray[np.float64],
    children: Children,
    plan: Plan,
    scenario: Scenario,
    u: NDArray[np.float64],
) -> Decisions:
    """Decide, within a week of GI involvement, on pulses, oral dose and JAK inhibitor.

    Parameters
    ----------
    gi_day : array of int, shape (n,)
        First day of GI involvement, or `NEVER`.
    severity : array of float, shape (D, n)
    children, plan, scenario
    u : array of float, shape (3, n)
        Uniform numbers: waiting time, pulses, oral dose.
    """
    last = len(severity) - 1
    day = gi_day + 1 + (u[0] * _DECISION_WITHIN).astype(np.int64)
    decides = day <= last
    then = severity[np.minimum(day, last), np.arange(len(day))]
    dial = math.log(scenario.confounding) if scenario.confounding > 0 else -math.inf
    odds = scenario.pulse_gi_log_odds + _indication(scenario) * then
    pulsed = decides & (u[1] < logistic(odds + plan.pulse_log_odds + dial))
    raise_share = logistic(np.array(_RAISED_SHARE_LOG_ODDS + dial))
    raised = decides & (pulsed | (u[2] < raise_share))
    year = children.year + (children.day_of_year + day) // 365
    jak = decides & (year >= scenario.jak_first_year)
    jak = jak & (plan.jak_u < scenario.jak_after_gi_share)
    return Decisions(
        day=np.where(decides, day, NEVER),
        pulsed=pulsed,
        raised=raised,
        jak_from=np.where(jak, day + _JAK_AFTER, NEVER),
    )


def give_steroids(
    flares: Flares,
    decisions: Decisions,
    children: Children,
    plan: Plan,
    scenario: Scenario,
    days: int,
    due: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return oral and pulse doses of every day.

    Parameters
    ----------
    flares, decisions, children, plan, scenario
        Of the n children.
    days : int
        Number of days, D.
    due : array of int, shape (n,), optional
        Day on which pulses begin after a perforation, or `NEVER`.

    Returns
    -------
    oral, pulse : array of int16, shape (D, n)
        Hundredths of mg/kg/day of prednisone and of methylprednisolone.
    """
    pulse = _pulses(flares, decisions, children, plan, scenario, days, due)
    day = np.arange(days, dtype=np.int32)[:, None]
    clock = np.maximum(day - plan.start.astype(np.int32), 0)
    clock *= plan.speed.astype(np.int32)
    _set_back(clock, flares, decisions, scenario)
    table = taper_table(scenario.taper)
    clock //= 10 * STEP_DAYS
    np.minimum(clock, table.shape[1] - 1, out=clock)
    clock += (plan.level * table.shape[1]).astype(np.int32)
    oral = table.ravel()[clock]
    oral *= (day >= plan.start) & plan.steroid & (pulse == 0)
    return oral, pulse


def _set_back(
    clock: NDArray[np.int32], flares: Flares, decisions: Decisions, scenario: Scenario
) -> None:
    """Set the taper clocks back in place."""
    raised = np.flatnonzero(decisions.raised)
    day = np.concatenate([flares.day, decisions.day[raised]])
    child = np.concatenate([flares.child, raised])
    to = np.concatenate([flares.back, np.full(len(raised), _turn(scenario))])
    if not len(day):
        return
    who, place = np.unique(child, return_inverse=True)
    lower = np.zeros((len(clock), len(who)), dtype=np.int32)
    by = (to - clock[day, child]).astype(np.int32)
    np.minimum.at(lower, (day, place), by)
    for day_before, today in pairwise(lower):
        np.minimum(day_before, today, out=today)
    clock[:, who] += lower


def _pulses(
    flares: Flares,
    decisions: Decisions,
    children: Children,
    plan: Plan,
    scenario: Scenario,
    days: int,
    due: NDArray[np.int64] | None,
) -> NDArray[np.int16]:
    starts = [np.where(plan.pulse_at_start, plan.start, NEVER)]
    starts.append(np.where(decisions.pulsed, decisions.day, NEVER))
    if due is not None:
        starts.append(due)
    everyone = np.arange(len(plan.start))
    day = np.concatenate([*starts, flares.day[flares.pulsed]])
    child = np.concatenate([*[everyone] * len(starts), flares.child[flares.pulsed]])
    kept = day < days
    day, child = day[kept], child[kept]
    # Capped at the heaviest the child can have become under steroids.
    weight = children.weight_on(day, child) * (1 + scenario.weight_gain)
    capped = np.minimum(plan.pulse_dose[child], scenario.pulse_cap_mg / weight)
    dose = np.floor(np.round(capped * 100, 4)).astype(np.int16)
    pulse = np.zeros((days, len(everyone)), np.int16)
    # The last day of a course first: where courses overlap, the later one is given.
    for passed in reversed(range(PULSE_DAYS)):
        within = day + passed < days
        pulse[day[within] + passed, child[within]] = dose[within]
    return pulse


def _indication(scenario: Scenario) -> float:
    """Log odds of a pulse per SD of severity, as the dial of confounding has it."""
    return scenario.confounding * math.log(scenario.pulse_severity_or)


def _turn(scenario: Scenario) -> int:
    """Where the taper's second point stands on the clock, in tenths of a day."""
    return 10 * scenario.taper[min(1, len(scenario.taper) - 1)][0]
