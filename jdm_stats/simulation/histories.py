"""The daily clock: severity, steroids, GI involvement and the first perforation.

One pass over the days, all children side by side. On day d the clinician knows the
severity z(d - 1) and the events up to day d; the doses of day d follow; then the hazards
of `jdm_stats.simulation.hazards` act on (d, d + 1]. An event happens when the hazard,
summed, passes the child's own exponential threshold, drawn once: so two scenarios that
differ in one coefficient share everything else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jdm_stats.schema import DAYS_PER_YEAR
from jdm_stats.simulation.aftermath import Aftermath
from jdm_stats.simulation.children import Children, logistic
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
from jdm_stats.simulation.treatment import STEP_DAYS, TAPER, Plan

__all__ = ["NEVER", "Histories", "nxp2_shift", "walk"]

NEVER = 10**7
PULSE_DAYS = 3
METHYLPREDNISOLONE = 1.25
JAK_DAYS = 365
_JAK_AFTER = 14
_JAK_FROM_YEAR = 2018
_DECISION_WITHIN = 7
_BACK_TO_ONE_MG = 600  # taper clock, tenths of a day: 60 days, 1 mg/kg/day


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


@dataclass
class _Now:
    """The children as they are today; changed day by day."""

    deviation: NDArray[np.float64]
    taper_clock: NDArray[np.int64]
    pulse_left: NDArray[np.int64]
    pulse_due: NDArray[np.int64]
    pulse_dose: NDArray[np.int64]
    last_pulse: NDArray[np.int64]
    weighted: NDArray[np.float64]
    gi_day: NDArray[np.int64]
    gi_sum: NDArray[np.float64]
    perforation_day: NDArray[np.int64]
    perforation_sum: NDArray[np.float64]
    jak_from: NDArray[np.int64]


@dataclass(frozen=True)
class _Fixed:
    """What does not change over the days."""

    children: Children
    plan: Plan
    aftermath: Aftermath
    scenario: Scenario
    nxp2: NDArray[np.float64]
    gi_threshold: NDArray[np.float64]
    perforation_threshold: NDArray[np.float64]
    decision_wait: NDArray[np.int64]
    decision_u: NDArray[np.float64]
    raise_u: NDArray[np.float64]
    flare: Iterator[NDArray[np.float64]]


def nxp2_shift(scenario: Scenario, days: int) -> NDArray[np.float64]:
    """Return the severity that NXP2 adds on each day, in SD; shape (days,).

    Examples
    --------
    >>> nxp2_shift(Scenario(), 366)[[0, 365]].tolist()
    [0.5, 0.25]
    """
    faded = 0.5 ** (np.arange(days) / scenario.severity_nxp2_half_life_days)
    return np.round(scenario.severity_nxp2_shift * faded, 6)


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
        False lets the hazard run without its events, for calibration.
    keep_hazard : bool, default False
        Whether the hazard of each child and day is kept.

    Returns
    -------
    Histories
    """
    days = scenario.follow_up_days + 1
    fixed = _fixed(streams, children, plan, aftermath, scenario)
    now = _at_diagnosis(children, plan)
    shape = (days, len(children.age))
    oral_kept, pulse_kept = np.zeros(shape, np.int16), np.zeros(shape, np.int16)
    severity_kept = np.zeros(shape)
    hazard_kept = np.zeros(shape) if keep_hazard else None
    shift, h0, g0 = _by_day(scenario, days)
    memory = round(0.5 ** (1 / scenario.severity_half_life_days), 10)
    kick = round(math.sqrt(1 - memory * memory), 10)
    news = streams.daily("severity_daily")
    for day in range(days):
        severity = np.round(now.deviation + shift[day] * fixed.nxp2, 6)
        _decide(day, now, fixed, severity)
        oral, pulse = _give(day, now, fixed)
        state = _state(day, now, fixed, severity, oral, pulse)
        hazard = perforation_hazard(day, state, scenario, float(h0[day]))
        _gi(day, now, fixed, gi_hazard(state, scenario, float(g0[day])))
        if perforations:
            _perforate(day, now, fixed, hazard)
        oral_kept[day], pulse_kept[day], severity_kept[day] = oral, pulse, severity
        if hazard_kept is not None:
            hazard_kept[day] = hazard
        drift = memory * now.deviation + kick * normal_quantile(next(news))
        now.deviation = np.round(drift, 6)
    return Histories(
        oral=oral_kept,
        pulse=pulse_kept,
        severity=severity_kept,
        gi_day=now.gi_day,
        perforation_day=now.perforation_day,
        jak_from=now.jak_from,
        hazard=hazard_kept,
    )


