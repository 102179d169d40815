"""What is asked for wrongly is told; rules for drugs and for steroids agree; all is tallied."""

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.steroids import steroid_courses
from jdm_stats.errors import PlanError, UsageError
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.landmark import landmark_rows
from jdm_stats.exposure.measures import (
    current_dose,
    dose_category,
    last_assessment,
    on_drug,
)
from jdm_stats.exposure.step_sums import DailySums
from jdm_stats.intervals.marks import is_synthetic
from jdm_stats.intervals.overlay import merge_intervals
from jdm_stats.plan.steroid_rules import SteroidRules
from jdm_stats.simulation.simulate import simulate_cohort


def a_cohort() -> Cohort:
    """Prednisone from day 0 without a last day, as needed from 20, by day from 50 to 59."""
    patients = pd.DataFrame({"patient_id": ["P1"], "antibody": ["NXP2"]})
    patients = patients.assign(
        weight_kg=20.0, entry_day=0, exit_day=99, exit_reason="lost"
    )
    courses = pd.DataFrame(
        {
            "patient_id": "P1",
            "drug": "prednisone",
            "route": "oral",
            "start_day": [0, 20, 50],
            "stop_day": [None, 24, 59],
            "dose_mg": 20.0,
            "dose_basis": "per_day",
            "as_needed": [False, True, False],
        }
    )
    return Cohort(patients, courses)


class TestDrugsAndSteroidsGoByOneRule:
    rules = SteroidRules(missing_stop_day="next_course", as_needed="leave_out")

    def test_a_course_left_out_ends_the_one_before_it_for_both(self):
        drug = on_drug(
            "prednisone", missing_stop_day="next_course", as_needed="leave_out"
        )
        rows = expand_intervals(
            a_cohort(),
            measures=[current_dose(), drug],
            steroids=self.rules,
            covariates=[],
        )
        assert rows["start"].tolist() == [0, 20, 50, 60]
        assert rows["current_dose_mg_kg"].tolist() == [1, 0, 1, 0]
        assert rows["on_prednisone"].tolist() == [1, 0, 1, 0]

    @pytest.mark.parametrize(
        ("as_needed", "counted"),
        [("leave_out", "left_out"), ("as_written", "taken_as_written")],
    )
    def test_courses_as_needed_are_tallied(self, as_needed, counted):
        drug = on_drug("prednisone", missing_stop_day="exit", as_needed=as_needed)
        tally = expand_intervals(a_cohort(), measures=[drug]).attrs["jdm_stats"][
            "tally"
        ]
        assert tally[f"courses_as_needed_{counted}_for_on_prednisone"] == 1
        assert tally["last_days_set_by_rule_for_on_prednisone"] == 1

    def test_treatment_of_ten_thousand_days_is_refused_by_both(self):
        with pytest.raises(PlanError, match="3660"):
            SteroidRules(missing_stop_day=10_000)
        with pytest.raises(UsageError, match="3660"):
            on_drug("prednisone", missing_stop_day=10_000)


class TestRulesMayBeAMapping:
    fields = {"missing_stop_day": "next_course", "as_needed": "leave_out"}  # noqa: RUF012

    def test_a_mapping_does_what_the_record_does(self):
        cohort = a_cohort()
        record = SteroidRules(**self.fields)
        for make in (
            lambda rules: steroid_courses(cohort, rules=rules),
            lambda rules: expand_intervals(
                cohort, measures=[current_dose()], steroids=rules
            ),
            lambda rules: landmark_rows(
                cohort, landmark_days=9, horizon_days=9, steroids=rules
            ),
        ):
            pd.testing.assert_frame_equal(make(self.fields), make(record))

    def test_whole_numbers_of_numpy_will_do(self):
        days, caps = np.int64(5), {"prednisone": np.int64(60)}
        rules = SteroidRules(missing_stop_day=days, cap_mg_per_dose=caps)
        assert rules == SteroidRules(
            missing_stop_day=5, cap_mg_per_dose={"prednisone": 60}
        )
        assert type(rules.missing_stop_day) is int
        assert on_drug("ivig", missing_stop_day=days).missing_stop_day == 5

    def test_anything_else_is_refused(self):
        for make in (
            lambda: steroid_courses(a_cohort(), rules="next_course"),
            lambda: expand_intervals(a_cohort(), steroids="next_course"),
            lambda: landmark_rows(
                a_cohort(), landmark_days=9, horizon_days=9, steroids=3
            ),
        ):
            with pytest.raises(
                UsageError, match=r"SteroidRules\(\.\.\.\) or a mapping"
            ):
                make()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: expand_intervals(pd.DataFrame()), "must be a Cohort"),
        (lambda: steroid_courses(pd.DataFrame()), "must be a Cohort"),
        (lambda: landmark_rows(3, landmark_days=9, horizon_days=9), "must be a Cohort"),
        (
            lambda: expand_intervals(a_cohort(), measures=current_dose()),
            "must be a list",
        ),
        (lambda: expand_intervals(a_cohort(), measures=[type]), "must come from"),
        (lambda: expand_intervals(a_cohort(), covariates=3), "covariates must be"),
        (lambda: steroid_courses(a_cohort(), pulse_mg_day="250"), "pulse_mg_day must"),
        (
            lambda: steroid_courses(a_cohort(), pulse_mg_day=float("inf")),
            "more than 0 and finite",
        ),
        (lambda: current_dose(lag_days=2**63), "lag_days must be a whole number"),
        (lambda: dose_category("12"), "cuts must be"),
        (lambda: last_assessment(["cmas"]), "reads one of"),
        (lambda: on_drug([["ivig"]]), "did you mean 'ivig'"),
    ],
)
def test_a_wrong_argument_is_told_not_a_traceback(make, says):
    with pytest.raises(UsageError, match=says):
        make()


class TestTheMarkOfSimulatedChildren:
    cohort = simulate_cohort(10, rng=4)

    def test_every_table_carries_it(self):
        tables = ("patients", "courses", "events", "assessments")
        assert all(is_synthetic(getattr(self.cohort, name)) for name in tables)

    def test_it_goes_from_courses_to_rows_of_no_mark(self):
        courses = self.cohort.courses.dropna(subset=["stop_day"])
        rows = pd.DataFrame({"patient_id": courses["patient_id"].unique()})
        rows = rows.assign(start=0, stop=90, event=0)
        assert not is_synthetic(rows)
        on = merge_intervals(
            rows,
            courses,
            {"treated": None},
            spell_start="start_day",
            spell_stop="stop_day",
            inclusive=True,
            overlap="any",
        )
        assert is_synthetic(on)

    def test_real_children_get_none(self):
        assert a_cohort().courses.attrs == {}


def test_daily_sums_of_nothing_are_nought():
    none = np.empty(0, dtype=np.int64)
    child, day = np.zeros(3, dtype=np.int64), np.array([-5, 0, 7])
    assert DailySums(none, none, none, none).over(child, day, 4).tolist() == [0, 0, 0]
