"""Fields of a scenario: steroids and other drugs, and what makes doctors give them."""

from __future__ import annotations

from dataclasses import dataclass

from jdm_stats.simulation.scenario.mixes import (
    PRINTO_TAPER,
    PULSES,
    PULSES_RANGE,
    REGIMENS,
    REGIMENS_RANGE,
    TAPER_RANGE,
)
from jdm_stats.simulation.scenario.parameter import cited, parameter

__all__ = ["Treatment"]

_ASSUMED = "assumed here"
_SOLVED = "solved by jdm_stats.simulation.calibration.solve_baseline"


@dataclass(frozen=True)
class Treatment:
    """Taper, pulses, flares, steroid-sparing drugs."""

    confounding: float = parameter(
        1.0,
        "rate",
        "times the usual; 0 for steroids given blindly",
        0,
        2,
        "C",
        "dial for confounding by indication",
    )
    no_steroid_share: float = parameter(
        0.01, "share", "of children", 0, 0.05, "A", "Kishi 2018: oral high dose in 99%"
    )
    taper: tuple[tuple[int, float], ...] = parameter(
        PRINTO_TAPER,
        "schedule",
        "mg/kg/day of prednisone from each day on",
        *TAPER_RANGE,
        "A",
        "PRINTO (Giancane 2019)",
        evidence="oral_start",
    )
    reduced_start_share: float = parameter(
        0.25,
        "share",
        "of children at severity 0",
        0.05,
        0.5,
        "C",
        "assumed; starts of 0.5 to 1.74 mg/kg/day occur (s12969-021-00615-0)",
    )
    reduced_decade_or: float = parameter(
        1.5,
        "positive",
        "odds ratio of a reduced start per 10 years",
        1,
        3,
        "C",
        "assumed; Kishi 2018: half of the first dose at 10 rather than 19 months after 1997",
    )
    regimen_mix: tuple[tuple[str, float], ...] = parameter(
        REGIMENS,
        "mix",
        "of children",
        *REGIMENS_RANGE,
        "A",
        "Giancane 2019: 30/139 ideal, 66/139 major change",
        evidence="taper",
    )
    flares_per_year: float = parameter(
        0.8,
        "rate",
        "per year at severity 0, major change only",
        0.3,
        1.5,
        "C",
        _ASSUMED,
    )
    flare_severity_hr: float = parameter(
        1.6, "positive", "ratio per SD", 1, 2.5, "C", _ASSUMED
    )
    methotrexate_flare_hr: float = parameter(
        0.7,
        "positive",
        "ratio of flares while it is given",
        0.4,
        1,
        "C",
        "assumed: steroid-sparing",
    )
    pulse_mix: tuple[tuple[str, float], ...] = parameter(
        PULSES,
        "mix",
        "of pulses, by mg/kg/day",
        *PULSES_RANGE,
        "C",
        "doses printed in JDM reports, mix assumed; 3 days, cap 1 g",
        evidence="pulse_share",
    )
    pulse_cap_mg: float = cited(
        "pulse_cap_mg_day",
        "positive",
        "mg per day",
        "widely used, not verified",
        500,
        1000,
    )
    pulse_start_log_odds: float = parameter(
        -0.659,
        "real",
        "log odds at severity 0",
        None,
        None,
        "solved",
        f"{_SOLVED}: 57% pulsed within 24 months (Kishi 2018)",
    )
    pulse_gi_log_odds: float = parameter(
        0.4,
        "real",
        "log odds at severity 0",
        -0.5,
        1.5,
        "C",
        "assumed: pulses are likelier after GI involvement",
    )
    pulse_flare_log_odds: float = parameter(
        -1.2, "real", "log odds at severity 0", -2, 0, "C", _ASSUMED
    )
    pulse_severity_or: float = cited(
        "severity_to_pulse_odds_ratio_per_sd",
        "positive",
        "odds ratio per SD",
        "Kishi 2018: direction only",
    )
    pulse_nxp2_or: float = cited(
        "nxp2_to_pulse_odds_ratio",
        "positive",
        "odds ratio",
        "Kishi 2018: direction only",
    )
    pulse_decade_or: float = parameter(
        1.5,
        "positive",
        "odds ratio of pulses per 10 years",
        1,
        3,
        "C",
        "assumed; Kishi 2018: 2.38 after against before 1997",
    )
    methotrexate_share: float = cited(
        "methotrexate_ever_share", "share", "of children", "Kishi 2018, SickKids, CARRA"
    )
    ivig_share: float = cited(
        "ivig_ever_share", "share", "of children", "Kishi 2018", 0.319, 0.427
    )  # limits of 119 of 320
    antimalarial_share: float = cited(
        "antimalarial_ever_share",
        "share",
        "of children",
        "Kishi 2018",
        0.422,
        0.534,  # limits of 153 of 320
    )
    jak_after_gi_share: float = parameter(
        0.15, "share", "of GI involvement, once they are used", 0, 0.4, "C", _ASSUMED
    )
    jak_first_year: int = parameter(
        2018, "year", "year", 2015, 2022, "C", "assumed: JAK inhibitors from then on"
    )
