"""Fields of a scenario: latent severity, and the readings and features that show it.

Severity has mean 0 and SD 1 at diagnosis in children without NXP2.
"""

from __future__ import annotations

from dataclasses import dataclass

from jdm_stats.simulation.scenario.mixes import FEATURES, FEATURES_RANGE
from jdm_stats.simulation.scenario.parameter import cited, parameter

__all__ = ["Severity"]

_ASSUMED = "assumed here"


@dataclass(frozen=True)
class Severity:
    """Severity, scores, laboratory values, growth and features."""

    severity_half_life_days: float = parameter(
        120.0, "positive", "days", 60, 240, "C", "assumed: half-life of a deviation"
    )
    severity_nxp2_shift: float = parameter(
        0.5, "real", "SD", 0, 1, "C", "assumed; direction Tansley 2014"
    )
    severity_nxp2_half_life_days: float = parameter(
        365.0,
        "positive",
        "days",
        180,
        730,
        "C",
        "assumed: NXP2 is front-loaded and mostly monocyclic (Rider 2013, Kishi 2021)",
    )
    recovery_sd: float = parameter(
        1.5, "rate", "SD of severity", 0.5, 2, "C", "assumed: readings better with time"
    )
    recovery_treatment_sd: float = parameter(
        0.4,
        "rate",
        "SD of severity",
        0,
        1,
        "C",
        "assumed: readings better under steroids; the severity itself is not",
    )
    gi_reading_sd: float = parameter(
        1.5,
        "rate",
        "SD of severity, half after 180 days",
        0,
        2.5,
        "C",
        "assumed: readings worse with GI involvement; Xu 2023: CMAS below 5 in 6 of 7",
    )
    cmas_level: float = parameter(
        35.0,
        "real",
        "points at severity 0",
        33,
        39,
        "C",
        "set for the median of PMC7329617, 33",
    )
    cmas_per_sd: float = parameter(
        13.0, "rate", "points lost per SD", 8, 16, "C", "fit to the IQR 20 to 42"
    )
    cmas_noise: float = parameter(8.0, "rate", "points", 4, 12, "C", _ASSUMED)
    cmas_nxp2_shift: float = cited(
        "cmas_shift_nxp2",
        "real",
        "points",
        "assumed; Tansley 2014: 29.6 against 42",
        -20,
        0,
    )
    mmt8_level: float = parameter(
        65.0,
        "real",
        "points at severity 0",
        60,
        70,
        "C",
        "set for the median of CARRA, 63.5",
    )
    mmt8_per_sd: float = parameter(
        14.0, "rate", "points lost per SD", 10, 18, "C", "fit to the IQR 51 to 75"
    )
    mmt8_noise: float = parameter(8.0, "rate", "points", 4, 12, "C", _ASSUMED)
    global_level: float = parameter(
        4.0,
        "real",
        "points at severity 0",
        3.5,
        4.5,
        "C",
        "set for the median of CARRA, 4",
    )
    global_per_sd: float = parameter(
        1.5, "rate", "points per SD", 1, 2, "C", "fit to the IQR 2.5 to 5.0"
    )
    global_noise: float = parameter(1.0, "rate", "points", 0.5, 1.5, "C", _ASSUMED)
    chaq_level: float = parameter(
        0.75,
        "rate",
        "points at severity 0",
        0.5,
        1,
        "C",
        "set for the median of CARRA, 0.75",
    )
    chaq_per_sd: float = parameter(
        1.1, "rate", "points per SD", 0.6, 1.6, "C", "fit to the IQR 0.03 to 1.9"
    )
    chaq_noise: float = parameter(0.5, "rate", "points", 0.2, 0.8, "C", _ASSUMED)
    ck_median: float = cited(
        "ck_at_diagnosis_median_u_l", "positive", "U/L", "PMC7329617: 131 and 510"
    )
    ck_log_spread: float = parameter(
        1.9, "rate", "SD of log CK", 1.5, 2.5, "C", "fit to the IQR 130 to 3000"
    )
    ldh_median: float = cited(
        "ldh_at_diagnosis_median_u_l", "positive", "U/L", "PMC7329617: 364 and 497"
    )
    ldh_log_spread: float = parameter(
        0.45,
        "rate",
        "SD of log LDH",
        0.3,
        0.7,
        "C",
        "fit to the IQRs 270 to 460 and 358 to 837",
    )
    weight_gain: float = parameter(
        0.10,
        "share",
        "of body weight, at a high weighted dose",
        0,
        0.3,
        "C",
        "assumed: steroids add weight",
    )
    height_slowing: float = parameter(
        0.3,
        "share",
        "of growth in height, at the plateau of dose",
        0,
        0.8,
        "C",
        "assumed: steroids slow growth",
    )
    missing_reading_share: float = parameter(
        0.06, "share", "of readings", 0, 0.3, "C", _ASSUMED
    )
    missed_visit_share: float = parameter(
        0.10, "share", "of visits", 0, 0.3, "C", _ASSUMED
    )
    visit_every_days: int = parameter(
        90,
        "days",
        "days",
        30,
        180,
        "C",
        "assumed: quarterly visits, 10 days either way",
    )
    feature_shares: tuple[tuple[str, float], ...] = parameter(
        FEATURES,
        "shares",
        "at severity 0, without NXP2",
        *FEATURES_RANGE,
        "C",
        _ASSUMED,
    )
    dysphagia_nxp2_or: float = cited(
        "dysphagia_odds_ratio_nxp2", "positive", "total odds ratio", "Du 2019"
    )
    oedema_nxp2_or: float = cited(
        "oedema_odds_ratio_nxp2", "positive", "total odds ratio", "Rogers 2017, adults"
    )
    calcinosis_nxp2_or: float = cited(
        "calcinosis_odds_ratio_nxp2",
        "positive",
        "total odds ratio",
        "Tansley 2014: direction",
    )
    feature_severity_or: float = parameter(
        1.5, "positive", "odds ratio per SD", 1, 2.5, "C", _ASSUMED
    )
