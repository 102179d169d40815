"""The law of intervals, worked on paper.

A row is at risk in (start, stop]. A dose on day d acts on (d, d+1]. Each child below is
a case of its own; the arithmetic stands beside the rows it leads to.
"""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import CohortError, UsageError
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.follow_up import distinct_events
from jdm_stats.exposure.measures import (
    cumulative_dose,
    current_dose,
    days_since,
    ever_event,
    recent_pulse,
)

CHILDREN = ["A", "B", "C", "D", "E"]


def five_children() -> Cohort:
    """All weigh 20 kg, so 20 mg of prednisone is 1 mg/kg.

    A  day 0-100. Prednisone 20 mg days 10-19, 10 mg days 15-29 (they overlap). GI
       involvement on day 60, never perforates.
    B  day 0-60. Pulse 30 mg/kg days 5-7. Perforates on day 40, twice (two sites), and is
       pulsed again on days 41-43: too late to explain it.
    C  entry day 50, exit 90 (delayed entry). Prednisone 20 mg days 30-59: over entry.
       Dies on day 90 and perforates on the same day: perforation is the event.
    D  perforated on the day of entry, day 0: outside the risk set, counted.
    E  entry day 20 = exit day 20: zero length, no row, counted.
    """
    patients = pd.DataFrame(
        {
            "patient_id": CHILDREN,
            "antibody": ["none", "NXP2", "NXP2", "TIF1g", "untested"],
            "weight_kg": 20.0,
            "entry_day": [0, 0, 50, 0, 20],
            "exit_day": [100, 60, 90, 200, 20],
            "exit_reason": ["administrative", "lost", "death", "lost", "lost"],
        }
    )
    courses = pd.DataFrame(
        [
            ("A", "prednisone", "oral", 10, 19, 20.0, "per_day"),
            ("A", "prednisone", "oral", 15, 29, 10.0, "per_day"),
            ("B", "methylprednisolone", "iv", 5, 7, 24.0, "per_kg_day"),
            ("B", "methylprednisolone", "iv", 41, 43, 24.0, "per_kg_day"),
            ("C", "prednisone", "oral", 30, 59, 20.0, "per_day"),
            ("D", "prednisone", "oral", 1, 30, 20.0, "per_day"),
        ],
        columns=[
            *("patient_id", "drug", "route", "start_day", "stop_day"),
            *("dose_mg", "dose_basis"),
        ],
    )
    events = pd.DataFrame(
        [
            ("B", 40, "gi_perforation", "jejunum"),
            ("B", 40, "gi_perforation", "duodenum"),
            ("C", 90, "gi_perforation", "ileum"),
            ("C", 90, "death", None),
            ("D", 0, "gi_perforation", "colon"),
            ("A", 60, "gi_involvement", None),
        ],
        columns=["patient_id", "day", "event", "site"],
    )
    return Cohort(patients, courses, events, metadata={"synthetic": True})


def rows_of(frame: pd.DataFrame, child: str, *columns: str) -> list[tuple]:
    rows = frame[frame["patient_id"] == child]
    return list(
        rows[["start", "stop", "event", *columns]].itertuples(index=False, name=None)
    )


def test_without_measures_each_child_at_risk_is_one_row():
    rows = expand_intervals(five_children(), covariates=["nxp2"])
    assert list(rows.columns) == ["patient_id", "start", "stop", "event", "nxp2"]
    assert rows.drop(columns="nxp2").values.tolist() == [
        ["A", 0, 100, 0],
        ["B", 0, 40, 1],  # two perforations on day 40 are one event
        ["C", 50, 90, 1],  # not at risk before day 50; perforation goes before death
    ]
    assert rows["nxp2"].tolist() == [0.0, 1.0, 1.0]
    tally = rows.attrs["jdm_stats"]["tally"]
    assert tally["children"] == 5
    assert tally["outcome_on_or_before_entry"] == 1  # D
    assert tally["children_without_follow_up"] == 1  # E
    assert tally["children_at_risk"] == 3
    assert tally["delayed_entry"] == 1
    assert tally["days_before_entry_not_at_risk"] == 50
    assert tally["days_at_risk"] == 100 + 40 + 40
    assert tally["events_1_gi_perforation"] == 2
    assert tally["events_2_death"] == 0
    assert tally["competing_on_day_of_outcome"] == 1
    assert tally["outcome_reports_joined_same_day"] == 1
    assert tally["censored"] == 1
    assert rows.attrs["jdm_stats"]["synthetic"] is True


