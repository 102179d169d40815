"""The rules that tie the values of a scenario to one another and to the schema."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from jdm_stats.schema import ANTIBODIES, TABLES
from jdm_stats.simulation.scenario.mixes import FEATURES, REGIMENS

if TYPE_CHECKING:
    from jdm_stats.simulation.scenario import Scenario

__all__ = ["disagreements"]


def disagreements(scenario: Scenario, faulty: Collection[str] = ()) -> list[str]:
    """Say which values of a scenario do not agree with one another or with the schema.

    Parameters
    ----------
    scenario : Scenario
    faulty : collection of str, optional
        Values that are at fault by themselves; no rule that speaks of one is looked at.

    Examples
    --------
    >>> from jdm_stats.simulation.scenario import Scenario
    >>> disagreements(Scenario())
    []
    """
    told = (
        rule(scenario)
        for names, rule in _RULES.items()
        if not any(name in faulty for name in names)
    )
    return [fault for fault in told if fault]


def _antibodies(scenario: Scenario) -> str:
    strange = [a for a, _ in scenario.antibody_mix if a not in ANTIBODIES[:-1]]
    return f"antibody_mix names unknown antibodies: {strange}" if strange else ""


def _years(scenario: Scenario) -> str:
    years = scenario.first_year, scenario.last_year, scenario.lock_year
    if not years[0] <= years[1] < years[2]:
        return (
            "first_year, last_year and lock_year must rise, the last above the "
            f"second, not {years[0]}, {years[1]}, {years[2]}"
        )
    column = TABLES["patients"]["diagnosis_year"]
    low, high = column.low or 0, column.high or 9999
    if low <= years[0] and years[1] <= high:
        return ""
    return (
        f"first_year and last_year must lie between {low:g} and {high:g}, not "
        f"{years[0]} and {years[1]}"
    )


def _follow_up(scenario: Scenario) -> str:
    days = scenario.follow_up_days
    return "" if days >= 365 else f"follow_up_days must be 365 or more, not {days}"


def _visits(scenario: Scenario) -> str:
    days = scenario.visit_every_days
    return "" if days >= 30 else f"visit_every_days must be 30 or more, not {days}"


def _pulses(scenario: Scenario) -> str:
    doses = [d for d, _ in scenario.pulse_mix]
    wrong = [d for d in doses if d not in map(str, range(10, 41))]
    return f"pulse_mix must name doses of 10 to 40 mg/kg, not {wrong}" if wrong else ""


def _regimens(scenario: Scenario) -> str:
    regimens = [r for r, _ in scenario.regimen_mix]
    if sorted(regimens) == sorted(r for r, _ in REGIMENS):
        return ""
    return f"regimen_mix must name the three regimens, not {regimens}"


def _features(scenario: Scenario) -> str:
    named, known = [f for f, _ in scenario.feature_shares], [f for f, _ in FEATURES]
    if sorted(named) == sorted(known):
        return ""
    return f"feature_shares must name {', '.join(known)}, not {named}"


def _centres(scenario: Scenario) -> str:
    centres = len(scenario.centre_pulse_offsets), len(scenario.centre_start_offsets)
    if centres[0] == centres[1] and 1 <= centres[0] <= 26:
        return ""
    return (
        "centre_pulse_offsets and centre_start_offsets must name the same 1 to 26 "
        f"centres, not {centres[0]} and {centres[1]}"
    )


_RULES: dict[tuple[str, ...], Callable[[Scenario], str]] = {
    ("antibody_mix",): _antibodies,
    ("first_year", "last_year", "lock_year"): _years,
    ("follow_up_days",): _follow_up,
    ("visit_every_days",): _visits,
    ("pulse_mix",): _pulses,
    ("regimen_mix",): _regimens,
    ("feature_shares",): _features,
    ("centre_pulse_offsets", "centre_start_offsets"): _centres,
}
