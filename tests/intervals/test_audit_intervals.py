"""Every rule of the audit, one broken table each, and what is no fault."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.errors import IntervalError, UsageError
from jdm_stats.intervals.audit import audit_intervals, check_cut_for_events


def table(*rows):
    return pd.DataFrame(rows, columns=["patient_id", "start", "stop", "event"])


GOOD = [("A", 0, 5, 0), ("A", 5, 9, 1), ("B", 3.5, 4, 0), ("B", 6, 7.5, 2)]

BROKEN = {
    "patient_id_missing": (table((None, 0, 5, 0)), 1),
    "not_a_number": (table(("A", 0, 2, 0), ("A", "two", 5, 0)), 2),
    "missing_time": (table(("A", 0, np.nan, 0)), 1),
    "infinite_time": (table(("A", 0, np.inf, 0)), 1),
    "zero_length": (table(("A", 0, 4, 0), ("A", 4, 4, 1)), 2),
    "reversed": (table(("A", 5, 4, 0)), 1),
    "event_missing": (table(("A", 0, 4, None)), 1),
    "event_code": (table(("A", 0, 4, 0.5)), 1),
    "duplicate_row": (table(("A", 0, 4, 0), ("B", 0, 4, 0), ("A", 0, 4, 0)), 3),
    "overlap": (table(("A", 3, 9, 0), ("A", 0, 4, 0)), 1),
    "row_after_event": (table(("A", 4, 9, 0), ("A", 0, 4, 1)), 1),
    "several_events": (table(("A", 0, 4, 1), ("A", 0, 3, 1)), 1),
}


def test_a_sound_table_passes_and_is_counted():
    audit = audit_intervals(table(*GOOD).sample(frac=1, random_state=3))
    assert audit.ok
    assert audit.faults == ()
    assert audit.tally == {
        "rows": 4,
        "patients": 2,
        "delayed_entry": 1,
        "gaps": 1,
        "patients_with_gaps": 1,
        "events_code_1": 1,
        "events_code_2": 1,
    }
    audit.raise_if_faulty()


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_is_found_in_its_row(rule):
    rows, place = BROKEN[rule]
    audit = audit_intervals(rows)
    assert not audit.ok
    found = [fault for fault in audit.faults if fault.rule == rule]
    assert [fault.row for fault in found] == [place]
    with pytest.raises(IntervalError, match=rule):
        audit.raise_if_faulty()


def test_all_faults_are_told_at_once_with_child_and_remedy():
    audit = audit_intervals(
        table(
            ("A", 5, 4, 0),
            ("B", 0, None, -1),
            (None, 0, 3, 0),
            ("C", 2, 2, None),
            ("D", 0, 5, 0),
            ("D", 4, 9, 0),
        )
    )
    assert [(f.row, f.patient_id, f.column, f.rule) for f in audit.faults] == [
        (1, "A", "stop", "reversed"),
        (2, "B", "stop", "missing_time"),
        (2, "B", "event", "event_code"),
        (3, None, "patient_id", "patient_id_missing"),
        (4, "C", "event", "event_missing"),
        (4, "C", "stop", "zero_length"),
        (6, "D", "start", "overlap"),
    ]
    assert "(5, 4]" in audit.faults[0].message
    assert all(fault.remedy for fault in audit.faults)


def test_second_event_after_the_first():
    audit = audit_intervals(table(("A", 0, 4, 1), ("A", 4, 6, 0), ("A", 6, 8, 2)))
    assert [(f.rule, f.row) for f in audit.faults] == [
        ("row_after_event", 2),
        ("row_after_event", 3),
        ("several_events", 3),
    ]


def test_overlap_is_seen_through_a_short_row_in_between():
    audit = audit_intervals(table(("A", 0, 9, 0), ("A", 1, 2, 0), ("A", 5, 10, 0)))
    assert [(f.rule, f.row) for f in audit.faults] == [("overlap", 2), ("overlap", 3)]


def test_names_of_columns_and_frames_without_children():
    rows = pd.DataFrame({"t0": [0, 0], "t1": [5.5, 5.5], "died": [True, False]})
    audit = audit_intervals(rows, start="t0", stop="t1", event="died")
    assert audit.ok  # no child is named, so nothing says that the rows overlap
    assert "patients" not in audit.tally
    twice = rows.assign(id=1)
    audit = audit_intervals(twice, start="t0", stop="t1", event="died", patient_id="id")
    assert [fault.rule for fault in audit.faults] == ["overlap"]
    with pytest.raises(UsageError, match="no column 'start', 'stop', 'event'"):
        audit_intervals(rows)
    with pytest.raises(UsageError, match="no column 'child'"):
        audit_intervals(table(*GOOD), patient_id="child")


def test_nullable_columns_and_empty_tables():
    rows = table(*GOOD).astype({"start": "Float64", "event": "Int64"})
    assert audit_intervals(rows).ok
    rows.loc[0, "event"] = pd.NA
    assert [f.rule for f in audit_intervals(rows).faults] == ["event_missing"]
    assert audit_intervals(rows.iloc[:0]).ok
    days = table(*GOOD)
    days["stop"] = pd.Timestamp("2020-01-01")
    assert {f.rule for f in audit_intervals(days).faults} == {"not_a_number"}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("AB"),
            st.integers(0, 8),
            st.integers(1, 4),
            st.integers(0, 1),
        ),
        max_size=7,
    ),
)
def test_overlap_agrees_with_counting_days(rows):
    """Days at risk twice mean an overlap or a duplicate, and nothing else does."""
    frame = table(*[(child, a, a + n, 0) for child, a, n, _ in rows])
    days = [(child, day) for child, a, n, _ in rows for day in range(a, a + n)]
    rules = {fault.rule for fault in audit_intervals(frame).faults}
    assert bool(rules & {"overlap", "duplicate_row"}) == (len(days) > len(set(days)))
    assert rules <= {"overlap", "duplicate_row"}


def test_the_audit_is_shown_escaped_and_pickles():
    rows = table(("<b>", 0, 4, 0), ("<b>", 4, 4, 0))
    audit = audit_intervals(rows)
    html = audit._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "starts and stops at once" in html
    assert pickle.loads(pickle.dumps(audit)) == audit
    assert "no rule broken" in audit_intervals(rows.iloc[:1])._repr_html_()


def test_daily_measures_serve_only_the_events_they_were_cut_for():
    rows = table(("A", 0, 4, 0), ("A", 4, 9, 0), ("B", 0, 4, 1))
    rows.attrs["jdm_stats"] = {
        "daily_measures": ["days_since_pulse"],
        "cut_for": "death",
    }
    call = ("start", "stop", "event", ["nxp2", "days_since_pulse"])
    check_cut_for_events(rows, *call)
    rows.loc[2, "stop"] = 3  # an event on day 3: A's row (0, 4] does not end there
    with pytest.raises(IntervalError, match="not_cut_at_event") as told:
        check_cut_for_events(rows, *call)
    assert [fault.row for fault in told.value.faults] == [1]
    assert "cut for 'death'" in str(told.value)
    check_cut_for_events(rows, "start", "stop", "event", ["nxp2"])
    rows.attrs = {}
    check_cut_for_events(rows, *call)
