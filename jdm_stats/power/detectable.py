"""The hazard ratios that a study can detect, above 1 and below, or why it can detect none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from scipy.optimize import brentq
from scipy.stats import norm

from jdm_stats.errors import UsageError
from jdm_stats.html import html_table, notes_list
from jdm_stats.intervals.columns import is_real
from jdm_stats.power.event_law import breaks_its_level, event_law, fewest_events
from jdm_stats.power.study_design import StudyDesign, expected_events
from jdm_stats.power.study_power import check_design
from jdm_stats.power.words import design_notes, number, percent, ratio_words

__all__ = ["DetectableRatio", "detectable_hazard_ratio"]

_NO_LEVEL = (
    "the exposure is so rare that the test would be significant with a chance of {} without "
    "any effect; use test='exact'"
)


@dataclass(frozen=True)
class DetectableRatio:
    """The nearest hazard ratios on both sides of 1 that a study detects.

    Parameters
    ----------
    design : StudyDesign
    power : float
        Chance of a significant result that is asked for.
    expected_events : float
    above, below : float
        Least ratio above 1, and greatest below 1; NaN where there is none.
    reason_above, reason_below : str
        Why there is none; else empty.
    most_above, most_below : float
        Power at an infinite ratio and at a ratio of 0: more cannot be had.
    fewest_above, fewest_below : int
        Fewest events of which any split can be significant on that side.
    schoenfeld_above, schoenfeld_below : float
        What Schoenfeld's formula would promise.
    notes : tuple of str
        What a careful reader must know.
    """

    design: StudyDesign
    power: float
    expected_events: float
    above: float
    below: float
    reason_above: str
    reason_below: str
    most_above: float
    most_below: float
    fewest_above: int
    fewest_below: int
    schoenfeld_above: float
    schoenfeld_below: float
    notes: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """Give one row per side: ``side, ratio, reason, most_power, fewest_events, ...``."""
        frame = pd.DataFrame(
            {
                "side": ["above 1", "below 1"],
                "ratio": [self.above, self.below],
                "reason": [self.reason_above, self.reason_below],
                "power": self.power,
                "most_power": [self.most_above, self.most_below],
                "fewest_events": [self.fewest_above, self.fewest_below],
                "schoenfeld_ratio": [self.schoenfeld_above, self.schoenfeld_below],
                "expected_events": self.expected_events,
                "n_children": self.design.n_children,
            }
        )
        frame.attrs["jdm_stats"] = {"synthetic": self.design.synthetic}
        return frame

    def in_words(self) -> str:
        """Say the answer in two or three sentences."""
        sides = []
        for side, ratio, reason in (
            ("above", self.above, self.reason_above),
            ("below", self.below, self.reason_below),
        ):
            if math.isnan(ratio):
                sides.append(f"No hazard ratio {side} 1 is detectable: {reason}.")
            else:
                sides.append(
                    f"The nearest detectable hazard ratio {side} 1 is {ratio_words(ratio, '')}."
                )
        return (
            f"{self.design.n_children:,} children, {number(self.expected_events)} expected "
            f"perforations, power {percent(self.power)}. {' '.join(sides)}"
        )

    def __repr__(self) -> str:
        return (
            f"<DetectableRatio: {self.design.n_children} children, "
            f"{self.expected_events:.1f} events, power {self.power:g}: above "
            f"{ratio_words(self.above, 'not attainable')}, below "
            f"{ratio_words(self.below, 'not attainable')}>"
        )

    def _repr_html_(self) -> str:
        shown = pd.DataFrame(
            {
                "Side": ["above 1", "below 1"],
                "Detectable hazard ratio": [
                    ratio_words(self.above, self.reason_above),
                    ratio_words(self.below, self.reason_below),
                ],
                "Highest power": [percent(self.most_above), percent(self.most_below)],
                "Fewest perforations": [self.fewest_above, self.fewest_below],
            }
        )
        caption = (
            f"{self.design.n_children:,} children, {number(self.expected_events)} expected "
            f"perforations, power {percent(self.power)}"
        )
        return html_table(
            shown, caption=caption, synthetic=self.design.synthetic
        ) + notes_list(self.notes)


def check_power(power: Any, design: StudyDesign) -> float:
    """Return a power that may be asked for.

    Raises
    ------
    UsageError
        If it is not above the level of the test and below 1.
    """
    if is_real(power) and design.alpha < power < 1:
        return float(power)
    raise UsageError(
        f"power must be above alpha, {design.alpha:g}, and below 1, not {power!r}"
    )


def detectable_hazard_ratio(design: StudyDesign, power: float = 0.8) -> DetectableRatio:
    """Find the hazard ratios nearest to 1 that a study detects with the power asked for.

    Parameters
    ----------
    design : StudyDesign
        The overall risk stays as it is, whatever the ratio.
    power : float, default 0.8
        Chance of a significant result; above the level of the test.

    Returns
    -------
    DetectableRatio

    Raises
    ------
    UsageError
        If the power or the design is none.

    Examples
    --------
    >>> design = StudyDesign(n_children=302, follow_up_years=2, exposure_share=0.21)
    >>> told = detectable_hazard_ratio(design, power=0.8)
    >>> round(told.above, 1), math.isnan(told.below)
    (10.8, True)
    >>> print(told.in_words())
    302 children, 6.0 expected perforations, power 80%. The nearest detectable hazard ratio
    above 1 is 10.8. No hazard ratio below 1 is detectable: even if the exposure prevented
    every perforation, significance needs 14 perforations without one among the exposed, and
    the chance of so many is 0.3%.
    """
    design = check_design(design)
    wanted = check_power(power, design)
    events, p = expected_events(design), design.exposure_share
    least = {side: fewest_events(design, side) for side in (1, -1)}
    nearest = {
        side: _schoenfeld_ratio(design, events, wanted, side) for side in (1, -1)
    }
    most, ratio = {1: 1.0, -1: 1.0}, dict(nearest)
    reason = dict.fromkeys((1, -1), "no perforation would be seen")
    if design.test != "schoenfeld":
        for side, end in ((1, 1.0), (-1, 0.0)):
            law = event_law(design, side)
            most[side] = law.power(end)
            if breaks_its_level(law, design):
                ratio[side] = math.nan
                reason[side] = _NO_LEVEL.format(percent(law.power(p)))
            else:
                ratio[side] = _solve(law.power, p, end, wanted)
                reason[side] = _reason(most[side], least[side], side)
    return DetectableRatio(
        design=design,
        power=wanted,
        expected_events=events,
        above=ratio[1],
        below=ratio[-1],
        reason_above=reason[1] if math.isnan(ratio[1]) else "",
        reason_below=reason[-1] if math.isnan(ratio[-1]) else "",
        most_above=most[1],
        most_below=most[-1],
        fewest_above=least[1],
        fewest_below=least[-1],
        schoenfeld_above=nearest[1],
        schoenfeld_below=nearest[-1],
        notes=design_notes(design),
    )


def _solve(
    power: Callable[[float], float], share: float, end: float, wanted: float
) -> float:
    """Find the ratio by the share of the events among the exposed; NaN if none."""
    if power(end) <= wanted or power(share) >= wanted:
        return math.nan
    found = float(brentq(lambda pi: power(pi) - wanted, share, end, xtol=1e-13))
    return found * (1 - share) / (share * (1 - found)) if found < 1 else math.nan


def _schoenfeld_ratio(
    design: StudyDesign, events: float, wanted: float, side: int
) -> float:
    p = design.exposure_share
    spread = events * p * (1 - p) * (1 - design.r_squared)
    if spread <= 0:
        return math.nan
    z = norm.isf(design.alpha / 2 if design.two_sided else design.alpha)
    reach = float(z + norm.ppf(wanted)) / math.sqrt(spread)
    return math.exp(side * reach) if reach < 700 else math.nan


def _reason(most: float, fewest: int, side: int) -> str:
    """Say why no ratio is detectable."""
    needs = f"significance needs {fewest:,} perforation{'s' if fewest > 1 else ''}"
    seen = f"the chance of so many is {percent(most)}"
    if side > 0:
        return f"{needs}, all of them among the exposed, and {seen}"
    return (
        f"even if the exposure prevented every perforation, {needs} without one among the "
        f"exposed, and {seen}"
    )
