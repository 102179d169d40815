"""Lanes of steroid courses around day 0, worked by hand for two children."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.plots import course_plot
from jdm_stats.plots.lanes import children_in_order, dose_steps

COURSES = pd.DataFrame(
    [
        ("P1", 0, 59, 2.0, False, "prednisolone"),
        ("P1", 60, None, 0.5, False, "prednisolone"),
        ("P1", 103, 105, 25.0, True, "methylprednisolone"),
        ("P2", 10, 400, 1.0, False, "prednisone"),
        ("P3", 0, 10, 1.0, False, "prednisone"),
    ],
    columns=["patient_id", "start_day", "stop_day", "mg_kg_day", "pulse", "drug"],
)
EVENTS = pd.DataFrame(
    [
        ("P1", 100, "gi_perforation"),
        ("P1", 130, "gi_perforation"),
        ("P1", 101, "surgery"),
        ("P2", 250, "gi_perforation"),
        ("P2", 100, "gi_involvement"),
        ("P3", 5, "remission"),
    ],
    columns=["patient_id", "day", "event"],
)
FOLLOW_UP = pd.DataFrame(
    {
        "patient_id": ["P1", "P2", "P3"],
        "entry_day": [0, 200, 0],
        "exit_day": [140, 900, 900],
        "antibody": ["TIF1g", "NXP2", "NXP2"],
    }
)


@pytest.fixture
def drawn(axes, read):
    return read(course_plot(COURSES, EVENTS, follow_up=FOLLOW_UP, ax=axes))


def bars(drawn, lane, gid="dose"):
    return [
        (bar.get_x(), bar.get_x() + bar.get_width())
        for bar in drawn.patches(gid)
        if abs(bar.get_y() - lane) < 0.5
    ]


def test_only_children_with_the_event_get_a_lane_by_antibody_then_day(drawn):
    assert drawn.labels() == ["NXP2 · P2 · day 250", "TIF1g · P1 · day 100"]
    assert drawn.ax.get_xlim() == (-120, 60)
    assert drawn.ax.yaxis_inverted()


def test_doses_are_drawn_from_the_first_day_to_the_end_of_the_last(drawn):
    # P1: day 0 to 59 is -100 to -40 after centring; the open course ends with follow-up.
    assert bars(drawn, lane=1) == [(-100, -40), (-40, 41)]
    assert bars(drawn, lane=0) == [(-120, 60)]  # cut at both ends of the window


def test_height_is_the_dose_and_a_darker_shade_is_a_higher_one(drawn):
    high, low = (
        bar for bar in drawn.patches("dose") if bar.get_y() > 1 and bar.get_width() > 1
    )
    assert high.get_height() / low.get_height() == pytest.approx(4.0)
    assert sum(high.get_facecolor()[:3]) < sum(low.get_facecolor()[:3])


def test_every_day_of_a_pulse_is_a_stroke_after_day_zero(drawn):
    strokes = [math.floor(bar.get_x()) for bar in drawn.patches("pulse")]
    assert strokes == [3, 4, 5]


def test_events_stand_at_their_days_and_day_zero_is_the_first(drawn):
    assert [x for x, _ in drawn.points("event-gi_perforation")] == [0.0, 0.0, 30.0]
    assert [x for x, _ in drawn.points("event-surgery")] == [1.0]
    assert drawn.points("event-gi_involvement") == []  # day -150, outside the window
    assert drawn.lines("day-zero")[0].get_xdata()[0] == 0


def test_events_close_together_do_not_cover_each_other(drawn):
    (_, surgery) = drawn.points("event-surgery")[0]
    assert surgery != drawn.points("event-gi_perforation")[1][1]


def test_follow_up_and_its_end_are_drawn(drawn):
    spans = [line.get_xdata().tolist() for line in drawn.lines("follow-up")]
    assert spans == [[-50.0, 60.0], [-100.0, 40.0]]
    assert [line.get_xdata()[0] for line in drawn.lines("exit")] == [40.0]


def test_the_legend_stands_below_the_axes_and_names_what_is_shown(drawn):
    assert drawn.legend() == [
        "below 0.5 mg/kg/day",
        "0.5 to 1 mg/kg/day",
        "1 to 2 mg/kg/day",
        "2 and more mg/kg/day",
        "day of a pulse",
        "GI perforation",
        "GI involvement",
        "surgery",
        "end of follow-up",
    ]
    figure = drawn.ax.figure
    figure.canvas.draw()
    legend = drawn.ax.get_legend().get_window_extent()
    assert legend.y1 < drawn.ax.bbox.y0


def test_without_follow_up_order_is_by_day_and_no_end_is_drawn(axes, read):
    drawn = read(course_plot(COURSES, EVENTS, ax=axes))
    assert drawn.labels() == ["P1 · day 100", "P2 · day 250"]
    assert drawn.lines("exit") == []


def test_children_left_out_are_counted(axes, read):
    drawn = read(course_plot(COURSES, EVENTS, ax=axes, max_children=1))
    assert drawn.labels() == ["P1 · day 100"]
    assert drawn.texts("left-out") == ["1 more child not shown"]


def test_a_table_without_the_event_says_so(axes, read):
    drawn = read(course_plot(COURSES, EVENTS[5:], ax=axes))
    assert drawn.texts("empty") == ["No child has this event: GI perforation"]
    assert drawn.patches("dose") == []


def test_the_centre_and_the_window_can_be_chosen(axes, read):
    drawn = read(
        course_plot(
            COURSES,
            EVENTS,
            ax=axes,
            centre_on="remission",
            days_before=10,
            days_after=20,
        )
    )
    assert drawn.labels() == ["P3 · day 5"]
    assert bars(drawn, lane=0) == [(-5, 6)]
    assert axes.get_xlabel() == "Days from the first remission"


def test_a_dose_that_is_not_known_is_hatched(axes, read):
    table = COURSES.assign(mg_kg_day=np.nan)
    drawn = read(course_plot(table, EVENTS, ax=axes))
    assert drawn.patches("dose") == []
    assert all(bar.get_hatch() for bar in drawn.patches("dose-unknown"))
    assert "dose not known" in drawn.legend()


def test_overlapping_courses_add_up_and_breaks_are_left_out():
    table = pd.DataFrame(
        {"start_day": [0, 2, 8], "stop_day": [4, 2, 8], "mg_kg_day": [1.0, 0.5, 1.0]}
    )
    assert dose_steps(table, 0, 20) == [
        (0, 2, 1.0),
        (2, 3, 1.5),
        (3, 5, 1.0),
        (8, 9, 1.0),
    ]
    assert dose_steps(table, 2, 3) == [(2, 3, 1.5), (3, 4, 1.0)]
    assert dose_steps(table, -9, -1) == []
    assert dose_steps(table, 9, 20) == []


def test_days_of_nullable_integers_are_read():
    table = COURSES.astype({"start_day": "Int64", "stop_day": "Int64"})
    own = table[table["patient_id"] == "P1"][:2]
    assert dose_steps(own, 58, 62) == [(58, 60, 2.0), (60, 63, 0.5)]


def test_an_event_without_a_day_is_passed_over():
    events = EVENTS.assign(day=[None, *EVENTS["day"][1:]])
    children = children_in_order(events, None, "gi_perforation")
    assert [(child.patient_id, child.centre) for child in children] == [
        ("P1", 130),
        ("P2", 250),
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"days_before": -1}, "days_before=-1"),
        ({"days_before": 0, "days_after": 0}, "window"),
        ({"max_children": 0}, "max_children"),
    ],
)
def test_an_unfit_window_is_refused(options, message):
    with pytest.raises(UsageError, match=message):
        course_plot(COURSES, EVENTS, **options)


def test_each_table_is_asked_for_its_columns():
    with pytest.raises(UsageError, match=r"courses.*needs the column pulse"):
        course_plot(COURSES.drop(columns="pulse"), EVENTS)
    with pytest.raises(UsageError, match=r"events.*needs the column day"):
        course_plot(COURSES, EVENTS.drop(columns="day"))
    with pytest.raises(UsageError, match=r"follow_up.*needs the column exit_day"):
        course_plot(COURSES, EVENTS, follow_up=FOLLOW_UP.drop(columns="exit_day"))
