"""Every number of the synthetic world, each with unit, range, source and grade.

A `Scenario` is frozen and checked. Its fields are declared once, below, with all that is
known of each; `Scenario.parameters` prints them as a table. The presets and the
constants that were solved for them stand in `jdm_stats.simulation.presets`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any

import pandas as pd

from jdm_stats.errors import PlanError
from jdm_stats.simulation.mixes import (
    FEATURES,
    PULSES,
    REGIMENS,
    SITES,
    WESTERN_MIX,
    disagreements,
)
from jdm_stats.simulation.parameter import as_mix, fault_in, parameter

__all__ = ["Scenario"]

_SOLVED = "solved by jdm_stats.simulation.calibration.solve_baseline"
_ASSUMED = "assumed here"


@dataclass(frozen=True)
class Scenario:
    """One synthetic world: which children, which treatment, which hazards.

    Every field is described by `parameters`. Hazard ratios (``_hr``) and odds ratios
    (``_or``) are given as ratios; the hazard takes their logarithms.

    Raises
    ------
    PlanError
        If any value is impossible; every fault is listed, each with its field.

    Examples
    --------
    >>> Scenario(female_share=1.4)
    Traceback (most recent call last):
    ...
    jdm_stats.errors.PlanError: the scenario is at fault:
      female_share must be a share between 0 and 1, not 1.4
    """

    name: str = "custom"
    # fmt: off
    # Children
    antibody_mix: tuple[tuple[str, float], ...] = parameter(
        WESTERN_MIX, "mix", "of children", None, None, "A",
        "Sabbagh 2019 table 1; split of none and other assumed",
        evidence="antibody_share_western",
    )
    untested_share: float = parameter(0.08, "share", "of children", 0.0, 0.3, "C", _ASSUMED)
    female_share: float = parameter(
        0.67, "share", "of children", 0.63, 0.70, "A", "UK, PRINTO, CARRA",
        evidence="female_share_western",
    )
    age_shape: float = parameter(
        1.58, "positive", "Weibull shape", None, None, "C", "fit to the UK quartiles",
        evidence="onset_age_weibull_shape",
    )
    age_scale_years: float = parameter(
        8.13, "positive", "years", None, None, "C", "fit to the UK quartiles; below 18",
        evidence="onset_age_weibull_scale_years",
    )
    first_year: int = parameter(2009, "year", "year", None, None, "C", _ASSUMED)
    last_year: int = parameter(2022, "year", "year", None, None, "C", _ASSUMED)
    lock_year: int = parameter(
        2024, "year", "year", None, None, "C", "assumed: follow-up ends 31 December"
    )
    centre_pulse_offsets: tuple[float, ...] = parameter(
        (-0.6, -0.2, 0.2, 0.6), "offsets", "log odds of pulses, one per centre",
        None, None, "C", "assumed; pulse uptake 30% (SickKids) to 74% (German survey)",
    )
    # Latent severity: mean 0, SD 1 at diagnosis in children without NXP2
    severity_half_life_days: float = parameter(
        120.0, "positive", "days", 60, 240, "C", "assumed: half-life of a deviation"
    )
    severity_nxp2_shift: float = parameter(
        0.5, "real", "SD", 0, 1, "C", "assumed; direction Tansley 2014"
    )
    severity_nxp2_half_life_days: float = parameter(
        365.0, "positive", "days", 180, 730, "C",
        "assumed: NXP2 is front-loaded and mostly monocyclic (Rider 2013, Kishi 2021)",
    )
    recovery_sd: float = parameter(
        1.5, "rate", "SD of severity", 0.5, 2, "C", "assumed: readings better with time"
    )
    recovery_treatment_sd: float = parameter(
        0.4, "rate", "SD of severity", 0, 1, "C",
        "assumed: readings better under steroids; the severity itself is not",
    )
    # Readings at diagnosis
    cmas_level: float = parameter(
        35.0, "real", "points at severity 0", 33, 39, "C", "set for the median of PMC7329617, 33"
    )
    cmas_per_sd: float = parameter(
        13.0, "rate", "points lost per SD", 8, 16, "C", "fit to the IQR 20 to 42"
    )
    cmas_noise: float = parameter(8.0, "rate", "points", 4, 12, "C", _ASSUMED)
    cmas_nxp2_shift: float = parameter(
        -10.0, "real", "points", -14, -5, "C", "assumed; Tansley 2014: 29.6 against 42",
        evidence="cmas_shift_nxp2",
    )
    mmt8_level: float = parameter(
        65.0, "real", "points at severity 0", 60, 70, "C", "set for the median of CARRA, 63.5"
    )
    mmt8_per_sd: float = parameter(
        14.0, "rate", "points lost per SD", 10, 18, "C", "fit to the IQR 51 to 75"
    )
    mmt8_noise: float = parameter(8.0, "rate", "points", 4, 12, "C", _ASSUMED)
    global_level: float = parameter(
        4.0, "real", "points at severity 0", 3.5, 4.5, "C", "set for the median of CARRA, 4"
    )
    global_per_sd: float = parameter(
        1.5, "rate", "points per SD", 1, 2, "C", "fit to the IQR 2.5 to 5.0"
    )
    global_noise: float = parameter(1.0, "rate", "points", 0.5, 1.5, "C", _ASSUMED)
    ck_median: float = parameter(
        400.0, "positive", "U/L", 130, 3000, "C", "PMC7329617: 131 and 510",
        evidence="ck_at_diagnosis_median_u_l",
    )
    ck_log_spread: float = parameter(
        1.9, "rate", "SD of log CK", 1.5, 2.5, "C", "fit to the IQR 130 to 3000"
    )
    missing_reading_share: float = parameter(
        0.06, "share", "of readings", 0, 0.3, "C", _ASSUMED
    )
    missed_visit_share: float = parameter(0.10, "share", "of visits", 0, 0.3, "C", _ASSUMED)
    visit_every_days: int = parameter(
        90, "days", "days", 30, 180, "C", "assumed: quarterly visits, 10 days either way"
    )
    # Features at diagnosis
    feature_shares: tuple[tuple[str, float], ...] = parameter(
        FEATURES, "shares", "at severity 0, without NXP2", None, None, "C", _ASSUMED
    )
    dysphagia_nxp2_or: float = parameter(
        2.8, "positive", "total odds ratio", 1.3, 7, "A", "Du 2019",
        evidence="dysphagia_odds_ratio_nxp2",
    )
    oedema_nxp2_or: float = parameter(
        4.0, "positive", "total odds ratio", 2, 7, "B", "Rogers 2017, adults",
        evidence="oedema_odds_ratio_nxp2",
    )
    calcinosis_nxp2_or: float = parameter(
        2.0, "positive", "total odds ratio", 1.2, 5, "C", "Tansley 2014: direction",
        evidence="calcinosis_odds_ratio_nxp2",
    )
    feature_severity_or: float = parameter(
        1.5, "positive", "odds ratio per SD", 1, 2.5, "C", _ASSUMED
    )
    # Steroids
    no_steroid_share: float = parameter(
        0.01, "share", "of children", 0, 0.05, "A", "Kishi 2018: oral high dose in 99%"
    )
    reduced_start_share: float = parameter(
        0.25, "share", "of children at severity 0", 0.05, 0.5, "C",
        "assumed; starts of 0.5 to 1.74 mg/kg/day occur (s12969-021-00615-0)",
    )
    regimen_mix: tuple[tuple[str, float], ...] = parameter(
        REGIMENS, "mix", "of children", None, None, "A",
        "Giancane 2019: 30/139 ideal, 66/139 major change", evidence="taper",
    )
    flares_per_year: float = parameter(
        0.8, "rate", "per year at severity 0, major change only", 0.3, 1.5, "C", _ASSUMED
    )
    flare_severity_hr: float = parameter(1.6, "positive", "ratio per SD", 1, 2.5, "C", _ASSUMED)
    pulse_mix: tuple[tuple[str, float], ...] = parameter(
        PULSES, "mix", "of pulses, by mg/kg/day", None, None, "C",
        "doses printed in JDM reports, mix assumed; 3 days, cap 1 g",
        evidence="pulse_share",
    )
    pulse_cap_mg: float = parameter(
        1000.0, "positive", "mg per day", 500, 1000, "C", "widely used, not verified",
        evidence="pulse_cap_mg_day",
    )
    pulse_start_log_odds: float = parameter(
        -0.7529, "real", "log odds at severity 0", None, None, "solved",
        f"{_SOLVED}: 57% pulsed within 24 months (Kishi 2018)",
    )
    pulse_gi_log_odds: float = parameter(
        0.4, "real", "log odds at severity 0", -0.5, 1.5, "C",
        "assumed: pulses are likelier after GI involvement",
    )
    pulse_flare_log_odds: float = parameter(
        -1.2, "real", "log odds at severity 0", -2, 0, "C", _ASSUMED
    )
    pulse_severity_or: float = parameter(
        2.0, "positive", "odds ratio per SD", 1.5, 4, "C",
        "Kishi 2018: direction only", evidence="severity_to_pulse_odds_ratio_per_sd",
    )
    pulse_nxp2_or: float = parameter(
        2.0, "positive", "odds ratio", 1.5, 4, "C", "Kishi 2018: direction only",
        evidence="nxp2_to_pulse_odds_ratio",
    )
    # Steroid-sparing drugs: without effect on any hazard
    methotrexate_share: float = parameter(
        0.70, "share", "of children", 0.64, 0.92, "A", "Kishi 2018, SickKids, CARRA",
        evidence="methotrexate_ever_share",
    )
    ivig_share: float = parameter(
        0.37, "share", "of children", 0.3, 0.5, "A", "Kishi 2018",
        evidence="ivig_ever_share",
    )
    antimalarial_share: float = parameter(
        0.48, "share", "of children", 0.4, 0.6, "A", "Kishi 2018",
        evidence="antimalarial_ever_share",
    )
    jak_after_gi_share: float = parameter(
        0.15, "share", "of GI involvement from 2018 on", 0, 0.4, "C", _ASSUMED
    )
    # GI involvement
    gi_rate_per_year: float = parameter(
        0.252, "rate", "per year at diagnosis, severity 0", None, None, "solved",
        f"{_SOLVED}: 25% within 24 months",
    )
    gi_half_life_days: float = parameter(
        270.0, "positive", "days", 120, 540, "C", "assumed: GI disease comes early"
    )
    gi_severity_hr: float = parameter(
        1.6, "positive", "hazard ratio per SD", 1, 2.5, "C", _ASSUMED
    )
    gi_nxp2_hr: float = parameter(
        1.5, "positive", "hazard ratio", 1, 4, "C",
        "assumed; Aouizerate 2018 gives the direction",
    )
    # Perforation
    h0_mass: float = parameter(
        0.02634, "rate", "baseline cumulative hazard over all time", None, None, "solved",
        f"{_SOLVED}: risk by 24 months",
    )
    h0_median_days: float = parameter(
        343.3, "positive", "days", None, None, "solved",
        f"{_SOLVED}: median 9 months from diagnosis to perforation (Xu 2023)",
    )
    h0_log_spread: float = parameter(
        1.1, "positive", "SD of log days", None, None, "C", "Xu 2023: range 1 to 34 months",
        evidence="time_to_perforation_lognormal_sigma",
    )
    nxp2_early_hr: float = parameter(
        4.078, "positive", "direct hazard ratio before day 540", None, None, "solved",
        f"{_SOLVED}: total ratio 8 in the first 18 months",
    )
    nxp2_late_hr: float = parameter(
        1.303, "positive", "direct hazard ratio from day 540", None, None, "solved",
        f"{_SOLVED}: total ratio 2 after 18 months",
    )
    severity_hr: float = parameter(
        2.5, "positive", "hazard ratio per SD", 1.5, 4, "C",
        "size assumed; direction Xu 2023, Wang 2021",
        evidence="severity_hazard_ratio_per_sd",
    )
    dose_hr: float = parameter(
        1.4, "positive", "hazard ratio, plateau against no oral steroid", 1.0, 2.8, "C",
        "assumed; Narum 2014: 1.43 in adult trials", evidence="high_oral_steroid_hazard_ratio",
    )
    dose_scale_mg_kg: float = parameter(
        0.4, "positive", "mg/kg/day", 0.2, 0.6, "C", "near plateau by 1 mg/kg/day"
    )
    pulse_hr: float = parameter(
        1.5, "positive", "hazard ratio, 30 days from a pulse day", 1.0, 4.0, "C",
        "no data; window of Yao 2021", evidence="pulse_hazard_ratio_days_1_30",
    )
    cumulative_hr: float = parameter(
        1.2, "positive", "hazard ratio per 100 mg/kg, half-life 90 days", 1.0, 1.6, "C",
        "shape Dixon; Gale 2018", evidence="cumulative_dose_hazard_ratio_per_100_mg_kg",
    )
    jak_hr: float = parameter(
        1.0, "positive", "hazard ratio", 0.5, 3, "C", "no data in JDM; assumed null"
    )
    no_gi_factor: float = parameter(
        0.05, "share", "of the hazard with GI involvement", 0.01, 0.2, "C", _ASSUMED
    )
    # After a perforation
    site_mix: tuple[tuple[str, float], ...] = parameter(
        SITES, "mix", "of perforations", None, None, "C",
        "duodenum A (Xu 2019, 2021), shares of the others assumed",
        evidence="perforation_site_share",
    )
    recurrence_share: float = parameter(
        0.5, "share", "after each perforation, four in all", 0.3, 0.7, "C",
        "assumed; Xu 2021: repairs failed in 2 of 3",
        evidence="recurrence_after_repair_share",
    )
    surgery_share: float = parameter(
        0.75, "share", "of perforations", 0.6, 0.9, "A", "4/5 and 7/10",
        evidence="operated_share",
    )
    pulse_after_perforation_share: float = parameter(
        0.90, "share", "of first perforations", 0.8, 1.0, "A", "Xu 2023: 9 of 10",
        evidence="pulses_after_perforation_share",
    )
    death_after_perforation_share: float = parameter(
        0.40, "share", "within 12 months", 0.18, 0.62, "A", "8/21, 6/10, 4/5",
        evidence="case_fatality_12_months",
    )
    # End of follow-up
    deaths_per_1000_years: float = parameter(
        2.2, "rate", "per 1000 person-years", 0, 27, "A", "UK: 1 in 465 patient-years",
        evidence="background_mortality_per_1000_person_years",
    )
    losses_per_year: float = parameter(
        0.04, "rate", "per year", 0, 0.2, "C",
        "assumed; 4% rather than 5%, so that the default cohort holds 12 perforations",
    )
    delayed_entry_share: float = parameter(
        0.25, "share", "of children, referred after diagnosis", 0, 0.6, "C", _ASSUMED
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
    # fmt: on

    def __post_init__(self) -> None:
        """Turn mappings into tuples and refuse impossible values, all at once."""
        faults = []
        for declared in fields(self)[1:]:
            if declared.metadata["kind"] in ("mix", "shares"):
                object.__setattr__(self, declared.name, as_mix(self._at(declared.name)))
            faults.append(fault_in(declared, self._at(declared.name)))
        found = [fault for fault in faults if fault is not None] or disagreements(self)
        if found:
            raise PlanError("the scenario is at fault:\n  " + "\n  ".join(found))

    def with_values(self, **changes: Any) -> Scenario:
        """Return a scenario with some values changed; its name says so unless given.

        Raises
        ------
        PlanError
            For an unknown name or an impossible value.

        Examples
        --------
        >>> Scenario().with_values(dose_hr=1.0).dose_hr
        1.0
        """
        known = [declared.name for declared in fields(self)]
        unknown = [name for name in changes if name not in known]
        if unknown:
            near = [get_close_matches(name, known, n=1) for name in unknown]
            hints = sorted({match for matches in near for match in matches})
            hint = f"; did you mean {', '.join(hints)}?" if hints else ""
            raise PlanError(f"a scenario has no value named {', '.join(unknown)}{hint}")
        own = self.name.removesuffix(", changed") + ", changed"
        return replace(self, **{"name": own, **changes})

    def values(self) -> dict[str, Any]:
        """Return every value by name, ready for JSON (mixes as mappings)."""
        told: dict[str, Any] = {"name": self.name}
        for declared in fields(self)[1:]:
            value = self._at(declared.name)
            if declared.metadata["kind"] in ("mix", "shares"):
                value = dict(value)
            told[declared.name] = list(value) if isinstance(value, tuple) else value
        return told

    def parameters(self) -> pd.DataFrame:
        """Return one row per value: value, unit, range, grade and source.

        Returns
        -------
        pandas.DataFrame
            Indexed by ``parameter``; columns value, low, high, unit, grade, source.
            A value changed from the declared one is graded C, "set by the user".
        """
        rows = []
        for declared in fields(self)[1:]:
            told, value = declared.metadata, self._at(declared.name)
            own = value == declared.default or told["grade"] == "solved"
            rows.append(
                {
                    "parameter": declared.name,
                    "value": self.values()[declared.name],
                    "low": told["low"],
                    "high": told["high"],
                    "unit": told["unit"],
                    "grade": told["grade"] if own else "C",
                    "source": told["source"] if own else "set for this scenario",
                }
            )
        return pd.DataFrame(rows).set_index("parameter")

    def _at(self, name: str) -> Any:
        return getattr(self, name)