def test_current_dose_acts_from_the_day_to_the_day_after():
    rows = expand_intervals(five_children(), measures=[current_dose()])
    # 20 mg on days 10..19 acts on (10, 20]; 10 mg on days 15..29 acts on (15, 30].
    assert rows_of(rows, "A", "current_dose_mg_kg") == [
        (0, 10, 0, 0.0),
        (10, 15, 0, 1.0),
        (15, 20, 0, 1.5),
        (20, 30, 0, 0.5),
        (30, 100, 0, 0.0),
    ]
    # A pulse is no current dose, so B is never cut.
    assert rows_of(rows, "B", "current_dose_mg_kg") == [(0, 40, 1, 0.0)]
    # Days 30..59 act on (30, 60]; at risk from day 50 on.
    assert rows_of(rows, "C", "current_dose_mg_kg") == [
        (50, 60, 0, 1.0),
        (60, 90, 1, 0.0),
    ]
    tally = rows.attrs["jdm_stats"]["tally"]
    assert tally["steroid_courses_over_entry"] == 1
    assert tally["steroid_days_before_entry"] == 20  # days 30..49
    assert tally["rows_cut"] == 5


def test_current_dose_with_a_lag_of_seven_days():
    rows = expand_intervals(five_children(), measures=[current_dose(lag_days=7)])
    # (10+7, 19+1+7] = (17, 27] and (15+7, 29+1+7] = (22, 37].
    assert rows_of(rows, "A", "current_dose_mg_kg") == [
        (0, 17, 0, 0.0),
        (17, 22, 0, 1.0),
        (22, 27, 0, 1.5),
        (27, 37, 0, 0.5),
        (37, 100, 0, 0.0),
    ]
    assert rows_of(rows, "C", "current_dose_mg_kg") == [
        (50, 67, 0, 1.0),
        (67, 90, 1, 0.0),
    ]


def test_recent_pulse_opens_the_day_after_and_never_looks_ahead():
    rows = expand_intervals(five_children(), measures=[recent_pulse(window_days=10)])
    # Pulses on days 5, 6, 7 count on (5, 15], (6, 16], (7, 17]: together (5, 17].
    # The pulses of days 41-43 came after the perforation of day 40: no trace of them.
    assert rows_of(rows, "B", "recent_pulse") == [
        (0, 5, 0, 0.0),
        (5, 17, 0, 1.0),
        (17, 40, 1, 0.0),
    ]
    tally = rows.attrs["jdm_stats"]["tally"]
    assert tally["pulse_courses_before_end"] == 1
    assert tally["pulse_courses_too_late_to_act"] == 1


def test_a_pulse_on_the_day_of_perforation_cannot_act_on_it():
    cohort = five_children()
    courses = cohort.courses
    courses.loc[courses["start_day"] == 41, ["start_day", "stop_day"]] = [40, 42]
    moved = Cohort(cohort.patients, courses, cohort.events)
    rows = expand_intervals(moved, measures=[recent_pulse(window_days=10)])
    assert rows_of(rows, "B", "recent_pulse")[-1] == (17, 40, 1, 0.0)


def test_recent_pulse_with_a_lag_of_one_day():
    rows = expand_intervals(
        five_children(), measures=[recent_pulse(window_days=10, lag_days=1)]
    )
    # (5+1, 7+1+10] = (6, 18].
    assert rows_of(rows, "B", "recent_pulse") == [
        (0, 6, 0, 0.0),
        (6, 18, 0, 1.0),
        (18, 40, 1, 0.0),
    ]


