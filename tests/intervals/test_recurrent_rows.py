"""Tables of recurrent events: three children on paper, R's table, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.errors import IntervalError, UsageError
from jdm_stats.intervals.audit import audit_intervals, check_cut_for_events
from jdm_stats.intervals.marks import recurrent_mark
from jdm_stats.intervals.recurrent import recurrent_rows
from jdm_stats.intervals.recurrent_notes import recurrent_notes
from jdm_stats.intervals.split import split_rows

REFERENCE = Path(__file__).resolve().parents[1] / "reference"


def three_children() -> pd.DataFrame:
    """Rows in no order; B enters late and is away from 40 to 50, C dies."""
    return pd.DataFrame(
        [
            ("A", 30, 75, 1, 0.0),
            ("A", 0, 20, 0, 0.0),
            ("B", 10, 25, 1, 1.0),
            ("B", 50, 60, 1, 1.0),
            ("B", 25, 40, 0, 1.0),
            ("A", 75, 90, 0, 0.0),
            ("A", 20, 30, 1, 1.0),
            ("C", 0, 33, 2, 1.0),
            ("B", 60, 70, 1, 1.0),
        ],
        columns=["patient_id", "start", "stop", "event", "x"],
    )


def test_three_children_by_hand():
    rows = three_children()
    before = rows.copy(deep=True)
    made = recurrent_rows(rows)
    assert made["event_number"].tolist() == [2, 1, 1, 2, 2, 3, 1, 1, 3]
    pd.testing.assert_frame_equal(made.drop(columns="event_number"), rows)
    total = recurrent_rows(rows, scheme="pwp_total", max_event_number=2)
    assert total["event_stratum"].tolist() == [2, 1, 1, 2, 2, 2, 1, 1, 2]
    assert total["start"].tolist() == rows["start"].tolist()
    gap = recurrent_rows(rows, scheme="pwp_gap")
    assert gap["event_stratum"].tolist() == gap["event_number"].tolist()
    assert gap[["start", "stop", "gap_from"]].values.tolist() == [
        [0, 45, 30],
        [0, 20, 0],
        [10, 25, 0],  # at time 0 the clock starts; B came 10 days later
        [25, 35, 25],  # away from day 40 to day 50
        [0, 15, 25],
        [0, 15, 75],
        [20, 30, 0],
        [0, 33, 0],
        [0, 10, 60],
    ]
    assert gap["event"].tolist() == rows["event"].tolist()
    entry = recurrent_rows(rows, scheme="pwp_gap", first_gap_from="entry")
    assert entry.loc[2, ["start", "stop", "gap_from"]].tolist() == [0, 15, 10]
    assert (gap["start"] + gap["gap_from"]).tolist() == rows["start"].tolist()
    pd.testing.assert_frame_equal(rows, before)
    assert rows.attrs == {}


def test_the_counts_and_the_mark():
    rows = three_children()
    rows.attrs["jdm_stats"] = {"synthetic": True, "outcome": "gi_perforation"}
    made = recurrent_rows(rows, scheme="pwp_gap", max_event_number=2)
    noted = made.attrs["jdm_stats"]
    assert noted["synthetic"] is True and noted["outcome"] == "gi_perforation"
    assert noted["recurrent_rows"] == {
        "rows": 9,
        "patients": 3,
        "events": 5,
        "patients_with_event": 2,
        "patients_with_several": 2,
        "at_risk_by_number": {"1": 3, "2": 2, "3": 2},
        "events_by_number": {"1": 2, "2": 2, "3": 1},
        "pooled_from": 2,
        "pooled_events": 3,
    }
    mark = recurrent_mark(made)
    assert (mark.scheme, mark.stratum, mark.spell) == (
        *("pwp_gap", "event_stratum", "event_number"),
    )
    notes = " ".join(recurrent_notes(made))
    assert "gap time" in notes and "stratum of event 2 holds all later ones" in notes
    assert "Fewer than 5 events in the strata of event 1:" in notes
    assert recurrent_notes(rows) == []
    json.dumps(noted)


def test_the_table_of_another_scheme_is_made_from_one_made_before():
    rows = three_children()
    again = recurrent_rows(
        recurrent_rows(rows, scheme="pwp_total"), scheme="andersen_gill"
    )
    pd.testing.assert_frame_equal(again, recurrent_rows(rows))
    assert again.attrs == recurrent_rows(rows).attrs
    gap = recurrent_rows(rows, scheme="pwp_gap")
    with pytest.raises(UsageError, match="from the event before already"):
        recurrent_rows(gap, scheme="pwp_total")


def test_the_audit_of_the_tables():
    rows = three_children()
    assert not audit_intervals(rows).ok
    audit = audit_intervals(rows, recurrent=True)
    assert audit.ok and (audit.tally["patients"], audit.tally["gaps"]) == (3, 1)
    after_death = pd.concat(
        [rows, pd.DataFrame([("C", 33, 40, 1, 1.0)], columns=rows.columns)]
    )
    audit = audit_intervals(after_death, recurrent=True)
    assert [(f.rule, f.row) for f in audit.faults] == [("row_after_event", 10)]
    overlapping = rows.assign(start=rows["start"].replace(30, 29))
    with pytest.raises(IntervalError, match="overlap"):
        recurrent_rows(overlapping)
    gap = recurrent_rows(rows, scheme="pwp_gap")
    audit = audit_intervals(gap)
    assert audit.ok and audit.tally["patients"] == 3
    assert audit_intervals(split_rows(gap, [5, 12])).ok
    assert not audit_intervals(gap, recurrent=False).ok
    spoilt = gap.copy()
    spoilt.loc[1, "stop"] = 25
    assert [f.rule for f in audit_intervals(spoilt).faults] == ["overlap"]
    spoilt = gap.copy()
    spoilt.loc[1, "event"] = 1
    rules = [f.rule for f in audit_intervals(spoilt).faults]
    assert rules == ["row_after_event", "several_events"]


def test_what_is_refused():
    rows = three_children()
    with pytest.raises(UsageError, match="scheme must be one of"):
        recurrent_rows(rows, scheme="wlw")
    with pytest.raises(UsageError, match=r"'zero' or 'entry'.*whole number from 1"):
        recurrent_rows(
            rows, scheme="pwp_gap", first_gap_from="birth", max_event_number=0
        )
    with pytest.raises(UsageError, match="andersen_gill' has none"):
        recurrent_rows(rows, max_event_number=2)
    with pytest.raises(UsageError, match="rename the column gap_from"):
        recurrent_rows(rows.assign(gap_from=0))
    with pytest.raises(UsageError, match="no column 'child'"):
        recurrent_rows(rows, patient_id="child")
    numbered = recurrent_rows(rows)
    left_out = numbered[numbered["event_number"] > 1]
    with pytest.raises(UsageError, match=r"rows 1, 2, 3, 4, 5; give all rows"):
        recurrent_rows(left_out)


def test_a_daily_measure_is_not_read_on_the_clock_of_gaps():
    rows = three_children().iloc[:7].assign(days_since_pulse=1.0)
    rows.attrs["jdm_stats"] = {"daily_measures": ["days_since_pulse"]}
    names = ("start", "stop", "event", ["days_since_pulse"])
    total = split_rows(rows, rows.loc[rows["event"] == 1, "stop"])
    check_cut_for_events(recurrent_rows(total), *names)
    gap = recurrent_rows(total, scheme="pwp_gap")
    with pytest.raises(IntervalError, match="scheme='andersen_gill' or 'pwp_total'"):
        check_cut_for_events(gap, *names)


def test_an_empty_table_and_one_without_events():
    rows = three_children()
    for scheme in ("andersen_gill", "pwp_total", "pwp_gap"):
        assert len(recurrent_rows(rows.iloc[:0], scheme=scheme)) == 0
        none = recurrent_rows(rows.assign(event=0), scheme=scheme)
        assert set(none["event_number"]) == {1}
        assert none.attrs["jdm_stats"]["recurrent_rows"]["events_by_number"] == {"1": 0}


def test_cgd_is_numbered_and_timed_as_in_r():
    cgd = pd.read_csv(REFERENCE / "cgd.csv")
    rows = cgd.drop(columns=["enum", "gap"]).sample(frac=1, random_state=1)
    made = recurrent_rows(rows, scheme="pwp_gap", patient_id="id").set_axis(rows.index)
    made = made.sort_index()
    assert made["event_number"].tolist() == cgd["enum"].tolist()
    assert (made["start"] == 0).all() and made["stop"].tolist() == cgd["gap"].tolist()
    expected = json.loads((REFERENCE / "recurrent.json").read_text("utf-8"))
    tally = made.attrs["jdm_stats"]["recurrent_rows"]
    assert tally["at_risk_by_number"] == expected["intervals_by_enum"]
    assert tally["events_by_number"] == expected["events_by_enum"]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    data=st.lists(
        st.tuples(st.sampled_from("AB"), st.integers(1, 9), st.integers(0, 1)),
        max_size=10,
    ),
    cuts=st.lists(st.integers(0, 60), max_size=4),
    seed=st.integers(0, 5),
)
def test_cutting_and_permuting_rows_change_nothing(data, cuts, seed):
    rows, day = [], {"A": 3, "B": 0}
    for child, days, event in data:
        rows.append((child, day[child], day[child] + days, event))
        day[child] += days
    frame = pd.DataFrame(rows, columns=["patient_id", "start", "stop", "event"])
    frame = frame.astype({"start": int, "stop": int, "event": int})
    for scheme in ("andersen_gill", "pwp_gap"):
        whole = recurrent_rows(frame, scheme=scheme)
        mixed = split_rows(frame, cuts).sample(frac=1, random_state=seed)
        pieces = recurrent_rows(mixed, scheme=scheme)
        assert spans(pieces) == spans(whole)
        assert audit_intervals(pieces).ok


def spans(rows: pd.DataFrame) -> dict:
    """Time at risk, ends and events by child and number of the event."""
    grouped = rows.assign(days=rows["stop"] - rows["start"]).groupby(
        ["patient_id", "event_number"]
    )
    told = grouped.agg(
        {"start": "min", "stop": "max", "days": "sum", "event": "sum"}
    ).sort_index()
    assert np.isfinite(told.to_numpy(dtype=float)).all()
    return told.to_dict("index")
