"""The children at diagnosis: who they are, how ill they are, when they are seen.

Causal order: centre and calendar year, antibody, latent severity, features. Growth is a
simple curve by age with one constant factor per child.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jdm_stats.schema import DAYS_PER_YEAR
from jdm_stats.simulation.draws import (
    Streams,
    exponential,
    normal_quantile,
    pick,
    weibull,
)
from jdm_stats.simulation.scenario import Scenario

__all__ = ["Children", "draw_children", "logistic", "share_log_odds"]

_AGES = (0, 1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 25)
_HEIGHTS = (50, 75, 87, 102, 115, 127, 138, 150, 160, 167, 170, 171)
_WEIGHTS = (3.4, 9.5, 12, 16, 20, 25.5, 32, 41, 51, 59, 63, 66)
_LATEST_ENTRY = 300
_LATEST_TEST = 60
_RO52 = {"MDA5": 0.31, "ARS": 0.64, "none": 0.05}
_RO52_OTHERWISE = 0.10
_CK_RATIO = {"SRP": 20.0, "HMGCR": 20.0, "Mi2": 20.0, "ARS": 8.0, "TIF1g": 0.5}
_ULCER_OR_MDA5 = 3.0


@dataclass(frozen=True)
class Children:
    """Children at diagnosis; every array has shape (n,).

    ``antibody`` is the true antibody, ``tested`` whether the registry knows it;
    ``deviation`` is the severity apart from the shift of NXP2, in SD; ``features`` maps
    each feature to booleans; ``entry`` is the day of entry, ``lock`` the last day that
    administration or age allows, ``at_18`` whether it is age that ends follow-up;
    ``death`` the day of a death without perforation, ``loss`` days from entry to loss.
    """

    antibody: NDArray[np.object_]
    tested: NDArray[np.bool_]
    test_day: NDArray[np.int64]
    ro52: NDArray[np.bool_]
    female: NDArray[np.bool_]
    age: NDArray[np.float64]
    year: NDArray[np.int64]
    day_of_year: NDArray[np.int64]
    centre: NDArray[np.int64]
    deviation: NDArray[np.float64]
    height_factor: NDArray[np.float64]
    weight_factor: NDArray[np.float64]
    ck_ratio: NDArray[np.float64]
    features: dict[str, NDArray[np.bool_]]
    entry: NDArray[np.int64]
    lock: NDArray[np.int64]
    at_18: NDArray[np.bool_]
    death: NDArray[np.int64]
    loss: NDArray[np.int64]

    @property
    def nxp2(self) -> NDArray[np.float64]:
        """1.0 for children with anti-NXP2, known or not; 0.0 for the others."""
        return (self.antibody == "NXP2").astype(float)

    def severity_at_diagnosis(self, scenario: Scenario) -> NDArray[np.float64]:
        """Latent severity on day 0 with the shift of NXP2, in SD; shape (n,)."""
        return self.deviation + scenario.severity_nxp2_shift * self.nxp2

    def weight_on(
        self,
        day: int | NDArray[np.int64],
        child: NDArray[np.int64] | slice = slice(None),
    ) -> NDArray[np.float64]:
        """Usual weight in kg on a day, one decimal; of all children or of those chosen."""
        age = self.age[child] + np.asarray(day) / DAYS_PER_YEAR
        typical = np.interp(age, _AGES, _WEIGHTS)
        return np.round(typical * self.weight_factor[child], 1)

    def height_on(self, day: int | NDArray[np.int64]) -> NDArray[np.float64]:
        """Usual height in cm on a day, one decimal; shape (n,)."""
        typical = np.interp(self.age + np.asarray(day) / DAYS_PER_YEAR, _AGES, _HEIGHTS)
        return np.round(typical * self.height_factor, 1)


def draw_children(streams: Streams, scenario: Scenario) -> Children:
    """Draw children at diagnosis.

    Parameters
    ----------
    streams : Streams
        Random numbers of the n children.
    scenario : Scenario

    Returns
    -------
    Children

    Examples
    --------
    >>> children = draw_children(Streams(1, np.arange(4)), Scenario())
    >>> children.age.shape, bool((children.age < 18).all())
    ((4,), True)
    """
    u = streams.uniforms("child", 13)
    antibody = pick(u[0], scenario.antibody_mix)
    years = scenario.last_year - scenario.first_year + 1
    deviation = normal_quantile(u[8])
    age = weibull(u[4], scenario.age_shape, scenario.age_scale_years, 18.0)
    year = scenario.first_year + (u[5] * years).astype(np.int64)
    day_of_year = (u[6] * 365).astype(np.int64)
    ro52_share = [_RO52.get(label, _RO52_OTHERWISE) for label in antibody]
    ck_spread = np.round(np.exp(scenario.ck_log_spread * normal_quantile(u[12])), 6)
    severity = deviation + scenario.severity_nxp2_shift * (antibody == "NXP2")
    follow_up = _follow_up(streams, scenario, severity, age, year, day_of_year)
    return Children(
        antibody=antibody,
        tested=u[1] >= scenario.untested_share,
        test_day=(u[2] * (_LATEST_TEST + 1)).astype(np.int64),
        ro52=u[11] < np.array(ro52_share),
        female=u[3] < scenario.female_share,
        age=age,
        year=year,
        day_of_year=day_of_year,
        centre=(u[7] * len(scenario.centre_pulse_offsets)).astype(np.int64),
        deviation=deviation,
        height_factor=_factor(u[9], 0.04),
        weight_factor=_factor(u[10], 0.12),
        ck_ratio=ck_spread * np.array([_CK_RATIO.get(a, 1.0) for a in antibody]),
        features=_features(streams, scenario, antibody, deviation),
        **follow_up,
    )


def logistic(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities from log odds, rounded to 12 decimals.

    Examples
    --------
    >>> float(logistic(np.array([0.0]))[0])
    0.5
    """
    return np.round(1.0 / (1.0 + np.exp(np.minimum(-log_odds, 700.0))), 12)


