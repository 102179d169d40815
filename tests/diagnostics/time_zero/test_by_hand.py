"""Each mistake in a table of a few children, where it must be found, beside its clean twin."""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.diagnostics.time_zero import lint_time_zero
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.measures import current_dose
from jdm_stats.plan import AnalysisPlan
from tests.diagnostics.time_zero.children import BY_DAY, EVER, cohort, found, table

PLAN = AnalysisPlan(landmark_days=90, horizon_days=200, risk_months=(6,))


def test_ever_pulsed_from_the_start_is_proven():
    finding = found(lint_time_zero(EVER, cohort=cohort()), "ever_exposed")
    assert finding.severity == "proof"
    assert finding.columns == ("pulsed",)
    assert finding.rows.tolist() == [1, 2]
    assert finding.children == 2
    assert "150 days at risk" in finding.sentence  # A all 100 days, B 50
    assert finding.patient_id == "A"
    assert "day 100: event (code 1)" in finding.example
    assert "day 102: first pulse" in finding.example
    assert "Suissa 2008" in finding.source and "protective" in finding.direction


def test_a_pulse_given_after_the_event_is_told_apart():
    finding = found(lint_time_zero(EVER, cohort=cohort()), "exposure_after_event")
    assert finding.severity == "proof"
    assert finding.rows.tolist() == [1] and finding.patient_id == "A"


def test_exposure_coded_by_day_is_clean():
    assert lint_time_zero(BY_DAY, cohort=cohort()).ok
    assert lint_time_zero(BY_DAY, cohort=cohort(), plan=PLAN).ok


def test_pulsed_on_the_event_day_counts_as_after_it():
    rows = EVER.assign(stop=[102, 400, 300])
    data = cohort()
    events = data.events.assign(day=102)
    moved = Cohort(data.patients, data.courses, events, data.assessments)
    report = lint_time_zero(rows, cohort=moved)
    assert found(report, "exposure_after_event").children == 1


def test_a_row_not_cut_at_the_first_pulse():
    rows = BY_DAY.assign(start=[0, 0, 30, 0], stop=[100, 30, 400, 300])
    finding = found(lint_time_zero(rows, cohort=cohort()), "exposure_from_the_future")
    assert finding.rows.tolist() == [3]
    assert "20 days at risk" in finding.sentence


def test_an_amount_above_zero_before_the_first_dose():
    rows = BY_DAY.assign(pulsed=[7.5, 0.0, 7.5, 0.0]).rename(
        columns={"pulsed": "pulse_mg_kg"}
    )
    report = lint_time_zero(rows, cohort=cohort())
    assert found(report, "exposure_after_event").rows.tolist() == [1]
    assert lint_time_zero(rows.assign(pulse_mg_kg=[0, 0, 7.5, 0]), cohort=cohort()).ok


@pytest.mark.parametrize(
    "name", ["no_pulse", "pulse_naive", "days_since_pulse", "never_pulsed"]
)
def test_a_name_that_denies_claims_nothing(name):
    assert lint_time_zero(EVER.rename(columns={"pulsed": name}), cohort=cohort()).ok


def test_a_name_the_record_does_not_bear_out_claims_nothing():
    # "pulse centre": 1 for C, who never had a pulse
    rows = EVER.assign(pulsed=[1, 0, 1]).rename(columns={"pulsed": "pulse_centre"})
    assert lint_time_zero(rows, cohort=cohort()).ok


def test_words_for_yes_and_no_are_read():
    rows = EVER.assign(pulsed=["yes", "Yes", "no"])
    assert "ever_exposed" in lint_time_zero(rows, cohort=cohort()).codes


LANDMARK = pd.DataFrame({"patient_id": list("ABC"), "event": [1, 0, 0]})
AT = {"jdm_stats": {"landmark_days": 90, "horizon_days": 200}}


def landmark(**columns: list[float]) -> pd.DataFrame:
    rows = LANDMARK.assign(**columns)
    rows.attrs = dict(AT)
    return rows


def test_a_pulse_after_the_landmark():
    report = lint_time_zero(landmark(pulse=[1, 1, 0]), cohort=cohort())
    finding = found(report, "exposure_after_landmark")
    assert finding.rows.tolist() == [1] and finding.severity == "proof"
    assert found(report, "exposure_after_event").rows.tolist() == [1]
    assert lint_time_zero(landmark(pulse=[0, 1, 0]), cohort=cohort()).ok


