"""The hazards of the synthetic world, written once.

The law of the daily clock: the state of day ``d`` acts on ``(d, d + 1]``, and an event in
that interval bears the day ``d + 1``. The severity and the GI involvement that act are
those of the day before, ``d - 1``; the treatment is that of day ``d`` itself.

Perforation::

    h(d) = h0(d) * severity_hr ** z(d-1)
                 * nxp2_early_hr (NXP2, d < 540) or nxp2_late_hr (NXP2, d >= 540)
                 * dose_hr ** (1 - exp(-dose(d) / 0.4 mg/kg/day))
                 * threshold_hr (dose(d) at or above threshold_mg_kg)
                 * pulse_hr (a pulse on one of the days d-29 ... d)
                 * cumulative_hr ** (weighted dose(d) / 100 mg/kg)
                 * jak_hr (JAK inhibitor on day d)
                 * (1 if GI involvement by day d-1, else no_gi_factor)

Doses are prednisone equivalents in mg per kg per day. A pulse's days do not also count
as current dose; they do count in the weighted dose, which halves every 90 days.
``h0(d)`` is ``h0_mass`` times a lognormal density in ``d + 1/2``, so that it is largest
in the first months. A first perforation follows this hazard; later ones, being failures
of repair, follow `jdm_stats.simulation.course.aftermath`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jdm_stats.schema import DAYS_PER_YEAR
from jdm_stats.simulation.scenario import Scenario

__all__ = [
    "NXP2_EARLY_DAYS",
    "PULSE_WINDOW_DAYS",
    "WEIGHTED_HALF_LIFE_DAYS",
    "DayState",
    "chance_alive",
    "dose_plateau",
    "first_perforations",
    "gi_baseline",
    "gi_hazard",
    "log_hazard_ratios",
    "perforation_baseline",
    "perforation_hazard",
]

NXP2_EARLY_DAYS = 540
PULSE_WINDOW_DAYS = 30
WEIGHTED_HALF_LIFE_DAYS = 90
_WEIGHTED_UNIT_MG_KG = 100.0
_DECIMALS = 15


@dataclass(frozen=True, slots=True)
class DayState:
    """What acts on ``(d, d + 1]``; every array has shape (n,), or (D, n) over D days.

    ``nxp2`` may keep the shape (n,) beside arrays of (D, n).

    Parameters
    ----------
    severity : array of float
        Latent severity z(d - 1), in SD.
    nxp2 : array of float
        1.0 for children with anti-NXP2, 0.0 for the others.
    dose : array of float
        Oral dose of day d, prednisone-equivalent mg/kg/day; 0 on pulse days.
    recent_pulse : array of bool
        Whether a pulse was given on one of the days d - 29 ... d.
    weighted_dose : array of float
        All steroid up to and with day d, prednisone-equivalent mg/kg, each dose halved
        every 90 days.
    jak : array of bool
        Whether a JAK inhibitor is given on day d.
    gi : array of bool
        Whether GI involvement was present by day d - 1.
    """

    severity: NDArray[np.float64]
    nxp2: NDArray[np.float64]
    dose: NDArray[np.float64]
    recent_pulse: NDArray[np.bool_]
    weighted_dose: NDArray[np.float64]
    jak: NDArray[np.bool_]
    gi: NDArray[np.bool_]


def perforation_hazard(
    day: int | NDArray[np.int64],
    state: DayState,
    scenario: Scenario,
    baseline: float | NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return each child's hazard of a first perforation on ``(day, day + 1]``.

    Parameters
    ----------
    day : int or array of int, shape (D, 1)
        Day d, counted from diagnosis; a column of days for a state of many days.
    state : DayState
        What acts on that day in each of n children.
    scenario : Scenario
    baseline : float or array of float, shape (D, 1), optional
        ``h0(d)``, when it is known already.

    Returns
    -------
    array of float, shape (n,) or (D, n)
        Hazard per day, rounded to 15 decimals.

    Examples
    --------
    A child without NXP2 or steroids but with GI involvement has the baseline:

    >>> zero, no = np.zeros(1), np.zeros(1, dtype=bool)
    >>> plain = DayState(zero, zero, zero, no, zero, no, ~no)
    >>> float(perforation_hazard(100, plain, Scenario(), baseline=2e-5)[0])
    2e-05
    """
    days = np.asarray(day)
    if baseline is None:
        baseline = perforation_baseline(scenario, int(days.max()) + 1)[days]
    ratio = log_hazard_ratios(scenario)
    nxp2 = np.where(days < NXP2_EARLY_DAYS, ratio["nxp2_early"], ratio["nxp2_late"])
    log_ratio = ratio["severity"] * state.severity
    log_ratio = log_ratio + nxp2 * state.nxp2
    plateau = np.exp(state.dose / -scenario.dose_scale_mg_kg)
    log_ratio += ratio["dose"] - ratio["dose"] * plateau
    if ratio["threshold"]:
        log_ratio += ratio["threshold"] * (state.dose >= scenario.threshold_mg_kg)
    log_ratio += ratio["pulse"] * state.recent_pulse
    log_ratio += (ratio["cumulative"] / _WEIGHTED_UNIT_MG_KG) * state.weighted_dose
    if ratio["jak"]:
        log_ratio += ratio["jak"] * state.jak
    hazard = np.exp(log_ratio, out=log_ratio)
    hazard *= np.where(state.gi, 1.0, scenario.no_gi_factor)
    hazard *= baseline
    return np.round(hazard, _DECIMALS, out=hazard)


