"""What rows alone can show, without a cohort: each pattern and its clean twin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from jdm_stats.diagnostics.time_zero import lint_time_zero
from jdm_stats.plan import AnalysisPlan
from tests.diagnostics.time_zero.children import BY_DAY, EVER, found, table


def test_rows_after_the_event():
    rows = table([("A", 0, 100, 1), ("A", 100, 400, 0), ("B", 0, 400, 0)])
    finding = found(lint_time_zero(rows), "rows_after_event")
    assert finding.rows.tolist() == [2]
    assert finding.severity == "suspicion" and "recurrent" in finding.sentence
    told = lint_time_zero(rows, plan=AnalysisPlan(horizon_days=200, risk_months=(6,)))
    assert found(told, "rows_after_event").severity == "proof"
    assert lint_time_zero(rows.iloc[[0, 2]]).ok


def test_two_columns_of_one_table_prove_an_ever():
    rows = BY_DAY.assign(ever_pulsed=[0, 1, 1, 0])
    finding = found(lint_time_zero(rows), "ever_exposed")
    assert finding.severity == "proof" and finding.rows.tolist() == [2]
    assert "50 days before" in finding.sentence
    apart = rows.rename(columns={"ever_pulsed": "boy"})
    assert lint_time_zero(apart).ok  # three children: a boy may well be pulsed


def test_a_name_alone_is_a_suspicion():
    rows = EVER.rename(columns={"pulsed": "ever_pulsed"})
    finding = found(lint_time_zero(rows), "ever_exposed")
    assert finding.severity == "suspicion"
    assert lint_time_zero(EVER).ok
    before = EVER.rename(columns={"pulsed": "ever_pulsed_before_entry"})
    assert lint_time_zero(before).ok


def test_a_column_that_is_the_largest_value_of_another():
    rows = table(
        [
            *(("A", 0, 10, 0, 1.0, 3.0), ("A", 10, 30, 1, 3.0, 3.0)),
            *(("B", 0, 10, 0, 0.5, 2.0), ("B", 10, 20, 0, 2.0, 2.0)),
            ("B", 20, 40, 0, 1.0, 2.0),
        ],
        *("dose", "strength"),
    )
    finding = found(lint_time_zero(rows), "later_rows_summed_up")
    assert finding.severity == "suspicion" and "largest dose" in finding.sentence
    assert lint_time_zero(rows.assign(strength=[1.0, 1, 0.5, 0.5, 0.5])).ok


def test_ten_children_prove_a_summary_and_a_prescribed_dose_is_none():
    doses = [(1.0 + i / 10, 2.0 + i / 10, 0.5) for i in range(10)]
    rows = table(
        [
            (child, 10 * k, 10 * k + 10, 0, dose, max(own), own[0])
            for child, own in enumerate(doses)
            for k, dose in enumerate((0.0, *own))
        ],
        *("dose", "strength", "prescribed"),
    )
    finding = found(lint_time_zero(rows), "later_rows_summed_up")
    assert finding.severity == "proof" and finding.columns == ("strength", "dose")
    # the first dose acts after a lag; as a column it was known from the start
    assert lint_time_zero(rows.drop(columns="strength")).ok
    falling = rows.assign(dose=rows["dose"].where(rows["dose"] < 2, 0.1))
    assert lint_time_zero(falling.drop(columns="strength")).ok


def test_an_interaction_is_not_taken_for_a_summary():
    # y = x once exposed, else 0: x is older than y, not its last value
    rows = table(
        [
            *(("A", 0, 10, 0, 3.0, 0.0), ("A", 10, 30, 1, 3.0, 3.0)),
            *(("B", 0, 10, 0, 2.0, 0.0), ("B", 10, 20, 0, 2.0, 2.0)),
        ],
        *("x", "y"),
    )
    assert lint_time_zero(rows).ok


def test_columns_that_jump_on_the_eve_of_events():
    def build(eve: Callable[[int], int]) -> pd.DataFrame:
        rows: list[tuple] = []
        for child in range(6):
            cut = eve(100 + child)
            rows += [(child, 0, cut, 0, 0.0), (child, cut, 100 + child, 1, 1.0)]
        return table(rows, "dose")

    finding = found(
        lint_time_zero(build(lambda day: day - 1)), "dose_changes_on_event_day"
    )
    assert finding.severity == "suspicion" and finding.children == 6
    assert lint_time_zero(build(lambda day: day - 40)).ok


def test_a_laboratory_value_may_change_on_the_eve():
    rows = []
    for child in range(6):
        rows += [(child, 0, 99 + child, 0, 0.5), (child, 99 + child, 100 + child, 1, 2)]
    assert lint_time_zero(table(rows, "bilirubin")).ok


def test_a_name_that_shares_a_word_proves_nothing_in_few_children():
    rows = BY_DAY.assign(pulse_indicated=[0, 1, 1, 0])
    assert lint_time_zero(rows).ok
    many = pd.concat(
        [
            rows.assign(patient_id=rows["patient_id"] + str(i), stop=rows["stop"] + i)
            for i in range(8)
        ]
    )
    many = many.assign(stop=many["stop"].where(many["stop"] > 58, 50))
    report = lint_time_zero(many)
    assert report.codes == ("ever_exposed",) and not report.proofs


def test_a_column_that_tells_the_event_or_follow_up():
    n = 14
    rows = table([(i, 0, 50 + i, int(i < 5)) for i in range(n)])
    bad = (np.arange(n) < 5).astype(int)
    told = lint_time_zero(rows.assign(bad=bad, years=rows["stop"]))
    assert {f.columns for f in told.findings} == {("bad",), ("years",)}
    assert {f.severity for f in told.findings} == {"proof", "suspicion"}
    assert lint_time_zero(rows.assign(good=(np.arange(n) % 2).astype(int))).ok


def test_rows_that_all_begin_late_and_exposed():
    rows = table(
        [(i, 5 + i, 20 + i, 0, 1) for i in range(4)]
        + [(i, 20 + i, 90, 0, 0) for i in range(4)],
        "on_steroid",
    )
    assert lint_time_zero(rows).codes == ("rows_begin_at_treatment",)
    prompt = rows.assign(start=rows["start"].where(rows["start"] > 8, 0))
    assert lint_time_zero(prompt).ok


def test_days_of_a_calendar_are_not_held_against_rows():
    rows = EVER.drop(columns="pulsed").assign(nxp2=[1, 0, 0])
    late = rows.assign(entry_day=[18_000, 18_200, 18_300])
    assert lint_time_zero(late).ok
    assert lint_time_zero(rows.assign(antibody_test_day=[18_010, 18_200, 18_250])).ok
