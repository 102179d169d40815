"""Sentences of study size: numbers as a reader wants them, and what must be said."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from jdm_stats.power.study_design import StudyDesign

__all__ = ["name_of_test", "number", "percent", "power_notes", "ratio_words"]

_NAMES = {
    "firth": "Firth's penalised likelihood-ratio test",
    "exact": "the exact test",
    "central": "the exact test (twice the smaller tail)",
    "schoenfeld": "Schoenfeld's formula",
}

# Times its level: a test that rejects more often where there is no effect is told of.
TOO_OFTEN = 1.1


def number(value: float) -> str:
    """Write a number with two or three digits; "not attainable" when there is none.

    Examples
    --------
    >>> number(6.04), number(0.123), number(1234.6), number(math.inf)
    ('6.0', '0.12', '1,235', 'not attainable')
    """
    if not math.isfinite(value):
        return "not attainable"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"


def percent(value: float) -> str:
    """Write a chance in percent.

    Examples
    --------
    >>> percent(0.787), percent(0.0312), percent(0.00001), percent(0.9986)
    ('79%', '3.1%', 'below 0.1%', '99.9%')
    """
    if not math.isfinite(value):
        return "not known"
    if value < 0.001:
        return "below 0.1%"
    if value > 0.999:
        return "above 99.9%"
    near_an_end = value < 0.0995 or value >= 0.995
    return f"{100 * value:.1f}%" if near_an_end else f"{100 * value:.0f}%"


def ratio_words(value: float, reason: str) -> str:
    """Write a detectable ratio, or why there is none.

    Examples
    --------
    >>> (
    ...     ratio_words(8.123, ""),
    ...     ratio_words(1.0123, ""),
    ...     ratio_words(1.00198, ""),
    ...     ratio_words(math.nan, "too few"),
    ... )
    ('8.1', '1.01', '1.0020', 'none: too few')
    """
    if math.isnan(value):
        return f"none: {reason}"
    if abs(value - 1) < 0.01:
        return f"{value:.4f}"
    return f"{value:.3g}" if 0.5 < value < 2 else number(value)


def name_of_test(test: str) -> str:
    """Say in words which test is meant."""
    return _NAMES[test]


def power_notes(design: StudyDesign, told: Mapping[Any, Any]) -> tuple[str, ...]:
    """Say what a careful reader must know of one power.

    Parameters
    ----------
    design : StudyDesign
    told : mapping
        The figures by name, as in `jdm_stats.power.study_power.StudyPower`.
    """
    notes = []
    missing = told["no_event"] + told["one_group"]
    if missing >= 0.01:
        notes.append(
            f"With a chance of {percent(missing)} a plain model has no estimate: no event, or "
            "all events in one group."
        )
    gap = told["schoenfeld_power"] - told["power"]
    if design.test != "schoenfeld" and abs(gap) >= 0.02:
        notes.append(
            f"Schoenfeld's formula would say {percent(told['schoenfeld_power'])}; it rests on "
            f"large samples, and {number(told['expected_events'])} events are none."
        )
    if design.test == "schoenfeld":
        notes.append(
            "Schoenfeld's formula rests on large samples: for comparison only."
        )
    elif told["size"] > TOO_OFTEN * design.alpha:
        notes.append(
            f"Without any effect {name_of_test(design.test)} would be significant with a chance "
            f"of {percent(told['size'])}, not {percent(design.alpha)}."
        )
    ratio = told["hazard_ratio"]
    risen = (
        design.exposure_share
        * ratio
        / (design.exposure_share * ratio + 1 - design.exposure_share)
    )
    exposed_risk = design.risk_24_months * risen / design.exposure_share
    if exposed_risk > 1:
        notes.append(
            f"A ratio of {ratio:g} would need a risk above 1 among the exposed by 24 months."
        )
    return (*notes, *design_notes(design))


def design_notes(design: StudyDesign) -> tuple[str, ...]:
    """Say what a careful reader must know of a design, whatever the question."""
    notes = []
    if design.r_squared > 0:
        notes.append(
            f"Adjusting for covariates that explain {percent(design.r_squared)} of the exposure "
            f"leaves the information of {percent(1 - design.r_squared)} of the events: an "
            "approximation."
        )
    if design.course.kind == "constant":
        notes.append(
            "Perforations at a constant rate are an assumption against what is published: "
            "most come in the first year."
        )
    if design.synthetic:
        notes.append(
            f"The time course is that of a SYNTHETIC world ({design.course.name})."
        )
    return tuple(notes)
