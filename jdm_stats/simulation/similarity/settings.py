"""What is looked for when a course is compared with the index case, and how much it weighs.

The order of events is the heart of the pattern: high-dose steroid *before* the first
perforation, then more than one perforation and more than one operation, in a child with
anti-NXP2. These weigh more than all the rest together; sex and age weigh least.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from jdm_stats.errors import UsageError
from jdm_stats.replicates.numbers import is_number, is_whole
from jdm_stats.schema import nearest
from jdm_stats.simulation.index_case.steps import STEPS

__all__ = ["CRITERIA", "Criterion", "PatternSettings", "read_settings"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing a record is asked.

    Parameters
    ----------
    name, short, words : str
    weight : float
        Weight when none is given.
    core : bool
        Whether it is one of the four that make the pattern.
    event : str
        The event of the index case it stands for.
    """

    name: str
    short: str
    words: str
    weight: float
    core: bool
    event: str

    @property
    def in_the_case(self) -> str:
        """Whether the case's abstract reports it or it is assumed."""
        return next(step.status for step in STEPS if step.event == self.event)


CRITERIA: tuple[Criterion, ...] = (
    Criterion("girl", "girl", "girl", 0.5, False, "diagnosis"),
    Criterion("age", "age", "age near 12", 0.5, False, "diagnosis"),
    Criterion("nxp2", "anti-NXP2", "anti-NXP2", 3.0, True, "anti-NXP2"),
    Criterion(
        "gi_then_high_dose",
        "GI, then high dose",
        "high-dose steroid after GI involvement, not after a perforation",
        *(1.0, False, "second pulses"),
    ),
    Criterion(
        "high_dose_before",
        "high dose before",
        "high-dose steroid shortly before the first perforation",
        *(4.0, True, "multiple perforations"),
    ),
    Criterion(
        *("perforation", "perforation", "GI perforation"),
        *(2.0, False, "multiple perforations"),
    ),
    Criterion(
        "multiple_perforations",
        "several perforations",
        "more than one perforation",
        *(3.0, True, "multiple perforations"),
    ),
    Criterion(
        "repeated_surgery",
        "several operations",
        "more than one operation, from the first perforation on",
        *(3.0, True, "several operations"),
    ),
    Criterion("stoma", "stoma", "stoma after perforation", 1.0, False, "jejunostomy"),
    Criterion(
        "plasma_exchange",
        "plasma exchange",
        "plasma exchange begun after perforation",
        *(1.0, False, "plasma exchanges"),
    ),
    Criterion(
        "fresh_frozen_plasma",
        "fresh frozen plasma",
        "fresh frozen plasma begun after perforation",
        *(1.0, False, "fresh frozen plasma"),
    ),
    Criterion(
        "jak_inhibitor",
        "JAK inhibitor",
        "JAK inhibitor begun after perforation",
        *(1.0, False, "tofacitinib"),
    ),
    Criterion(
        "low_dose",
        "low dose",
        "low-dose steroid after the last perforation",
        *(1.0, False, "low-dose steroid"),
    ),
    Criterion(
        *("recovery", "strength regained", "strength regained (CMAS)"),
        *(1.0, False, "slow recovery"),
    ),
)

_NAMES = tuple(criterion.name for criterion in CRITERIA)


