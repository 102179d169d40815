"""Each rule for steroid courses, worked on paper: what it makes of a course, what it counts."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from jdm_stats.cohort import recorded_courses
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.equivalents import equivalents_table, prednisone_equivalent_mg
from jdm_stats.cohort.steroids import steroid_courses
from jdm_stats.errors import CohortError, PlanError
from jdm_stats.plan import SteroidRules
from jdm_stats.schema import STEROIDS
from tests.cohort.test_steroids import child, cohort_of, course, measured


def spans(cohort: Cohort, **rules: Any) -> list[list[Any]]:
    rows = steroid_courses(cohort, rules=SteroidRules(**rules))
    shown = rows[["course_row", "start_day", "stop_day", "mg_kg_day"]]
    return [list(row) for row in shown.itertuples(index=False)]


def applied(cohort: Cohort, **rules: Any) -> dict[str, int]:
    rows = steroid_courses(cohort, rules=SteroidRules(**rules))
    return rows.attrs["jdm_stats"]["applied"]


def refused(cohort: Cohort, **rules: Any) -> list[tuple[int | None, str]]:
    with pytest.raises(CohortError) as caught:
        steroid_courses(cohort, rules=SteroidRules(**rules))
    return [(fault.row, fault.rule) for fault in caught.value.faults]


# ---- last days -----------------------------------------------------------------------


def open_ended() -> Cohort:
    """Child A, 20 kg, followed to day 1000; rows 1, 3, 4 and 6 have no last day."""
    return cohort_of(
        course(start_day=10, stop_day=None),  # next of drug and route: row 2, day 40
        course(start_day=40, stop_day=49),
        course(start_day=60, stop_day=None, drug="methylprednisolone", route="iv"),
        course(start_day=70, stop_day=None, route="im"),  # other route: no next
        course(start_day=80, stop_day=None, patient_id="B"),  # another child
        course(start_day=40, stop_day=None, dose_mg=20),  # beside row 2; next is none
        patients=[child("A"), child("B", exit_day=90)],
    )


def test_a_missing_last_day_is_the_day_before_the_next_course() -> None:
    days = [row[1:3] for row in spans(open_ended(), missing_stop_day="next_course")]
    assert days == [[10, 39], [40, 49], [60, 1000], [70, 1000], [80, 90], [40, 1000]]
    assert applied(open_ended(), missing_stop_day="next_course") == {
        "last days set to the day before the next course": 1,
        "last days set to the end of follow-up": 4,
        "courses added to another of the drug and route": 1,
    }


def test_a_missing_last_day_is_the_exit_day() -> None:
    days = [row[1:3] for row in spans(open_ended(), missing_stop_day="exit")]
    assert days == [[10, 1000], [40, 49], [60, 1000], [70, 1000], [80, 90], [40, 1000]]


def test_a_missing_last_day_is_so_many_days_after_the_first() -> None:
    days = [row[1:3] for row in spans(open_ended(), missing_stop_day=7)]
    assert days == [[10, 16], [40, 49], [60, 66], [70, 76], [80, 86], [40, 46]]
    assert applied(open_ended(), missing_stop_day=1) == {
        "last days set by a treatment of 1 day": 5,
        "courses added to another of the drug and route": 1,
    }


def test_the_next_course_counts_even_when_it_is_not_read() -> None:
    rows = steroid_courses(
        open_ended(),
        rules=SteroidRules(missing_stop_day="next_course"),
        only=[True, False, False, False, False, False],
    )
    assert rows["stop_day"].tolist() == [39]
    assert rows.attrs["jdm_stats"]["applied"] == {
        "last days set to the day before the next course": 1
    }


def test_a_course_that_starts_on_the_exit_day_lasts_that_day() -> None:
    cohort = cohort_of(course(start_day=1000, stop_day=None))
    assert spans(cohort, missing_stop_day="exit") == [[1, 1000, 1000, 2.0]]


# ---- missing doses, as needed ---------------------------------------------------------


def test_courses_without_dose_or_given_as_needed_are_left_out_and_counted() -> None:
    cohort = cohort_of(
        course(dose_mg=None, dose_basis=None),
        course(as_needed=True, stop_day=None),
        course(start_day=30, stop_day=30),
        course(start_day=40, stop_day=40, as_needed=True, dose_mg=None),
    )
    out = {"missing_dose": "leave_out", "as_needed": "leave_out"}
    assert spans(cohort, **out) == [[3, 30, 30, 2.0]]
    assert applied(cohort, **out) == {
        "courses given as needed left out": 2,
        "courses without dose left out": 1,
    }
    assert refused(cohort, missing_dose="leave_out") == [(2, "dose_as_needed")]
    assert refused(cohort, as_needed="leave_out") == [(1, "missing_dose")]


def test_as_written_takes_a_course_as_though_regular_and_still_asks_for_its_days() -> (
    None
):
    cohort = cohort_of(
        course(as_needed=True), course(start_day=30, stop_day=None, as_needed=True)
    )
    assert refused(cohort, as_needed="as_written") == [(2, "missing_stop_day")]
    rules: dict[str, Any] = {"as_needed": "as_written", "missing_stop_day": 2}
    assert spans(cohort, **rules) == [[1, 10, 19, 2.0], [2, 30, 31, 2.0]]
    assert applied(cohort, **rules)["courses given as needed taken as written"] == 2


# ---- overlaps -------------------------------------------------------------------------


def overlapping() -> Cohort:
    return cohort_of(
        course(start_day=0, stop_day=29),
        course(start_day=20, stop_day=24, dose_mg=20),
        course(start_day=25, stop_day=40, dose_mg=10),
        course(start_day=20, stop_day=24, drug="methylprednisolone", dose_mg=16),
        course(start_day=20, stop_day=24, dose_mg=20, patient_id="B"),
        patients=[child("A"), child("B")],
    )


def test_overlapping_courses_are_added_as_recorded() -> None:
    days = [row[1:3] for row in spans(overlapping())]
    assert days == [[0, 29], [20, 24], [25, 40], [20, 24], [20, 24]]
    counted = {"courses added to another of the drug and route": 2}
    assert applied(overlapping()) == counted


def test_a_later_course_ends_the_one_before_for_good() -> None:
    rows = spans(overlapping(), overlapping="later_replaces")
    assert [row[1:3] for row in rows] == [
        [0, 19],
        [20, 24],
        [25, 40],
        [20, 24],
        [20, 24],
    ]
    assert applied(overlapping(), overlapping="later_replaces") == {
        "courses ended by a later one of the drug and route": 1
    }


def test_overlaps_are_refused_when_the_rule_says_so() -> None:
    assert refused(overlapping(), overlapping="refuse") == [
        (2, "courses_overlap"),
        (3, "courses_overlap"),
    ]


def test_which_of_two_that_begin_together_is_later_is_not_guessed() -> None:
    twins = cohort_of(course(stop_day=12), course(dose_mg=20))
    assert refused(twins, overlapping="later_replaces") == [
        (1, "courses_same_start"),
        (2, "courses_same_start"),
    ]
    assert set(recorded_courses.RULES) == {"courses_overlap", "courses_same_start"}


# ---- weight over time -----------------------------------------------------------------


def growing(*courses: dict[str, Any], weight: float | None = 20.0) -> Cohort:
    """20 kg on day 0, 24 kg on day 100, 34 kg on day 200."""
    readings = [measured(100, 24.0), measured(200, 34.0)]
    patients = [child("A", weight_kg=weight)]
    return cohort_of(*courses, patients=patients, assessments=readings)


@pytest.mark.parametrize(
    ("rule", "weights"),
    [
        #           day -10, 0, 25, 50, 51, 100, 160, 900
        ("last", [20, 20, 20, 20, 20, 24, 24, 34]),
        ("interpolate", [20, 20, 21, 22, 22.04, 24, 30, 34]),
        ("nearest", [20, 20, 20, 20, 24, 24, 34, 34]),  # day 50 is a tie: the earlier
    ],
)
def test_weight_over_time(rule: str, weights: list[float]) -> None:
    days = (-10, 0, 25, 50, 51, 100, 160, 900)
    cohort = growing(*(course(start_day=day, stop_day=day) for day in days))
    got = [40 / row[3] for row in spans(cohort, weight_over_time=rule)]
    assert got == pytest.approx(weights, rel=1e-12)


def test_a_first_weight_is_carried_back_only_by_a_rule_that_looks_ahead() -> None:
    cohort = growing(course(start_day=60, stop_day=60), weight=None)
    assert refused(cohort) == [(1, "no_weight")]
    for rule in ("interpolate", "nearest"):
        assert spans(cohort, weight_over_time=rule) == [[1, 60, 60, 40 / 24]]
        counted = applied(cohort, weight_over_time=rule)
        assert counted == {"doses per kg by a weight not last recorded": 1}


def test_a_course_can_be_cut_where_a_new_weight_is_recorded() -> None:
    cohort = growing(
        course(start_day=90, stop_day=209),
        course(start_day=90, stop_day=209, dose_mg=2, dose_basis="per_kg_day"),
    )
    assert spans(cohort, weight_within_course="readings") == [
        [1, 90, 99, 2.0],
        [1, 100, 199, 40 / 24],
        [1, 200, 209, 40 / 34],
        [2, 90, 209, 2.0],
    ]
    counted = applied(cohort, weight_within_course="readings")
    assert counted["courses cut at a new weight"] == 1


def test_a_weekly_course_is_cut_on_its_next_dose_day() -> None:
    weekly = course(start_day=95, stop_day=111, every_n_days=7)  # days 95, 102, 109
    rows = steroid_courses(
        growing(weekly), rules=SteroidRules(weight_within_course="readings")
    )
    assert rows["start_day"].tolist() == [95, 102]
    assert rows["stop_day"].tolist() == [101, 111]
    assert rows["mg_kg_per_dose"].tolist() == [2.0, 40 / 24]
    assert rows["every_n_days"].tolist() == [7, 7]
    short = course(start_day=95, stop_day=101, every_n_days=7)
    assert spans(growing(short), weight_within_course="readings") == [
        [1, 95, 101, 2 / 7]
    ]


def test_height_over_time_and_surface() -> None:
    heights = [measured(100, 120.0, "height_cm")]
    cohort = cohort_of(
        course(start_day=50, stop_day=50, dose_basis="per_m2", dose_mg=30),
        patients=[child("A", height_cm=100.0)],
        assessments=heights,
    )
    surface = (110 * 20 / 3600) ** 0.5
    [[*_, got]] = spans(cohort, height_over_time="interpolate")
    assert got == pytest.approx(30 * surface / 20, rel=1e-12)


# ---- caps, equivalents, depots ---------------------------------------------------------


def pulse(**cells: Any) -> dict[str, Any]:
    given = {"drug": "methylprednisolone", "route": "iv", "dose_mg": 30.0}
    return course(**given | {"dose_basis": "per_kg_day"} | cells)


def test_a_dose_per_kg_is_capped_in_mg_of_the_drug() -> None:
    cap = {"cap_mg_per_dose": {"methylprednisolone": 1000}}
    patients = [child("A", weight_kg=50.0), child("B", weight_kg=20.0)]
    cohort = cohort_of(
        pulse(),  # 1,500 mg: capped at 1,000, 1,250 of prednisone, 25 per kg
        pulse(patient_id="B"),  # 600 mg
        pulse(dose_basis="per_day", dose_mg=1500.0),  # in mg: stands as written
        course(dose_mg=30, dose_basis="per_kg_day"),  # another drug
        patients=patients,
    )
    assert [row[3] for row in spans(cohort)] == [37.5, 37.5, 37.5, 30.0]
    assert [row[3] for row in spans(cohort, **cap)] == [25.0, 37.5, 37.5, 30.0]
    assert applied(cohort, **cap)["doses per kg capped"] == 1
    assert "doses per kg capped" not in applied(cohort)


def test_what_may_be_capped_needs_a_weight() -> None:
    patients = [child("A", weight_kg=None)]
    cohort = cohort_of(pulse(), patients=patients)
    assert spans(cohort)[0][3] == 37.5
    cap = {"methylprednisolone": 1000.0}
    assert refused(cohort, cap_mg_per_dose=cap) == [(1, "no_weight")]


def test_a_cap_decides_what_is_a_pulse() -> None:
    cohort = cohort_of(pulse(), patients=[child("A", weight_kg=50.0)])
    rules = SteroidRules(cap_mg_per_dose={"methylprednisolone": 100})
    assert not steroid_courses(cohort, rules=rules)["pulse"].any()


def test_equivalents_can_be_replaced() -> None:
    cohort = cohort_of(course(drug="betamethasone", dose_mg=1.5), course())
    assert [row[3] for row in spans(cohort)] == [1.5 * (5 / 0.6) / 20, 2.0]
    rules = {"equivalents": {"betamethasone": 5 / 0.75}}
    assert [row[3] for row in spans(cohort, **rules)] == [0.5, 2.0]
    assert applied(cohort, **rules) == {"doses by a replaced equivalent": 1}
    per_mg = SteroidRules(**rules).prednisone_per_mg()
    assert prednisone_equivalent_mg("betamethasone", 3, per_mg=per_mg) == 20.0


def test_the_table_of_equivalents_says_what_is_assumed() -> None:
    table = equivalents_table().set_index("drug")
    assert set(table.index) == set(STEROIDS)
    assumed = table.index[table["status"] == "assumed"]
    assert set(assumed) == {"betamethasone", "deflazacort"}
    assert (table.loc[assumed, "grade"] == "C").all()
    assert set(table["status"]) == {"assumed", "published"}


def test_a_depot_is_released_in_equal_parts() -> None:
    depot = {"depot_days": {"triamcinolone": 20}}
    cohort = cohort_of(
        course(drug="triamcinolone", route="im", start_day=10, stop_day=10, dose_mg=40),
        course(
            drug="triamcinolone",
            route="im",
            start_day=50,
            stop_day=64,
            dose_mg=40,
            every_n_days=14,
        ),
        course(drug="triamcinolone", start_day=10, stop_day=10, dose_mg=40),  # oral
    )
    # 40 mg of triamcinolone are 50 mg of prednisone, 2.5 mg/kg, 0.125 on each of 20 days
    assert spans(cohort, **depot) == [
        [1, 10, 29, 0.125],
        [2, 50, 69, 0.125],
        [2, 64, 83, 0.125],
        [3, 10, 10, 2.5],
    ]
    assert applied(cohort, **depot)["intramuscular courses spread as a depot"] == 2
    assert [row[2] for row in spans(cohort)] == [10, 64, 10]


# ---- the record ------------------------------------------------------------------------


def test_every_fault_of_the_rules_is_told_at_once() -> None:
    with pytest.raises(PlanError) as caught:
        SteroidRules(
            missing_stop_day=0,
            overlapping="sum",
            cap_mg_per_dose={"prednison": 60},
            depot_days={"triamcinolone": 2.5},
            equivalents={"prednisone": -1},
            caps=1,
        )
    said = str(caught.value)
    for part in (
        "missing_stop_day: choose one of refuse, next_course, exit",
        "overlapping: ",
        "'prednison' is not a known steroid, did you mean 'prednisone'",
        "triamcinolone must be whole days",
        "prednisone must be a number more than 0",
        "caps: not a field of the steroid rules",
    ):
        assert part in said


@pytest.mark.parametrize("rule", [True, 1.5, -3, "30", None, 4000])
def test_a_rule_for_last_days_is_a_name_or_whole_days(rule: object) -> None:
    with pytest.raises(PlanError, match="missing_stop_day"):
        SteroidRules(missing_stop_day=rule)


def test_default_rules_change_nothing_and_say_so() -> None:
    cohort = cohort_of(course(), course(start_day=30, stop_day=39))
    plain = steroid_courses(cohort)
    pd.testing.assert_frame_equal(plain, steroid_courses(cohort, rules=SteroidRules()))
    assert plain.attrs["jdm_stats"]["applied"] == {}


def test_rules_cannot_be_changed_through_their_mappings() -> None:
    given = {"methylprednisolone": 1000}
    rules = SteroidRules(cap_mg_per_dose=given)
    given["methylprednisolone"] = 1
    assert rules.cap_mg_per_dose["methylprednisolone"] == 1000
    with pytest.raises(TypeError):
        rules.cap_mg_per_dose["methylprednisolone"] = 1
    assert hash(rules) == hash(SteroidRules(cap_mg_per_dose={**rules.cap_mg_per_dose}))