def test_a_landmark_named_by_the_plan_alone():
    bare = LANDMARK.assign(pulse=[1, 1, 0])
    report = lint_time_zero(bare, cohort=cohort(), plan=PLAN)
    assert "exposure_after_landmark" in report.codes


def test_antibody_measured_after_the_event_and_after_entry():
    late = cohort(A={"antibody_test_day": 110})
    rows = BY_DAY.assign(nxp2=[1.0, 0, 0, 0])
    report = lint_time_zero(rows, cohort=late)
    finding = found(report, "antibody_after_event")
    assert finding.severity == "proof" and finding.patient_id == "A"
    assert "day 110: antibody tested" in finding.example
    assert found(report, "antibody_after_entry").severity == "suspicion"
    assert lint_time_zero(rows, cohort=cohort()).ok
    assert lint_time_zero(BY_DAY, cohort=late).ok  # no antibody in the table


def test_a_test_after_entry_but_before_the_event_is_a_suspicion():
    late = cohort(A={"antibody_test_day": 60})
    report = lint_time_zero(BY_DAY.assign(antibody=list("xyyz")), cohort=late)
    assert report.codes == ("antibody_after_entry",)
    assert "8% of their days at risk" in report.findings[0].sentence  # 60 of 800 days
    soon = cohort(A={"antibody_test_day": 20})
    assert lint_time_zero(BY_DAY.assign(antibody=list("xyyz")), cohort=soon).ok


def test_a_test_day_in_the_rows_will_do_without_cohort():
    rows = EVER.drop(columns="pulsed").assign(
        nxp2=[1, 0, 0], antibody_test_day=[105, 0, 0]
    )
    assert "antibody_after_event" in lint_time_zero(rows).codes


def test_days_at_risk_before_entry():
    late = cohort(B={"entry_day": 30})
    report = lint_time_zero(BY_DAY, cohort=late)
    finding = found(report, "person_time_before_entry")
    assert finding.rows.tolist() == [2] and "30 days at risk" in finding.sentence
    clean = BY_DAY.assign(start=[0, 30, 50, 0])
    assert lint_time_zero(clean, cohort=late).ok
    rows = EVER.drop(columns="pulsed").assign(entry_day=[0, 30, 0])
    assert lint_time_zero(rows).codes == ("person_time_before_entry",)


def test_only_children_with_a_later_pulse_are_in_the_table():
    rows = BY_DAY[BY_DAY["patient_id"] != "C"]
    finding = found(lint_time_zero(rows, cohort=cohort()), "selected_by_later_event")
    assert finding.severity == "suspicion"  # three children: it may be chance
    assert "pulse" in finding.sentence


def test_a_child_left_out_with_reason_is_no_selection():
    # C left before the table begins: not at risk, so its absence says nothing
    gone = cohort(C={"exit_day": 0})
    courses = gone.courses[gone.courses["patient_id"] != "C"]
    readings = gone.assessments[gone.assessments["patient_id"] != "C"]
    data = Cohort(gone.patients, courses, gone.events, readings)
    assert lint_time_zero(BY_DAY[BY_DAY["patient_id"] != "C"], cohort=data).ok


def test_rows_that_begin_at_the_first_dose():
    rows = table([("A", 0, 100, 1), ("B", 50, 400, 0), ("C", 0, 300, 0)])
    finding = found(lint_time_zero(rows, cohort=cohort()), "rows_begin_at_treatment")
    assert finding.patient_id == "B" and "50 days after entry" in finding.sentence
    assert lint_time_zero(rows.assign(start=0), cohort=cohort()).ok


def test_unexposed_days_of_the_exposed_left_out():
    rows = table(
        [("A", 0, 100, 1, 0), ("B", 50, 400, 0, 1), ("C", 0, 300, 0, 0)], "arm"
    )
    report = lint_time_zero(rows, cohort=cohort())
    finding = found(report, "unexposed_time_left_out")
    assert finding.columns == ("arm",) and "50 days before" in finding.sentence
    assert finding.severity == "suspicion"  # one child: it may be chance


