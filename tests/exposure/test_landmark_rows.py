"""Landmark rows worked by hand, their weights, and the trap they are there to avoid."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import CohortError, UsageError
from jdm_stats.exposure.landmark import landmark_rows

COURSE = [
    "patient_id",
    "drug",
    "route",
    "start_day",
    "stop_day",
    "dose_mg",
    "dose_basis",
]


def make_cohort(children, courses=(), events=()):
    columns = ["patient_id", "entry_day", "exit_day", "exit_reason"]
    return Cohort(
        pd.DataFrame(children, columns=columns).assign(antibody="NXP2"),
        pd.DataFrame(courses, columns=COURSE),
        pd.DataFrame(events, columns=["patient_id", "day", "event"]),
    )


def ten_children() -> Cohort:
    """Landmark day 90, horizon 100 days: the window is (90, 190]."""
    children = [
        ("before", 0, 300, "lost"),  # perforates on day 90: before the window
        ("first", 0, 300, "lost"),  # perforates on day 91
        ("last", 0, 300, "lost"),  # perforates on day 190: still in the window
        ("after", 0, 300, "lost"),  # perforates on day 191: no event in the window
        ("dies", 0, 150, "death"),
        ("both", 0, 150, "death"),  # perforates and dies on day 150
        ("late", 91, 300, "lost"),  # enters after the landmark
        ("gone", 0, 90, "lost"),  # not followed beyond the landmark
        ("lost", 0, 189, "lost"),  # lost one day before the window ends
        ("whole", 90, 190, "lost"),  # followed from landmark to the end of the window
    ]
    events = [
        ("before", 90, "gi_perforation"),
        ("first", 91, "gi_perforation"),
        ("last", 190, "gi_perforation"),
        ("after", 191, "gi_perforation"),
        ("dies", 150, "death"),
        ("both", 150, "death"),
        ("both", 150, "gi_perforation"),
    ]
    courses = [
        ("whole", "prednisone", "oral", 80, 89, 1.0, "per_kg_day"),
        ("whole", "methylprednisolone", "iv", 89, 89, 24.0, "per_kg_day"),
        ("after", "prednisone", "oral", 90, 120, 1.0, "per_kg_day"),
        ("after", "methylprednisolone", "iv", 90, 92, 24.0, "per_kg_day"),
        ("last", "methylprednisolone", "iv", -5, -5, 24.0, "per_kg_day"),
    ]
    return make_cohort(children, courses, events)


def test_who_stands_at_the_landmark_and_what_follows():
    rows = landmark_rows(ten_children(), landmark_days=90, horizon_days=100)
    assert dict(zip(rows["patient_id"], rows["event"], strict=True)) == {
        "first": 1,
        "last": 1,
        "after": 0,
        "dies": 2,
        "both": 1,
        "whole": 0,
    }
    noted = rows.attrs["jdm_stats"]
    assert noted["tally"] == {
        "children": 10,
        "outcome_on_or_before_landmark": 1,
        "competing_on_or_before_landmark": 0,
        "entered_after_landmark": 1,
        "follow_up_ended_by_landmark": 1,
        "children_at_landmark": 7,
        "lost_before_end_of_window": 1,
        "events_1_gi_perforation": 3,
        "events_2_death": 1,
        "no_event_in_window": 2,
        "rows": 6,
        "outcome_reports_joined_same_day": 0,
        "steroid_courses_read": 3,
        "steroid_courses_not_given_daily": 0,
        "steroid_courses_that_cannot_matter": 2,  # those of "after", from day 90 on
    }
    assert (noted["landmark_days"], noted["horizon_days"]) == (90, 100)
    assert "weight" not in rows.columns


def test_exposure_is_from_days_before_the_landmark_only():
    rows = landmark_rows(ten_children(), landmark_days=90, horizon_days=100)
    exposure = rows.set_index("patient_id")[
        [
            "pulse_by_landmark",
            "current_dose_at_landmark_mg_kg",
            "cumulative_dose_by_landmark_mg_kg",
        ]
    ]
    # Days 80..89 at 1 mg/kg and a pulse of 24 * 1.25 = 30 mg/kg on day 89.
    assert exposure.loc["whole"].tolist() == [1.0, 1.0, 40.0]
    # All from day 90 on: nothing is known of it at the landmark.
    assert exposure.loc["after"].tolist() == [0.0, 0.0, 0.0]
    # A pulse before diagnosis is history.
    assert exposure.loc["last"].tolist() == [1.0, 0.0, 30.0]


def test_doses_not_given_daily_are_counted_whole_on_their_days():
    courses = [
        ("weekly", "prednisone", "oral", 0, 21, 1.0, "per_kg_day"),
        ("once", "prednisone", "oral", 0, 0, 1.0, "per_kg_day"),
        ("not yet", "prednisone", "oral", 15, 60, 1.0, "per_kg_day"),
    ]
    children = [(course[0], 0, 300, "lost") for course in courses]
    cohort = make_cohort(children, courses)
    table = cohort.courses.assign(every_n_days=7)
    cohort = Cohort(cohort.patients, table, cohort.events)
    total, level = "cumulative_dose_by_landmark_mg_kg", "current_dose_at_landmark_mg_kg"
    found = {}
    for day in (14, 15, 22, 30):
        rows = landmark_rows(cohort, landmark_days=day, horizon_days=9)
        found[day] = rows[total].tolist()
    # Days 0, 7, 14, 21 and day 0; the third is given on days 15, 22, 29 so far.
    assert found == {14: [2, 1, 0], 15: [3, 1, 0], 22: [4, 1, 1], 30: [4, 1, 3]}
    rows = landmark_rows(cohort, landmark_days=22, horizon_days=9)
    assert rows[level].tolist() == pytest.approx([1 / 7, 0, 1 / 7], abs=1e-9)
    tally = rows.attrs["jdm_stats"]["tally"]
    assert tally["steroid_courses_not_given_daily"] == 3


def open_ended() -> Cohort:
    """Ten children, and steroid courses from courses row 6 on without a stop day."""
    cohort = ten_children()
    late = [
        ("whole", 89),  # row 6: the day before the landmark
        ("whole", 90),  # row 7: on the landmark
        ("first", 120),  # row 8: after the landmark
        ("gone", 10),  # row 9: a child not at the landmark
        ("lost", 10),  # row 10: at the landmark, lost within the window
    ]
    courses = [
        (child, "prednisone", "oral", day, None, 1.0, "per_kg_day")
        for child, day in late
    ]
    early = cohort.courses[COURSE].to_numpy(dtype=object).tolist()
    table = pd.DataFrame([*early, *courses], columns=COURSE)
    return Cohort(cohort.patients, table, cohort.events)


@pytest.mark.parametrize(("lag", "refused"), [(0, [6, 10]), (1, [10])])
def test_only_a_course_that_can_matter_is_refused_and_all_at_once(lag, refused):
    with pytest.raises(CohortError) as caught:
        landmark_rows(open_ended(), landmark_days=90, horizon_days=100, lag_days=lag)
    assert [fault.row for fault in caught.value.faults] == refused
    assert {fault.rule for fault in caught.value.faults} == {"missing_stop_day"}


def test_courses_that_cannot_matter_change_nothing():
    cohort = open_ended()
    courses = cohort.courses.drop(index=[5, 9])
    rows = landmark_rows(
        Cohort(cohort.patients, courses, cohort.events),
        landmark_days=90,
        horizon_days=100,
    )
    plain = landmark_rows(ten_children(), landmark_days=90, horizon_days=100)
    pd.testing.assert_frame_equal(rows, plain)
    tally = rows.attrs["jdm_stats"]["tally"]
    assert tally["steroid_courses_that_cannot_matter"] == 5


def test_a_lag_leaves_out_the_last_days():
    rows = landmark_rows(ten_children(), landmark_days=90, horizon_days=100, lag_days=1)
    whole = rows.set_index("patient_id").loc["whole"]
    assert whole["pulse_by_landmark"] == 0.0  # 89 + 1 is not before 90
    assert whole["current_dose_at_landmark_mg_kg"] == 1.0  # day 88
    assert whole["cumulative_dose_by_landmark_mg_kg"] == 9.0  # days 80..88


def test_without_competing_events_a_death_is_a_loss():
    rows = landmark_rows(
        ten_children(), landmark_days=90, horizon_days=100, competing=None
    )
    assert "dies" not in set(rows["patient_id"])
    assert rows.attrs["jdm_stats"]["tally"]["lost_before_end_of_window"] == 2


def test_weights_by_hand():
    """Landmark 0, horizon 10. Four children: lost on 2, event on 4, lost on 4, whole.

    Day 2: four at risk, one lost: G = 3/4. Day 4: three there, one has the event first,
    two at risk of loss, one lost: G = 3/4 * 1/2 = 3/8. The event of day 4 weighs
    1/G(4-) = 4/3, the child followed throughout 1/G(10-) = 8/3; together 4.
    """
    children = [
        ("A", 0, 2, "lost"),
        ("B", 0, 20, "lost"),
        ("C", 0, 4, "lost"),
        ("D", 0, 10, "lost"),
    ]
    cohort = make_cohort(children, events=[("B", 4, "gi_perforation")])
    rows = landmark_rows(cohort, landmark_days=0, horizon_days=10, lost="weight")
    assert rows["patient_id"].tolist() == ["B", "D"]
    assert rows["weight"].tolist() == pytest.approx([4 / 3, 8 / 3], rel=1e-12)


def test_weights_sum_to_the_children_at_the_landmark():
    rng = np.random.default_rng(7)
    leave = rng.integers(31, 60, 200)
    leave[:20] = 80
    children = [(f"P{n}", 0, day, "lost") for n, day in enumerate(leave)]
    events = [
        (f"P{n}", int(rng.integers(31, leave[n] + 1)), "gi_perforation")
        for n in rng.choice(200, 40, replace=False)
    ]
    rows = landmark_rows(
        make_cohort(children, events=events),
        landmark_days=30,
        horizon_days=40,
        lost="weight",
    )
    tally = rows.attrs["jdm_stats"]["tally"]
    assert tally["lost_before_end_of_window"] > 50
    assert rows["weight"].sum() == pytest.approx(
        tally["children_at_landmark"], rel=1e-12
    )
    assert (rows["weight"] >= 1).all()


def odds_ratio(exposed, diseased):
    both = (exposed & diseased).sum() + 0.5
    neither = (~exposed & ~diseased).sum() + 0.5
    return (
        both
        * neither
        / (((exposed & ~diseased).sum() + 0.5) * ((~exposed & diseased).sum() + 0.5))
    )


def test_the_trap_pulse_ever_looks_harmful_where_a_landmark_does_not():
    """No true effect: pulses come at random, and in most who have perforated."""
    rng = np.random.default_rng(20240618)
    size, horizon = 4000, 730
    perforates = np.where(
        rng.random(size) < 0.1, rng.integers(1, horizon + 1, size), horizon + 1
    )
    pulsed_anyway = rng.random(size) < 0.2
    anyway_on = rng.integers(0, horizon - 3, size)
    children = [(f"P{n}", 0, horizon, "administrative") for n in range(size)]
    events = [
        (f"P{n}", int(perforates[n]), "gi_perforation")
        for n in np.flatnonzero(perforates <= horizon)
    ]
    courses = [
        (f"P{n}", "methylprednisolone", "iv", int(d), int(d) + 2, 24.0, "per_kg_day")
        for n, d in enumerate(anyway_on)
        if pulsed_anyway[n]
    ]
    treated = (perforates < horizon - 3) & (rng.random(size) < 0.9)
    courses += [
        (
            f"P{n}",
            "methylprednisolone",
            "iv",
            int(d) + 1,
            int(d) + 3,
            24.0,
            "per_kg_day",
        )
        for n, d in enumerate(perforates)
        if treated[n]
    ]
    cohort = make_cohort(children, courses, events)
    ever = odds_ratio(pulsed_anyway | treated, perforates <= horizon)
    rows = landmark_rows(cohort, landmark_days=90, horizon_days=horizon - 90)
    at_landmark = odds_ratio(
        rows["pulse_by_landmark"].to_numpy() == 1, rows["event"].to_numpy() == 1
    )
    assert rows["pulse_by_landmark"].sum() > 50
    assert ever > 15
    assert 0.5 < at_landmark < 2


def test_wrong_calls_are_told():
    cohort = ten_children()
    with pytest.raises(UsageError, match="exclude, weight"):
        landmark_rows(cohort, landmark_days=90, horizon_days=100, lost="drop")
    with pytest.raises(UsageError, match="horizon_days"):
        landmark_rows(cohort, landmark_days=90, horizon_days=0)
    with pytest.raises(UsageError, match="landmark_days"):
        landmark_rows(cohort, landmark_days=-1, horizon_days=10)
    courses = cohort.courses
    courses.loc[0, "dose_mg"] = float("nan")
    with pytest.raises(CohortError, match="dose"):
        landmark_rows(
            Cohort(cohort.patients, courses, cohort.events),
            landmark_days=90,
            horizon_days=100,
        )


def test_nobody_at_the_landmark_gives_no_row():
    rows = landmark_rows(
        ten_children(), landmark_days=1000, horizon_days=10, lost="weight"
    )
    assert len(rows) == 0
    assert rows.attrs["jdm_stats"]["tally"]["children_at_landmark"] == 0
