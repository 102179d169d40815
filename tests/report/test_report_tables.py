"""Report tables, counted by hand on a few children."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import Fault, UsageError
from jdm_stats.report.flow import flow_steps, flow_table, follow_up_table
from jdm_stats.report.histories import (
    drugs_table,
    events_by_group,
    events_table,
    incomplete_courses_table,
    steroids_table,
    without_faults,
)
from jdm_stats.report.labels import label
from jdm_stats.report.results import estimates_table, rates_table
from jdm_stats.report.tables import missing_table, pool_rare, table_one
from jdm_stats.report.words import cohort_sentences, inputs_table, versions_table

CHILDREN = pd.DataFrame(
    {
        "patient_id": ["A", "B", "C", "D", "E"],
        "antibody": ["NXP2", "NXP2", "none", "untested", "NXP2"],
        "sex": ["female", "male", "female", "unknown", "female"],
        "age_at_diagnosis_years": [2.0, 4.0, 6.0, 8.0, np.nan],
        "dysphagia": pd.array([True, False, None, False, True], dtype="boolean"),
        "ck_u_l": [100.0, 200.0, 300.0, 400.0, 500.0],
        "mmt8": [np.nan] * 5,
        "entry_day": pd.array([0, 10, 0, 0, 5], dtype="Int64"),
        "exit_day": pd.array([365, 375, 731, 100, 5], dtype="Int64"),
        "exit_reason": ["lost", "death", "administrative", "lost", "lost"],
    }
)
EVENTS = pd.DataFrame(
    {
        "patient_id": ["B", "A", "A", "C"],
        "day": pd.array([10, 30, 40, 700], dtype="Int64"),
        "event": ["gi_perforation", "gi_perforation", "gi_perforation", "death"],
        "definite": [True, True, False, True],
    }
)
VARIABLES = ["sex", "age_at_diagnosis_years", "dysphagia", "ck_u_l", "mmt8"]


def row(table: pd.DataFrame, *heads: str) -> list[str]:
    chosen = table
    for column, head in zip(table.columns, heads, strict=False):
        chosen = chosen[chosen[column] == head]
    assert len(chosen) == 1
    return chosen.iloc[0].tolist()[len(heads) :]


def test_table_one_by_hand():
    table = table_one(CHILDREN, variables=VARIABLES)
    assert table.columns.tolist()[2:] == [
        "All (n = 5)",
        "NXP2 (n = 3)",
        "none found (n = 1)",
        "not tested (n = 1)",
    ]
    # sex is known of four children; the unknown one is counted as missing of all five
    assert row(table, "Sex", "female")[:2] == ["3 (75.0%)", "2 (66.7%)"]
    assert row(table, "Sex", "missing") == [
        "1 (20.0%)",
        "0 (0.0%)",
        "0 (0.0%)",
        "1 (100.0%)",
    ]
    age = "Age at diagnosis, years"
    assert row(table, age, "median (IQR)")[:2] == ["5.0 (3.5–6.5)", "3.0 (2.5–3.5)"]
    assert row(table, "Dysphagia", "yes") == [
        "2 (50.0%)",
        "2 (66.7%)",
        "0 (–)",
        "0 (0.0%)",
    ]
    ck = "Creatine kinase at diagnosis, U/L"
    assert row(table, ck, "median (IQR)")[0] == "300 (200–400)"
    assert "MMT8 at diagnosis (0 to 80)" not in set(table["Characteristic"])


def test_table_one_counts_a_missing_group_and_keeps_the_order_of_categories():
    groups = pd.Categorical(["b", "a", "b", None, "b"], categories=["a", "b", "empty"])
    table = table_one(CHILDREN.assign(g=groups), by="g", variables=["ck_u_l"])
    assert table.columns.tolist()[2:] == [
        "All (n = 5)",
        "a (n = 1)",
        "b (n = 3)",
        "missing (n = 1)",
    ]


def test_table_one_refuses_what_it_cannot_describe():
    with pytest.raises(UsageError, match="not there: height_cm, g"):
        table_one(CHILDREN, by="height_cm", variables=["g"])
    with pytest.raises(UsageError, match="no children"):
        table_one(CHILDREN.iloc[:0], variables=["sex"])


def test_no_table_alters_its_argument():
    before, happened = CHILDREN.copy(), EVENTS.copy()
    table_one(CHILDREN, variables=VARIABLES)
    pool_rare(CHILDREN["antibody"], fewest=2)
    events_table(EVENTS, 5)
    pd.testing.assert_frame_equal(CHILDREN, before)
    pd.testing.assert_frame_equal(EVENTS, happened)


def test_rare_groups_are_pooled_and_said_last():
    column = pd.Series(["Mi2"] * 3 + ["SRP", "SAE", "none", "untested"] + ["none"] * 4)
    pooled = pool_rare(column, fewest=3)
    assert pooled.cat.categories.tolist() == [
        "Mi2",
        "other antibody",
        "none",
        "untested",
    ]
    assert (pooled == "other antibody").sum() == 2


def test_a_flow_is_headed_for_a_reader():
    # of five, B and E leave before the second stage and D before the third
    flow = flow_steps(
        "all", 5, [("at risk", {"early": 1, "never": 1}), ("tested", {"untested": 1})]
    )
    assert flow["reason"].tolist() == ["", "early (1); never (1)", "untested"]
    assert flow_table(flow)["Children"].tolist() == [5, 3, 2]
    assert flow_table(flow)["Left out"].tolist() == [0, 2, 1]


def test_a_flow_that_loses_more_than_it_has_is_refused():
    with pytest.raises(UsageError, match="3 are left out of 2"):
        flow_steps("all", 2, [("rest", {"why": 3})])
    with pytest.raises(UsageError, match="left out"):
        flow_steps("all", 2, [("rest", {"why": -1})])


def test_follow_up_by_hand():
    table = follow_up_table(CHILDREN)
    whole = table.iloc[0]
    # 365 + 365 + 731 + 100 + 0 days
    assert whole["Person-years"] == f"{1561 / 365.25:.1f}"
    assert whole["Lost to follow-up"] == "3 (60.0%)"
    assert whole["Entered after diagnosis"] == 2
    assert table["Group"].tolist() == ["All", "NXP2", "none found", "not tested"]


def test_missing_values_are_counted_most_incomplete_first():
    table = missing_table(CHILDREN, VARIABLES)
    assert table["Missing"].tolist() == [
        "5 (100.0%)",
        "1 (20.0%)",
        "1 (20.0%)",
        "1 (20.0%)",
    ]
    assert missing_table(CHILDREN, ["ck_u_l"]).empty


def test_events_by_hand():
    table = events_table(EVENTS, 5, order=["surgery", "gi_perforation"])
    assert row(table, "Surgery") == ["0 (0.0%)", 0, 0, "–"]
    assert row(table, "GI perforation") == ["2 (40.0%)", 3, 1, "20 (15–25)"]
    by_antibody = events_by_group(CHILDREN, EVENTS, ["gi_perforation", "death"])
    assert row(by_antibody, "NXP2") == ["3 (60.0%)", "2 (66.7%)", "0 (0.0%)"]


def test_treatments_by_hand():
    courses = pd.DataFrame(
        {
            "patient_id": ["A", "A", "B", "B"],
            "drug": ["prednisone", "methylprednisolone", "prednisone", "ivig"],
            "start_day": [0, 10, 4, 2],
            "stop_day": [9, 12, 5, 2],
            "mg_kg_day": [2.0, 37.5, 1.0, 0.0],
            "pulse": [False, True, False, False],
            "route": ["oral", "iv", "oral", "iv"],
        }
    )
    steroids = steroids_table(courses, 4)
    assert steroids["Treatment"].tolist() == [
        "oral",
        "intravenous",
        "intravenous pulse",
    ]
    assert row(steroids, "oral")[:3] == ["2 (50.0%)", 2, "6 (4–8)"]
    assert drugs_table(courses, 4)["Drug"].tolist() == [
        "prednisone",
        "IVIG",
        "methylprednisolone",
    ]
    with pytest.raises(UsageError, match="more than the 1"):
        drugs_table(courses, 1)


def test_courses_without_a_dose_are_counted_by_what_they_lack():
    def fault(row, child, column, rule):
        return Fault("courses", row, child, column, rule, "is not known", "give it")

    faults = [
        fault(1, "A", "dose_mg", "missing_dose"),
        fault(1, "A", "stop_day", "missing_stop_day"),
        fault(3, "A", "dose_mg", "missing_dose"),
        fault(4, "B", "dose_mg", "missing_dose"),
    ]
    table = incomplete_courses_table(faults)
    assert table.to_numpy().tolist() == [
        ["dose", 3, 2],
        ["last day of treatment", 1, 1],
    ]
    courses = pd.DataFrame({"drug": ["prednisone"] * 4})
    assert without_faults(courses, faults).tolist() == [False, True, False, False]
    assert without_faults(courses, []).all()
    assert incomplete_courses_table([]).empty


def estimates(**changes) -> pd.DataFrame:
    told = {
        "model": "Firth Cox",
        "term": "nxp2",
        "estimate": math.log(7.84),
        "conf_low": -math.inf,
        "conf_high": 800.0,
        "p_value": 0.0004,
        "scale": "log hazard ratio",
        "interval": "profile",
        "n": 541.0,
        "events": 6.0,
        "reason": "",
    }
    return pd.DataFrame([told | changes])


def test_estimates_are_written_as_ratios():
    table = estimates_table(estimates(), labels={"nxp2": "NXP2"})
    assert table.columns.tolist()[2] == "HR (95% CI)"
    assert table.iloc[0].tolist() == [
        "Firth Cox",
        "NXP2",
        "7.84 (0 to ∞)",
        "<0.001",
        "profile",
        "6 / 541",
    ]
    ratio = estimates(estimate=2.0, conf_low=1.0, conf_high=4.0, scale="odds ratio")
    assert estimates_table(ratio)["OR (95% CI)"].tolist() == ["2.00 (1.00 to 4.00)"]


def test_an_estimate_that_does_not_exist_says_why():
    nothing = dict.fromkeys(["estimate", "conf_low", "conf_high", "p_value"], math.nan)
    plain = estimates(**nothing, model="Cox", reason="monotone likelihood")
    odds = estimates(scale="log odds ratio", term="Intercept")
    table = estimates_table({"plain": plain, "Firth": pd.concat([estimates(), odds])})
    assert table["Model"].tolist() == ["plain", "Firth"]
    assert table.iloc[0].tolist()[2:4] == ["–", "–"]
    assert table["Remark"].tolist() == ["monotone likelihood", ""]


def test_estimates_on_two_scales_are_headed_ratio():
    both = pd.concat([estimates(), estimates(scale="log odds ratio")])
    assert "Ratio (95% CI)" in estimates_table(both).columns
    with pytest.raises(UsageError, match="unknown scale 'risk'"):
        estimates_table(estimates(scale="risk"))
    with pytest.raises(UsageError, match="no model"):
        estimates_table({})


def test_rates_keep_the_level_of_their_limits():
    rates = pd.DataFrame(
        {
            "antibody": ["NXP2", "none"],
            "patients": [10, 90],
            "events": [2, 0],
            "person_years": [30.0, 300.0],
            "rate": [6.667, 0.0],
            "conf_low": [0.807, 0.0],
            "conf_high": [24.08, 1.23],
            "upper_one_sided": [20.99, 0.9986],
            "per_person_years": [100.0, 100.0],
        }
    )
    rates.attrs["jdm_stats"] = {"conf_level": 0.9}
    table = rates_table(rates)
    assert table["Rate per 100 person-years (90% CI)"].tolist() == [
        "6.67 (0.81 to 24.1)",
        "0 (0 to 1.23)",
    ]
    assert table["One-sided 90% upper limit"].tolist() == ["21.0", "1.00"]
    assert table["Antibody"].tolist() == ["NXP2", "none found"]


def test_sentences_count_what_they_say():
    said = " ".join(cohort_sentences(CHILDREN, EVENTS))
    assert "5 children were followed for 4.3 person-years" in said
    assert "test was done in 4 of 5; NXP2 was found in 3" in said
    assert "2 of 5 had a GI perforation (3 perforations in all), and 1 died" in said


def test_inputs_and_versions_are_listed(tmp_path):
    (tmp_path / "b.csv").write_text("x")
    (tmp_path / ".hidden").write_text("x")
    listed = inputs_table(tmp_path)
    assert listed["File"].tolist() == ["b.csv"]
    assert listed["SHA-256, first 16 digits"].str.len().tolist() == [16]
    assert {"jdm_stats", "numpy", "pandas"} <= set(versions_table()["Package"])


def test_labels_of_ones_own_go_first():
    assert label("nxp2", {"nxp2": "NXP2"}) == "NXP2"
    assert label("untested") == "not tested"