def test_groups_by_an_exposure_from_before_entry():
    data = cohort(B={"entry_day": 120}, C={"entry_day": 120})
    rows = table(
        [("A", 0, 100, 1, 0), ("B", 120, 400, 0, 1), ("C", 120, 300, 0, 0)], "pulsed"
    )
    finding = found(lint_time_zero(rows, cohort=data), "entry_after_exposure")
    assert finding.severity == "suspicion" and "70 days" in finding.sentence
    prompt = cohort(B={"entry_day": 50}, C={"entry_day": 50})
    report = lint_time_zero(rows.assign(start=[0, 50, 50]), cohort=prompt)
    assert report.ok


def test_an_outcome_before_the_first_row():
    rows = table([("A", 150, 400, 0), ("B", 0, 400, 0), ("C", 0, 300, 0)])
    report = lint_time_zero(rows, cohort=cohort(), plan=PLAN)
    assert found(report, "outcome_before_time_zero").patient_id == "A"


def test_days_and_events_after_exit():
    data = cohort(C={"exit_day": 250})
    finding = found(lint_time_zero(BY_DAY, cohort=data), "person_time_after_exit")
    assert finding.patient_id == "C" and "50 days and 0 events" in finding.sentence
    assert lint_time_zero(BY_DAY.assign(stop=[100, 50, 400, 250]), cohort=data).ok


def test_follow_up_to_the_last_visit_without_event_only():
    rows = table([("A", 0, 100, 1), ("B", 0, 200, 0), ("C", 0, 250, 0)])
    finding = found(lint_time_zero(rows, cohort=cohort()), "end_depends_on_event")
    assert finding.patient_id == "A"
    assert "day 90: last visit before the event" in finding.example
    assert lint_time_zero(rows.assign(stop=[100, 400, 300]), cohort=cohort()).ok


def died() -> Cohort:
    data = cohort()
    patients = data.patients.assign(exit_reason=["lost", "lost", "death"])
    dead = pd.DataFrame({"patient_id": ["C"], "day": [300], "event": ["death"]})
    events = pd.concat([data.events[["patient_id", "day", "event"]], dead])
    return Cohort(patients, data.courses, events, data.assessments)


def test_a_death_coded_as_censoring():
    finding = found(
        lint_time_zero(BY_DAY, cohort=died(), plan=PLAN), "competing_as_censoring"
    )
    assert finding.rows.tolist() == [4] and finding.patient_id == "C"
    assert lint_time_zero(
        BY_DAY.assign(event=[1, 0, 0, 2]), cohort=died(), plan=PLAN
    ).ok
    assert lint_time_zero(BY_DAY, cohort=died()).ok  # no plan says otherwise


def test_rows_cut_without_the_competing_event_of_the_plan():
    rows = expand_intervals(died(), competing=None, covariates=["sex"])
    report = lint_time_zero(rows, plan=PLAN)
    assert found(report, "competing_as_censoring").severity == "suspicion"


def test_a_horizon_nobody_reaches():
    plan = AnalysisPlan(landmark_days=90, horizon_days=730, risk_months=(6, 24))
    report = lint_time_zero(BY_DAY, cohort=cohort(), plan=plan)
    told = [f.sentence for f in report.findings if f.code == "horizon_beyond_follow_up"]
    assert len(told) == 2
    assert "day 820" in told[0] and "month 24" in told[1]


def test_a_plan_without_lag():
    plan = AnalysisPlan(dose_lag_days=0, horizon_days=200, risk_months=(6,))
    report = lint_time_zero(BY_DAY, plan=plan)
    finding = found(report, "lag_zero")
    assert finding.columns == ("dose_lag_days",) and finding.table == "plan"


def tapering(stop: int = 100) -> Cohort:
    """A's dose stops on the day of the event; B and C go on."""
    data = cohort()
    courses = data.courses
    own = pd.DataFrame([courses.iloc[3].to_dict()]).assign(
        patient_id="A", start_day=0, stop_day=stop
    )
    tables = (data.events, data.assessments)
    return Cohort(data.patients, pd.concat([courses, own]), *tables)


@pytest.mark.parametrize("stop", [98, 99, 100])
def test_a_dose_that_stops_with_the_event(stop):
    data = tapering(stop)
    now = expand_intervals(data, measures=[current_dose()], covariates=["sex"])
    finding = found(lint_time_zero(now, cohort=data), "dose_changes_on_event_day")
    assert finding.severity == "proof" and finding.patient_id == "A"
    lagged = expand_intervals(
        data, measures=[current_dose(lag_days=7)], covariates=["sex"]
    )
    assert lint_time_zero(lagged, cohort=data).ok