def _by_day(
    scenario: Scenario, days: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    return (
        nxp2_shift(scenario, days),
        perforation_baseline(scenario, days),
        gi_baseline(scenario, days),
    )


def _fixed(
    streams: Streams,
    children: Children,
    plan: Plan,
    aftermath: Aftermath,
    scenario: Scenario,
) -> _Fixed:
    u = streams.uniforms("events", 5)
    return _Fixed(
        children=children,
        plan=plan,
        aftermath=aftermath,
        scenario=scenario,
        nxp2=children.nxp2,
        gi_threshold=exponential(u[0], 12),
        perforation_threshold=exponential(u[1], 12),
        decision_wait=1 + (u[2] * _DECISION_WITHIN).astype(np.int64),
        decision_u=u[3],
        raise_u=u[4],
        flare=streams.daily("flare_daily"),
    )


def _at_diagnosis(children: Children, plan: Plan) -> _Now:
    n = len(children.age)
    whole = np.zeros(n, dtype=np.int64)
    return _Now(
        deviation=children.deviation.copy(),
        taper_clock=whole.copy(),
        pulse_left=whole.copy(),
        pulse_due=np.where(plan.pulse_at_start, plan.start, NEVER),
        pulse_dose=whole.copy(),
        last_pulse=whole - NEVER,
        weighted=np.zeros(n),
        gi_day=whole + NEVER,
        gi_sum=np.zeros(n),
        perforation_day=whole + NEVER,
        perforation_sum=np.zeros(n),
        jak_from=whole + NEVER,
    )


def _decide(day: int, now: _Now, fixed: _Fixed, severity: NDArray[np.float64]) -> None:
    """Decide on flares, on steroids after GI involvement and on pulses due today."""
    starts = now.pulse_due == day
    flare = _flares(day, fixed, severity, next(fixed.flare))
    if flare is not None:
        flared, pulsed = flare
        again = np.where(severity > 1, 0, _BACK_TO_ONE_MG)
        lowered = np.minimum(now.taper_clock, again)
        now.taper_clock = np.where(flared, lowered, now.taper_clock)
        starts = starts | pulsed
    decides = now.gi_day + fixed.decision_wait == day
    if decides.any():
        starts = starts | _after_gi(day, now, fixed, severity, decides)
    if starts.any():
        weight = fixed.children.weight_on(day)
        capped = np.minimum(fixed.plan.pulse_dose, fixed.scenario.pulse_cap_mg / weight)
        hundredths = np.floor(np.round(capped * 100, 4)).astype(np.int64)
        now.pulse_left = np.where(starts, PULSE_DAYS, now.pulse_left)
        now.pulse_dose = np.where(starts, hundredths, now.pulse_dose)


def _flares(
    day: int, fixed: _Fixed, severity: NDArray[np.float64], u: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    scenario, plan = fixed.scenario, fixed.plan
    rate = scenario.flares_per_year / DAYS_PER_YEAR
    log_ratio = math.log(scenario.flare_severity_hr) * severity
    chance = np.round(1 - np.exp(-rate * np.exp(log_ratio)), 12)
    flared = (u < chance) & plan.flares & (day > plan.start + PULSE_DAYS)
    if not flared.any():
        return None
    ill = math.log(scenario.pulse_severity_or) * severity
    odds = scenario.pulse_flare_log_odds + ill + plan.pulse_log_odds
    return flared, flared & (u < np.round(chance * logistic(odds), 12))


def _after_gi(
    day: int,
    now: _Now,
    fixed: _Fixed,
    severity: NDArray[np.float64],
    decides: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Pulse, raise the oral dose or neither; returns who starts a pulse today."""
    scenario, plan, children = fixed.scenario, fixed.plan, fixed.children
    ill = math.log(scenario.pulse_severity_or) * severity
    odds = scenario.pulse_gi_log_odds + ill + plan.pulse_log_odds
    pulsed = decides & (fixed.decision_u < logistic(odds))
    raised = decides & (pulsed | (fixed.raise_u < 0.5))
    lowered = np.minimum(now.taper_clock, _BACK_TO_ONE_MG)
    now.taper_clock = np.where(raised, lowered, now.taper_clock)
    year = children.year + (children.day_of_year + day) // 365
    jak = decides & (year >= _JAK_FROM_YEAR)
    jak = jak & (plan.jak_u < scenario.jak_after_gi_share)
    now.jak_from = np.where(jak, day + _JAK_AFTER, now.jak_from)
    return pulsed


def _give(
    day: int, now: _Now, fixed: _Fixed
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return today's oral and pulse dose, hundredths of mg/kg/day."""
    plan = fixed.plan
    pulsing = now.pulse_left > 0
    on_oral = plan.steroid & (day >= plan.start)
    step = np.minimum(now.taper_clock // (10 * STEP_DAYS), TAPER.shape[1] - 1)
    oral = np.where(on_oral & ~pulsing, TAPER[plan.level, step], 0)
    pulse = np.where(pulsing, now.pulse_dose, 0)
    now.last_pulse = np.where(pulsing, day, now.last_pulse)
    now.pulse_left = now.pulse_left - pulsing
    now.taper_clock = now.taper_clock + plan.speed * on_oral
    return oral.astype(np.int64), pulse


def _state(
    day: int,
    now: _Now,
    fixed: _Fixed,
    severity: NDArray[np.float64],
    oral: NDArray[np.int64],
    pulse: NDArray[np.int64],
) -> DayState:
    decay = round(0.5 ** (1 / WEIGHTED_HALF_LIFE_DAYS), 12)
    given = (oral + METHYLPREDNISOLONE * pulse) / 100
    now.weighted = np.round(decay * now.weighted + given, 6)
    return DayState(
        severity=severity,
        nxp2=fixed.nxp2,
        dose=oral / 100,
        recent_pulse=now.last_pulse > day - PULSE_WINDOW_DAYS,
        weighted_dose=now.weighted,
        jak=(now.jak_from <= day) & (day < now.jak_from + JAK_DAYS),
        gi=now.gi_day <= day - 1,
    )


def _gi(day: int, now: _Now, fixed: _Fixed, hazard: NDArray[np.float64]) -> None:
    now.gi_sum = np.round(now.gi_sum + hazard, 12)
    new = (now.gi_sum >= fixed.gi_threshold) & (now.gi_day == NEVER)
    now.gi_day = np.where(new, day + 1, now.gi_day)


def _perforate(day: int, now: _Now, fixed: _Fixed, hazard: NDArray[np.float64]) -> None:
    now.perforation_sum = np.round(now.perforation_sum + hazard, 14)
    new = now.perforation_sum >= fixed.perforation_threshold
    new = new & (now.perforation_day == NEVER)
    if new.any():
        now.perforation_day = np.where(new, day + 1, now.perforation_day)
        now.gi_day = np.where(new, np.minimum(now.gi_day, day + 1), now.gi_day)
        pulsed = new & (fixed.aftermath.pulse > 0)
        due = day + 1 + fixed.aftermath.pulse
        now.pulse_due = np.where(pulsed, due, now.pulse_due)
