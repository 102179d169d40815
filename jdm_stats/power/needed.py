"""How many children, or how many years, for a hazard ratio and a power; or why never."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.html import html_table, notes_list
from jdm_stats.intervals.columns import is_real
from jdm_stats.power.detectable import check_power
from jdm_stats.power.event_law import (
    breaks_its_level,
    event_law,
    exposed_share_of_events,
    schoenfeld_power,
)
from jdm_stats.power.study_design import StudyDesign, chance_of_event, expected_events
from jdm_stats.power.study_power import check_design, check_ratio
from jdm_stats.power.words import design_notes, number, percent

__all__ = ["Needed", "children_needed", "years_needed"]

MOST_CHILDREN = 10_000_000
MOST_YEARS = 100.0
_STEP = (
    1.05  # power is looked at again every 5% of children: it need not rise throughout
)


@dataclass(frozen=True)
class Needed:
    """How much a study needs.

    Parameters
    ----------
    what : str
        ``children``, ``years of follow-up`` or ``years of recruitment``.
    value : float
        How many; NaN where no number is enough.
    reason : str
        Why none is enough; else empty.
    design : StudyDesign
        The design with that value; as given where there is none.
    hazard_ratio, power_wanted : float
        What was asked.
    power, expected_events : float
        Of ``design``.
    notes : tuple of str
        What a careful reader must know.
    """

    what: str
    value: float
    reason: str
    design: StudyDesign
    hazard_ratio: float
    power_wanted: float
    power: float
    expected_events: float
    notes: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """Give the answer as one row."""
        frame = pd.DataFrame(
            {
                "what": [self.what],
                "value": [self.value],
                "reason": [self.reason],
                "hazard_ratio": [self.hazard_ratio],
                "power_wanted": [self.power_wanted],
                "power": [self.power],
                "expected_events": [self.expected_events],
                "n_children": [self.design.n_children],
                "accrual_years": [self.design.accrual_years],
                "follow_up_years": [self.design.follow_up_years],
            }
        )
        frame.attrs["jdm_stats"] = {"synthetic": self.design.synthetic}
        return frame

    def in_words(self) -> str:
        """Say the answer in a sentence."""
        asked = (
            f"a hazard ratio of {self.hazard_ratio:g} for {self.design.exposure} with a "
            f"power of {percent(self.power_wanted)}"
        )
        if math.isnan(self.value):
            return (
                f"No number of {self.what} is enough to detect {asked}: {self.reason}."
            )
        design = self.design
        shown = f"{self.value:.1f} {self.what}"
        if self.what == "children":
            longest = design.follow_up_years + design.accrual_years
            to = f" to {longest:g}" if design.accrual_years else ""
            years = f"{design.follow_up_years:g}{to} year"
            plural = "" if longest == 1 else "s"
            shown = f"{self.value:,.0f} children followed for {years}{plural}"
        elif self.what == "years of recruitment":
            shown += f", in which {design.n_children:,} children come"
        return (
            f"To detect {asked}: {shown} ({number(self.expected_events)} expected "
            "perforations)."
        )

    def __repr__(self) -> str:
        value = "none is enough" if math.isnan(self.value) else f"{self.value:g}"
        return (
            f"<Needed: {value} ({self.what}), HR {self.hazard_ratio:g}, power wanted "
            f"{self.power_wanted:g}, had {self.power:.3f}>"
        )

    def _repr_html_(self) -> str:
        return html_table(
            self.tidy(), caption=self.in_words(), synthetic=self.design.synthetic
        ) + notes_list(self.notes)


def children_needed(
    design: StudyDesign, hazard_ratio: float, power: float = 0.8
) -> Needed:
    """Find how many children a study needs, all else as in the design.

    Parameters
    ----------
    design : StudyDesign
        Its ``n_children`` is not looked at.
    hazard_ratio : float
        From 0 up.
    power : float, default 0.8

    Returns
    -------
    Needed
        The number from which on power stays at what was asked for: counts are whole, so
        that power can fall a little where children are added.

    Raises
    ------
    UsageError
        If a number or the design is none.

    Examples
    --------
    >>> design = StudyDesign(follow_up_years=5, exposure_share=0.21)
    >>> children_needed(design, hazard_ratio=8, power=0.8)
    <Needed: 330 (children), HR 8, power wanted 0.8, had 0.800>
    """
    design, ratio = check_design(design), check_ratio(hazard_ratio)
    wanted = check_power(power, design)
    reason = _never(design, ratio)
    value = math.nan

    def enough(children: int) -> bool:
        return _enough(design.with_values(n_children=children), ratio, wanted)

    if not reason:
        value = _least(enough, 1, MOST_CHILDREN)
        if math.isnan(value):
            reason = (
                f"even {MOST_CHILDREN:,} children would not do, and more are not tried: there "
                "will never be so many"
            )
    found = design if math.isnan(value) else design.with_values(n_children=int(value))
    return _told("children", value, reason, found, ratio, wanted)


def years_needed(
    design: StudyDesign,
    hazard_ratio: float,
    power: float = 0.8,
    *,
    children_per_year: float | None = None,
) -> Needed:
    """Find how many years a study needs: of follow-up, or of recruitment.

    Parameters
    ----------
    design : StudyDesign
    hazard_ratio : float
        From 0 up.
    power : float, default 0.8
    children_per_year : float, optional
        Children recruited in a year. If given, years of recruitment are sought, after which
        the study goes on for the design's ``follow_up_years``; the design's ``n_children``
        and ``accrual_years`` are not looked at. If not, years of follow-up after the last
        recruit are sought, with as many children as the design has.

    Returns
    -------
    Needed
        NaN with its reason where a hundred years are not enough: perforations come early,
        so that following the same children longer soon adds nothing.

    Raises
    ------
    UsageError
        If a number or the design is none.

    Examples
    --------
    >>> design = StudyDesign(n_children=330, exposure_share=0.21)
    >>> years_needed(design, hazard_ratio=8, power=0.8).value
    5.0
    >>> years_needed(design, hazard_ratio=4, power=0.8).reason
    'these children would ever have 8.1 perforations, 6.6 of them within 24 months'
    """
    design, ratio = check_design(design), check_ratio(hazard_ratio)
    wanted = check_power(power, design)
    if children_per_year is not None:
        return _recruitment(design, ratio, wanted, children_per_year)

    def of(years: float) -> StudyDesign:
        return design.with_values(follow_up_years=years)

    value, found = math.nan, design
    reason = _never(of(MOST_YEARS), ratio)
    if not reason:
        tenths = _least(
            lambda tenth: _enough(of(tenth / 10), ratio, wanted),
            0,
            int(10 * MOST_YEARS),
        )
        value = tenths / 10
        if math.isnan(value):
            ever, soon = (expected_events(of(years)) for years in (MOST_YEARS, 2.0))
            reason = (
                f"these children would ever have {number(ever)} perforations, "
                f"{number(soon)} of them within 24 months"
            )
        else:
            found = of(value)
    return _told("years of follow-up", value, reason, found, ratio, wanted)


def _recruitment(
    design: StudyDesign, ratio: float, wanted: float, children_per_year: float
) -> Needed:
    if not (is_real(children_per_year) and children_per_year > 0):
        raise UsageError(
            f"children_per_year must be a number above 0, not {children_per_year!r}"
        )
    most = int(min(children_per_year * MOST_YEARS, MOST_CHILDREN))

    def of(children: int) -> StudyDesign:
        years = min(children / children_per_year, MOST_YEARS)
        return design.with_values(n_children=children, accrual_years=years)

    value, found, reason = math.nan, design, _never(of(max(most, 1)), ratio)
    if not reason:
        children = _least(lambda n: _enough(of(n), ratio, wanted), 1, max(most, 1))
        if math.isnan(children):
            events = expected_events(of(max(most, 1)))
            reason = (
                f"a hundred years of recruitment would bring {max(most, 1):,} children and "
                f"{number(events)} perforations"
            )
        else:
            found = of(int(children))
            value = found.accrual_years
    return _told("years of recruitment", value, reason, found, ratio, wanted)


def _power(design: StudyDesign, ratio: float) -> float:
    if design.test == "schoenfeld":
        return schoenfeld_power(design, ratio)
    law = event_law(design, -1 if ratio < 1 else 1)
    return law.power(exposed_share_of_events(design.exposure_share, ratio))


def _enough(design: StudyDesign, ratio: float, wanted: float) -> bool:
    """Whether a design has the power, from a test that nearly keeps its level."""
    if _power(design, ratio) < wanted:
        return False
    law = event_law(design, -1 if ratio < 1 else 1)
    return design.test == "schoenfeld" or not breaks_its_level(law, design)


def _never(design: StudyDesign, ratio: float) -> str:
    if ratio == 1:
        return "a ratio of 1 is no effect, and there is nothing to detect"
    if chance_of_event(design) <= 0:
        return "no perforation would be seen: the follow-up has no length"
    return ""


def _least(enough: Callable[[int], bool], first: int, last: int) -> float:
    """Least number from which on it is enough, looked at every 5%; NaN if none is."""
    coarse = [first]
    while coarse[-1] < last:
        coarse.append(min(max(coarse[-1] + 1, 2 * coarse[-1]), last))
    failing = [place for place, number in enumerate(coarse) if not enough(number)]
    if not failing:
        return float(first)
    if failing[-1] == len(coarse) - 1:
        return math.nan
    fine = [coarse[failing[-1]]]
    top = min(2 * coarse[failing[-1] + 1], last)
    while fine[-1] < top:
        fine.append(min(max(fine[-1] + 1, int(_STEP * fine[-1])), top))
    place = max(place for place, number in enumerate(fine) if not enough(number))
    low, high = fine[place], fine[place + 1]
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return float(high)


def _told(
    what: str,
    value: float,
    reason: str,
    found: StudyDesign,
    ratio: float,
    wanted: float,
) -> Needed:
    return Needed(
        what=what,
        value=value,
        reason=reason,
        design=found,
        hazard_ratio=ratio,
        power_wanted=wanted,
        power=_power(found, ratio) if ratio != 1 else math.nan,
        expected_events=expected_events(found),
        notes=design_notes(found),
    )