def test_a_dose_that_does_not_change_with_the_event_is_clean_without_lag():
    data = tapering(stop=200)
    rows = expand_intervals(data, measures=[current_dose()], covariates=["sex"])
    assert lint_time_zero(rows, cohort=data).ok


def test_the_dose_of_the_event_day_is_from_the_future():
    # B and C by hand with the dose one day ahead: it ends a day too soon
    data = cohort()
    rows = table(
        [
            *(("A", 0, 100, 1, 0.0), ("B", 0, 80, 0, 1.0), ("B", 80, 400, 0, 0.0)),
            *(("C", 0, 60, 0, 2.0), ("C", 60, 300, 0, 0.0)),
        ],
        "dose",
    )
    finding = found(lint_time_zero(rows, cohort=data), "exposure_from_the_future")
    assert finding.rows.tolist() == [3, 5]  # where the last dose still acts
    assert "1 day later" in finding.sentence
    right = rows.assign(start=[0, 0, 81, 0, 61], stop=[100, 81, 400, 61, 300])
    assert lint_time_zero(right, cohort=data).ok


def test_a_later_reading_in_a_baseline_column():
    rows = BY_DAY.assign(cmas=[15.0, 45, 45, 50])
    finding = found(lint_time_zero(rows, cohort=cohort()), "future_reading")
    assert finding.severity == "proof" and finding.children == 3
    assert "200 days or more after" in finding.sentence  # 90, 200, 250
    assert "day 250: cmas 50 first measured" in finding.example  # the longest wait
    at_diagnosis = BY_DAY.assign(cmas=[10.0, 20, 20, 30])
    assert lint_time_zero(at_diagnosis, cohort=cohort()).ok
    unknown = BY_DAY.assign(cmas=[15.0, 44.5, 44.5, 29.1])  # imputed, say
    assert lint_time_zero(unknown, cohort=cohort()).ok


def test_a_reading_from_within_the_row():
    rows = table(
        [("A", 0, 50, 0, 20.0), ("A", 50, 100, 1, 22.0), ("B", 0, 400, 0, 25.0)],
        "weight_kg",
    )
    finding = found(lint_time_zero(rows, cohort=cohort()), "future_reading")
    assert finding.rows.tolist() == [2]
    cut = rows.assign(start=[0, 60, 0], stop=[60, 100, 400])
    assert "future_reading" not in lint_time_zero(cut, cohort=cohort()).codes


def test_the_dose_of_all_follow_up_as_a_baseline_column():
    # oral doses: A none, B 81 days of 1 mg/kg, C 61 days of 2 mg/kg
    rows = EVER.assign(pulsed=[0.0, 81, 122]).rename(columns={"pulsed": "dose_mg_kg"})
    finding = found(lint_time_zero(rows, cohort=cohort()), "later_rows_summed_up")
    assert finding.severity == "proof" and finding.children == 2


def test_the_number_of_pulses_of_all_follow_up():
    rows = EVER.assign(pulsed=[0, 1, 0]).rename(columns={"pulsed": "n_pulses"})
    counts = cohort()
    more = counts.courses.iloc[[1]].assign(start_day=70, stop_day=72)
    data = Cohort(
        counts.patients,
        pd.concat([counts.courses, more]),
        counts.events,
        counts.assessments,
    )
    report = lint_time_zero(rows.assign(n_pulses=[0, 2, 0]), cohort=data)
    assert found(report, "later_rows_summed_up").rows.tolist() == [2]
    assert lint_time_zero(rows.assign(n_pulses=[0, 0, 0]), cohort=data).ok


def test_events_on_another_clock():
    rows = BY_DAY.assign(stop=[90, 50, 400, 300])
    report = lint_time_zero(rows, cohort=cohort(), plan=PLAN)
    assert report.codes == ("another_clock",)
    assert any("nothing was held against it" in note for note in report.not_judged)


def test_rows_by_age_are_not_held_against_days_from_diagnosis():
    rows = BY_DAY.assign(event=0)
    by_age = rows.assign(start=rows["start"] + 2000, stop=rows["stop"] + 2000)
    late = cohort(C={"entry_day": 30})
    for other in (
        by_age,
        rows.assign(stop=rows["stop"] / 365.25, start=0).iloc[[0, 3]],
    ):
        report = lint_time_zero(other, cohort=late)
        assert report.ok
        assert any("count from another day" in note for note in report.not_judged)
