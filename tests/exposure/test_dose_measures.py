"""Measures of dose over time and of other drugs, worked on paper for one child.

Prednisone 1 mg/kg on days 0 to 9 and 0.25 mg/kg on days 15 to 19, pulses of 30 mg/kg on
days 3 to 5, and a JAK inhibitor on days 10 to 12. The child is followed to day 40.
"""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import CohortError, UsageError
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.landmark import landmark_rows
from jdm_stats.exposure.measures import (
    current_dose,
    days_on_drug,
    dose_category,
    intensity_class,
    mean_dose,
    on_drug,
    pulse_count,
    taper_rate,
    weighted_dose,
)
from jdm_stats.plan import SteroidRules

COLUMNS = ("drug", "route", "start_day", "stop_day", "dose_mg", "dose_basis")
COURSES = [
    ("prednisone", "oral", 0, 9, 1.0, "per_kg_day"),
    ("prednisone", "oral", 15, 19, 0.25, "per_kg_day"),
    ("prednisolone", "iv", 3, 5, 30.0, "per_kg_day"),
    ("tofacitinib", "oral", 10, 12, 5.0, "per_day"),
]


def one_child(*courses, leave: int = 40, events=()) -> Cohort:
    patients = pd.DataFrame({"patient_id": ["P"], "antibody": ["NXP2"]})
    patients = patients.assign(entry_day=0, exit_day=leave, exit_reason="lost")
    table = pd.DataFrame(list(courses or COURSES), columns=list(COLUMNS))
    happened = pd.DataFrame(list(events), columns=["day", "event"])
    return Cohort(
        patients, table.assign(patient_id="P"), happened.assign(patient_id="P")
    )


def by_day(measure, cohort: Cohort | None = None) -> dict:
    """Value on (t-1, t] by t, whether the table is cut daily or where values change."""
    cohort = one_child() if cohort is None else cohort
    rows = expand_intervals(cohort, measures=[measure], every_days=1, covariates=[])
    daily = dict(zip(rows["stop"], rows[measure.name], strict=True))
    if not measure.daily:
        cut = expand_intervals(cohort, measures=[measure], covariates=[])
        spread = {
            t: value
            for start, stop, value in zip(
                cut["start"], cut["stop"], cut[measure.name], strict=True
            )
            for t in range(start + 1, stop + 1)
        }
        assert spread == daily
    return daily


def on(values: dict, *days: int) -> list:
    return [values[day] for day in days]


def test_a_grace_bridges_a_gap_and_never_adds_two_courses():
    # Days 0..9 act on (0, 10], a grace of 3 days on (10, 13]; the next on (15, 20].
    values = by_day(current_dose(grace_days=3))
    assert on(values, 1, 10, 13, 14, 15, 16, 20, 23, 24) == [
        *(1.0, 1.0, 1.0, 0.0, 0.0),
        *(0.25, 0.25, 0.25, 0.0),
    ]
    whole = by_day(current_dose(grace_days=9))
    assert on(whole, 13, 15, 16, 29, 30) == [1.0, 1.0, 0.25, 0.25, 0.0]
    late = by_day(current_dose(grace_days=3, lag_days=2))
    assert on(late, 2, 3, 12, 15, 16) == [0.0, 1.0, 1.0, 1.0, 0.0]


def test_mean_dose_divides_the_dose_of_the_window():
    values = by_day(mean_dose(window_days=10))
    # t = 4: days 0..3: 4 + 30; t = 10: days 0..9: 10 + 90; t = 13: days 3..12: 7 + 90;
    # t = 16: days 6..15: 4 + 0.25; t = 20: days 10..19: 5 * 0.25
    assert on(values, 4, 10, 13, 16, 20, 40) == [3.4, 10.0, 9.7, 0.425, 0.125, 0.0]
    oral = by_day(mean_dose(window_days=10, pulses=False, lag_days=1))
    assert on(oral, 1, 2, 11, 12) == [0.0, 0.1, 1.0, 0.9]


def test_weighted_dose_halves_with_every_half_life():
    values = by_day(
        weighted_dose(half_life_days=1, name="w"),
        one_child(("prednisone", "oral", 0, 1, 8.0, "per_kg_day")),
    )
    assert on(values, 1, 2, 3, 4) == [8.0, 12.0, 6.0, 3.0]
    values = by_day(
        weighted_dose(half_life_days=10, lag_days=2),
        one_child(("prednisone", "oral", -4, -4, 1.0, "per_kg_day")),
    )
    # t = 9: t - 1 - L - d = 10: half; before entry counts.
    assert on(values, 9, 19, 29) == [0.5, 0.25, 0.125]
    pulses_left_out = by_day(weighted_dose(half_life_days=1, pulses=False))
    assert on(pulses_left_out, 1, 2, 4, 11) == [1.0, 1.5, 1.875, 0.999023438]


