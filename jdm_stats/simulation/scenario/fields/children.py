"""Fields of a scenario: who the children are, where and when they are seen."""

from __future__ import annotations

from dataclasses import dataclass

from jdm_stats.simulation.scenario.mixes import WESTERN_MIX, WESTERN_RANGE
from jdm_stats.simulation.scenario.parameter import cited, parameter

__all__ = ["Registry"]

_ASSUMED = "assumed here"


@dataclass(frozen=True)
class Registry:
    """Children, centres, calendar, referral and the end of follow-up."""

    name: str = "custom"
    antibody_mix: tuple[tuple[str, float], ...] = parameter(
        WESTERN_MIX,
        "mix",
        "of children",
        *WESTERN_RANGE,
        "A",
        "Sabbagh 2019 table 1; split of none and other assumed",
        evidence="antibody_share_western",
    )
    untested_share: float = parameter(
        0.08, "share", "of children", 0.0, 0.3, "C", _ASSUMED
    )
    female_share: float = cited(
        "female_share_western", "share", "of children", "UK, PRINTO, CARRA"
    )
    age_shape: float = cited(
        "onset_age_weibull_shape",
        "positive",
        "Weibull shape",
        "fit to the UK quartiles",
        *(1.4, 2.0),  # lower quartiles of 3.2 to 4.3; CARRA 3.5, UK 3.7, Chongqing 4.3
    )
    age_scale_years: float = cited(
        "onset_age_weibull_scale_years",
        "positive",
        "years",
        "fit to the UK quartiles; below 18",
        *(7.7, 9.4),  # medians of 6 to 7 years
    )
    first_year: int = parameter(2009, "year", "year", 2000, 2018, "C", _ASSUMED)
    last_year: int = parameter(2022, "year", "year", 2015, 2026, "C", _ASSUMED)
    lock_year: int = parameter(
        2024, "year", "year", 2016, 2028, "C", "assumed: follow-up ends 31 December"
    )
    centre_pulse_offsets: tuple[float, ...] = parameter(
        (-0.6, -0.2, 0.2, 0.6),
        "offsets",
        "log odds of pulses, one per centre",
        *(-1.2, 0.8),  # from 57% overall to 30% and 74%
        "C",
        "assumed; pulse uptake 30% (SickKids) to 74% (German survey)",
    )
    centre_start_offsets: tuple[float, ...] = parameter(
        (0.9, 0.0, -0.3, -0.6),
        "offsets",
        "log odds of a reduced start, one per centre",
        *(-1.8, 1.1),  # from 25% overall to 5% and 50%
        "C",
        "assumed; a centre starting at 0.85 mg/kg/day exists (s12969-021-00615-0)",
    )
    losses_per_year: float = parameter(
        0.04,
        "rate",
        "per year",
        0,
        0.2,
        "C",
        "assumed; 4% rather than 5%, so that the default cohort holds 12 perforations",
    )
    delayed_entry_share: float = parameter(
        0.25, "share", "of children, referred after diagnosis", 0, 0.6, "C", _ASSUMED
    )
    delayed_entry_severity_or: float = parameter(
        0.7,
        "positive",
        "odds ratio per SD",
        0.4,
        1.0,
        "C",
        "assumed: severe children are referred at once",
    )
    delayed_entry_mean_days: float = parameter(
        90.0, "positive", "days, at most 300", 30, 180, "C", _ASSUMED
    )
    transfer_age_years: float = parameter(
        18.0, "positive", "years", 16, 18, "C", "assumed: transfer to adult care"
    )
    follow_up_days: int = parameter(
        1826, "days", "days", 730, 3650, "C", "assumed: at most five years"
    )
