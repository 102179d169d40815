"""The nodes and edges of the causal order, and when each edge does nothing.

Each edge names the values its size rests on; ``acts`` says, as the code has it, whether it
does anything in a scenario. Tests change one input and look whether what it leads to
changes. Sex, tests of antibodies, loss to follow-up and death without perforation hang on
nothing here and are not drawn, nor are immunoglobulin and antimalarials, which act on
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jdm_stats.simulation.scenario import Scenario

__all__ = ["LINKS", "NODES", "Link"]

_HEAVIEST_KG = 90.0
_JAK_YEARS = 5

# Name, place and label of each node, from the causes at the left to the end at the right.
NODES: tuple[tuple[str, float, float, str], ...] = (
    ("antibody", 1.9, 5.6, "antibody\n(NXP2)"),
    ("severity", 0.6, 3.2, "latent\nseverity"),
    ("readings", 0.6, 0.4, "readings, growth,\nfeatures"),
    ("referral", -0.9, 4.9, "delayed\nreferral"),
    ("gi", 4.9, 6.0, "GI involvement"),
    ("methotrexate", 2.2, 0.2, "methotrexate"),
    ("flares", 2.5, 1.75, "flares"),
    ("centre", 3.7, 0.2, "centre"),
    ("year", 5.6, -0.3, "calendar\nyear"),
    ("age", 7.4, 0.3, "age"),
    ("steroids", 5.0, 1.9, "steroids: oral\ndose, pulses"),
    ("jak", 7.0, 2.6, "JAK\ninhibitor"),
    ("perforation", 7.9, 4.4, "first perforation"),
    ("surgery", 10.0, 5.9, "surgery"),
    ("further", 11.9, 4.4, "further\nperforations"),
    ("pulses after", 10.2, 2.9, "pulses\nafterwards"),
    ("death", 9.0, 1.5, "death within\n12 months"),
    ("end", 11.6, 0.0, "end of\nfollow-up"),
)


def _nxp2(s: Scenario) -> bool:
    return 0 < dict(s.antibody_mix).get("NXP2", 0.0) < 1


def _flares(s: Scenario) -> bool:
    return s.flares_per_year > 0 and dict(s.regimen_mix)["major change"] > 0


def _reduced(s: Scenario) -> bool:
    return 0 < s.reduced_start_share < 1


def _perforates(s: Scenario) -> bool:
    return s.h0_mass > 0


def _steroids_given(s: Scenario) -> bool:
    return s.no_steroid_share < 1


def _centre_to_steroids(s: Scenario) -> bool:
    differ = len(set(s.centre_pulse_offsets)) > 1
    return differ or (_reduced(s) and len(set(s.centre_start_offsets)) > 1)


def _year_to_steroids(s: Scenario) -> bool:
    acts = s.pulse_decade_or != 1 or (_reduced(s) and s.reduced_decade_or != 1)
    return acts and s.last_year > s.first_year


def _age_to_steroids(s: Scenario) -> bool:
    highest = max(int(dose) for dose, share in s.pulse_mix if share > 0)
    return s.pulse_cap_mg < highest * _HEAVIEST_KG


def _severity_to_steroids(s: Scenario) -> bool:
    return s.confounding > 0 and (s.pulse_severity_or != 1 or _flares(s))


def _year_to_jak(s: Scenario) -> bool:
    within = s.first_year < s.jak_first_year <= s.last_year + _JAK_YEARS
    return s.jak_after_gi_share > 0 and within


def _jak_to_perforation(s: Scenario) -> bool:
    given = s.jak_after_gi_share > 0 and s.jak_first_year <= s.last_year + _JAK_YEARS
    return given and s.jak_hr != 1 and _perforates(s)


def _steroids_to_perforation(s: Scenario) -> bool:
    ratios = (s.dose_hr, s.threshold_hr, s.pulse_hr, s.cumulative_hr)
    return _perforates(s) and any(ratio != 1 for ratio in ratios)


def _recurs(s: Scenario) -> bool:
    return s.recurrence_share > 0 and _perforates(s)


def _pulses_to_further(s: Scenario) -> bool:
    mixed = 0 < s.pulse_after_perforation_share < 1 and 0 < s.recurrence_share < 1
    return s.repair_pulse_or != 1 and mixed


@dataclass(frozen=True, slots=True)
class Link:
    """An edge: the values it rests on, and when it acts at all."""

    source: str
    target: str
    rests_on: tuple[str, ...]
    acts: Callable[[Scenario], bool]


_EFFECTS = ("dose_hr", "threshold_hr", "pulse_hr", "cumulative_hr")
_INDICATION = ("confounding", "pulse_severity_or")
LINKS: tuple[Link, ...] = (
    Link(
        "centre",
        "steroids",
        ("centre_pulse_offsets", "centre_start_offsets"),
        _centre_to_steroids,
    ),
    Link(
        "year", "steroids", ("pulse_decade_or", "reduced_decade_or"), _year_to_steroids
    ),
    Link("age", "steroids", ("pulse_cap_mg",), _age_to_steroids),
    Link(
        "antibody",
        "severity",
        ("severity_nxp2_shift",),
        lambda s: _nxp2(s) and s.severity_nxp2_shift != 0,
    ),
    Link(
        "antibody",
        "steroids",
        ("confounding", "pulse_nxp2_or"),
        lambda s: _nxp2(s) and s.confounding > 0 and s.pulse_nxp2_or != 1,
    ),
    Link(
        "antibody",
        "gi",
        ("gi_nxp2_hr",),
        lambda s: _nxp2(s) and s.gi_nxp2_hr != 1 and s.gi_rate_per_year > 0,
    ),
    Link(
        "antibody",
        "perforation",
        ("nxp2_early_hr", "nxp2_late_hr"),
        lambda s: (
            _nxp2(s) and _perforates(s) and (s.nxp2_early_hr, s.nxp2_late_hr) != (1, 1)
        ),
    ),
    Link(
        "antibody", "readings", ("cmas_nxp2_shift", "dysphagia_nxp2_or"), lambda s: True
    ),
    Link("severity", "steroids", _INDICATION, _severity_to_steroids),
    Link(
        "severity",
        "flares",
        ("confounding", "flare_severity_hr"),
        lambda s: _flares(s) and s.confounding > 0 and s.flare_severity_hr != 1,
    ),
    Link(
        "severity",
        "gi",
        ("gi_severity_hr",),
        lambda s: s.gi_severity_hr != 1 and s.gi_rate_per_year > 0,
    ),
    Link(
        "severity",
        "perforation",
        ("severity_hr",),
        lambda s: s.severity_hr != 1 and _perforates(s),
    ),
    Link("severity", "readings", ("cmas_per_sd", "mmt8_per_sd"), lambda s: True),
    Link(
        "gi",
        "readings",
        ("gi_reading_sd",),
        lambda s: s.gi_reading_sd > 0 and s.gi_rate_per_year > 0,
    ),
    Link(
        "severity",
        "referral",
        ("delayed_entry_severity_or",),
        lambda s: s.delayed_entry_severity_or != 1 and 0 < s.delayed_entry_share < 1,
    ),
    Link(
        "methotrexate",
        "flares",
        ("methotrexate_flare_hr",),
        lambda s: (
            _flares(s) and s.methotrexate_flare_hr != 1 and s.methotrexate_share > 0
        ),
    ),
    Link("flares", "steroids", ("flares_per_year", "regimen_mix"), _flares),
    Link(
        "gi",
        "steroids",
        ("confounding", "pulse_gi_log_odds"),
        lambda s: s.confounding > 0 and s.gi_rate_per_year > 0,
    ),
    Link(
        "gi",
        "jak",
        ("jak_after_gi_share",),
        lambda s: s.jak_after_gi_share > 0 and s.gi_rate_per_year > 0,
    ),
    Link(
        "gi",
        "perforation",
        ("no_gi_factor",),
        lambda s: s.no_gi_factor != 1 and _perforates(s),
    ),
    Link("year", "jak", ("jak_first_year",), _year_to_jak),
    Link("jak", "perforation", ("jak_hr",), _jak_to_perforation),
    Link("steroids", "perforation", _EFFECTS, _steroids_to_perforation),
    Link(
        "steroids",
        "readings",
        ("recovery_treatment_sd", "weight_gain", "height_slowing"),
        lambda s: (
            _steroids_given(s)
            and (s.recovery_treatment_sd, s.weight_gain, s.height_slowing) != (0, 0, 0)
        ),
    ),
    Link(
        "perforation",
        "surgery",
        ("surgery_share",),
        lambda s: s.surgery_share > 0 and _perforates(s),
    ),
    Link(
        "perforation",
        "pulses after",
        ("pulse_after_perforation_share",),
        lambda s: s.pulse_after_perforation_share > 0 and _perforates(s),
    ),
    Link("perforation", "further", ("recurrence_share",), _recurs),
    Link(
        "perforation",
        "death",
        ("death_after_perforation_share",),
        lambda s: s.death_after_perforation_share > 0 and _perforates(s),
    ),
    Link("pulses after", "further", ("repair_pulse_or",), _pulses_to_further),
    Link(
        "surgery",
        "further",
        ("leak_share",),
        lambda s: s.leak_share > 0 and s.surgery_share > 0 and _recurs(s),
    ),
    Link(
        "death",
        "end",
        ("death_after_perforation_share",),
        lambda s: s.death_after_perforation_share > 0 and _perforates(s),
    ),
    Link("age", "end", ("transfer_age_years",), lambda s: True),
    Link("year", "end", ("lock_year",), lambda s: True),
)