def test_pulse_count_counts_days_and_only_the_past():
    assert on(by_day(pulse_count()), 3, 4, 5, 6, 40) == [0, 1, 2, 3, 3]
    windowed = by_day(pulse_count(window_days=10, lag_days=1))
    # Day d counts on (d + 1, d + 11]: day 3 on (4, 14], day 5 on (6, 16].
    assert on(windowed, 4, 5, 7, 14, 15, 16, 17) == [0, 1, 3, 3, 2, 1, 0]
    twice = one_child(
        ("prednisolone", "iv", 3, 4, 30.0, "per_kg_day"),
        ("methylprednisolone", "iv", 4, 5, 30.0, "per_kg_day"),
    )
    assert by_day(pulse_count(), twice)[40] == 3


def test_taper_rate_is_the_fall_per_week():
    values = by_day(taper_rate(window_days=14))
    # C is 1 on (0, 10], 0 on (10, 15], 0.25 on (15, 20]. Up by 1 over two weeks: -0.5.
    assert on(values, 1, 10, 11, 14, 15) == [-0.5, -0.5, 0.0, 0.0, 0.5]
    assert on(values, 16, 20, 21, 24, 25) == [0.375, 0.375, 0.5, 0.5, 0.0]
    assert on(values, 29, 30, 34, 35) == [0.0, 0.125, 0.125, 0.0]


def test_dose_categories_begin_at_their_cut():
    values = by_day(dose_category((0.25, 1)))
    assert on(values, 1, 11, 16) == [">=1", "none", "0.25 to <1"]
    assert dose_category((0.25, 1)).labels == (
        "none",
        "<0.25",
        "0.25 to <1",
        ">=1",
    )
    rows = expand_intervals(one_child(), measures=[dose_category((0.25, 1))])
    assert rows["dose_category"].cat.categories.tolist() == [
        "none",
        "0.25 to <1",
        ">=1",
    ]
    assert rows["dose_category"].cat.ordered


def test_intensity_is_pulse_while_a_pulse_counts():
    values = by_day(intensity_class(pulse_window_days=7))
    # Pulses of days 3..5 count on (3, 12]; then none, low on (15, 20], none.
    assert on(values, 3, 4, 12, 13, 16, 20, 21) == [
        *("high", "pulse", "pulse", "none"),
        *("low", "low", "none"),
    ]


def test_on_drug_counts_from_the_day_after_the_first_to_the_grace():
    assert on(by_day(on_drug("tofacitinib")), 10, 11, 13, 14) == [0, 1, 1, 0]
    late = by_day(on_drug("jak_inhibitor", lag_days=2, grace_days=5))
    assert on(late, 12, 13, 20, 21) == [0, 1, 1, 0]
    assert by_day(on_drug(["methotrexate", "ivig"]))[11] == 0
    assert on(by_day(on_drug("steroid")), 4, 10, 11, 16) == [1, 1, 0, 1]


def test_days_on_drug_counts_a_day_once():
    both = one_child(
        ("ciclosporin", "oral", 0, 9, 50.0, "per_day"),
        ("tacrolimus", "oral", 5, 14, 1.0, "per_day"),
    )
    values = by_day(days_on_drug("calcineurin_inhibitor"), both)
    assert on(values, 1, 10, 15, 16, 40) == [1, 10, 15, 15, 15]
    values = by_day(
        days_on_drug("calcineurin_inhibitor", window_days=10, lag_days=1), both
    )
    assert on(values, 1, 2, 11, 17, 26, 27) == [0, 1, 10, 9, 0, 0]


