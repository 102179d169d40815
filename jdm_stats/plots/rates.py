"""Incidence rates by group: a dot with exact limits, an upper bound where no event was."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jdm_stats.errors import UsageError
from jdm_stats.html import format_number
from jdm_stats.plots.columns import (
    is_synthetic,
    numbers,
    relabelled,
    require_columns,
    text_of,
)
from jdm_stats.plots.log_axis import log_limits, log_ticks
from jdm_stats.plots.rows import Row, draw_rows, wrap
from jdm_stats.plots.style import INK, Look, looks_of, styled, synthetic_mark

__all__ = ["rates_plot"]

_NEEDED = ("events", "person_years", "rate", "conf_low", "conf_high")
_KNOWN = (*_NEEDED, "patients", "upper_one_sided", "per_person_years")
_EVERYONE = Look(INK, "solid", "o", "")


@styled
def rates_plot(
    rates: pd.DataFrame,
    *,
    ax: Axes | None = None,
    labels: Mapping[str, str] | None = None,
    log: bool = True,
    xlim: tuple[float, float] | None = None,
    conf_level: float = 0.95,
    synthetic: bool | None = None,
) -> Axes:
    """Draw a rate with its exact interval for each group.

    A group without an event has no lower limit and no useful point: its one-sided upper
    limit is drawn as a bar with an arrow that points left.

    Parameters
    ----------
    rates : pandas.DataFrame
        One row a group: ``events``, ``person_years``, ``rate``, ``conf_low`` and
        ``conf_high`` (per ``per_person_years``, by default 100), and
        ``upper_one_sided``. Columns of other names say which group it is.
    ax : matplotlib.axes.Axes, optional
        Where to draw; give its figure a constrained layout.
    labels : mapping of group to str, optional
        What to call the groups.
    log : bool, default True
        Whether the axis is logarithmic.
    xlim : (float, float), optional
        Ends of the axis, in the unit of the rates.
    conf_level : float, default 0.95
        Level of the limits, for the heading.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns, an empty table, or several units of person-years.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> rates = pd.DataFrame(
    ...     {
    ...         "antibody": ["NXP2", "SRP"],
    ...         "events": [6, 0],
    ...         "person_years": [412.0, 90.0],
    ...         "rate": [1.46, 0.0],
    ...         "conf_low": [0.53, 0.0],
    ...         "conf_high": [3.17, 4.10],
    ...         "upper_one_sided": [2.87, 3.33],
    ...     }
    ... )
    >>> ax = rates_plot(rates, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "cell-1"]
    ['1.46 (0.53 to 3.17)', '0 (below 3.33 *)']
    """
    frame = require_columns(rates, _NEEDED, "rates_plot")
    if frame.empty:
        raise UsageError("rates_plot received no groups; pass at least one row")
    unit = _unit(frame)
    columns = [name for name in frame.columns if name not in _KNOWN]
    records = frame.to_dict("records")
    groups = [_group(record, columns) for record in records]
    named = relabelled(labels)
    names = [named.get(group, group) for group in groups]
    looks = _looks(groups, names)
    rows = [_row(*parts) for parts in zip(records, names, looks, strict=True)]
    limits = _limits(rows, log, xlim)
    headers = ["Events / person-years", f"Rate ({100 * conf_level:g}% exact)"]
    axes = draw_rows(rows, ax=ax, headers=headers, xlim=limits, log=log)
    if log:
        log_ticks(axes, limits)
    note = ""
    if any(row.bound for row in rows):
        note = f"\n* no event: one-sided {100 * conf_level:g}% upper limit"
    axes.set_xlabel(f"Events per {unit:,g} person-years{note}")
    if is_synthetic(synthetic, rates):
        synthetic_mark(axes, x=0.0, ha="left")
    return axes


def _unit(frame: pd.DataFrame) -> float:
    units = set(numbers(frame, "per_person_years"))
    units = {unit for unit in units if not math.isnan(unit)} or {100.0}
    if len(units) > 1:
        raise UsageError(
            "rates_plot needs rates of one unit; per_person_years holds "
            f"{', '.join(f'{unit:g}' for unit in sorted(units))}; draw them apart"
        )
    return units.pop()


def _group(record: Mapping[Any, Any], columns: Sequence[str]) -> str:
    return ", ".join(text_of(record[name]) or "not known" for name in columns) or "all"


def _looks(groups: Sequence[str], names: Sequence[str]) -> list[Look]:
    """Ink for all children together, else a look that no antibody shares by chance."""
    own = iter(
        looks_of(
            [
                pair
                for pair in zip(groups, names, strict=True)
                if not _is_everyone(pair[0])
            ]
        )
    )
    return [_EVERYONE if _is_everyone(group) else next(own) for group in groups]


def _is_everyone(group: str) -> bool:
    return group.split(" ")[0].lower() == "all"


def _row(record: Mapping[Any, Any], label: str, look: Look) -> Row:
    rate, low, high = (float(record[key]) for key in ("rate", "conf_low", "conf_high"))
    counts = f"{text_of(record['events'])} / {format_number(record['person_years'], 0)}"
    if float(record["events"]) > 0:
        shown = [format_number(value, digits=None) for value in (rate, low, high)]
        text = f"{shown[0]} ({shown[1]} to {shown[2]})"
        return Row(
            wrap(label), low, rate, high, (counts, text), "", look.marker, look.colour
        )
    upper = float(record.get("upper_one_sided", math.nan))
    mark = " *" if not math.isnan(upper) else ""
    upper = high if math.isnan(upper) else upper
    text = f"0 (below {format_number(upper, digits=None)}{mark})"
    if math.isnan(upper):
        return Row(wrap(label), cells=(counts, "no person-years"))
    return Row(
        wrap(label), high=upper, cells=(counts, text), colour=look.colour, bound=True
    )


def _limits(
    rows: Sequence[Row], log: bool, xlim: tuple[float, float] | None
) -> tuple[float, float]:
    if xlim is not None:
        return xlim
    middles = np.array([row.middle for row in rows])
    ends = np.array([end for row in rows for end in (row.low, row.high)])
    if log:
        return log_limits(middles, ends, least=(0.5, 5.0), most=(0.02, 200.0))
    tops = np.concatenate([middles, ends])
    return 0.0, float(tops[np.isfinite(tops)].max(initial=1.0)) * 1.08
