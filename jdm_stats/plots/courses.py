"""Steroid courses around each perforation: one lane a child, day 0 the perforation.

The figure answers one question by eye: what was given before, and what after. The height
and shade of a lane is the oral dose of the day; a pulse is an upright stroke.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from jdm_stats.errors import UsageError
from jdm_stats.plots.columns import (
    flag,
    is_synthetic,
    numbers,
    require_columns,
    text_of,
)
from jdm_stats.plots.lanes import Child, children_in_order, dose_steps
from jdm_stats.plots.style import (
    BASE_SIZE,
    FAINT,
    INK,
    OKABE_ITO,
    RULE,
    SMALL_SIZE,
    axes_or_new,
    legend_outside,
    plain,
    styled,
    synthetic_mark,
    text_width,
)

__all__ = ["course_plot"]

_COURSES = ("patient_id", "start_day", "stop_day", "mg_kg_day", "pulse")
_EVENTS = ("patient_id", "day", "event")
FULL_HEIGHT_DOSE = 2.0
LANE_HEIGHT = 0.62
_SHADES = (
    (0.5, "#BFD7EA", "below 0.5"),
    (1.0, "#7FB0D6", "0.5 to 1"),
    (2.0, "#3579B1", "1 to 2"),
    (math.inf, "#0B3C66", "2 and more"),
)
_PULSE = "#000000"
_END = "<"
_SYMBOLS = {
    "gi_perforation": ("*", OKABE_ITO["vermillion"], 11.5, "GI perforation"),
    "gi_involvement": ("o", OKABE_ITO["yellow"], 6.5, "GI involvement"),
    "surgery": ("s", OKABE_ITO["bluish green"], 6.5, "surgery"),
    "death": ("X", "#000000", 8.0, "death"),
    "remission": ("D", "white", 6.0, "remission"),
}
_OTHER = ("^", "white", 6.5)
STACK_DAYS = 4


@styled
def course_plot(
    courses: pd.DataFrame,
    events: pd.DataFrame,
    *,
    ax: Axes | None = None,
    follow_up: pd.DataFrame | None = None,
    centre_on: str = "gi_perforation",
    days_before: int = 120,
    days_after: int = 60,
    max_children: int = 20,
    synthetic: bool | None = None,
) -> Axes:
    """Draw the steroid courses of each child around the first event of a kind.

    Parameters
    ----------
    courses : pandas.DataFrame
        Steroid courses: ``patient_id``, ``start_day``, ``stop_day`` (inclusive, missing
        if treatment went on), ``mg_kg_day`` (prednisone-equivalent, missing if unknown)
        and ``pulse`` (bool). Days are counted from diagnosis. Doses of courses that are
        not pulses are added up by day.
    events : pandas.DataFrame
        ``patient_id``, ``day``, ``event``.
    ax : matplotlib.axes.Axes, optional
        Where to draw. The legend stands below the axes: give its figure a constrained
        layout.
    follow_up : pandas.DataFrame, optional
        ``patient_id``, ``entry_day``, ``exit_day``, and ``antibody`` where known. A
        table of patients will do.
    centre_on : str, default "gi_perforation"
        The event whose first day is day 0; children without it are not drawn.
    days_before, days_after : int
        The window around day 0.
    max_children : int, default 20
        Lanes to draw; how many children were left out is written.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes
        Lanes run from the top by antibody, then by day of the event.

    Raises
    ------
    UsageError
        For missing columns or a window that is not positive.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> courses = pd.DataFrame(
    ...     {
    ...         "patient_id": ["P1"],
    ...         "start_day": [10],
    ...         "stop_day": [99],
    ...         "mg_kg_day": [1.5],
    ...         "pulse": [False],
    ...     }
    ... )
    >>> events = pd.DataFrame(
    ...     {"patient_id": ["P1"], "day": [100], "event": ["gi_perforation"]}
    ... )
    >>> ax = course_plot(courses, events, ax=Figure().subplots())
    >>> [bar.get_x() for bar in ax.patches if bar.get_gid() == "dose"]
    [-90]
    """
    doses = require_columns(courses, _COURSES, "course_plot (courses)")
    marks = require_columns(events, _EVENTS, "course_plot (events)")
    if days_before < 0 or days_after < 0 or days_before + days_after < 1:
        raise UsageError(
            "the window needs days on one side of day 0 at least; received "
            f"days_before={days_before}, days_after={days_after}"
        )
    if max_children < 1:
        raise UsageError(f"max_children must be 1 or more; received {max_children}")
    children = children_in_order(marks, follow_up, centre_on)
    shown = children[:max_children]
    ax = axes_or_new(ax, 7.6, 1.9 + 0.3 * max(len(shown), 3))
    window = (-days_before, days_after)
    for lane, child in enumerate(shown):
        _draw_lane(ax, lane, child, doses, marks, window)
    pad = _frame_lanes(ax, shown, window, centre_on)
    _write_remarks(ax, len(children) - len(shown), len(shown), centre_on)
    if shown:
        entries = _entries(doses, marks, shown, centre_on)
        title = "Shade and height: prednisone-equivalent dose outside pulses"
        legend_outside(ax, entries, below=44.0, left=pad, title=title)
    if is_synthetic(synthetic, courses, events):
        synthetic_mark(ax)
    return ax


def _draw_lane(
    ax: Axes,
    lane: int,
    child: Child,
    doses: pd.DataFrame,
    marks: pd.DataFrame,
    window: tuple[int, int],
) -> None:
    left, right = window
    floor = lane + LANE_HEIGHT / 2.0
    begin = left if math.isnan(child.entry) else max(child.entry - child.centre, left)
    end = right if math.isnan(child.exit) else min(child.exit - child.centre, right)
    ax.plot(
        [begin, end], [floor, floor], color=FAINT, lw=0.8, gid="follow-up", zorder=3
    )
    own = doses[doses["patient_id"].astype(str) == child.patient_id]
    is_pulse = own["pulse"].map(flag).to_numpy(dtype=bool)
    first, last = left + child.centre, right + child.centre - 1
    if not math.isnan(child.exit):
        last = min(last, int(child.exit))
    for start, stop, dose in dose_steps(own[~is_pulse], first, last):
        _draw_dose(ax, floor, start - child.centre, stop - child.centre, dose)
    for start, stop, _ in dose_steps(own[is_pulse], first, last):
        for day in range(start, stop):
            _draw_pulse(ax, floor, day - child.centre)
    if not math.isnan(child.exit) and left <= child.exit - child.centre < right:
        ax.plot(
            [child.exit - child.centre],
            [floor - LANE_HEIGHT / 2],
            marker=_END,
            ms=7,
            mfc="white",
            mec=INK,
            mew=1.2,
            gid="exit",
            zorder=4,
        )
    _draw_events(ax, lane, child, marks, window)


def _draw_dose(ax: Axes, floor: float, left: int, right: int, dose: float) -> None:
    unknown = math.isnan(dose)
    if not unknown and dose <= 0:
        return
    share = 0.5 if unknown else min(max(dose / FULL_HEIGHT_DOSE, 0.14), 1.0)
    shade = next((tone for top, tone, _ in _SHADES if dose < top), "white")
    ax.add_patch(
        Rectangle(
            (left, floor),
            right - left,
            -LANE_HEIGHT * share,
            facecolor="white" if unknown else shade,
            edgecolor=FAINT if unknown else shade,
            hatch="////" if unknown else None,
            lw=0.5,
            gid="dose-unknown" if unknown else "dose",
            zorder=2,
        )
    )


def _draw_pulse(ax: Axes, floor: float, day: int) -> None:
    ax.add_patch(
        Rectangle(
            (day + 0.1, floor),
            0.8,
            -LANE_HEIGHT * 1.22,
            facecolor=_PULSE,
            edgecolor="white",
            lw=0.3,
            gid="pulse",
            zorder=3,
        )
    )


def _draw_events(
    ax: Axes, lane: int, child: Child, marks: pd.DataFrame, window: tuple[int, int]
) -> None:
    own = marks[marks["patient_id"].astype(str) == child.patient_id]
    days = numbers(own, "day") - child.centre
    inside = (days >= window[0]) & (days <= window[1])
    names = [text_of(name) for name in own["event"].to_numpy()[inside]]
    when = sorted(zip(days[inside], names, strict=True), key=_perforation_first)
    stack, before = 0, -math.inf
    for day, name in when:
        stack = stack + 1 if day - before < STACK_DAYS else 0
        before = day
        marker, colour, size, _ = _symbol(name)
        ax.plot(
            [day],
            [lane + (0.0, -0.3, 0.3)[stack % 3]],
            marker=marker,
            ms=size,
            mfc=colour,
            mec=INK,
            mew=0.8,
            ls="none",
            gid=f"event-{name}",
            zorder=6 if name == "gi_perforation" else 5,
            clip_on=False,
        )


def _perforation_first(mark: tuple[float, str]) -> tuple[float, bool]:
    return mark[0], mark[1] != "gi_perforation"


def _symbol(name: str) -> tuple[str, str, float, str]:
    return _SYMBOLS.get(name, (*_OTHER, name.replace("_", " ")))


def _frame_lanes(
    ax: Axes, shown: Sequence[Child], window: tuple[int, int], centre_on: str
) -> float:
    """Name the lanes and the days; return the width of the names in points."""
    labels = [
        " · ".join(
            part
            for part in (
                child.antibody,
                child.patient_id,
                f"day {child.centre}",
                child.remark,
            )
            if part
        )
        for child in shown
    ]
    ax.set_yticks(range(len(shown)), [plain(label) for label in labels])
    ax.set_ylim(max(len(shown), 1) - 0.4, -0.75)
    ax.set_xlim(*window)
    ax.axvline(0, color=RULE, lw=1.2, zorder=0, gid="day-zero")
    ax.tick_params(axis="y", length=0)
    ax.tick_params(labelsize=BASE_SIZE)
    span = window[1] - window[0]
    step = next((s for s in (7, 15, 30, 60, 90, 180, 365) if span / s <= 9), span)
    first = math.ceil(window[0] / step) * step
    ticks = np.arange(first, window[1] + 1, step)
    ax.set_xticks(ticks, [f"{tick:d}".replace("-", "−") for tick in ticks])
    name = _symbol(centre_on)[3]
    ax.set_xlabel(plain(f"Days from the first {name}"))
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    return max((text_width(label) for label in labels), default=0.0) + 4.0


def _write_remarks(ax: Axes, left_out: int, shown: int, centre_on: str) -> None:
    name = _symbol(centre_on)[3]
    if not shown:
        text = f"No child has this event: {name}"
        ax.text(
            0.5,
            0.5,
            plain(text),
            transform=ax.transAxes,
            ha="center",
            gid="empty",
            backgroundcolor="white",
        )
    elif left_out:
        ax.annotate(
            f"{left_out} more {'children' if left_out > 1 else 'child'} not shown",
            xy=(0.0, 1.0),
            xycoords="axes fraction",
            xytext=(0.0, 4.0),
            textcoords="offset points",
            fontsize=SMALL_SIZE,
            fontstyle="italic",
            va="bottom",
            gid="left-out",
            annotation_clip=False,
        )


def _entries(
    doses: pd.DataFrame, marks: pd.DataFrame, shown: Sequence[Child], centre_on: str
) -> list[tuple[object, str]]:
    ids = {child.patient_id for child in shown}
    own = doses[doses["patient_id"].astype(str).isin(ids)]
    entries: list[tuple[object, str]] = [
        (Patch(fc=tone, ec=FAINT, lw=0.5), f"{words} mg/kg/day")
        for _, tone, words in _SHADES
    ]
    if np.isnan(numbers(own, "mg_kg_day")).any():
        unknown = Patch(fc="white", ec=FAINT, hatch="////", lw=0.5)
        entries.append((unknown, "dose not known"))
    if own["pulse"].map(flag).any():
        stroke = Line2D([], [], color=_PULSE, marker="|", ms=11, mew=2.2, ls="none")
        entries.append((stroke, "day of a pulse"))
    seen = marks[marks["patient_id"].astype(str).isin(ids)]["event"].map(text_of)
    present = set(seen) | {centre_on}
    for name in [n for n in _SYMBOLS if n in present] + sorted(present - set(_SYMBOLS)):
        marker, colour, size, words = _symbol(name)
        dot = Line2D([], [], marker=marker, mfc=colour, mec=INK, ms=size, ls="none")
        entries.append((dot, words))
    if any(not math.isnan(child.exit) for child in shown):
        stop = Line2D(
            [], [], color=INK, marker=_END, ms=7, mfc="white", mec=INK, ls="none"
        )
        entries.append((stop, "end of follow-up"))
    return entries
