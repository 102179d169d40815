"""Fields of a scenario: GI involvement, perforation and what follows it."""

from __future__ import annotations

from dataclasses import dataclass

from jdm_stats.simulation.scenario.mixes import SITES, SITES_RANGE
from jdm_stats.simulation.scenario.parameter import cited, parameter

__all__ = ["Hazards"]

_ASSUMED = "assumed here"
_SOLVED = "solved by jdm_stats.simulation.calibration.solve_baseline"


@dataclass(frozen=True)
class Hazards:
    """The hazards and the shares that follow a perforation."""

    gi_rate_per_year: float = parameter(
        0.252,
        "rate",
        "per year at diagnosis, severity 0",
        None,
        None,
        "solved",
        f"{_SOLVED}: 25% within 24 months",
    )
    gi_half_life_days: float = parameter(
        270.0, "positive", "days", 120, 540, "C", "assumed: GI disease comes early"
    )
    gi_severity_hr: float = parameter(
        1.6, "positive", "hazard ratio per SD", 1, 2.5, "C", _ASSUMED
    )
    gi_nxp2_hr: float = parameter(
        1.5,
        "positive",
        "hazard ratio",
        1,
        4,
        "C",
        "assumed; Aouizerate 2018 gives the direction",
    )
    h0_mass: float = parameter(
        0.02668,
        "rate",
        "baseline cumulative hazard over all time",
        None,
        None,
        "solved",
        f"{_SOLVED}: risk by 24 months",
    )
    h0_median_days: float = parameter(
        344.5,
        "positive",
        "days",
        None,
        None,
        "solved",
        f"{_SOLVED}: median 9 months from diagnosis to perforation (Xu 2023)",
    )
    h0_log_spread: float = cited(
        "time_to_perforation_lognormal_sigma",
        "positive",
        "SD of log days",
        "Xu 2023: range 1 to 34 months",
        *(0.8, 1.5),  # the range of ten would be a factor of 12 to 100; it is 34
    )
    nxp2_early_hr: float = parameter(
        4.098,
        "positive",
        "direct hazard ratio before day 540",
        None,
        None,
        "solved",
        f"{_SOLVED}: total ratio 8 in the first 18 months",
    )
    nxp2_late_hr: float = parameter(
        1.31,
        "positive",
        "direct hazard ratio from day 540",
        None,
        None,
        "solved",
        f"{_SOLVED}: total ratio 2 after 18 months",
    )
    severity_hr: float = cited(
        "severity_hazard_ratio_per_sd",
        "positive",
        "hazard ratio per SD",
        "size assumed; direction Xu 2023, Wang 2021",
    )
    dose_hr: float = cited(
        "high_oral_steroid_hazard_ratio",
        "positive",
        "hazard ratio, plateau against no oral steroid",
        "assumed; Narum 2014: 1.43 in adult trials",
    )
    dose_scale_mg_kg: float = parameter(
        0.4, "positive", "mg/kg/day", 0.2, 0.6, "C", "near plateau by 1 mg/kg/day"
    )
    threshold_hr: float = parameter(
        1.0,
        "positive",
        "hazard ratio, oral dose at or above the threshold",
        1,
        4,
        "C",
        "assumed null; for worlds where only a high dose harms",
    )
    threshold_mg_kg: float = parameter(
        1.0, "positive", "mg/kg/day", 0.5, 2, "C", "assumed: what is called a high dose"
    )
    pulse_hr: float = cited(
        "pulse_hazard_ratio_days_1_30",
        "positive",
        "hazard ratio, 30 days from a pulse day",
        "no data; window of Yao 2021",
    )
    cumulative_hr: float = cited(
        "cumulative_dose_hazard_ratio_per_100_mg_kg",
        "positive",
        "hazard ratio per 100 mg/kg, half-life 90 days",
        "shape Dixon; Gale 2018",
    )
    jak_hr: float = parameter(
        1.0, "positive", "hazard ratio", 0.5, 3, "C", "no data in JDM; assumed null"
    )
    no_gi_factor: float = parameter(
        0.05, "share", "of the hazard with GI involvement", 0.01, 0.2, "C", _ASSUMED
    )
    site_mix: tuple[tuple[str, float], ...] = parameter(
        SITES,
        "mix",
        "of perforations",
        *SITES_RANGE,
        "C",
        "duodenum A (Xu 2019, 2021), shares of the others assumed",
        evidence="perforation_site_share",
    )
    recurrence_share: float = cited(
        "recurrence_after_repair_share",
        "share",
        "after each perforation, four in all",
        "assumed; Xu 2021: repairs failed in 2 of 3",
    )
    leak_share: float = parameter(
        0.5,
        "share",
        "of perforations after a repair, at the same site",
        0.2,
        0.8,
        "C",
        "assumed; Chen 2024: leakage and new perforations",
    )
    repair_pulse_or: float = parameter(
        1.0,
        "positive",
        "odds ratio of a further perforation after pulses",
        0.5,
        4,
        "C",
        "no data; assumed null",
    )
    surgery_share: float = cited(
        "operated_share", "share", "of perforations", "4/5 and 7/10"
    )
    stoma_share: float = parameter(
        0.5,
        "share",
        "of operations after a failed repair",
        0.2,
        0.8,
        "C",
        "assumed; Xu 2023: 7 of 10 repair or stoma",
    )
    pulse_after_perforation_share: float = cited(
        "pulses_after_perforation_share",
        "share",
        "of first perforations",
        "Xu 2023: 9 of 10",
    )
    death_after_perforation_share: float = cited(
        "case_fatality_12_months",
        "share",
        "within 12 months",
        "8/21, 6/10, 4/5; no fixed horizon",
    )
    deaths_per_1000_years: float = cited(
        "background_mortality_per_1000_person_years",
        "rate",
        "per 1000 person-years",
        "UK: 1 in 465 patient-years",
    )
