"""What one study would show at one hazard ratio: events, power, precision, and in words."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from scipy.stats import binom

from jdm_stats.errors import UsageError
from jdm_stats.html import html_table, notes_list
from jdm_stats.intervals.exact import is_count
from jdm_stats.power.event_law import (
    event_law,
    exposed_share_of_events,
    fewest_events,
    schoenfeld_power,
)
from jdm_stats.power.interval_width import median_width
from jdm_stats.power.study_design import StudyDesign, chance_of_event, expected_events
from jdm_stats.power.words import number, percent, power_notes
from jdm_stats.replicates.numbers import is_number

__all__ = ["StudyPower", "probability_of_fewer", "study_power"]


@dataclass(frozen=True)
class StudyPower:
    """What a study of one design would show at one hazard ratio.

    Parameters
    ----------
    design : StudyDesign
    hazard_ratio : float
    expected_events, expected_exposed_events : float
        Of all children, and among the exposed.
    power : float
        Chance of a significant result, on whichever side; at a ratio of 1 it is ``size``.
    size : float
        Chance of a significant result if there is no effect.
    wrong_side : float
        Chance of a significant result on the other side of 1 than the truth.
    no_event : float
        Chance that no event is seen.
    one_group : float
        Chance that there are events, and all of them exposed or all unexposed: no plain
        estimate exists (monotone likelihood).
    interval_ratio : float
        Median ratio of the upper over the lower limit of the penalised profile interval at
        level ``1 - alpha``, given an event at least.
    schoenfeld_power : float
        What Schoenfeld's formula would promise; at ``test="schoenfeld"`` equal to ``power``.
    fewest_events : int
        Fewest events of which any split on the side of the ratio can be significant.
    notes : tuple of str
        What a careful reader must know.
    """

    design: StudyDesign
    hazard_ratio: float
    expected_events: float
    expected_exposed_events: float
    power: float
    size: float
    wrong_side: float
    no_event: float
    one_group: float
    interval_ratio: float
    schoenfeld_power: float
    fewest_events: int
    notes: tuple[str, ...]

    @property
    def no_plain_estimate(self) -> float:
        """Chance that a plain model has no estimate: no event, or all in one group."""
        return self.no_event + self.one_group

    def tidy(self) -> pd.DataFrame:
        """Give the figures as one row, after the values of the design."""
        told: dict[str, Any] = {**_flat(self.design), **asdict(self)}
        del told["design"], told["notes"]
        told["no_plain_estimate"] = self.no_plain_estimate
        frame = pd.DataFrame([told])
        frame.attrs["jdm_stats"] = {"synthetic": self.design.synthetic}
        return frame

    def in_words(self) -> str:
        """Say the answer in two sentences."""
        design = self.design
        return (
            f"{design.n_children:,} children would show {number(self.expected_events)} "
            f"perforations. A hazard ratio of {self.hazard_ratio:g} for {design.exposure} "
            f"would be significant with a chance of {percent(self.power)}."
        )

    def __repr__(self) -> str:
        return (
            f"<StudyPower: {self.design.n_children} children, {self.expected_events:.1f} "
            f"events, HR {self.hazard_ratio:g}: power {self.power:.3f} "
            f"({self.design.test}), size {self.size:.3f}>"
        )

    def _repr_html_(self) -> str:
        shown = pd.DataFrame(
            {
                "Figure": [label for label, _ in _SHOWN],
                "Value": [_SHOW[key](getattr(self, key)) for _, key in _SHOWN],
            }
        )
        return html_table(
            shown, caption=self.in_words(), synthetic=self.design.synthetic
        ) + notes_list(self.notes)


_SHOWN = (
    ("Expected perforations", "expected_events"),
    ("of these among the exposed", "expected_exposed_events"),
    ("Power", "power"),
    ("Significant without an effect", "size"),
    ("Significant on the wrong side", "wrong_side"),
    ("No perforation seen", "no_event"),
    ("All perforations in one group", "one_group"),
    ("Upper over lower limit, median", "interval_ratio"),
    ("Power by Schoenfeld's formula", "schoenfeld_power"),
    ("Fewest perforations that can be significant", "fewest_events"),
)
_SHOW: dict[str, Any] = dict.fromkeys((key for _, key in _SHOWN), percent) | {
    "expected_events": number,
    "expected_exposed_events": number,
    "interval_ratio": number,
    "fewest_events": str,
}


def _flat(design: StudyDesign) -> dict[str, Any]:
    told = {name: getattr(design, name) for name in design.__dataclass_fields__}
    return told | {"time_course": design.course.name}


def check_ratio(hazard_ratio: Any) -> float:
    """Return a hazard ratio, 0 and infinity allowed.

    Raises
    ------
    UsageError
        If it is no number from 0 up.
    """
    infinite = isinstance(hazard_ratio, float) and hazard_ratio == math.inf
    number = is_number(hazard_ratio)
    if infinite or (number and hazard_ratio >= 0):
        return float(hazard_ratio)
    raise UsageError(f"hazard_ratio must be a number from 0 up, not {hazard_ratio!r}")


def check_design(design: Any) -> StudyDesign:
    """Return a design, or say what was received.

    Raises
    ------
    UsageError
    """
    if isinstance(design, StudyDesign):
        return design
    raise UsageError(f"design must be a StudyDesign, received {type(design).__name__}")


def study_power(design: StudyDesign, hazard_ratio: float) -> StudyPower:
    """Work out what a study would show: exactly, as a finite sum.

    Parameters
    ----------
    design : StudyDesign
    hazard_ratio : float
        True ratio of the hazards of exposed and unexposed children, from 0 up.

    Returns
    -------
    StudyPower

    Raises
    ------
    UsageError
        If the ratio is no number from 0 up, or the design none.

    Examples
    --------
    Anti-NXP2 with a ratio of 8, in as many children as one published hospital series:

    >>> design = StudyDesign(n_children=302, follow_up_years=2, exposure_share=0.21)
    >>> told = study_power(design, hazard_ratio=8)
    >>> told
    <StudyPower: 302 children, 6.0 events, HR 8: power 0.713 (firth), size 0.032>
    >>> round(told.no_plain_estimate, 2), round(told.schoenfeld_power, 2)
    (0.16, 0.55)
    """
    design, ratio = check_design(design), check_ratio(hazard_ratio)
    side = -1 if ratio < 1 else 1
    p = design.exposure_share
    share = exposed_share_of_events(p, ratio)
    law = event_law(design, side)
    power, size, wrong = law.power(share), law.power(p), 0.0
    if ratio != 1:
        wrong = law.tails(share)[0 if side > 0 else 1]
    approximate = schoenfeld_power(design, ratio)
    if ratio == 1 and chance_of_event(design) > 0:
        approximate = (
            design.alpha
        )  # the formula leaves out the other side, here half of it
    if design.test == "schoenfeld":
        power, size, wrong = approximate, design.alpha, math.nan
    events = expected_events(design)
    no_event, one_group = _no_contrast(design, share)
    told = StudyPower(
        design=design,
        hazard_ratio=ratio,
        expected_events=events,
        expected_exposed_events=events * share,
        power=power,
        size=size,
        wrong_side=wrong,
        no_event=no_event,
        one_group=one_group,
        interval_ratio=median_width(law.counts, law.chances, share, design.alpha),
        schoenfeld_power=approximate,
        fewest_events=fewest_events(design, side),
        notes=(),
    )
    notes = power_notes(design, told.tidy().iloc[0].to_dict())
    return StudyPower(**{**_fields(told), "notes": notes})


def _fields(told: StudyPower) -> dict[str, Any]:
    return {name: getattr(told, name) for name in told.__dataclass_fields__}


def _no_contrast(design: StudyDesign, share: float) -> tuple[float, float]:
    """Chance of no event, and of events in one group only; of children, not thinned."""
    chance, children = chance_of_event(design), int(design.n_children)
    none = (1 - chance) ** children
    exposed = (1 - chance * (1 - share)) ** children - none
    unexposed = (1 - chance * share) ** children - none
    return float(none), float(exposed + unexposed)


def probability_of_fewer(design: StudyDesign, events: int) -> float:
    """Return the chance that a study sees fewer events than so many.

    Parameters
    ----------
    design : StudyDesign
    events : int
        0 or more.

    Returns
    -------
    float

    Raises
    ------
    UsageError
        If ``events`` is no whole number from 0 up, or the design none.

    Examples
    --------
    >>> design = StudyDesign(n_children=300, follow_up_years=2)
    >>> round(probability_of_fewer(design, events=5), 3)
    0.282
    """
    design = check_design(design)
    if not is_count(events):
        raise UsageError(f"events must be a whole number from 0 up, not {events!r}")
    law = binom(int(design.n_children), chance_of_event(design))
    return float(law.cdf(int(events) - 1))