def share_log_odds(share: float) -> float:
    """Return the log odds of a share; 0 and 1 are taken as a hair away from the ends.

    Examples
    --------
    >>> share_log_odds(0.5)
    0.0
    """
    inside = min(max(share, 1e-9), 1 - 1e-9)
    return math.log(inside / (1 - inside))


def _log_odds(share: float) -> float:
    if share in (0, 1):
        return math.inf if share else -math.inf
    return math.log(share / (1 - share))


def _factor(u: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    return np.round(1.0 + spread * np.clip(normal_quantile(u), -2.5, 2.5), 4)


def _features(
    streams: Streams,
    scenario: Scenario,
    antibody: NDArray[np.object_],
    deviation: NDArray[np.float64],
) -> dict[str, NDArray[np.bool_]]:
    """Draw the features; the direct odds ratio is the total one less severity's part."""
    per_sd = math.log(scenario.feature_severity_or)
    shift = scenario.severity_nxp2_shift
    nxp2 = (antibody == "NXP2").astype(float)
    total = {
        "dysphagia": scenario.dysphagia_nxp2_or,
        "oedema": scenario.oedema_nxp2_or,
        "calcinosis": scenario.calcinosis_nxp2_or,
    }
    u = streams.uniforms("features", 4)
    features = {}
    for row, (name, share) in enumerate(scenario.feature_shares):
        direct = math.log(total[name]) - per_sd * shift if name in total else 0.0
        log_odds = per_sd * (deviation + shift * nxp2) + direct * nxp2
        log_odds = log_odds + _log_odds(share)
        if name == "skin_ulcer":
            log_odds = log_odds + math.log(_ULCER_OR_MDA5) * (antibody == "MDA5")
        features[name] = u[row] < logistic(log_odds)
    return features


def _follow_up(
    streams: Streams,
    scenario: Scenario,
    severity: NDArray[np.float64],
    age: NDArray[np.float64],
    year: NDArray[np.int64],
    day_of_year: NDArray[np.int64],
) -> dict[str, Any]:
    u = streams.uniforms("follow_up", 4)
    delay = 1 + np.floor(exponential(u[1]) * scenario.delayed_entry_mean_days)
    by_severity = math.log(scenario.delayed_entry_severity_or) * severity
    odds = share_log_odds(scenario.delayed_entry_share)
    delayed = u[0] < logistic(odds + by_severity)
    entry = np.where(delayed, np.minimum(delay, _LATEST_ENTRY), 0).astype(np.int64)
    closing = (scenario.lock_year - year) * 365 + 364 - day_of_year
    closing = np.minimum(closing, scenario.follow_up_days)
    adult = np.floor((scenario.transfer_age_years - age) * DAYS_PER_YEAR)
    adult = np.maximum(np.minimum(adult, 1e8).astype(np.int64), entry + 30)
    return {
        "entry": entry,
        "lock": np.minimum(closing, adult),
        "at_18": adult < closing,
        "death": _waiting(u[2], scenario.deaths_per_1000_years / 1000),
        "loss": _waiting(u[3], scenario.losses_per_year),
    }


def _waiting(u: NDArray[np.float64], per_year: float) -> NDArray[np.int64]:
    """Whole days, 1 or more, until an event of constant yearly rate."""
    days = exponential(u) / max(per_year / DAYS_PER_YEAR, 1e-12)
    return 1 + np.floor(np.minimum(days, 1e8)).astype(np.int64)
