"""Which presets a scenario comes from, and what its solved constants were solved for.

The solved constants count as a preset's only while they are that preset's. The presets
share them whatever steroids do, so that they differ in nothing else; a scenario in which
other values were changed no longer gives the overall figures they were solved for.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

from jdm_stats.simulation.scenario.parameter import evidence_value

if TYPE_CHECKING:
    from jdm_stats.simulation.scenario import Scenario

__all__ = [
    "CHANGED",
    "SOLVED_ANEW",
    "SOLVED_NAMES",
    "changed_since_solved",
    "preset_values",
    "presets_of",
    "solved_for",
    "target_risk",
]

SOLVED_NAMES = (
    *("gi_rate_per_year", "pulse_start_log_odds", "h0_mass"),
    *("h0_median_days", "nxp2_early_hr", "nxp2_late_hr"),
)
CHANGED, SOLVED_ANEW = ", changed", ", solved"
# What the solved constants were worked out to meet does not depend on these.
_BESIDE_THE_TARGETS = (
    *("name", "untested_share", "female_share", "lock_year", "losses_per_year"),
    *("delayed_entry_share", "delayed_entry_severity_or", "delayed_entry_mean_days"),
    *("transfer_age_years", "follow_up_days", "recovery_sd", "recovery_treatment_sd"),
    "gi_reading_sd",
    *("cmas_level", "cmas_per_sd", "cmas_noise", "cmas_nxp2_shift", "mmt8_level"),
    *("mmt8_per_sd", "mmt8_noise", "global_level", "global_per_sd", "global_noise"),
    *("chaq_level", "chaq_per_sd", "chaq_noise", "ck_median", "ck_log_spread"),
    *("ldh_median", "ldh_log_spread", "height_slowing", "missing_reading_share"),
    *("missed_visit_share", "visit_every_days", "feature_shares", "dysphagia_nxp2_or"),
    *("oedema_nxp2_or", "calcinosis_nxp2_or", "feature_severity_or", "ivig_share"),
    *("antimalarial_share", "site_mix", "recurrence_share", "leak_share"),
    *("repair_pulse_or", "surgery_share", "stoma_share"),
    *("pulse_after_perforation_share", "death_after_perforation_share"),
)


def presets_of(scenario: Scenario) -> dict[str, str]:
    """Return the presets a scenario comes from, by what they speak of.

    Its name is believed when it holds nothing but presets; otherwise a preset counts
    when most of what it changes stands in the scenario.

    Examples
    --------
    >>> from jdm_stats.simulation.scenario.presets import as_scenario
    >>> presets_of(as_scenario("east_asia+steroids_harmless").with_values(jak_hr=2.0))
    {'children': 'east_asia', 'risk': 'tertiary', 'steroids': 'steroids_harmless'}
    """
    from jdm_stats.simulation.scenario.presets import GROUPS, PRESETS

    own = scenario.name.replace(CHANGED, "").replace(SOLVED_ANEW, "")
    named = own.split("+")
    if all(name in PRESETS for name in named):
        found = {g: [n for n in said if n in named] for g, said in GROUPS.items()}
    else:
        found = {g: _seen(scenario, said) for g, said in GROUPS.items()}
        found["risk"] = []
    children = (found["children"] or ["western"])[0]
    kinds = {r: preset_values(tuple(sorted((children, r)))) for r in GROUPS["risk"]}
    alike = {
        risk: sum(values[name] == getattr(scenario, name) for name in SOLVED_NAMES)
        for risk, values in kinds.items()
    }
    best = max(alike, key=lambda risk: alike[risk])
    told = {"children": children, "risk": (found["risk"] or [best])[0]}
    return told | ({"steroids": found["steroids"][0]} if found["steroids"] else {})


def solved_for(scenario: Scenario) -> str | None:
    """Return the presets whose solved constants a scenario holds, or None.

    Examples
    --------
    >>> from jdm_stats.simulation.scenario.presets import as_scenario
    >>> solved_for(as_scenario("population+steroids_harmless"))
    'western+population'
    """
    named = presets_of(scenario)
    kind = (named["children"], named["risk"])
    values = preset_values(tuple(sorted(kind)))
    same = all(values[name] == getattr(scenario, name) for name in SOLVED_NAMES)
    return "+".join(kind) if same else None


def target_risk(scenario: Scenario) -> float:
    """Return the risk of perforation by 24 months that its presets are solved for.

    Examples
    --------
    >>> from jdm_stats.simulation.scenario.presets import as_scenario
    >>> target_risk(as_scenario("population"))
    0.007
    """
    risk = presets_of(scenario)["risk"]
    return evidence_value(f"perforation_risk_24_months_{risk}")


def changed_since_solved(scenario: Scenario) -> list[str]:
    """Return the values that differ from those the solved constants were solved with.

    Only values on which the solved figures depend count.

    Examples
    --------
    >>> from jdm_stats.simulation.scenario.presets import as_scenario
    >>> changed_since_solved(as_scenario("steroids_harmless"))
    ['dose_hr', 'pulse_hr', 'cumulative_hr']
    """
    named = presets_of(scenario)
    kind = tuple(sorted((named["children"], named["risk"])))
    values = preset_values(kind)
    beside = {*_BESIDE_THE_TARGETS, *SOLVED_NAMES}
    return [
        declared.name
        for declared in fields(scenario)
        if declared.name not in beside
        and values[declared.name] != getattr(scenario, declared.name)
    ]


@cache
def preset_values(names: tuple[str, ...]) -> dict[str, Any]:
    """Return every value of the scenario of presets, given in the order of their names."""
    from jdm_stats.simulation.scenario.presets import as_scenario

    return dict(vars(as_scenario("+".join(names))))


def _seen(scenario: Scenario, said: dict[str, dict[str, Any]]) -> list[str]:
    """Return presets most of whose changes stand in the scenario, the likeliest first."""
    alike = {
        name: sum(getattr(scenario, field) == value for field, value in changes.items())
        for name, changes in said.items()
    }
    likely = [name for name in said if 2 * alike[name] > len(said[name])]
    return sorted(likely, key=lambda name: (-alike[name], len(said[name])))
