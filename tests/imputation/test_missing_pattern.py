"""Patterns and comparisons by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.imputation.comparison import compare_complete
from jdm_stats.imputation.contrasts import class_difference, number_difference
from jdm_stats.imputation.pattern import missing_pattern

NAN = np.nan


def test_a_pattern_by_hand():
    frame = pd.DataFrame(
        {
            "a": [1, NAN, NAN, 1, 1],
            "b": ["x", "", None, "y", "x"],
            "c": pd.array([True, True, None, None, True], dtype="boolean"),
        }
    )
    found = missing_pattern(frame)
    assert (found.n, found.n_complete, found.unit) == (5, 2, "rows")
    assert found.counts.set_index("column")["missing"].to_dict() == {
        "a": 2,
        "b": 2,
        "c": 2,
    }
    rows = found.patterns
    assert rows[["a", "b", "c"]].to_numpy(bool).tolist() == [
        [True, True, True],
        [True, True, False],
        [False, False, True],
        [False, False, False],
    ]
    assert rows["n"].tolist() == [2, 1, 1, 1]
    assert rows["missing_columns"].tolist() == [0, 1, 2, 3]
    assert not found.monotone


def test_a_monotone_pattern_and_its_order():
    frame = pd.DataFrame(
        {"late": [1, NAN, NAN], "first": [1, 1, 1], "mid": [1, 1, NAN]}
    )
    found = missing_pattern(frame)
    assert found.monotone and found.order == ("first", "mid", "late")


@settings(deadline=None)
@given(
    st.lists(st.tuples(*[st.booleans()] * 4), min_size=1, max_size=12),
)
def test_counts_agree_and_monotone_means_an_order_exists(rows):
    frame = pd.DataFrame(rows, columns=list("wxyz")).astype(float).replace(0, NAN)
    found = missing_pattern(frame)
    assert found.patterns["n"].sum() == len(frame)
    for _, row in found.counts.iterrows():
        with_gap = found.patterns.loc[~found.patterns[row["column"]], "n"]
        assert row["missing"] == with_gap.sum() == frame[row["column"]].isna().sum()
    gaps = frame[list(found.order)].isna().to_numpy()
    assert found.monotone == bool((gaps[:, :-1] <= gaps[:, 1:]).all())


def cohort(**columns) -> Cohort:
    patients = pd.DataFrame(
        {
            "patient_id": list("ABCDEF"),
            "antibody": ["NXP2", "none", "none", "none", "untested", "untested"],
            "sex": ["female", "female", "male", "unknown", "female", "male"],
            "age_at_diagnosis_years": [2.0, 4.0, 6.0, 8.0, 10.0, 12.0],
            "entry_day": 0,
            "exit_day": [365, 731, 1461, 1461, 731, 365],
            "exit_reason": "lost",
            **columns,
        }
    )
    events = pd.DataFrame(
        {"patient_id": ["A"], "day": [365], "event": "gi_perforation"}
    )
    return Cohort(patients, events=events)


def test_untested_and_unknown_count_as_missing():
    found = missing_pattern(cohort(), ["antibody", "sex"])
    assert found.counts.set_index("column")["missing"].to_dict() == {
        "antibody": 2,
        "sex": 1,
    }
    assert found.unit == "children" and found.n_complete == 3
    kept = missing_pattern(cohort(), ["antibody"], missing_words={})
    assert kept.n_complete == 6
    assert "children" in repr(found) and "<table" in found._repr_html_()


def test_hostile_labels_are_escaped():
    html = missing_pattern(pd.DataFrame({"<b>": [1.0, NAN]}))._repr_html_()
    assert "<b>" not in html and "&lt;b&gt;" in html


def test_refused_patterns():
    frame = pd.DataFrame({"a": [1.0]})
    with pytest.raises(UsageError, match="no column 'b'"):
        missing_pattern(frame, ["b"])
    with pytest.raises(UsageError, match="has no row"):
        missing_pattern(frame.iloc[:0])
    with pytest.raises(UsageError, match="not list"):
        missing_pattern([1])
    with pytest.raises(UsageError, match="rename the column n"):
        missing_pattern(pd.DataFrame({"n": [1.0]}))


def test_a_comparison_by_hand():
    found = compare_complete(
        cohort(), ["antibody"], describe=["age_at_diagnosis_years", "sex"], per=1
    )
    rows = found.table.set_index(["characteristic", "level"])
    assert (found.n_complete, found.n_incomplete) == (4, 2)
    assert rows.loc[("gi_perforation", ""), ["complete", "incomplete"]].tolist() == [
        1,
        0,
    ]
    years = (365 + 731 + 1461 + 1461) / 365.25
    assert rows.loc[("person-years", ""), "complete"] == pytest.approx(years)
    rate = rows.loc[("gi_perforation per 1 person-years", "")]
    assert rate["complete"] == pytest.approx(1 / years)
    assert rate["complete_low"] == pytest.approx(chi2.ppf(0.025, 2) / 2 / years)
    other = (731 + 365) / 365.25
    assert rate["incomplete"] == 0 and rate["incomplete_low"] == 0
    assert rate["incomplete_high"] == pytest.approx(chi2.isf(0.025, 2) / 2 / other)
    age = rows.loc[("age_at_diagnosis_years", "")]
    assert (age["complete"], age["incomplete"]) == (5.0, 11.0)
    assert (age["complete_low"], age["complete_high"]) == (3.5, 6.5)
    # means 5 and 11, variances 20/3 and 2
    assert age["standardised_difference"] == pytest.approx(-6 / np.sqrt(13 / 3))
    sex = rows.loc[("sex", "female")]
    assert (sex["complete_n"], sex["complete"]) == (2, pytest.approx(2 / 3))
    assert rows.loc[("sex", ""), ["complete", "incomplete"]].tolist() == [1, 0]
    assert "p_value" not in found.table
    said = " ".join(found.notes)
    assert "does not test" in said
    assert "Only 4 children are complete" in said
    assert "Only 2 children are incomplete" in said


def test_one_empty_group_is_said_and_no_error():
    for columns in (["entry_day"], ["cmas"]):
        found = compare_complete(cohort(), columns, describe=["cmas", "antibody"])
        assert any("nothing to compare" in note for note in found.notes)
        assert "<table" in found._repr_html_()


def test_standardised_differences_by_hand():
    assert number_difference(np.array([1.0, 3.0]), np.array([1.0])) is np.nan
    assert number_difference(np.array([1.0, 1.0]), np.array([1.0, 1.0])) == 0
    assert number_difference(np.array([2.0, 2.0]), np.array([1.0, 1.0])) == np.inf
    # two classes: the absolute difference of shares over the root of the mean variance
    counts = np.array([[3, 7], [6, 4]])
    expected = 0.3 / np.sqrt((0.21 + 0.24) / 2)
    assert class_difference(counts) == pytest.approx(expected)
    assert class_difference(counts[:, ::-1]) == pytest.approx(expected)
    # a class seen in one group only is no reason to give up
    assert class_difference(np.array([[5, 5, 0], [5, 4, 1]])) > 0
    assert class_difference(np.array([[5, 5], [10, 10]])) == 0
    assert class_difference(np.array([[5, 0], [0, 5]])) == np.inf
    assert np.isnan(class_difference(np.array([[5, 0], [1, 0]])))