def test_cumulative_dose_is_read_at_every_event_day():
    rows = expand_intervals(five_children(), measures=[cumulative_dose()])
    # Event days of the cohort: 40 (B) and 90 (C). All children at risk end a row there.
    # A by day 40: days 10..19 at 1 mg/kg = 10, days 15..29 at 0.5 = 7.5: 17.5.
    assert rows_of(rows, "A", "cumulative_dose_mg_kg") == [
        (0, 40, 0, 17.5),
        (40, 90, 0, 17.5),
        (90, 100, 0, 17.5),
    ]
    # B: methylprednisolone 24 mg/kg = 30 mg/kg of prednisone on days 5, 6 and 7.
    assert rows_of(rows, "B", "cumulative_dose_mg_kg") == [(0, 40, 1, 90.0)]
    # C: days 30..59, those before entry are history and count: 30 mg/kg by day 90.
    assert rows_of(rows, "C", "cumulative_dose_mg_kg") == [(50, 90, 1, 30.0)]
    noted = rows.attrs["jdm_stats"]
    assert noted["cut_for"] == "gi_perforation"
    assert noted["daily_measures"] == ["cumulative_dose_mg_kg"]


def test_cumulative_dose_with_window_lag_and_without_pulses():
    measures = [
        cumulative_dose(window_days=20, name="lately"),
        cumulative_dose(lag_days=35, name="long_ago"),
        cumulative_dose(pulses=False, name="no_pulses"),
    ]
    rows = expand_intervals(five_children(), measures=measures)
    # At t = 40 with a window of 20: days d with d < 40 <= d + 20, so d in 20..39:
    # days 20..29 of the 0.5 course: 5. With a lag of 35: d < 5: none.
    assert rows_of(rows, "A", "lately", "long_ago")[0] == (0, 40, 0, 5.0, 0.0)
    # At t = 90 with a lag of 35: d < 55, so days 10..29: 17.5.
    assert rows_of(rows, "A", "lately", "long_ago")[1] == (40, 90, 0, 0.0, 17.5)
    # C at t = 90: lag 35 gives days 30..54 = 25; window: d in 70..89 = 0.
    assert rows_of(rows, "C", "lately", "long_ago") == [(50, 90, 1, 0.0, 25.0)]
    assert rows_of(rows, "B", "no_pulses") == [(0, 40, 1, 0.0)]


def test_days_since_counts_from_the_day_after_and_is_capped():
    measures = [
        days_since("pulse", window_days=365),
        days_since("steroid", window_days=30),
        days_since("gi_involvement", window_days=50),
    ]
    rows = expand_intervals(five_children(), measures=measures)
    names = [measure.name for measure in measures]
    assert names == [
        "days_since_pulse",
        "days_since_steroid",
        "days_since_gi_involvement",
    ]
    assert rows_of(rows, "A", *names) == [
        (0, 40, 0, 365.0, 11.0, 50.0),  # last steroid day 29: 40 - 29
        (40, 90, 0, 365.0, 30.0, 30.0),  # 61 days, capped; involvement 90 - 60
        (90, 100, 0, 365.0, 30.0, 40.0),
    ]
    assert rows_of(rows, "B", *names) == [(0, 40, 1, 33.0, 30.0, 50.0)]  # 40 - 7


def test_days_since_is_one_on_the_day_after_the_dose():
    rows = expand_intervals(
        five_children(), measures=[days_since(window_days=99)], every_days=1
    )
    by_stop = {
        stop: value for _, stop, _, value in rows_of(rows, "B", "days_since_pulse")
    }
    assert [by_stop[day] for day in (5, 6, 7, 8, 9)] == [99.0, 1.0, 1.0, 1.0, 2.0]


def test_ever_event_is_known_from_the_day_after():
    rows = expand_intervals(five_children(), measures=[ever_event("gi_involvement")])
    assert rows_of(rows, "A", "gi_involvement") == [(0, 60, 0, 0.0), (60, 100, 0, 1.0)]


def test_rows_are_cut_at_whole_multiples_of_days():
    rows = expand_intervals(five_children(), every_days=30)
    assert rows_of(rows, "C") == [(50, 60, 0), (60, 90, 1)]
    assert rows_of(rows, "B") == [(0, 30, 0), (30, 40, 1)]


def test_no_cut_where_nothing_changes():
    patients = five_children().patients.iloc[[0]]
    courses = pd.DataFrame(
        {
            "patient_id": "A",
            "drug": "prednisone",
            "route": "oral",
            "start_day": [0, 10, 30],
            "stop_day": [9, 19, 39],
            "dose_mg": 6.0,
            "dose_basis": "per_day",
        }
    )
    rows = expand_intervals(Cohort(patients, courses), measures=[current_dose()])
    # Days 0..9 and 10..19 at the same dose are one stretch, (0, 20]; 6 / 20 = 0.3.
    assert rows_of(rows, "A", "current_dose_mg_kg") == [
        (0, 20, 0, 0.3),
        (20, 30, 0, 0.0),
        (30, 40, 0, 0.3),
        (40, 100, 0, 0.0),
    ]


