"""The rules that tie the values of a scenario to one another and to the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jdm_stats.schema import ANTIBODIES
from jdm_stats.simulation.mixes import REGIMENS

if TYPE_CHECKING:
    from jdm_stats.simulation.scenario import Scenario

__all__ = ["disagreements"]


def disagreements(scenario: Scenario) -> list[str]:
    """Say which values of a scenario do not agree with one another or with the schema.

    Examples
    --------
    >>> from jdm_stats.simulation.scenario import Scenario
    >>> disagreements(Scenario())
    []
    """
    faults = []
    strange = [a for a, _ in scenario.antibody_mix if a not in ANTIBODIES[:-1]]
    if strange:
        faults.append(f"antibody_mix names unknown antibodies: {strange}")
    if not scenario.first_year <= scenario.last_year < scenario.lock_year:
        faults.append(
            "first_year, last_year and lock_year must rise, the last above the "
            f"second, not {scenario.first_year}, {scenario.last_year}, {scenario.lock_year}"
        )
    if scenario.follow_up_days < 365:
        faults.append(
            f"follow_up_days must be 365 or more, not {scenario.follow_up_days}"
        )
    if scenario.visit_every_days < 30:
        faults.append(
            f"visit_every_days must be 30 or more, not {scenario.visit_every_days}"
        )
    wrong = [
        d for d, _ in scenario.pulse_mix if not d.isdigit() or not 10 <= int(d) <= 40
    ]
    if wrong:
        faults.append(f"pulse_mix must name doses of 10 to 40 mg/kg, not {wrong}")
    regimens = [r for r, _ in scenario.regimen_mix]
    if sorted(regimens) != sorted(r for r, _ in REGIMENS):
        faults.append(f"regimen_mix must name the three regimens, not {regimens}")
    centres = len(scenario.centre_pulse_offsets), len(scenario.centre_start_offsets)
    if centres[0] != centres[1] or not 1 <= centres[0] <= 26:
        faults.append(
            "centre_pulse_offsets and centre_start_offsets must name the same 1 to 26 "
            f"centres, not {centres[0]} and {centres[1]}"
        )
    return faults
