"""Tables over many designs: every combination of the values given, one row each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.html import html_table, notes_list
from jdm_stats.power.detectable import check_power, detectable_hazard_ratio
from jdm_stats.power.study_design import StudyDesign, expected_events
from jdm_stats.power.study_power import check_design, check_ratio, study_power
from jdm_stats.power.words import (
    TOO_OFTEN,
    design_notes,
    number,
    percent,
    ratio_words,
)

__all__ = ["NONE_NOTE", "PowerTable", "power_curve", "power_table"]

_ALWAYS = ("n_children", "follow_up_years")
_MOST_ROWS = 20_000
CURVE_CHILDREN = tuple(np.unique(np.geomspace(50, 20_000, 61).round()).astype(int))


@dataclass(frozen=True, eq=False)
class PowerTable:
    """Designs side by side.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per design and hazard ratio: every value that was varied, ``n_children`` and
        ``follow_up_years`` in any case, ``expected_events``, ``hazard_ratio``, ``power``,
        ``size``, ``no_plain_estimate``, ``interval_ratio``, ``schoenfeld_power`` (NaN
        without a hazard ratio), ``detectable_above``, ``detectable_below`` with
        ``reason_above``, ``reason_below``, and ``power_wanted``.
    design : StudyDesign
        What was not varied.
    varied : tuple of str
        Names of the values that were.
    notes : tuple of str
        What a careful reader must know.
    """

    table: pd.DataFrame
    design: StudyDesign
    varied: tuple[str, ...]
    notes: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """Give the table, a fresh copy; it says whether a synthetic world is behind it."""
        frame = self.table.copy()
        frame.attrs["jdm_stats"] = {"synthetic": self.design.synthetic}
        return frame

    def shown(self) -> pd.DataFrame:
        """Give the table as it is to be read: words in place of NaN, percent, few digits."""
        table, wanted = self.table, percent(float(self.table["power_wanted"].iloc[0]))
        told: dict[str, Any] = {
            _HEADINGS.get(name, name): table[name].map(_SHOW.get(name, str))
            for name in dict.fromkeys((*self.varied, *_ALWAYS))
        }
        told["Events"] = table["expected_events"].map(number)
        if table["hazard_ratio"].notna().any():
            told["HR"] = table["hazard_ratio"].map("{:g}".format)
            told["Power"] = table["power"].map(percent)
            told["If no effect"] = table["size"].map(percent)
            told["No plain estimate"] = table["no_plain_estimate"].map(percent)
            told["Upper/lower limit"] = table["interval_ratio"].map(number)
        for side in ("above", "below"):
            ratios = table[f"detectable_{side}"]
            told[f"HR {side} 1 at {wanted}"] = [ratio_words(r, "*") for r in ratios]
        frame = pd.DataFrame(told).replace("none: *", "none")
        frame.attrs["jdm_stats"] = {"synthetic": self.design.synthetic}
        return frame

    def __repr__(self) -> str:
        return (
            f"<PowerTable: {len(self.table)} rows, {', '.join(self.varied)} varied, "
            f"{self.design.test}>"
        )

    def _repr_html_(self) -> str:
        return html_table(
            self.shown(),
            caption=f"Study size, {self.design.exposure}",
            footnotes=[NONE_NOTE],
            synthetic=self.design.synthetic,
        ) + notes_list(self.notes)


NONE_NOTE = (
    "Last two columns: the hazard ratios nearest to 1 that reach the power. none: no ratio on "
    "that side does, however far from 1."
)
_HEADINGS = {
    "n_children": "Children",
    "follow_up_years": "Years",
    "accrual_years": "Years of recruitment",
    "exposure_share": "Exposed",
    "risk_24_months": "Risk, 24 months",
    "time_course": "Time course",
    "test": "Test",
    "alpha": "Level",
    "r_squared": "R squared",
    "exposure": "Exposure",
}
_SHOW: dict[str, Any] = {
    "n_children": "{:,}".format,
    "follow_up_years": "{:g}".format,
    "accrual_years": "{:g}".format,
    "exposure_share": percent,
    "risk_24_months": percent,
}


def power_table(
    design: StudyDesign,
    *,
    hazard_ratio: float | Sequence[float] | None = None,
    power: float = 0.8,
    **values: Any,
) -> PowerTable:
    """Work out every combination of the values given.

    Parameters
    ----------
    design : StudyDesign
        What is not varied.
    hazard_ratio : float or sequence of float, optional
        Ratios whose power is wanted.
    power : float, default 0.8
        Power at which detectable ratios are told.
    **values
        Names of values of the design, each with one value or a sequence of them.

    Returns
    -------
    PowerTable
        The first name given varies slowest, the hazard ratio fastest.

    Raises
    ------
    UsageError
        For an impossible ratio or power, an empty sequence, or more than 20,000 rows.
    PlanError
        For an unknown name or an impossible value; every fault of every design at once.

    Examples
    --------
    >>> told = power_table(
    ...     StudyDesign(exposure_share=0.21),
    ...     hazard_ratio=8,
    ...     power=0.8,
    ...     n_children=[300, 600],
    ...     follow_up_years=[2, 5],
    ... )
    >>> told.tidy()[
    ...     ["n_children", "follow_up_years", "expected_events", "power"]
    ... ].round(2)
       n_children  follow_up_years  expected_events  power
    0         300                2             6.00   0.71
    1         300                5             7.06   0.77
    2         600                2            12.00   0.92
    3         600                5            14.13   0.95
    """
    design = check_design(design)
    wanted = check_power(power, design)
    ratios = [None] if hazard_ratio is None else _listed(hazard_ratio)
    checked = [ratio if ratio is None else check_ratio(ratio) for ratio in ratios]
    lists = {name: _listed(value) for name, value in values.items()}
    empty = [
        name for name, value in {**lists, "hazard_ratio": ratios}.items() if not value
    ]
    if empty:
        raise UsageError(f"{', '.join(empty)}: give one value at least")
    rows = len(checked) * int(np.prod([len(value) for value in lists.values()] or [1]))
    if rows > _MOST_ROWS:
        raise UsageError(f"{rows:,} rows asked for; {_MOST_ROWS:,} are the most")
    designs = _designs(design, lists)
    told = [row for one in designs for row in _rows(one, lists, checked, wanted)]
    notes = dict.fromkeys(note for one in designs for note in design_notes(one))
    frame = pd.DataFrame(told)
    notes |= dict.fromkeys(_size_notes(frame["size"], [one.alpha for one in designs]))
    return PowerTable(frame, design, tuple(lists), tuple(notes))


def _size_notes(size: pd.Series, levels: list[float]) -> list[str]:
    """Say that powers are inflated where a test rejects too often without an effect."""
    level = np.repeat(levels, len(size) // len(levels))
    inflated = size[size > TOO_OFTEN * level]
    if inflated.empty:
        return []
    return [
        "Where 'If no effect' exceeds the level of the test, the power is inflated with it; "
        f"here it reaches {percent(float(inflated.max()))}. The exact test keeps its level."
    ]


def power_curve(
    design: StudyDesign,
    *,
    power: float = 0.8,
    n_children: Sequence[int] = CURVE_CHILDREN,
    follow_up_years: Sequence[float] = (2.0, 5.0, 10.0),
) -> PowerTable:
    """Work out detectable hazard ratios over children and years, to be drawn.

    Parameters
    ----------
    design : StudyDesign
    power : float, default 0.8
    n_children : sequence of int
        By default 61 numbers from 50 to 20,000.
    follow_up_years : sequence of float

    Returns
    -------
    PowerTable

    Raises
    ------
    UsageError
        For a wrong value, with every fault.

    Examples
    --------
    >>> curve = power_curve(StudyDesign(), n_children=[300, 3000], follow_up_years=[5])
    >>> curve.tidy()["detectable_above"].round(1).tolist()
    [8.8, 2.1]
    """
    return power_table(
        design, power=power, follow_up_years=follow_up_years, n_children=n_children
    )


def _listed(value: Any) -> list[Any]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        return [value]
    return list(value)


def _designs(design: StudyDesign, lists: dict[str, list[Any]]) -> list[StudyDesign]:
    """Make every design; each value is first checked by itself, so that all faults show."""
    faults: dict[str, None] = {}
    for name, listed in lists.items():
        for value in listed:
            try:
                design.with_values(**{name: value})
            except UsageError as error:
                lines = str(error).split("\n  ")
                faults.update(dict.fromkeys(lines[1:] or lines))
    if faults:
        from jdm_stats.errors import PlanError

        raise PlanError("the study designs are at fault:\n  " + "\n  ".join(faults))
    return [
        design.with_values(**dict(zip(lists, combination, strict=True)))
        for combination in product(*lists.values())
    ]


def _rows(
    design: StudyDesign,
    lists: dict[str, list[Any]],
    ratios: Sequence[float | None],
    wanted: float,
) -> list[dict[str, Any]]:
    nearest = detectable_hazard_ratio(design, wanted)
    names = dict.fromkeys((*lists, *_ALWAYS))
    fixed = {name: getattr(design, name) for name in names}
    if "time_course" in fixed:
        fixed["time_course"] = design.course.name
    rows = []
    for ratio in ratios:
        told = (
            {} if ratio is None else study_power(design, ratio).tidy().iloc[0].to_dict()
        )
        rows.append(
            {
                **fixed,
                "expected_events": expected_events(design),
                "hazard_ratio": np.nan if ratio is None else ratio,
                **{name: told.get(name, np.nan) for name in _OF_A_RATIO},
                "power_wanted": wanted,
                "detectable_above": nearest.above,
                "detectable_below": nearest.below,
                "reason_above": nearest.reason_above,
                "reason_below": nearest.reason_below,
            }
        )
    return rows


_OF_A_RATIO = (
    "power",
    "size",
    "no_plain_estimate",
    "interval_ratio",
    "schoenfeld_power",
)