def test_death_is_a_competing_event_unless_not_asked_for():
    cohort = five_children()
    events = cohort.events
    only_death = events[
        ~((events["patient_id"] == "C") & (events["event"] == "gi_perforation"))
    ]
    died = Cohort(cohort.patients, cohort.courses, only_death)
    assert rows_of(expand_intervals(died), "C") == [(50, 90, 2)]
    assert rows_of(expand_intervals(died, competing=None), "C") == [(50, 90, 0)]
    several = expand_intervals(died, competing=["surgery", "death"])
    assert rows_of(several, "C") == [(50, 90, 3)]
    assert several.attrs["jdm_stats"]["event_codes"] == {
        "0": "none",
        "1": "gi_perforation",
        "2": "surgery",
        "3": "death",
    }


def test_a_competing_event_on_or_before_entry_leaves_the_child_out():
    rows = expand_intervals(
        five_children(), outcome="gi_involvement", competing="gi_perforation"
    )
    assert rows["patient_id"].unique().tolist() == ["A", "B", "C"]
    assert rows_of(rows, "A") == [(0, 60, 1)]
    assert rows_of(rows, "B") == [(0, 40, 2)]
    tally = rows.attrs["jdm_stats"]["tally"]
    assert tally["competing_on_or_before_entry"] == 1  # D


def test_indefinite_events_can_be_dropped():
    cohort = five_children()
    events = cohort.events
    events.loc[events["patient_id"] == "B", "definite"] = False
    rows = expand_intervals(
        Cohort(cohort.patients, cohort.courses, events), definite_only=True
    )
    assert rows_of(rows, "B") == [(0, 60, 0)]
    assert rows.attrs["jdm_stats"]["tally"]["indefinite_events_dropped"] == 2


def test_missing_stop_day_is_refused_only_where_steroids_are_read():
    cohort = five_children()
    courses = cohort.courses
    courses.loc[0, "stop_day"] = pd.NA
    open_ended = Cohort(cohort.patients, courses, cohort.events)
    with pytest.raises(CohortError, match="stop_day"):
        expand_intervals(open_ended, measures=[current_dose()])
    assert len(expand_intervals(open_ended)) == 3
    assert len(expand_intervals(open_ended, measures=[days_since("surgery")])) == 5


def test_sites_of_one_day_are_joined():
    table = distinct_events(five_children())
    assert table.values.tolist() == [
        ["B", 40, "duodenum; jejunum", 2],
        ["C", 90, "ileum", 1],
        ["D", 0, "colon", 1],
    ]


def test_wrong_calls_are_told():
    cohort = five_children()
    with pytest.raises(UsageError, match="gi_perforation, surgery"):
        expand_intervals(cohort, outcome="perforation")
    with pytest.raises(UsageError, match="twice"):
        expand_intervals(cohort, outcome="death")
    with pytest.raises(UsageError, match="current_dose_mg_kg"):
        expand_intervals(cohort, measures=[current_dose(), current_dose(lag_days=7)])
    with pytest.raises(UsageError, match="called sex"):
        expand_intervals(cohort, measures=[current_dose(name="sex")])
    with pytest.raises(UsageError, match="choose from"):
        expand_intervals(cohort, covariates=["exit_day"])
    with pytest.raises(UsageError, match="every_days"):
        expand_intervals(cohort, every_days=0)
    with pytest.raises(UsageError, match="must come from"):
        expand_intervals(cohort, measures=["current_dose"])
    with pytest.raises(UsageError, match="recurrent must be True or False"):
        expand_intervals(cohort, recurrent=2)


def test_cohort_is_not_changed_and_a_cohort_without_rows_is_told():
    cohort = five_children()
    before = cohort.patients
    expand_intervals(cohort, measures=[current_dose(), days_since()])
    pd.testing.assert_frame_equal(cohort.patients, before)
    nobody = Cohort(before[before["patient_id"] == "E"])
    rows = expand_intervals(nobody, measures=[current_dose(), days_since()])
    assert len(rows) == 0
    assert rows.attrs["jdm_stats"]["tally"]["children_without_follow_up"] == 1
