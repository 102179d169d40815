"""Clinic readings: scores of strength, CK and LDH, noisy views of the severity; growth.

A reading on day d sees the severity z(d - 1), made better by time since diagnosis and by
the oral dose of the day before, less so in children who are severely ill; and made worse
while the gut is involved, since such children are very weak. So a reading
taken after treatment began depends on the treatment as well as on the severity. Steroids
add weight and slow growth (`jdm_stats.simulation.course.growth`). Readings never act on
anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jdm_stats.simulation.course.children import Children, logistic
from jdm_stats.simulation.course.growth import measured_growth
from jdm_stats.simulation.course.histories import Histories, nxp2_shift
from jdm_stats.simulation.draws import Streams, normal_quantile
from jdm_stats.simulation.hazards import dose_plateau
from jdm_stats.simulation.scenario import Scenario

__all__ = ["MEASURES", "Readings", "read_clinic"]

MEASURES = (
    *("cmas", "mmt8", "physician_global", "ck_u_l"),
    *("weight_kg", "height_cm", "chaq", "ldh_u_l"),
)
_LIMITS = {"cmas": 52.0, "mmt8": 80.0, "physician_global": 10.0, "chaq": 3.0}
_ROWS_PER_VISIT = 10
_EITHER_WAY = 10
_RECOVERY_DAYS = 180.0
_GUT_HALF_LIFE_DAYS = 180.0
_RECOVERING, _RECOVERING_PER_SD = 1.0, 1.5
_CK_NORMAL, _CK_DAYS, _CK_PER_SD, _CK_NOISE = 100.0, 150.0, 0.4, 0.3
_LDH_NORMAL, _LDH_PER_SD, _LDH_NOISE = 230.0, 0.12, 0.15
_LAB_ROWS = 4


@dataclass(frozen=True)
class Readings:
    """``day``: shape (visits, n), -1 for a missed visit; the first visit is day 0.

    ``value`` maps each measure to its values, shape (visits, n), NaN when not read.
    """

    day: NDArray[np.int64]
    value: dict[str, NDArray[np.float64]]


def read_clinic(
    streams: Streams, children: Children, histories: Histories, scenario: Scenario
) -> Readings:
    """Draw the readings of every visit, before follow-up is cut.

    Parameters
    ----------
    streams, children, histories, scenario
        The n children and what happened to them.

    Returns
    -------
    Readings
    """
    visits = scenario.follow_up_days // scenario.visit_every_days + 1
    more = streams.uniforms("labs", 1 + visits * _LAB_ROWS)
    u = streams.uniforms("visits", visits * _ROWS_PER_VISIT)
    u = u.reshape(visits, _ROWS_PER_VISIT, -1)
    planned = np.arange(visits)[:, None] * scenario.visit_every_days
    jitter = (u[:, 1] * (2 * _EITHER_WAY + 1)).astype(np.int64) - _EITHER_WAY
    day = np.where(planned > 0, planned + jitter, 0)
    last = len(histories.oral) - 1
    seen = ((u[:, 0] >= scenario.missed_visit_share) | (planned == 0)) & (day <= last)
    at = np.minimum(day, last)
    severity = np.take_along_axis(histories.severity, at, axis=0)
    yesterday = np.take_along_axis(histories.oral, np.maximum(at - 1, 0), axis=0) / 100
    dose = np.where(at > 0, yesterday, 0.0)
    shown = severity + _with_the_gut(at, histories.gi_day, scenario)
    activity = shown - _recovered(at, dose, shown, scenario)
    noise = normal_quantile(u[:, 2:6])
    value = _scores(children, at, activity, noise, scenario)
    value["ck_u_l"] = _ck(children, at, activity, noise[:, 3], scenario)
    value |= _more(at, activity, more, scenario)
    labs = more[1:].reshape(visits, _LAB_ROWS, -1)
    missing = dict(zip(MEASURES[:4], np.moveaxis(u[:, 6:], 1, 0), strict=True))
    missing |= {"chaq": labs[:, 2], "ldh_u_l": labs[:, 3]}
    for measure, drawn in missing.items():
        lacks = drawn < scenario.missing_reading_share
        value[measure] = np.where(lacks, np.nan, value[measure])
    value |= measured_growth(children, histories, scenario, at)
    return Readings(np.where(seen, day, -1), {m: value[m] for m in MEASURES})


def _with_the_gut(
    day: NDArray[np.int64], gi_day: NDArray[np.int64], scenario: Scenario
) -> NDArray[np.float64]:
    """How much worse readings are from GI involvement on, fading, in SD of severity."""
    since = np.maximum(day - gi_day, 0)
    fading = 0.5 ** (since / _GUT_HALF_LIFE_DAYS)
    return np.round(scenario.gi_reading_sd * fading * (day >= gi_day), 6)


def _recovered(
    day: NDArray[np.int64],
    dose: NDArray[np.float64],
    severity: NDArray[np.float64],
    scenario: Scenario,
) -> NDArray[np.float64]:
    by_time = scenario.recovery_sd * (1 - np.exp(-day / _RECOVERY_DAYS))
    plateau = dose_plateau(dose, scenario)
    better = by_time + scenario.recovery_treatment_sd * plateau
    return np.round(better * logistic(_RECOVERING - _RECOVERING_PER_SD * severity), 6)


def _scores(
    children: Children,
    day: NDArray[np.int64],
    activity: NDArray[np.float64],
    noise: NDArray[np.float64],
    scenario: Scenario,
) -> dict[str, NDArray[np.float64]]:
    part = (
        scenario.cmas_nxp2_shift + scenario.cmas_per_sd * scenario.severity_nxp2_shift
    )
    faded = nxp2_shift(
        scenario.with_values(severity_nxp2_shift=1.0), int(np.max(day)) + 1
    )
    cmas = scenario.cmas_level + part * faded[day] * children.nxp2
    raw = {
        "cmas": cmas
        - scenario.cmas_per_sd * activity
        + scenario.cmas_noise * noise[:, 0],
        "mmt8": scenario.mmt8_level
        - scenario.mmt8_per_sd * activity
        + scenario.mmt8_noise * noise[:, 1],
        "physician_global": scenario.global_level
        + scenario.global_per_sd * activity
        + scenario.global_noise * noise[:, 2],
    }
    return {
        name: np.round(
            np.clip(np.round(score, 6), 0, _LIMITS[name]),
            1 if name == "physician_global" else 0,
        )
        for name, score in raw.items()
    }


def _more(
    day: NDArray[np.int64],
    activity: NDArray[np.float64],
    u: NDArray[np.float64],
    scenario: Scenario,
) -> dict[str, NDArray[np.float64]]:
    """CHAQ, in eighths of a point, and LDH, which fades as CK does."""
    own = normal_quantile(u[:1])[0]
    noise = normal_quantile(u[1:].reshape(len(day), _LAB_ROWS, -1)[:, :2])
    chaq = scenario.chaq_level + scenario.chaq_per_sd * activity
    chaq = np.clip(chaq + scenario.chaq_noise * noise[:, 0], 0, _LIMITS["chaq"])
    above = math.log(scenario.ldh_median / _LDH_NORMAL) + scenario.ldh_log_spread * own
    log_ldh = math.log(_LDH_NORMAL) + above * np.exp(-day / _CK_DAYS)
    log_ldh = log_ldh + _LDH_PER_SD * activity + _LDH_NOISE * noise[:, 1]
    ldh = np.round(np.clip(np.exp(np.round(log_ldh, 6)), 100, 5_000))
    return {"chaq": np.round(np.round(chaq, 6) * 8) / 8, "ldh_u_l": ldh}


def _ck(
    children: Children,
    day: NDArray[np.int64],
    activity: NDArray[np.float64],
    noise: NDArray[np.float64],
    scenario: Scenario,
) -> NDArray[np.float64]:
    ratio = np.maximum(children.ck_ratio, 1e-6)  # 0 when rounded, at a huge spread
    above = np.log(scenario.ck_median / _CK_NORMAL * ratio)
    log_ck = math.log(_CK_NORMAL) + above * np.exp(-day / _CK_DAYS)
    log_ck = log_ck + _CK_PER_SD * activity + _CK_NOISE * noise
    return np.round(np.clip(np.exp(np.round(log_ck, 6)), 25, 60_000))
