"""A strategy in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jdm_stats.strategies.record import Strategy

__all__ = ["words_of"]


def words_of(rules: Strategy) -> tuple[tuple[str, str], ...]:
    """Say a strategy as pairs of a rule and its words; see `Strategy.in_words`."""
    lasts = "to the end"
    if rules.sustain_days is not None:
        lasts = f"{_days(rules.sustain_days)}, then the natural course"
    begins = "on the day of time zero"
    if rules.grace_days:
        within = f"within {_days(rules.grace_days)} of time zero"
        begins = (
            f"{within}, on a day drawn uniformly"
            if rules.start == "uniform"
            else f"{within}, on the first day on which the natural course complies, "
            "at the latest at their end"
        )
    fall = "at once"
    if rules.fall_share_per_week < 1:
        fall = f"by at most {rules.fall_share_per_week:.0%} per week"
    surgery = "none"
    if rules.surgery_days is not None:
        surgery = f"a change of dose within {_days(rules.surgery_days)} of an operation"
    return (
        ("Strategy", rules.name),
        ("Oral dose", _oral_words(rules)),
        ("Pulses", _pulse_words(rules)),
        ("Start", begins),
        ("Fall of a higher dose", fall),
        ("Sustained", lasts),
        ("Deviations allowed", surgery),
    )


def _days(count: int) -> str:
    return f"{count} day" + ("" if count == 1 else "s")


def _oral_words(rules: Strategy) -> str:
    unit = "mg/kg/day of prednisone-equivalent"
    low, high, steps = rules.oral_at_least, rules.oral_at_most, rules.steps()
    if steps is not None:
        told = ", ".join(f"{dose:g} from day {day}" for day, dose in steps)
        return f"{told} after the start ({unit})"
    if low is None and high is None:
        return "as it comes"
    if low is None:
        return f"at most {high:g} {unit}"
    if high is None:
        return f"at least {low:g} {unit}"
    return f"{low:g} {unit}" if low == high else f"{low:g} to {high:g} {unit}"


def _pulse_words(rules: Strategy) -> str:
    if rules.pulses == "given":
        return (
            f"methylprednisolone {rules.pulse_mg_kg:g} mg/kg on {_days(rules.pulse_days or 0)} "
            "from the start; afterwards as they come"
        )
    return rules.pulses.replace("_", " ")
