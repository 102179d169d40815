"""corrupt: what it promises of itself, before any check is asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.schema import TABLES
from jdm_stats.simulation.simulate import simulate_cohort
from jdm_stats.simulation.spoiling.cohort import corrupt as corrupting
from jdm_stats.simulation.spoiling.cohort.corrupt import corrupt, corruption_kinds
from jdm_stats.simulation.spoiling.cohort.listing import check_listing, differences
from jdm_stats.simulation.spoiling.cohort.writing import write_corrupted


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return simulate_cohort(60, rng=11)


def test_a_real_cohort_is_refused(cohort: Cohort) -> None:
    tables = {name: getattr(cohort, name) for name in TABLES}
    tables["patients"]["pattern"] = None
    real = Cohort(**tables, metadata={"name": "real", "synthetic": False})
    with pytest.raises(UsageError, match="synthetic cohorts only"):
        corrupt(real, rng=1)
    with pytest.raises(UsageError, match="takes a Cohort"):
        corrupt(tables, rng=1)  # type: ignore[arg-type]


def test_the_cohort_is_not_changed(cohort: Cohort) -> None:
    before = {name: getattr(cohort, name) for name in TABLES}
    corrupt(cohort, rng=1)
    for name, table in before.items():
        pd.testing.assert_frame_equal(getattr(cohort, name), table)


def test_the_same_seed_gives_the_same_faults(cohort: Cohort) -> None:
    one, two, other = (corrupt(cohort, rng=seed) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(one.injected, two.injected)
    for name in TABLES:
        pd.testing.assert_frame_equal(one.tables[name], two.tables[name])
    assert not one.injected.equals(other.injected)
    stream = np.random.default_rng(5)
    pd.testing.assert_frame_equal(one.injected, corrupt(cohort, rng=stream).injected)


def test_each_kind_is_put_in_once(cohort: Cohort) -> None:
    spoilt = corrupt(cohort, rng=3)
    visible = corruption_kinds().query("stage in ['cells', 'rows', 'doubts']")
    placed = {*spoilt.injected["kind"], *spoilt.not_placed}
    assert placed >= set(visible["kind"]) - {"missing_column"}
    assert spoilt.injected["kind"].is_unique
    assert spoilt.injected["injection"].tolist() == list(
        range(1, len(spoilt.injected) + 1)
    )


def test_no_child_carries_two_faults(cohort: Cohort) -> None:
    for seed in range(6):
        told = corrupt(cohort, rng=seed).injected["patient_id"].dropna().str.strip()
        assert told.is_unique


def test_a_fault_says_what_was_there_and_what_is_there_now(cohort: Cohort) -> None:
    spoilt = corrupt(cohort, rng=2, kinds="out_of_range.unit")
    [row] = spoilt.injected.itertuples()
    assert (row.table, row.column, row.severity) == ("patients", "height_cm", "error")
    sound = cohort.patients["height_cm"].iloc[row.row - 1]
    assert row.old == sound and row.new == round(sound / 100, 3)
    assert spoilt.tables["patients"]["height_cm"].iloc[row.row - 1] == row.new
    assert row.patient_id == cohort.patients["patient_id"].iloc[row.row - 1]


def test_one_fault_may_need_several_changes_and_all_are_listed(cohort: Cohort) -> None:
    spoilt = corrupt(cohort, rng=2, kinds="event_after_death")
    assert len(spoilt.injected) == 1
    assert spoilt.changes["what"].tolist() == ["cell", "row added", "row added"]
    assert set(spoilt.changes["injection"]) == {1}


def test_what_is_not_listed_is_found_by_comparing(cohort: Cohort) -> None:
    draft = corrupting.Draft.of(cohort, np.random.default_rng(1))
    draft.put("patients", 3, "cmas", "strong")
    check_listing(draft)
    draft.tables["events"].loc[0, "day"] = 77  # behind the list's back
    with pytest.raises(RuntimeError, match="'events', 1, 'day'"):
        check_listing(draft)


def test_the_comparison_by_hand() -> None:
    sound = pd.DataFrame({"a": [1, None], "b": ["x", "y"]}, dtype=object)
    spoilt = pd.DataFrame(
        {"a": [1, None, 5], "c": ["x", "y", "z"], "b": ["x", "Y", "z"]}, dtype=object
    )
    assert differences("t", sound, spoilt) == {
        ("t", None, "c"),
        ("t", 2, "b"),
        ("t", 3, None),
    }


@pytest.mark.parametrize(
    ("kinds", "says"),
    [
        ("wrong_typ", "did you mean 'wrong_type"),
        (["steroids", "cells"], "hide each other"),
        (["alone", "rows"], "hide each other"),
        (["files", "rows"], "hide each other"),
    ],
)
def test_kinds_that_cannot_be_are_refused(cohort: Cohort, kinds, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        corrupt(cohort, rng=1, kinds=kinds)


@pytest.mark.parametrize("n", [0, -1, 2.5, True])
def test_a_count_that_is_none_is_refused(cohort: Cohort, n) -> None:
    with pytest.raises(UsageError, match="whole number of 1 or more"):
        corrupt(cohort, rng=1, n=n)


def test_a_kind_without_a_place_is_told() -> None:
    few = simulate_cohort(3, rng=1)
    with pytest.raises(UsageError, match="no place is left for events_on_one_day"):
        corrupt(few, rng=1, kinds="events_on_one_day")
    assert "events_on_one_day" in corrupt(few, rng=1).not_placed


def test_faults_that_were_asked_for_do_not_lose_their_column(cohort: Cohort) -> None:
    kinds = ["missing_column", "event_after_exit", "high_daily_dose", "two_deaths"]
    for seed in range(8):
        spoilt = corrupt(cohort, rng=seed, kinds=kinds)
        lost = spoilt.injected.query("kind == 'missing_column'").iloc[0]
        assert (lost["table"], lost["column"]) in {
            ("patients", "antibody"),
            ("patients", "entry_day"),
            ("assessments", "day"),
        }


def test_it_says_synthetic_and_shows_well(cohort: Cohort) -> None:
    spoilt = corrupt(cohort, rng=1, n=3)
    assert repr(spoilt).startswith("Corrupted(SYNTHETIC: 3 faults of 3 kinds in ")
    assert "SYNTHETIC" in spoilt._repr_html_()
    assert spoilt.injected.attrs["jdm_stats"]["synthetic"]


def test_writing_gives_the_tables_in_a_dialect(cohort: Cohort, tmp_path: Path) -> None:
    spoilt = corrupt(cohort, rng=1, kinds="growth_jump")
    german = {"delimiter": ";", "decimal": ",", "encoding": "cp1252"}
    folder = write_corrupted(spoilt, tmp_path / "a", line_end="\r\n", **german)
    content = (folder / "patients.csv").read_bytes()
    assert content.startswith(b"patient_id;sex;age_at_diagnosis_years;")
    first = cohort.patients["age_at_diagnosis_years"].iloc[0]
    assert f";{first}".replace(".", ",").encode() in content
    assert content.count(b"\r\n") == cohort.n_patients + 1
    with pytest.raises(UsageError, match="is not empty"):
        write_corrupted(spoilt, folder)


def test_a_fault_of_a_frame_is_not_written(cohort: Cohort, tmp_path: Path) -> None:
    spoilt = corrupt(cohort, rng=1, kinds="duplicate_column")
    with pytest.raises(UsageError, match="repeated_heading"):
        write_corrupted(spoilt, tmp_path / "a")
    broken = corrupt(cohort, rng=1, kinds="missing_table")
    with pytest.raises(UsageError, match="default dialect"):
        write_corrupted(broken, tmp_path / "b", delimiter=";")


def test_every_stage_is_described() -> None:
    kinds = corruption_kinds()
    assert kinds["kind"].is_unique
    assert all(f"``{stage}``" in (corrupting.__doc__ or "") for stage in kinds["stage"])
    assert set(kinds.query("severity == 'warning'")["stage"]) == {"doubts"}
