"""Several perforations of one child: on paper, and beside the first-event analysis."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.files import read_cohort
from jdm_stats.errors import UsageError
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.measures import (
    current_dose,
    days_since,
    ever_event,
    recent_pulse,
)
from jdm_stats.intervals.audit import audit_intervals
from jdm_stats.intervals.rates import incidence_rates
from jdm_stats.intervals.recurrent import recurrent_rows
from jdm_stats.intervals.split import split_rows
from jdm_stats.models.incidence import cumulative_incidence, kaplan_meier

SYNTHETIC = Path(__file__).resolve().parents[2] / "data" / "synthetic"


def four_children() -> Cohort:
    """Each child is a case of its own.

    A  day 0-100. Perforates on day 30 (two sites) and on day 60; pulsed on days 31-33,
       after the first and before the second.
    B  entry day 20. Perforates on day 50 and on day 80, the day of its death.
    C  perforated on the day of entry and again on day 9: left out, as ever.
    D  dies on day 40.
    """
    patients = pd.DataFrame(
        {
            "patient_id": ["A", "B", "C", "D"],
            "antibody": ["NXP2", "none", "NXP2", "none"],
            "weight_kg": 20.0,
            "entry_day": [0, 20, 0, 0],
            "exit_day": [100, 80, 90, 40],
            "exit_reason": ["lost", "death", "lost", "death"],
        }
    )
    courses = pd.DataFrame(
        {
            "patient_id": ["A"],
            "drug": "methylprednisolone",
            "route": "iv",
            "start_day": 31,
            "stop_day": 33,
            "dose_mg": 24.0,
            "dose_basis": "per_kg_day",
        }
    )
    events = pd.DataFrame(
        [
            ("A", 60, "gi_perforation", "colon"),
            ("A", 30, "gi_perforation", "jejunum"),
            ("A", 30, "gi_perforation", "duodenum"),
            ("B", 50, "gi_perforation", None),
            ("B", 80, "gi_perforation", None),
            ("B", 80, "death", None),
            ("C", 0, "gi_perforation", None),
            ("C", 9, "gi_perforation", None),
            ("D", 40, "death", None),
        ],
        columns=["patient_id", "day", "event", "site"],
    )
    return Cohort(patients, courses, events=events)


def test_each_row_ends_at_an_outcome_and_tells_which_it_is_at_risk_for():
    rows = expand_intervals(four_children(), recurrent=True, covariates=["nxp2"])
    assert list(rows.columns) == [
        *("patient_id", "start", "stop", "event", "event_number", "nxp2")
    ]
    assert rows.drop(columns="nxp2").values.tolist() == [
        ["A", 0, 30, 1, 1],  # two sites of one day are one event
        ["A", 30, 60, 1, 2],
        ["A", 60, 100, 0, 3],
        ["B", 20, 50, 1, 1],
        ["B", 50, 80, 1, 2],  # perforation goes before the death of the same day
        ["D", 0, 40, 2, 1],  # death ends follow-up
    ]
    noted = rows.attrs["jdm_stats"]
    assert noted["recurrent"] == {
        "scheme": "andersen_gill",
        "patient_id": "patient_id",
        "stratum": None,
        "spell": None,
    }
    tally = noted["tally"]
    told = {
        "children": 4,
        "outcome_on_or_before_entry": 1,  # C, whose second perforation is not counted
        "children_at_risk": 3,
        "days_at_risk": 100 + 60 + 40,
        "events_1_gi_perforation": 4,
        "events_2_death": 1,
        "children_with_outcome": 2,
        "children_with_several_outcomes": 2,
        "competing_on_day_of_outcome": 1,
        "outcome_reports_joined_same_day": 1,
        "outcome_days_after_follow_up": 0,
        "censored": 1,
        "rows": 6,
        "rows_cut": 3,
    }
    assert {name: tally[name] for name in told} == told


def test_what_is_given_between_two_perforations_acts_on_the_second():
    ever = ever_event("gi_perforation")
    measures = [recent_pulse(window_days=10), ever]
    rows = expand_intervals(four_children(), recurrent=True, measures=measures)
    own = rows[rows["patient_id"] == "A"]
    # Pulses of days 31, 32, 33 act on (31, 43].
    assert own[["start", "stop", "event", "event_number"]].values.tolist() == [
        [0, 30, 1, 1],
        [30, 31, 0, 2],
        [31, 43, 0, 2],
        [43, 60, 1, 2],
        [60, 100, 0, 3],
    ]
    assert own["recent_pulse"].tolist() == [0, 0, 1, 0, 0]
    assert own[ever.name].tolist() == [0, 1, 1, 1, 1]


def test_daily_measures_are_read_at_the_days_of_every_outcome():
    since = days_since("gi_perforation", window_days=365)
    rows = expand_intervals(four_children(), recurrent=True, measures=[since])
    own = rows[rows["patient_id"] == "A"]
    assert own["stop"].tolist() == [30, 40, 50, 60, 80, 100]  # D, B, A, B and A's end
    assert own[since.name].tolist() == [365, 10, 20, 30, 20, 40]
    assert own["event_number"].tolist() == [1, 2, 2, 2, 3, 3]


def test_a_competing_event_may_be_named_or_not():
    alone = expand_intervals(four_children(), recurrent=True, competing=None)
    assert alone["event"].tolist() == [1, 1, 0, 1, 1, 0]
    assert alone.attrs["jdm_stats"]["tally"]["censored"] == 2


def test_the_audit_knows_the_mark_and_first_event_readers_refuse_it():
    rows = expand_intervals(four_children(), recurrent=True)
    assert audit_intervals(rows).ok
    assert audit_intervals(split_rows(rows, [10, 45])).ok
    assert not audit_intervals(rows, recurrent=False).ok
    for reader in (incidence_rates, cumulative_incidence, kaplan_meier):
        with pytest.raises(UsageError, match="3 rows are at risk for a later one"):
            reader(rows)
    first = rows[rows["event_number"] == 1]
    assert incidence_rates(first)["events"].tolist() == [2]
    for scheme in ("andersen_gill", "pwp_total", "pwp_gap"):
        made = recurrent_rows(rows, scheme=scheme)
        assert made["event_number"].tolist() == rows["event_number"].tolist()
        assert audit_intervals(made).ok


def test_a_measure_may_not_take_the_name_of_the_number():
    named = current_dose(name="event_number")
    assert "event_number" in expand_intervals(four_children(), measures=[named])
    with pytest.raises(UsageError, match="called event_number"):
        expand_intervals(four_children(), recurrent=True, measures=[named])


@pytest.fixture(scope="module")
def committed() -> Cohort:
    return read_cohort(SYNTHETIC)


def test_the_rows_of_the_first_event_are_the_first_event_analysis(committed):
    measures = [current_dose(), recent_pulse(window_days=30)]
    first = expand_intervals(committed, measures=measures)
    rows = expand_intervals(committed, measures=measures, recurrent=True)
    of_first = rows[rows["event_number"] == 1].drop(columns="event_number")
    pd.testing.assert_frame_equal(
        of_first.reset_index(drop=True), first, check_flags=False
    )
    ours, theirs = (t.attrs["jdm_stats"]["tally"] for t in (rows, first))
    assert theirs["events_1_gi_perforation"] == ours["children_with_outcome"] == 12
    assert theirs["outcome_days_after_follow_up"] == 16
    assert ours["events_1_gi_perforation"] == 12 + 16 == 28
    same = ("children", "children_at_risk", "outcome_on_or_before_entry")
    assert [ours[name] for name in same] == [theirs[name] for name in same]


def test_every_perforation_and_every_day_is_there_once(committed):
    rows = expand_intervals(committed, measures=[current_dose()], recurrent=True)
    events = committed.events
    days = events[events["event"] == "gi_perforation"][["patient_id", "day"]]
    days = days.drop_duplicates().sort_values(["patient_id", "day"])
    happened = rows.loc[rows["event"] == 1, ["patient_id", "stop"]]
    happened = happened.sort_values(["patient_id", "stop"])
    assert happened.astype(object).values.tolist() == days.values.tolist()
    patients = committed.patients.set_index("patient_id")
    span = rows.groupby("patient_id", sort=False).agg(a=("start", "min"))
    span["days"] = (rows["stop"] - rows["start"]).groupby(rows["patient_id"]).sum()
    wanted = (patients["exit_day"] - patients["entry_day"])[span.index]
    assert np.array_equal(span["days"].to_numpy(), wanted.to_numpy(dtype=int))