def perforation_baseline(scenario: Scenario, days: int) -> NDArray[np.float64]:
    """Return ``h0(d)`` per day for d = 0 ... days - 1; shape (days,).

    Examples
    --------
    >>> h0 = perforation_baseline(Scenario(h0_mass=0.01, h0_median_days=365.0), 20000)
    >>> round(float(h0[:365].sum()), 4), round(float(h0.sum()), 4)
    (0.005, 0.01)
    """
    middle = np.arange(days) + 0.5
    spread = scenario.h0_log_spread
    standard = np.log(middle / scenario.h0_median_days) / spread
    density = np.exp(-standard * standard / 2)
    density /= middle * spread * math.sqrt(2 * math.pi)
    return np.round(scenario.h0_mass * density, _DECIMALS)


def gi_hazard(
    severity: NDArray[np.float64],
    nxp2: NDArray[np.float64],
    scenario: Scenario,
    baseline: float | NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return each child's hazard of GI involvement on ``(d, d + 1]``.

    Steroids and perforation play no part in it: severity and NXP2 do.

    Parameters
    ----------
    severity : array of float, shape (n,) or (D, n)
        Latent severity z(d - 1), in SD.
    nxp2 : array of float, shape (n,)
        1.0 for children with anti-NXP2, 0.0 for the others.
    scenario : Scenario
    baseline : float or array of float, shape (D, 1)
        As `gi_baseline` gives it.

    Returns
    -------
    array of float, shape (n,) or (D, n)
        Hazard per day, rounded to 15 decimals.

    Examples
    --------
    >>> worse = gi_hazard(np.ones(1), np.zeros(1), Scenario(gi_severity_hr=1.6), 0.001)
    >>> float(worse[0])
    0.0016
    """
    log_ratio = math.log(scenario.gi_severity_hr) * severity
    log_ratio = log_ratio + math.log(scenario.gi_nxp2_hr) * nxp2
    hazard = np.exp(log_ratio, out=log_ratio)
    hazard *= baseline
    return np.round(hazard, _DECIMALS, out=hazard)


def gi_baseline(scenario: Scenario, days: int) -> NDArray[np.float64]:
    """Return the baseline hazard of GI involvement per day; shape (days,).

    Examples
    --------
    >>> g0 = gi_baseline(Scenario(gi_rate_per_year=0.36525, gi_half_life_days=100), 101)
    >>> float(g0[0]), float(g0[100])
    (0.001, 0.0005)
    """
    passed = np.arange(days) / scenario.gi_half_life_days
    return np.round(scenario.gi_rate_per_year / DAYS_PER_YEAR * 0.5**passed, _DECIMALS)


def dose_plateau(dose: NDArray[np.float64], scenario: Scenario) -> NDArray[np.float64]:
    """Return how much of its full effect an oral dose has, from 0 towards 1.

    Examples
    --------
    >>> dose_plateau(np.array([0.0, 0.4, 2.0]), Scenario()).round(3).tolist()
    [0.0, 0.632, 0.993]
    """
    reached: NDArray[np.float64] = 1 - np.exp(-dose / scenario.dose_scale_mg_kg)
    return reached


def chance_alive(scenario: Scenario, day: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the chance of no death without perforation by a day from diagnosis.

    Examples
    --------
    >>> deadly = Scenario(deaths_per_1000_years=500.0)
    >>> chance_alive(deadly, np.array([0, 1461])).round(4).tolist()
    [1.0, 0.1353]
    """
    rate = scenario.deaths_per_1000_years / 1000 / DAYS_PER_YEAR
    alive: NDArray[np.float64] = np.exp(-rate * day)
    return alive


def first_perforations(
    hazard: NDArray[np.float64], alive: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return who is still at risk on each day, and who then perforates, death competing.

    A perforation on the day of death counts, as it does where events are drawn.

    Parameters
    ----------
    hazard : array of float, shape (D, n)
        Hazard of a first perforation on (d, d + 1].
    alive : array of float, shape (D, 1)
        Chance to be alive on day d.

    Returns
    -------
    at_risk : array of float, shape (D, n)
        Chance to be alive and free of perforation on day d.
    perforated : array of float, shape (D, n)
        Chance of a first perforation on (d, d + 1].

    Examples
    --------
    >>> hazard, alive = np.full((2, 1), np.log(2)), np.array([[1.0], [0.5]])
    >>> at_risk, perforated = first_perforations(hazard, alive)
    >>> at_risk[:, 0].round(3).tolist(), perforated[:, 0].round(3).tolist()
    ([1.0, 0.25], [0.5, 0.125])
    """
    at_risk = np.exp(hazard - np.cumsum(hazard, axis=0)) * alive
    return at_risk, at_risk * -np.expm1(-hazard)


def log_hazard_ratios(scenario: Scenario) -> dict[str, float]:
    """Return the conditional log hazard ratios of a first perforation: the truth.

    Returns
    -------
    dict of str to float
        Per SD (severity), present against absent (nxp2_early, nxp2_late, pulse, jak),
        plateau against none (dose), at or above the threshold (threshold), per 100 mg/kg
        (cumulative).

    Examples
    --------
    >>> round(log_hazard_ratios(Scenario(dose_hr=1.4))["dose"], 4)
    0.3365
    """
    ratios: dict[str, Any] = {
        "severity": scenario.severity_hr,
        "nxp2_early": scenario.nxp2_early_hr,
        "nxp2_late": scenario.nxp2_late_hr,
        "dose": scenario.dose_hr,
        "threshold": scenario.threshold_hr,
        "pulse": scenario.pulse_hr,
        "cumulative": scenario.cumulative_hr,
        "jak": scenario.jak_hr,
    }
    return {name: round(math.log(value), 12) for name, value in ratios.items()}
