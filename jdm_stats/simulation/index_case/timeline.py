"""index_case_timeline: the pattern drawn, its reported order apart from its assumed days."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd

from jdm_stats.cohort.cohort import Cohort, as_cohort
from jdm_stats.errors import UsageError
from jdm_stats.simulation.index_case.spread import Spread
from jdm_stats.simulation.index_case.steps import ABSTRACT, STEPS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["index_case_timeline", "timeline_steps"]

_NO_GAP = {
    "diagnosis": "day 0",
    "anti-NXP2": "no day: follows from the abstract's discussion",
}


def timeline_steps() -> pd.DataFrame:
    """Return what happens in the pattern, in order, each with its assumed gap.

    Returns
    -------
    pandas.DataFrame
        One row per event of the pattern: ``label``, ``event``, ``status`` ("reported" if
        the abstract reports it), ``low`` and ``high`` (the assumed gap in days, missing
        where there is none), ``from_step`` (what it is counted from), ``words`` and
        ``source``. Marked synthetic.

    Examples
    --------
    >>> steps = timeline_steps().set_index("event")
    >>> steps.loc["jejunostomy", ["status", "words"]].tolist()
    ['reported', '2 to 5 after the last repair']
    """
    gaps = {
        spread.event: spread
        for step in STEPS
        for spread in step.spreads
        if spread.event
    }
    rows = []
    for step in STEPS:
        if not step.event:
            continue
        gap = gaps.get(step.event)
        words = _NO_GAP.get(step.event, "")
        if gap is not None:
            words = _gap_in_words(gap)
        rows.append(
            {
                "label": step.what if step.status == "reported" else step.event,
                "event": step.event,
                "status": step.status,
                "low": float("nan") if gap is None else gap.low,
                "high": float("nan") if gap is None else gap.high,
                "from_step": "" if gap is None else gap.from_step,
                "words": words,
                "source": step.source,
            }
        )
    table = pd.DataFrame(rows)
    table.attrs["jdm_stats"] = {"synthetic": True}
    return table


def _gap_in_words(gap: Spread) -> str:
    if gap.high == 0:
        return f"on the day of {gap.from_step}"
    before = "half-way " if gap.event == "slow recovery" else ""
    return f"{before}{gap.in_words()} after {gap.from_step}"


def index_case_timeline(
    *, ax: Axes | None = None, cohort: Cohort | None = None
) -> Axes:
    """Draw the index case's pattern: reported order, assumed days.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        Where to draw; give its figure a constrained layout and 9 by 6.5 inches.
    cohort : Cohort, optional
        A simulated cohort; each of its children of the pattern adds a stroke to every
        gap, at the days that were drawn for it.

    Returns
    -------
    matplotlib.axes.Axes
        Solid marks are what the abstract reports, in its order. Every day in the figure is
        assumed, and it is marked SYNTHETIC for that reason.

    Raises
    ------
    UsageError
        When ``cohort`` is no cohort or none of its children follows the pattern.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = index_case_timeline(ax=Figure(layout="constrained").subplots())
    >>> sum(line.get_gid() == "step-reported" for line in ax.lines)
    10
    """
    from jdm_stats.plots.steps import steps_plot  # only a figure needs matplotlib

    steps = timeline_steps()
    drawn = None
    if cohort is not None:
        gaps = pattern_gaps(as_cohort(cohort))
        labels = steps.set_index("event")["label"]
        drawn = gaps.assign(label=gaps["event"].map(labels))
    return steps_plot(steps, drawn, ax=ax, source=f"Source of the order: {ABSTRACT}.")


def pattern_gaps(cohort: Cohort) -> pd.DataFrame:
    """Return the gaps drawn for each child of the pattern, read from its records.

    Parameters
    ----------
    cohort : Cohort

    Returns
    -------
    pandas.DataFrame
        ``patient_id``, ``event`` (what begins) and ``days`` since the step the pattern
        counts it from; several rows for further perforations and operations.

    Raises
    ------
    UsageError
        When no child of the cohort follows the pattern.

    Examples
    --------
    >>> from jdm_stats.simulation.simulate import simulate_cohort
    >>> gaps = pattern_gaps(simulate_cohort(3, rng=1, n_index_pattern=2))
    >>> bool(gaps.loc[gaps["event"] == "GI involvement", "days"].between(21, 60).all())
    True
    """
    patients = cohort.patients
    followers = patients.loc[(patients["pattern"] == "index_case").fillna(False)]
    if followers.empty:
        raise UsageError(
            "no child of this cohort follows the index case's pattern; simulate one with "
            "simulate_cohort(n, n_index_pattern=5), or leave cohort out"
        )
    courses = dict(iter(cohort.courses.groupby("patient_id")))
    events = dict(iter(cohort.events.groupby("patient_id")))
    rows = [
        {"patient_id": child, "event": event, "days": days}
        for child, leave in zip(
            followers["patient_id"], followers["exit_day"], strict=True
        )
        for event, days in _gaps(courses[child], events[child], int(leave))
    ]
    table = pd.DataFrame(rows)
    table.attrs["jdm_stats"] = {"synthetic": True}
    return table


def _gaps(
    courses: pd.DataFrame, events: pd.DataFrame, leave: int
) -> list[tuple[str, int]]:
    """Return the gaps of one child of the pattern."""

    def begins(drug: str) -> list[int]:
        return sorted(
            int(day) for day in courses.loc[courses["drug"] == drug, "start_day"]
        )

    def on(event: str) -> list[int]:
        return sorted(int(day) for day in events.loc[events["event"] == event, "day"])

    first, second = begins("methylprednisolone")
    (gi,), holes = on("gi_involvement"), on("gi_perforation")
    *repairs, stoma = on("surgery")
    low = begins("prednisone")[2]
    exchange = begins("plasma_exchange")[0]
    return [
        ("high-dose methylprednisolone", first),
        ("GI involvement", gi - first),
        ("second pulses", second - gi),
        ("multiple perforations", holes[0] - second),
        *(("further perforations", b - a) for a, b in pairwise(holes)),
        *(("several operations", b - a) for a, b in zip(holes, repairs, strict=True)),
        ("jejunostomy", stoma - repairs[-1]),
        ("plasma exchanges", exchange - stoma),
        ("fresh frozen plasma", begins("fresh_frozen_plasma")[0] - exchange),
        ("tofacitinib", begins("tofacitinib")[0] - stoma),
        ("low-dose steroid", low - stoma),
        ("end of follow-up", leave - stoma),
    ]
