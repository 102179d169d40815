"""Steroids and other drugs: what is planned at diagnosis, and the taper.

The taper is that of the PRINTO trial: 2 mg/kg/day, 1 at two months, 0.2 at six months,
none from 24 months, in steps of 28 days rounded to 0.05 mg/kg/day; a reduced start
scales it. A child's taper clock runs faster or slower than time, or is set back by a
flare, as the trial's real adherence asks. Severity raises the odds of pulses and of a
full start: confounding by indication.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from jdm_stats.simulation.course.children import Children, logistic, share_log_odds
from jdm_stats.simulation.draws import Streams, exponential, pick
from jdm_stats.simulation.scenario import Scenario

__all__ = ["STEP_DAYS", "OtherDrug", "Plan", "plan_treatment", "taper_table"]

STEP_DAYS = 28
# First doses, as shares of the taper's own: 2, 1.5, 1, 0.75 and 0.5 mg/kg/day of PRINTO's.
START_SHARES = (1.0, 0.75, 0.5, 0.375, 0.25)
_LATEST_START = 13


@cache
def taper_table(taper: tuple[tuple[int, float], ...]) -> NDArray[np.int16]:
    """Return the oral dose per first dose and step of 28 days of the taper clock.

    Parameters
    ----------
    taper : tuple of (int, float)
        Days and mg/kg/day; straight lines in between, the last dose kept.

    Returns
    -------
    array of int16, shape (5, steps)
        Hundredths of mg/kg/day, in steps of 0.05 mg/kg/day.

    Examples
    --------
    >>> table = taper_table(((0, 2.0), (60, 1.0), (180, 0.2), (730, 0.0)))
    >>> [float(dose) for dose in table[0, :6] / 100]
    [2.0, 1.55, 1.05, 0.85, 0.65, 0.45]
    """
    days, doses = zip(*taper, strict=True)
    steps = np.arange(0, days[-1] + STEP_DAYS, STEP_DAYS)
    planned = np.interp(steps, days, doses)
    table = []
    for share in START_SHARES:
        twentieths = np.rint(np.round(planned * share * 20, 9))
        table.append(np.where(planned >= 0.01, np.maximum(twentieths, 1), 0) * 5)
    return np.array(table, dtype=np.int16)


@dataclass(frozen=True)
class OtherDrug:
    """One steroid-sparing drug over n children; ``given`` marks those who take it."""

    drug: str
    route: str
    dose_mg: float
    dose_basis: str
    every_n_days: int
    given: NDArray[np.bool_]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """The treatment planned at diagnosis; every array has shape (n,).

    ``steroid`` any steroid at start; ``start`` its first day; ``level`` row of
    `taper_table`;
    ``speed`` of the taper clock in tenths of a day per day; ``flares`` whether flares
    may set the clock back; ``pulse_log_odds`` the child's own part of the log odds of a
    pulse, apart from severity; ``pulse_at_start``; ``pulse_dose`` in mg/kg/day of
    methylprednisolone before the cap; ``drugs`` the others, methotrexate first.
    """

    steroid: NDArray[np.bool_]
    start: NDArray[np.int64]
    level: NDArray[np.int64]
    speed: NDArray[np.int64]
    flares: NDArray[np.bool_]
    pulse_log_odds: NDArray[np.float64]
    pulse_at_start: NDArray[np.bool_]
    pulse_dose: NDArray[np.float64]
    jak_u: NDArray[np.float64]
    drugs: tuple[OtherDrug, ...]


def plan_treatment(
    streams: Streams,
    children: Children,
    severity: NDArray[np.float64],
    scenario: Scenario,
) -> Plan:
    """Draw the treatment planned at diagnosis, heavier in more severe children.

    Parameters
    ----------
    streams : Streams
    children : Children
    severity : array of float, shape (n,)
        Severity at diagnosis, SD.
    scenario : Scenario

    Returns
    -------
    Plan
    """
    u = streams.uniforms("treatment", 18)
    dial = scenario.confounding
    decades = (children.year - (scenario.first_year + scenario.last_year) / 2) / 10
    ill = dial * math.log(scenario.pulse_severity_or) * severity
    nxp2 = dial * math.log(scenario.pulse_nxp2_or) * children.nxp2
    offsets = np.array(scenario.centre_pulse_offsets)[children.centre]
    own = nxp2 + offsets + math.log(scenario.pulse_decade_or) * decades
    pulsed = logistic(scenario.pulse_start_log_odds + ill + own)
    reduced = share_log_odds(scenario.reduced_start_share) - ill - nxp2
    reduced = reduced + np.array(scenario.centre_start_offsets)[children.centre]
    reduced = reduced + math.log(scenario.reduced_decade_or) * decades
    lower = 1 + (u[3] * (len(START_SHARES) - 1)).astype(np.int64)
    regimen = pick(u[4], scenario.regimen_mix)
    steroid = u[0] >= scenario.no_steroid_share
    start = (u[1] * (_LATEST_START + 1)).astype(np.int64)
    return Plan(
        steroid=steroid,
        start=start,
        level=np.where(u[2] < logistic(reduced), lower, 0),
        speed=_speed(regimen, u[5]),
        flares=steroid & (regimen == "major change"),
        pulse_log_odds=own,
        pulse_at_start=steroid & (u[6] < pulsed),
        pulse_dose=pick(u[7], scenario.pulse_mix).astype(float),
        jak_u=u[8],
        drugs=_other_drugs(u[9:], severity, start, scenario),
    )


def _other_drugs(
    u: NDArray[np.float64],
    severity: NDArray[np.float64],
    first: NDArray[np.int64],
    scenario: Scenario,
) -> tuple[OtherDrug, ...]:
    """Draw methotrexate, immunoglobulin and antimalarial; doses and days assumed.

    Severity shifts the odds of immunoglobulin only (odds ratio 1.5 per SD). Days are
    counted from diagnosis and not yet cut at the end of follow-up.
    """
    lean = share_log_odds(scenario.ivig_share) + math.log(1.5) * severity
    rules = (
        ("methotrexate", "sc", 15.0, "per_m2", 7, 30, 900, scenario.methotrexate_share),
        ("ivig", "iv", 2000.0, "per_kg_day", 28, 120, 240, logistic(lean)),
        (
            *("hydroxychloroquine", "oral", 5.0, "per_kg_day", 1, 60, 900),
            scenario.antimalarial_share,
        ),
    )
    drugs = []
    for row, (drug, route, dose, basis, every, latest, mean, share) in enumerate(rules):
        given, begin, lasts = u[3 * row : 3 * row + 3]
        start = first + (begin * (latest + 1)).astype(np.int64)
        stop = start + 83 + np.floor(exponential(lasts) * mean).astype(np.int64)
        drugs.append(
            OtherDrug(drug, route, dose, basis, every, given < share, start, stop)
        )
    return tuple(drugs)


def _speed(regimen: NDArray[np.object_], u: NDArray[np.float64]) -> NDArray[np.int64]:
    slow = u < 0.5
    minor = np.where(slow, 8, 12)
    major = np.where(slow, 6, 10)
    speed = np.where(regimen == "minor change", minor, 10)
    return np.where(regimen == "major change", major, speed).astype(np.int64)
