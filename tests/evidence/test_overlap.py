"""No child is counted twice, and a pool that would do so is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.errors import DataError, UsageError
from jdm_stats.evidence.overlap import (
    independent_cohorts,
    one_per_group,
    poolable,
    shared_groups,
)
from jdm_stats.evidence.published import published_cases, published_cohorts

COUNTS = [
    *("n_perforation", "n_gi_involvement", "n_deaths", "n_nxp2", "n_tif1g"),
    *("n_mda5", "n_mi2", "n_ars", "n_srp", "n_hmgcr", "n_msa_negative", "n_ro52"),
    "n_overlap_maa",
]


def test_beijing_is_one_hospital_in_both_tables():
    cohorts = published_cohorts()
    beijing = cohorts[cohorts["overlap_group"] == "CIP-Beijing"]
    assert beijing["source"].tolist() == ["Xu 2021", "Xu 2023", "Wang X 2021"]
    assert beijing["pool"].tolist() == [False, True, False]
    cases = published_cases()
    there = cases[cases["overlap_group"] == "CIP-Beijing"]
    assert there["source"].unique().tolist() == ["Xu 2019", "Wang XN 2025"]


def test_each_group_of_cohorts_has_one_row_to_pool_or_none_when_unclear():
    cohorts = published_cohorts()
    pooled = cohorts.groupby("overlap_group")["pool"].sum()
    unclear = cohorts["overlap_status"] == "not ruled out"
    assert set(cohorts.loc[unclear, "overlap_group"]) == {"hospital not seen"}
    assert pooled.pop("hospital not seen") == 0
    assert (pooled == 1).all()


@pytest.mark.parametrize("measure", COUNTS)
def test_independent_cohorts_never_repeat_a_group(measure):
    kept = independent_cohorts(measure)
    assert len(kept) > 0
    assert kept["overlap_group"].is_unique
    assert kept[measure].notna().all()
    assert not (kept["overlap_status"] == "not ruled out").any()


def test_another_row_of_the_group_steps_in_when_the_first_lacks_the_count():
    sources = independent_cohorts("n_nxp2")["source"].tolist()
    assert "Wang X 2021" in sources  # Xu 2023 prints no count of NXP2
    assert "Tansley 2014" in sources
    assert "Rider 2013" not in sources


@pytest.mark.parametrize(
    "sources",
    [
        ("Xu 2021", "Xu 2023"),
        ("Xu 2023", "Wang X 2021"),
        ("Tansley 2014", "McCann 2006"),
    ],
)
def test_overlapping_series_are_refused(sources):
    cohorts = published_cohorts()
    rows = cohorts[cohorts["source"].isin(sources)]
    assert len(rows) == 2
    with pytest.raises(DataError, match="must not be pooled") as caught:
        poolable(rows)
    assert all(fault.rule == "counted_twice" for fault in caught.value.faults)


def test_all_faults_are_told_at_once():
    with pytest.raises(DataError) as caught:
        poolable(published_cohorts())
    cohorts = published_cohorts()
    shared = cohorts["overlap_group"].duplicated(keep=False)
    assert len(caught.value.faults) == int((shared & ~cohorts["pool"]).sum())


def test_different_children_of_one_report_may_stand_together():
    cases = published_cases()
    xu = cases[cases["source"] == "Xu 2019"]
    assert len(poolable(xu)) == 4


def test_a_child_who_may_have_been_reported_before_is_refused():
    cases = published_cases()
    for case, other in [("WANGXN2025-perf", "XU2019-P2"), ("VEDO2024-1", "CHEN2024-1")]:
        with pytest.raises(DataError) as caught:
            poolable(cases[cases["case_id"].isin([case, other])])
        assert case in str(caught.value)
        alone = cases[cases["case_id"] == case]
        assert len(poolable(alone)) == 1


def test_poolable_leaves_its_argument_alone_and_gives_a_copy():
    rows = independent_cohorts("n_perforation")
    before = rows.copy()
    given = poolable(rows)
    given["n_jdm"] = 0
    pd.testing.assert_frame_equal(rows, before)


def test_wrong_calls_say_what_to_do():
    with pytest.raises(UsageError, match="overlap_status"):
        poolable(pd.DataFrame({"overlap_group": ["a"], "pool": [True]}))
    with pytest.raises(UsageError, match="n_perforation"):
        independent_cohorts("perforation")


def test_the_largest_row_stands_in_and_blank_groups_mark_single_rows():
    frame = pd.DataFrame(
        {
            "overlap_group": ["a", "a", "b", "c"],
            "overlap_status": ["nested", "nested", "alone", "not ruled out"],
            "pool": pd.array([False, False, True, False], dtype="boolean"),
            "n": pd.array([5, 9, 3, 99], dtype="Int64"),
        }
    )
    assert one_per_group(frame, "n")["n"].tolist() == [9, 3]
    assert shared_groups(frame) == ["a", "a", "", ""]