def test_missing_last_days_of_other_drugs_follow_the_measures_own_rule():
    courses = (
        ("tofacitinib", "oral", 5, None, 5.0, "per_day"),
        ("tofacitinib", "oral", 20, 22, 5.0, "per_day"),
        ("ruxolitinib", "oral", 30, None, 5.0, "per_day"),
    )
    cohort = one_child(*courses)
    with pytest.raises(CohortError) as caught:
        expand_intervals(cohort, measures=[on_drug("jak_inhibitor")])
    assert [fault.row for fault in caught.value.faults] == [1, 3]
    assert {fault.rule for fault in caught.value.faults} == {"missing_stop_day"}
    values = by_day(on_drug("jak_inhibitor", missing_stop_day="next_course"), cohort)
    assert on(values, 5, 6, 20, 21, 23, 24, 30, 31, 40) == [0, 1, 1, 1, 1, 0, 0, 1, 1]
    values = by_day(on_drug("jak_inhibitor", missing_stop_day=3), cohort)
    assert on(values, 6, 8, 9, 33, 34) == [1, 1, 0, 1, 0]
    measure = on_drug("jak_inhibitor", missing_stop_day="exit")
    rows = expand_intervals(cohort, measures=[measure])
    tally = rows.attrs["jdm_stats"]["tally"]
    assert tally["last_days_set_by_rule_for_on_jak_inhibitor"] == 2


def test_only_courses_that_can_act_are_refused():
    late = ("prednisone", "oral", 33, None, 1.0, "per_kg_day")
    cohort = one_child(*COURSES, late, events=[(40, "gi_perforation")])
    with pytest.raises(CohortError) as caught:
        expand_intervals(cohort, measures=[current_dose(lag_days=6)])
    assert [fault.row for fault in caught.value.faults] == [5]
    # With a lag of 7 a dose of day 33 acts from day 40 on: too late for the event.
    rows = expand_intervals(cohort, measures=[current_dose(lag_days=7)])
    tally = rows.attrs["jdm_stats"]["tally"]
    assert tally["steroid_courses_at_fault_that_cannot_matter"] == 1
    pd.testing.assert_frame_equal(
        rows.drop(columns=rows.columns[5:]),
        expand_intervals(
            one_child(events=[(40, "gi_perforation")]),
            measures=[current_dose(lag_days=7)],
        ).iloc[:, :5],
    )
    # The shortest lag decides, and faults of steroids and other drugs come together.
    both = one_child(*COURSES, late, ("ivig", "iv", 10, None, None, None))
    with pytest.raises(CohortError) as caught:
        expand_intervals(
            both, measures=[on_drug("ivig"), current_dose(lag_days=7), pulse_count()]
        )
    assert [fault.row for fault in caught.value.faults] == [5, 6]


def test_rules_reach_every_table_and_are_tallied():
    cohort = one_child(("prednisone", "oral", 5, None, 1.0, "per_kg_day"))
    rules = SteroidRules(missing_stop_day=10)
    rows = expand_intervals(cohort, measures=[current_dose()], steroids=rules)
    assert rows["current_dose_mg_kg"].tolist() == [0.0, 1.0, 0.0]
    counted = "steroid_last_days_set_by_a_treatment_of_10_days"
    assert rows.attrs["jdm_stats"]["tally"][counted] == 1
    assert rows.attrs["jdm_stats"]["steroid_rules"]["missing_stop_day"] == 10
    at = landmark_rows(cohort, landmark_days=20, horizon_days=20, steroids=rules)
    assert at["cumulative_dose_by_landmark_mg_kg"].tolist() == [10.0]
    assert at.attrs["jdm_stats"]["tally"][counted] == 1


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: mean_dose(window_days=0), "window_days"),
        (lambda: weighted_dose(half_life_days=0), "half_life_days"),
        (lambda: weighted_dose(half_life_days=True), "half_life_days"),
        (lambda: weighted_dose(half_life_days=float("inf")), "half_life_days"),
        (lambda: pulse_count(lag_days=-1), "lag_days"),
        (lambda: taper_rate(window_days=None), "window_days"),
        (lambda: current_dose(grace_days=1.5), "grace_days"),
        (lambda: dose_category(()), "cuts must be one or more"),
        (lambda: dose_category((1, 0.5)), "rising"),
        (lambda: dose_category((0, 1)), "more than 0"),
        (lambda: dose_category(("low",)), "cuts"),
        (lambda: dose_category((1.0, 1.0000001)), "too close"),
        (lambda: intensity_class((0.5,)), "cuts must be 2 doses"),
        (lambda: on_drug("tofacitinb"), "did you mean 'tofacitinib'"),
        (lambda: on_drug([]), "received none"),
        (lambda: on_drug(None), "received None"),
        (lambda: on_drug("ivig", missing_stop_day="guess"), "next_course, exit"),
        (lambda: on_drug("ivig", missing_stop_day=0), "whole days"),
        (lambda: days_on_drug("ivig", as_needed="yes"), "leave_out"),
        (lambda: mean_dose(pulses="no"), "pulses must be True or False"),
    ],
)
def test_wrong_arguments_are_told(call, says):
    with pytest.raises(UsageError, match=says):
        call()
