"""Cohort: frozen, comparable, picklable, and honest in its repr."""

from __future__ import annotations

import dataclasses
import pickle
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import CohortError, UsageError
from jdm_stats.schema import TABLES

Frames = dict[str, pd.DataFrame]


def test_tables_have_all_columns_in_order(frames: Frames) -> None:
    cohort = Cohort(**frames)
    for name, table in TABLES.items():
        assert list(getattr(cohort, name).columns) == list(table.names)
    assert cohort.patients["mmt8"].isna().all()
    assert cohort.patients["exit_day"].tolist() == [100, 730, 400, 0]
    assert cohort.patients["ro52"].tolist() == [True, False, pd.NA, pd.NA]
    assert cohort.courses["every_n_days"].tolist() == [1, 1, 1, 1]
    assert cohort.events["definite"].tolist() == [True] * 4


def test_only_patients_are_needed(frames: Frames) -> None:
    alive = frames["patients"].iloc[1:]
    cohort = Cohort(alive, courses=None, events=pd.DataFrame())
    assert [len(getattr(cohort, name)) for name in TABLES] == [3, 0, 0, 0]
    assert cohort.courses["start_day"].dtype == "Int64"


def test_an_empty_table_with_headings_keeps_them_checked(frames: Frames) -> None:
    frames["courses"] = pd.DataFrame(columns=["patient_id", "drug", "dose"])
    with pytest.raises(CohortError) as caught:
        Cohort(**frames)
    assert {(fault.rule, fault.column) for fault in caught.value.faults} == {
        ("unknown_column", "dose"),
        ("missing_column", "route"),
        ("missing_column", "start_day"),
    }


def test_every_form_of_a_table_is_the_same_cohort(frames: Frames) -> None:
    forms: list[Callable[[pd.DataFrame], pd.DataFrame]] = [
        lambda frame: frame.astype(object),
        lambda frame: frame.convert_dtypes(),
        lambda frame: frame[frame.columns[::-1]],
        lambda frame: frame.set_axis(np.zeros(len(frame)), axis="index"),
        lambda frame: frame.astype(object).where(frame.notna(), ""),
    ]
    plain = Cohort(**frames)
    for form in forms:
        assert Cohort(**{k: form(frame) for k, frame in frames.items()}) == plain


def test_a_cohort_cannot_be_changed(frames: Frames) -> None:
    cohort = Cohort(**frames, metadata={"provenance": {"seed": 1}})
    twin = Cohort(**frames, metadata={"provenance": {"seed": 1}})
    for name in TABLES:
        frame = getattr(cohort, name)
        frame.iloc[0, 0] = "changed"
        frame["more"] = 1
    frames["patients"].loc[0, "patient_id"] = "changed"
    cohort.metadata["provenance"]["seed"] = 2
    assert cohort == twin
    with pytest.raises(TypeError):
        cohort.metadata["name"] = "other"  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError, match="build a new one"):
        cohort.patients = frames["patients"]  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        cohort.more = 1  # type: ignore[attr-defined]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del cohort.patients


def test_equality_sees_every_table_and_the_metadata(frames: Frames) -> None:
    cohort = Cohort(**frames)
    assert cohort == Cohort(**frames)
    assert cohort != Cohort(**frames, metadata={"synthetic": True})
    assert cohort != Cohort(**{**frames, "assessments": None})
    assert cohort != Cohort(**{**frames, "courses": frames["courses"].iloc[::-1]})
    assert cohort != "a cohort"
    with pytest.raises(TypeError, match="unhashable"):
        hash(cohort)


def test_a_cohort_pickles(frames: Frames) -> None:
    cohort = Cohort(**frames, metadata={"name": "x", "provenance": {"seed": [1, 2]}})
    again = pickle.loads(pickle.dumps(cohort))
    assert again == cohort
    assert again.metadata == cohort.metadata
    with pytest.raises(dataclasses.FrozenInstanceError):
        again.more = 1


def test_metadata_have_defaults_and_come_back_as_json_would(frames: Frames) -> None:
    assert dict(Cohort(**frames).metadata) == {
        "name": "cohort",
        "synthetic": False,
        "description": "",
        "provenance": {},
    }
    cohort = Cohort(**frames, metadata={"provenance": {"days": (1, 2), 3: "x"}})
    assert cohort.metadata["provenance"] == {"days": [1, 2], "3": "x"}
    with pytest.raises(UsageError, match="metadata must be a mapping, not str"):
        Cohort(**frames, metadata="name")  # type: ignore[arg-type]


