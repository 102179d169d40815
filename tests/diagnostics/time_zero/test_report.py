"""The report: frozen, escaped, fit for JSON; faults of the call told; frames left alone."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest

from jdm_stats.diagnostics.time_zero import lint_plan, lint_time_zero
from jdm_stats.diagnostics.time_zero.rules import TIME_ZERO_RULES
from jdm_stats.errors import DesignError, IntervalError, UsageError
from jdm_stats.plan import AnalysisPlan
from jdm_stats.simulation.simulate import simulate_cohort
from tests.diagnostics.time_zero.children import BY_DAY, EVER, cohort, table

REPORT = lint_time_zero(EVER, cohort=cohort())


def test_it_shows_the_child_and_escapes_what_a_registry_wrote():
    rows = EVER.assign(patient_id=["<b>", "B", "C"], ever=[1, 1, 0])
    shown = lint_time_zero(rows)._repr_html_()
    assert "&lt;b&gt;" in shown and "<b>" not in shown
    assert shown.count("<svg") == 1 and 'role="img"' in shown


def test_text_names_why_direction_example_and_remedy():
    text = str(REPORT)
    for part in ("Why:", "Direction:", "Patient A:", "What to do:", "Suissa 2008"):
        assert part in text
    assert repr(REPORT).startswith("TimeZeroReport(2 proofs")


def test_it_is_frozen():
    with pytest.raises(FrozenInstanceError):
        REPORT.findings = ()
    with pytest.raises(FrozenInstanceError):
        REPORT.findings[0].code = "x"


def test_records_are_plain_values():
    told = json.loads(json.dumps(REPORT.record()))
    assert told["ok"] is False
    assert told["findings"][0]["rows"] == [1, 2]
    assert told["findings"][0]["timeline"][0]["day"] == 0
    assert list(REPORT.table["code"]) == list(REPORT.codes)


def test_synthetic_children_are_marked():
    simulated = simulate_cohort(30, rng=1)
    report = lint_plan(AnalysisPlan(), simulated)
    assert report.synthetic and "SYNTHETIC" in repr(report)
    assert "SYNTHETIC" in str(report) and "SYNTHETIC" in report._repr_html_()


def test_every_rule_is_whole():
    for code, rule in TIME_ZERO_RULES.items():
        assert code == rule.code
        assert all([rule.title, rule.why, rule.direction, rule.remedy, rule.source])


def test_the_frame_is_left_alone():
    rows = EVER.copy()
    rows.attrs = {"kept": 1}
    lint_time_zero(rows, cohort=cohort())
    pd.testing.assert_frame_equal(rows, EVER)
    assert rows.attrs == {"kept": 1}


def test_rows_in_any_order_and_under_other_names():
    rows = BY_DAY.assign(ever_pulsed=[0, 1, 1, 0]).iloc[::-1]
    rows = rows.set_axis(["who", "t0", "t1", "d", "pulsed", "ever_pulsed"], axis=1)
    report = lint_time_zero(rows, patient_id="who", start="t0", stop="t1", event="d")
    assert report.codes == ("ever_exposed",)
    assert report.findings[0].rows.tolist() == [3]  # B's first row, counted as given


def test_numbers_as_patient_ids():
    rows = EVER.assign(patient_id=[1, 2, 3])
    data = cohort()
    names = {"A": "1", "B": "2", "C": "3"}
    tables = [
        t.assign(patient_id=t["patient_id"].map(names))
        for t in (data.patients, data.courses, data.events, data.assessments)
    ]
    report = lint_time_zero(rows, cohort=type(data)(*tables))
    assert "exposure_after_event" in report.codes


def test_children_the_cohort_does_not_know_are_counted():
    rows = table([("A", 0, 100, 1), ("B", 0, 400, 0), ("C", 0, 300, 0), ("Z", 0, 9, 0)])
    report = lint_time_zero(rows, cohort=cohort())
    assert report.ok
    assert "1 child of the table not in the cohort" in report.not_judged


def test_faults_of_the_call():
    with pytest.raises(UsageError, match="patient_id="):
        lint_time_zero(EVER.rename(columns={"patient_id": "id"}))
    with pytest.raises(UsageError, match="'start'"):
        lint_time_zero(EVER.drop(columns="start"))
    with pytest.raises(UsageError, match="reads no column"):
        lint_time_zero(EVER, formula="dose")
    twice = pd.concat([EVER, EVER[["pulsed"]]], axis=1)
    with pytest.raises(UsageError, match="one name"):
        lint_time_zero(twice)
    with pytest.raises(DesignError):
        lint_plan(AnalysisPlan(cox_formula="doze"), simulate_cohort(20, rng=1))


def test_rows_without_a_place_in_time_are_refused():
    with pytest.raises(IntervalError, match="no sound place"):
        lint_time_zero(EVER.assign(stop=[100, np.nan, 300]))
    with pytest.raises(IntervalError, match="zero_length"):
        lint_time_zero(EVER.assign(stop=0))


def test_an_empty_table():
    report = lint_time_zero(EVER.iloc[:0], cohort=cohort())
    assert report.ok and report.not_judged == ("the table has no rows",)


def test_only_the_columns_of_a_formula_are_judged():
    assert lint_time_zero(EVER.assign(age=1.0), cohort=cohort(), formula="age").ok
    report = lint_time_zero(EVER, cohort=cohort(), formula="Surv ~ C(pulsed)")
    assert "ever_exposed" in report.codes


def test_missing_values_in_a_column_claim_nothing():
    rows = EVER.assign(pulsed=[np.nan, np.nan, 0])
    assert lint_time_zero(rows, cohort=cohort()).ok
    assert lint_time_zero(rows.assign(pulsed=np.nan), cohort=cohort()).ok
