"""The mixes a scenario draws from, and the rules that tie its values together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jdm_stats.schema import ANTIBODIES

if TYPE_CHECKING:
    from jdm_stats.simulation.scenario import Scenario

__all__ = [
    "EAST_ASIAN_MIX",
    "FEATURES",
    "PULSES",
    "REGIMENS",
    "SITES",
    "WESTERN_MIX",
    "disagreements",
]

WESTERN_MIX = (
    *(("NXP2", 0.21), ("TIF1g", 0.32), ("MDA5", 0.09), ("ARS", 0.04), ("Mi2", 0.04)),
    *(("SRP", 0.02), ("HMGCR", 0.01), ("SAE", 0.01), ("other", 0.02), ("none", 0.24)),
)
EAST_ASIAN_MIX = (
    *(("NXP2", 0.30), ("TIF1g", 0.12), ("MDA5", 0.16), ("ARS", 0.04)),
    *(("other", 0.04), ("none", 0.34)),
)
SITES = (
    *(("duodenum", 0.60), ("colon", 0.15), ("small bowel", 0.10), ("stomach", 0.05)),
    *(("oesophagus", 0.02), ("unknown", 0.08)),
)
PULSES = (("30", 0.5), ("20", 0.3), ("10", 0.2))
REGIMENS = (("ideal", 0.22), ("minor change", 0.31), ("major change", 0.47))
FEATURES = (
    *(
        ("dysphagia", 0.20),
        ("oedema", 0.10),
        ("skin_ulcer", 0.08),
        ("calcinosis", 0.10),
    ),
)


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
    return faults