def test_the_repr_is_one_line_with_the_counts(frames: Frames) -> None:
    # person-days: A 100, B 730, C 400 - 30, D 0
    assert Cohort(**frames).person_years == pytest.approx(1200 / 365.25, rel=1e-15)
    assert repr(Cohort(**frames)) == (
        "Cohort('cohort': 4 patients, 4 courses, 3.3 person-years, "
        "1 perforation in 1 child)"
    )
    again = pd.DataFrame(
        {"patient_id": ["A", "B"], "day": [60, 70], "event": "gi_perforation"}
    )
    frames["events"] = pd.concat([frames["events"], again])
    synthetic = Cohort(**frames, metadata={"name": "pre\nset", "synthetic": True})
    assert repr(synthetic) == (
        "Cohort(SYNTHETIC 'pre\\nset': 4 patients, 4 courses, 3.3 person-years, "
        "3 perforations in 2 children)"
    )


def test_the_html_is_escaped_and_says_synthetic(frames: Frames) -> None:
    about = {"name": "<script>", "synthetic": True, "description": "a & b"}
    html = Cohort(**frames, metadata=about)._repr_html_()
    assert "SYNTHETIC cohort &lt;script&gt;" in html
    assert "a &amp; b" in html and "<script>" not in html
    assert "1 perforation in 1 child" in html and "1 death" in html
    assert "SYNTHETIC" not in Cohort(**frames)._repr_html_()


def test_wrong_calls_are_told_apart_from_wrong_data(frames: Frames) -> None:
    with pytest.raises(UsageError, match="patients must be a pandas DataFrame"):
        Cohort({"patient_id": ["A"]})  # type: ignore[arg-type]
    with pytest.raises(CohortError, match="no_patients"):
        Cohort(None)  # type: ignore[arg-type]


def test_the_error_pickles_with_its_faults(frames: Frames) -> None:
    frames["patients"]["cmas"] = 99
    with pytest.raises(CohortError) as caught:
        Cohort(**frames)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.faults == caught.value.faults and str(again) == str(caught.value)
    assert str(again).startswith("the cohort has 4 faults:")


def test_a_large_cohort_is_checked_by_columns_not_by_rows() -> None:
    children, courses = 10_000, 100_000
    ids = np.array([f"P{i:06d}" for i in range(children)], dtype=object)
    patients = pd.DataFrame(
        {
            "patient_id": ids,
            "antibody": "NXP2",
            "entry_day": 0,
            "exit_day": 1000,
            "exit_reason": "lost",
        }
    )
    rows = np.arange(courses)
    treated = pd.DataFrame(
        {
            "patient_id": ids[rows % children],
            "drug": "prednisone",
            "route": "oral",
            "start_day": rows // children,
            "stop_day": rows // children + 1,
            "dose_mg": 10.0,
            "dose_basis": "per_day",
        }
    )
    began = time.process_time()
    Cohort(patients, treated)
    assert time.process_time() - began < 5  # a loop over rows takes far longer


def test_children_placed_after_the_index_case_can_be_left_out():
    patients = pd.DataFrame(
        {
            "patient_id": ["A", "B"],
            "antibody": ["NXP2", "none"],
            "entry_day": [0, 0],
            "exit_day": [90, 90],
            "exit_reason": "lost",
            "pattern": ["index_case", "background"],
        }
    )
    events = pd.DataFrame({"patient_id": ["A", "B"], "day": [9, 8], "event": "surgery"})
    cohort = Cohort(patients, events=events, metadata={"synthetic": True})
    drawn = cohort.without_index_pattern()
    assert drawn.patients["patient_id"].tolist() == ["B"]
    assert drawn.events["patient_id"].tolist() == ["B"]
    assert drawn.synthetic
    assert drawn.without_index_pattern() == drawn
    with pytest.raises(UsageError, match="every child"):
        Cohort(patients.head(1), metadata={"synthetic": True}).without_index_pattern()


def test_a_registry_without_the_column_loses_nobody():
    patients = pd.DataFrame(
        {
            "patient_id": ["A"],
            "antibody": ["NXP2"],
            "entry_day": [0],
            "exit_day": [90],
            "exit_reason": ["lost"],
        }
    )
    cohort = Cohort(patients)
    assert cohort.without_index_pattern() is cohort
