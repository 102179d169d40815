"""Step curves, bands and the numbers under them, worked by hand for six children.

Group A: outcome on days 100 and 300, censored on 200 and 400. Group B: death on day 100,
censored on 400. So A has 4 at risk until 100, 3 until 200, 2 until 300, 1 until 400.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.plots import incidence_plot, survival_plot
from jdm_stats.plots.curves import time_ticks
from jdm_stats.plots.risk_table import counts_at


def block(group, cause, estimates, events):
    times = {"A": [0, 100, 200, 300, 400], "B": [0, 100, 400]}[group]
    risk = {"A": [4, 4, 3, 2, 1], "B": [2, 2, 1]}[group]
    censored = {"A": [0, 0, 1, 0, 1], "B": [0, 0, 1]}[group]
    return pd.DataFrame(
        {
            "group": group,
            "time_days": times,
            "estimate": estimates,
            "conf_low": np.maximum(np.array(estimates) - 0.1, 0),
            "conf_high": np.minimum(np.array(estimates) + 0.2, 1),
            "n_at_risk": risk,
            "n_events": events,
            "n_censored": censored,
            "cause": cause,
        }
    )


CURVES = pd.concat(
    [
        block("A", 1, [0, 0.25, 0.25, 0.625, 0.625], [0, 1, 0, 1, 0]),
        block("A", 2, [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]),
        block("B", 1, [0, 0, 0], [0, 0, 0]),
        block("B", 2, [0, 0.5, 0.5], [0, 1, 0]),
    ],
    ignore_index=True,
)
TICKS = [0, 100, 200, 300, 400]


@pytest.fixture
def drawn(axes, read):
    return read(incidence_plot(CURVES, ax=axes, time_unit="days", at_times=TICKS))


def test_curves_are_steps_in_percent(drawn):
    first, second = drawn.lines("curve")
    assert first.get_drawstyle() == "steps-post"
    assert first.get_xdata().tolist() == [0, 100, 200, 300, 400]
    assert first.get_ydata().tolist() == [0, 25, 25, 62.5, 62.5]
    assert second.get_ydata().tolist() == [0, 0, 0]
    assert drawn.ax.get_ylim()[0] == 0.0


def test_numbers_at_risk_and_events_stand_under_each_tick(drawn):
    assert drawn.texts("risk-heading") == ["At risk", "Events so far"]
    assert drawn.texts("risk-group") == ["A", "B", "A", "B"]
    assert drawn.texts("at_risk") == ["4", "4", "3", "2", "1", "2", "2", "1", "1", "1"]
    assert drawn.texts("events") == ["0", "1", "1", "2", "2", "0", "0", "0", "0", "0"]
    places = [t.xy[0] for t in drawn.ax.texts if t.get_gid() == "at_risk"]
    assert places == TICKS * 2
    assert drawn.ax.get_xticks().tolist() == TICKS


def test_each_line_of_numbers_stands_lower_than_the_one_before(drawn):
    depths = [
        text.xyann[1]
        for text in drawn.ax.texts
        if text.get_gid() in ("risk-heading", "risk-group")
    ]
    assert depths == sorted(depths, reverse=True)
    assert len(set(depths)) == len(depths)


def test_after_the_last_row_those_left_over_are_at_risk():
    rows = CURVES[(CURVES["cause"] == 1) & (CURVES["time_days"] < 300)]
    every = CURVES[CURVES["time_days"] < 300]
    counts = counts_at(rows, every, "A", np.array([250.0]))
    assert counts.at_risk.tolist() == [2]  # 3 at risk on day 200, one lost that day
    counts = counts_at(rows, every, "B", np.array([250.0]))
    assert counts.at_risk.tolist() == [1]  # the child who died is not at risk


def test_a_tick_between_two_days_reads_the_whole_day_before(axes, read):
    """60 months are 1826.25 days; follow-up that ends on day 1826 has not ended."""
    table = pd.DataFrame(
        {
            "group": "all",
            "time_days": [0, 1826],
            "estimate": [0.0, 0.0],
            "n_at_risk": [9, 9],
            "n_events": 0,
            "n_censored": [0, 9],
        }
    )
    drawn = read(incidence_plot(table, ax=axes, at_times=[0, 60]))
    assert drawn.texts("at_risk") == ["9", "9"]


def test_bands_reach_from_limit_to_limit(drawn):
    bands = [c for c in drawn.ax.collections if c.get_gid() == "band"]
    assert len(bands) == 2
    reach = bands[0].get_datalim(drawn.ax.transData)
    assert (reach.y0, reach.y1) == pytest.approx((0.0, 82.5))
    assert len(drawn.lines("band-edge")) == 4


def test_bands_can_be_left_out(axes, read):
    drawn = read(incidence_plot(CURVES, ax=axes, conf=False, at_risk=False))
    assert [c for c in axes.collections if c.get_gid() == "band"] == []
    assert drawn.texts("at_risk") == []


def test_the_competing_cause_is_thin_and_dashed(axes, read):
    drawn = read(
        incidence_plot(
            CURVES,
            ax=axes,
            competing=2,
            competing_label="death",
            time_unit="days",
            at_times=TICKS,
        )
    )
    thin = drawn.lines("competing")
    assert [line.get_ydata().max() for line in thin] == [0.0, 50.0]
    assert all(line.is_dashed() and line.get_linewidth() < 1 for line in thin)
    main = drawn.lines("curve")
    assert not any(line.is_dashed() for line in main)
    assert [line.get_color() for line in thin] == [line.get_color() for line in main]
    assert drawn.legend() == ["A", "B", "death (thin, dashed)"]
    assert drawn.texts("events")[:5] == ["0", "1", "1", "2", "2"]


def test_the_cause_can_be_chosen(axes, read):
    drawn = read(
        incidence_plot(CURVES, ax=axes, cause=2, time_unit="days", at_times=TICKS)
    )
    assert drawn.lines("curve")[1].get_ydata().tolist() == [0, 50, 50]
    assert drawn.texts("events")[5:] == ["0", "1", "1", "1", "1"]
    with pytest.raises(UsageError, match="no cause 7; the causes are 1, 2"):
        incidence_plot(CURVES, cause=7)


def test_groups_are_told_apart_without_colour(drawn):
    first, second = drawn.lines("marks")
    assert first.get_marker() != second.get_marker()
    assert first.get_xdata().tolist() == TICKS[1:]
    assert first.get_ydata().tolist() == [25, 25, 62.5, 62.5]
    one, other = drawn.lines("curve")
    assert one.is_dashed() != other.is_dashed()


def test_labels_name_and_order_the_groups_whatever_type_the_group_has(axes, read):
    table = CURVES.assign(group=np.where(CURVES["group"] == "A", 0.0, 1.0))
    labels = {1: "NXP2", 0: "tested, not NXP2"}
    drawn = read(
        incidence_plot(table, ax=axes, labels=labels, time_unit="days", at_times=TICKS)
    )
    assert drawn.legend() == ["NXP2", "tested, not NXP2"]
    assert drawn.lines("curve")[0].get_color() == "#D55E00"
    assert drawn.texts("at_risk")[:5] == ["2", "2", "1", "1", "1"]


def test_months_and_years_are_those_of_365_25_days(axes, read):
    table = pd.DataFrame({"group": "all", "time_days": [365.25], "estimate": [0.1]})
    drawn = read(incidence_plot(table, ax=axes, at_risk=False))
    assert drawn.lines("curve")[0].get_xdata().tolist() == pytest.approx([0, 12])
    assert axes.get_xlabel() == "Months from diagnosis"


@pytest.mark.parametrize(
    ("last", "unit", "step"),
    [(60, "months", 12), (18, "months", 3), (5, "years", 1), (0.9, "years", 0.25)],
)
def test_ticks_are_whole_steps_of_the_unit(last, unit, step):
    ticks = time_ticks(last, unit, None)
    assert np.diff(ticks) == pytest.approx(step)
    assert ticks[0] == 0
    assert last - step < ticks[-1] <= last + step * 0.02
    assert 2 <= len(ticks) <= 8


def test_a_very_long_axis_still_has_few_ticks():
    assert len(time_ticks(500, "years", None)) <= 8


@pytest.mark.parametrize("at_times", [[], [-1, 5], [float("nan")]])
def test_unfit_times_are_refused(at_times):
    with pytest.raises(UsageError, match="at_times"):
        incidence_plot(CURVES, at_times=at_times)


def test_an_unknown_unit_and_an_empty_table_are_refused():
    with pytest.raises(UsageError, match="days, months, years; received 'weeks'"):
        incidence_plot(CURVES, time_unit="weeks")
    with pytest.raises(UsageError, match="no rows"):
        incidence_plot(CURVES[:0])


def test_survival_starts_at_one_hundred_percent_and_shows_the_whole_axis(axes, read):
    table = CURVES[CURVES["cause"] == 1].drop(columns="cause")
    table = table[table["time_days"] > 0].assign(estimate=lambda t: 1 - t["estimate"])
    drawn = read(survival_plot(table, ax=axes, time_unit="days", at_times=TICKS))
    first = drawn.lines("curve")[0]
    assert first.get_xdata().tolist() == [0, 100, 200, 300, 400]
    assert first.get_ydata().tolist() == [100, 75, 75, 37.5, 37.5]
    assert axes.get_ylim() == (0.0, 103.0)
    assert drawn.texts("at_risk")[:5] == ["4", "4", "3", "2", "1"]