@dataclass(frozen=True, slots=True)
class PatternSettings:
    """Weights and windows of `pattern_similarity`; its arguments, checked.

    Fields are named and meant as there; ``weight_pairs`` holds a weight for every step.
    """

    weight_pairs: tuple[tuple[str, float], ...]
    days_before: int
    days_after: int
    high_dose_mg_kg_day: float
    low_dose_mg_kg_day: float
    age_years: tuple[float, float]
    cmas_gain: float
    stoma_words: tuple[str, ...]
    not_recorded: tuple[str, ...]

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each step."""
        return dict(self.weight_pairs)

    @property
    def total(self) -> float:
        """Sum of the weights."""
        return sum(self.weights.values())

    def in_words(self) -> tuple[str, ...]:
        """Return the windows in force, a sentence each."""
        low, high = self.age_years
        return (
            f"High dose: an intravenous pulse, or {self.high_dose_mg_kg_day:g} mg/kg/day "
            "of prednisone-equivalent or more outside pulses. Shortly before: on one of "
            f"the {self.days_before} days before the first perforation; a dose on its own "
            "day is not before it. After GI involvement: from that day on, within "
            f"{self.days_before} days and before any perforation.",
            "After perforation: from the first one until "
            f"{self.days_after} days after the last. Low dose: at most "
            f"{self.low_dose_mg_kg_day:g} mg/kg/day on a day without a pulse, after the "
            f"last one. Strength regained: CMAS {self.cmas_gain:g} points or more above "
            "its lowest around the perforations.",
            f"Age near 12: {low:g} to under {high:g} years at diagnosis. Stoma: the text "
            f"of an operation holds {', '.join(self.stoma_words)}. All weights and "
            "windows are choices, not published.",
        )


def read_settings(given: Mapping[str, Any]) -> PatternSettings:
    """Check the arguments of `pattern_similarity`.

    Raises
    ------
    UsageError
        Telling every argument at fault.
    """
    faults: list[str] = []
    weights = _weights(given["weights"], faults)
    not_recorded = _steps_named(given["not_recorded"], faults)
    for name in ("days_before", "days_after"):
        days = given[name]
        if not is_whole(days) or not 1 <= days <= 3660:
            faults.append(f"{name} must be whole days from 1 to 3660, not {days!r}")
    for name in ("high_dose_mg_kg_day", "low_dose_mg_kg_day", "cmas_gain"):
        if not _positive(given[name]):
            faults.append(f"{name} must be a number above 0, not {given[name]!r}")
    high, low = given["high_dose_mg_kg_day"], given["low_dose_mg_kg_day"]
    if _positive(high) and _positive(low) and low >= high:
        faults.append(
            f"low_dose_mg_kg_day ({low:g}) must be below high_dose_mg_kg_day ({high:g})"
        )
    ages = given["age_years"]
    if not (
        isinstance(ages, tuple | list)
        and len(ages) == 2
        and all(is_number(age) for age in ages)
        and 0 <= ages[0] < ages[1]
    ):
        faults.append(f"age_years must be two ages, the lower first, not {ages!r}")
    words = given["stoma_words"]
    if isinstance(words, str) or not all(
        isinstance(w, str) and w.strip() for w in words
    ):
        faults.append(f"stoma_words must be a list of words, not {words!r}")
    if faults:
        raise UsageError("pattern_similarity: " + "; ".join(faults))
    return PatternSettings(
        weight_pairs=tuple(weights.items()),
        days_before=int(given["days_before"]),
        days_after=int(given["days_after"]),
        high_dose_mg_kg_day=float(high),
        low_dose_mg_kg_day=float(low),
        age_years=(float(ages[0]), float(ages[1])),
        cmas_gain=float(given["cmas_gain"]),
        stoma_words=tuple(word.casefold() for word in words),
        not_recorded=not_recorded,
    )


def _positive(value: Any) -> bool:
    return is_number(value) and value > 0


def _unknown(names: Collection[Any], argument: str, faults: list[str]) -> None:
    for name in names:
        if name not in _NAMES:
            meant = nearest(str(name), _NAMES)
            hint = f", did you mean {meant!r}?" if meant else ""
            faults.append(
                f"{argument}: {name!r} is no step{hint} (they are {', '.join(_NAMES)})"
            )


def _weights(given: object, faults: list[str]) -> dict[str, float]:
    weights = {criterion.name: criterion.weight for criterion in CRITERIA}
    if given is None:
        return weights
    if not isinstance(given, Mapping):
        faults.append(f"weights must be a mapping of step to number, not {given!r}")
        return weights
    _unknown(given, "weights", faults)
    for name, weight in given.items():
        if not is_number(weight) or weight < 0:
            faults.append(f"weights: {name} must be 0 or more, not {weight!r}")
        elif name in weights:
            weights[name] = float(weight)
    if not any(weights.values()):
        faults.append("weights: at least one must be above 0")
    return weights


def _steps_named(given: Any, faults: list[str]) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Collection):
        faults.append(f"not_recorded must be a list of steps, not {given!r}")
        return ()
    _unknown(given, "not_recorded", faults)
    return tuple(name for name in _NAMES if name in given)
