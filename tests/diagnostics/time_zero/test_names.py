"""A name that misleads never yields a proof; one that says what it is still does."""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.diagnostics.time_zero import lint_time_zero
from tests.diagnostics.time_zero.children import BY_DAY, EVER, cohort, found

CHILDREN = list("ABCDE")


def all_pulsed() -> Cohort:
    """Five children, all pulsed from day 30 to 70; A perforates on day 100."""
    patients = pd.DataFrame({"patient_id": CHILDREN, "antibody": "NXP2"}).assign(
        antibody_test_day=[120, 0, 0, 0, 0],
        entry_day=0,
        exit_day=400,
        exit_reason="administrative",
    )
    courses = pd.DataFrame(
        {"patient_id": CHILDREN, "start_day": [30, 40, 50, 60, 70]}
    ).assign(
        stop_day=lambda t: t["start_day"] + 2,
        drug="methylprednisolone",
        route="iv",
        dose_mg=30.0,
        dose_basis="per_kg_day",
    )
    events = pd.DataFrame(
        {"patient_id": ["A"], "day": [100], "event": ["gi_perforation"]}
    )
    readings = pd.DataFrame(
        [(c, 50, "physician_global", 3.0) for c in CHILDREN],
        columns=["patient_id", "day", "measure", "value"],
    )
    return Cohort(patients, courses, events, readings)


ROWS = pd.DataFrame({"patient_id": CHILDREN, "start": 0, "event": [1, 0, 0, 0, 0]})
ROWS = ROWS.assign(stop=[100, 400, 400, 400, 400])


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("pulse_rate", [80, 90, 75, 88, 70]),
        ("pulse", [80, 90, 75, 88, 70]),
        ("pulse_palpable", [1, 1, 1, 1, 1]),
        ("pulse_abnormal", [1, 0, 0, 1, 0]),
        ("first_pulse", [30, 40, 50, 60, 70]),
        ("treatment_centre", [1, 2, 1, 2, 1]),
        ("treatment", [1, 0, 1, 0, 1]),
        ("treated_elsewhere", [1, 0, 0, 1, 0]),
        ("steroid_contraindicated", [0, 1, 0, 0, 0]),
        ("vitamin_d_dose_mg", [1, 2, 1, 1, 1]),
        ("predicted_risk", [0.1, 0.2, 0.3, 0.2, 0.1]),
        ("sae", [1, 0, 0, 0, 1]),
        ("antibody_consent", [1, 1, 1, 1, 1]),
        ("patient_global", [3, 3, 3, 3, 3]),
        ("prior_pulse", [1, 0, 1, 1, 0]),
    ],
)
def test_a_name_that_misleads_proves_nothing(name, values):
    assert not lint_time_zero(ROWS.assign(**{name: values}), cohort=all_pulsed()).proofs


@pytest.mark.parametrize("name", ["ever_pulsed", "ivmp_given", "pulse", "PulsedEver"])
def test_a_name_that_says_so_is_held_to_the_record(name):
    report = lint_time_zero(EVER.rename(columns={"pulsed": name}), cohort=cohort())
    assert found(report, "ever_exposed").severity == "proof"


def test_by_day_one_row_is_enough_for_a_plain_name():
    early = BY_DAY.assign(pulsed=[1, 0, 1, 0])  # A's row to day 100; pulsed on day 102
    report = lint_time_zero(early, cohort=cohort())
    assert found(report, "exposure_after_event").severity == "proof"
    other = early.rename(columns={"pulsed": "pulse_irregular"})
    assert lint_time_zero(other, cohort=cohort()).ok


def test_a_constant_column_the_record_half_bears_out_is_a_suspicion():
    # B is pulsed and called 0: the column may be about something else
    report = lint_time_zero(EVER.assign(pulsed=[1, 0, 0]), cohort=cohort())
    assert report.codes and not report.proofs


def test_antibodies_are_known_by_their_words_under_any_name():
    late = cohort(A={"antibody_test_day": 110})
    rows = BY_DAY.assign(myositis_panel=["NXP2", "TIF1g", "TIF1g", "none"])
    assert found(
        lint_time_zero(rows, cohort=late), "antibody_after_event"
    ).severity == ("proof")
    gamma = cohort(A={"antibody_test_day": 110, "antibody": "TIF1g"})
    rows = BY_DAY.assign(anti_TIF1gamma=[1, 0, 0, 0])
    assert "antibody_after_event" in lint_time_zero(rows, cohort=gamma).codes


def test_a_dose_by_mouth_of_dexamethasone_may_be_the_pulse():
    data = cohort()
    by_mouth = data.courses.iloc[[1]].assign(
        drug="dexamethasone", route="oral", start_day=-3, stop_day=-1, dose_mg=1.0
    )
    courses = pd.concat([data.courses, by_mouth])
    kept = Cohort(data.patients, courses, data.events, data.assessments)
    report = lint_time_zero(EVER, cohort=kept)
    assert found(report, "ever_exposed").rows.tolist() == [1]  # B was pulsed by day -3


def test_a_table_of_one_centre_is_no_choice_by_later_treatment():
    n = 30
    patients = pd.DataFrame({"patient_id": [f"P{i:02}" for i in range(n)]}).assign(
        antibody="none",
        entry_day=0,
        exit_day=400,
        exit_reason="administrative",
        centre=["Here" if i < 12 else "There" for i in range(n)],
    )
    courses = pd.DataFrame(
        {"patient_id": patients["patient_id"][:12], "start_day": range(20, 32)}
    ).assign(
        stop_day=300,
        drug="methotrexate",
        route="oral",
        dose_mg=15,
        dose_basis="per_day",
    )
    data = Cohort(patients, courses)
    rows = pd.DataFrame({"patient_id": patients["patient_id"][:12]}).assign(
        start=0, stop=400, event=0
    )
    assert lint_time_zero(rows, cohort=data).ok
    mixed = Cohort(patients.assign(centre="Here"), courses)
    finding = found(lint_time_zero(rows, cohort=mixed), "selected_by_later_event")
    assert finding.severity == "proof" and "methotrexate" in finding.sentence


def test_a_plain_name_borne_out_beyond_chance_is_a_proof():
    # 40 children, 14 pulsed from day 40 on: 10 of them, by day 90, called so from day 0
    ids = [f"P{i:02}" for i in range(40)]
    patients = pd.DataFrame({"patient_id": ids, "antibody": "none", "entry_day": 0})
    patients = patients.assign(exit_day=400, exit_reason="administrative")
    days = pd.DataFrame({"patient_id": ids[:14], "start_day": range(40, 110, 5)})
    courses = days.assign(
        stop_day=days["start_day"],
        drug="methylprednisolone",
        route="iv",
        dose_mg=30.0,
        dose_basis="per_kg_day",
    )
    rows = pd.DataFrame({"patient_id": ids, "start": 0, "stop": 400, "event": 0})
    rows = rows.assign(pulsed_within_90_days=[int(i < 10) for i in range(40)])
    report = lint_time_zero(rows, cohort=Cohort(patients, courses))
    finding = found(report, "ever_exposed")
    assert finding.severity == "proof" and finding.children == 10
    renamed = rows.rename(columns={"pulsed_within_90_days": "pulse_rate_high"})
    assert lint_time_zero(renamed, cohort=Cohort(patients, courses)).ok
