"""Case-crossover windows worked by hand, and the law of intervals in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import CohortError, UsageError
from jdm_stats.exposure.case_crossover import case_crossover_rows
from jdm_stats.exposure.measures import cumulative_dose, current_dose, recent_pulse
from tests.exposure.test_landmark_rows import make_cohort

PULSE = ("methylprednisolone", "iv")
ORAL = ("prednisone", "oral")


def five_children() -> Cohort:
    """Perforation on day 200; windows of 30 days, lag 1: dose days 169 to 198.

    Control windows seen from days 140 and 110: dose days 109 to 138 and 79 to 108.
    """
    children = [
        ("pulse in hazard", 0, 400, "lost"),
        ("pulse in control", 0, 400, "lost"),
        ("enters late", 100, 400, "lost"),  # the window from day 79 is before entry
        ("enters later", 150, 400, "lost"),  # no control window left
        ("at presentation", 0, 400, "lost"),  # day 20: no whole hazard window
        ("before entry", 50, 400, "lost"),  # perforated on day 50
        ("never", 0, 400, "lost"),
    ]
    events = [(name, 200, "gi_perforation") for name, *_ in children[:4]]
    events += [
        ("at presentation", 20, "gi_perforation"),
        ("before entry", 50, "gi_perforation"),
        ("pulse in hazard", 300, "gi_perforation"),  # a second one is not read
    ]
    courses = [
        ("pulse in hazard", *PULSE, 169, 169, 24.0, "per_kg_day"),
        ("pulse in hazard", *PULSE, 199, 201, 24.0, "per_kg_day"),  # lag, and after
        ("pulse in control", *PULSE, 138, 138, 24.0, "per_kg_day"),
        ("pulse in control", *PULSE, 168, 168, 24.0, "per_kg_day"),  # in the gap
        ("enters late", *ORAL, 109, 123, 1.0, "per_kg_day"),
    ]
    return make_cohort(children, courses, events)


def wide(rows: pd.DataFrame, column: str) -> dict[str, list[float]]:
    return {
        child: own[column].tolist() for child, own in rows.groupby("set", sort=False)
    }


def test_windows_and_exposure_by_hand():
    rows = case_crossover_rows(five_children(), control_windows=[60, 90])
    assert wide(rows, "recent_pulse") == {
        "pulse in hazard": [1.0, 0.0, 0.0],
        "pulse in control": [0.0, 1.0, 0.0],
        "enters late": [0.0, 0.0],
    }
    # a pulse of 24 mg/kg methylprednisolone is 30 of prednisone, over 30 days
    assert wide(rows, "mean_dose_mg_kg_day") == {
        "pulse in hazard": [1.0, 0.0, 0.0],
        "pulse in control": [0.0, 1.0, 0.0],
        "enters late": [0.0, 0.5],
    }
    own = rows[rows["set"] == "pulse in hazard"]
    assert own["window_first_day"].tolist() == [169, 109, 79]
    assert own["window_last_day"].tolist() == [198, 138, 108]
    assert own["event"].tolist() == [1, 0, 0]
    assert own["window"].tolist() == ["hazard", "control 1", "control 2"]
    assert rows.attrs["jdm_stats"]["tally"] == {
        "children": 7,
        "event_on_or_before_entry": 1,
        "children_without_event": 1,
        "children_with_event": 5,
        "reports_joined_same_day": 0,
        "hazard_window_too_early": 1,
        "no_control_window": 1,
        "cases": 3,
        "control_windows_too_early": 1,
        "control_windows": 5,
        "cases_in_which_recent_pulse_differs": 2,
        "cases_in_which_mean_dose_mg_kg_day_differs": 3,
        "rows": 8,
    }


def test_a_window_may_begin_on_the_day_of_entry_but_not_before():
    for entry, windows in ((109, 2), (110, 0)):
        cohort = make_cohort(
            [("a", entry, 400, "lost")], events=[("a", 200, "gi_perforation")]
        )
        rows = case_crossover_rows(cohort, control_windows=[60])
        assert len(rows) == windows
        early = case_crossover_rows(cohort, control_windows=[60], earliest="diagnosis")
        assert len(early) == 2


def test_nothing_after_the_event_counts_whatever_is_given():
    rng = np.random.default_rng(7)
    base = five_children()
    later = pd.DataFrame(
        [
            (child, *PULSE, int(day), int(day), 24.0, "per_kg_day")
            for child in ("pulse in hazard", "pulse in control", "enters late")
            for day in 200 + rng.integers(0, 150, 5)
        ],
        columns=base.courses.columns[:7],
    )
    more = Cohort(
        base.patients, pd.concat([base.courses, later], ignore_index=True), base.events
    )
    for lag in (0, 1, 7):
        options = {"control_windows": [60, 90], "lag_days": lag}
        before = case_crossover_rows(base, **options)
        pd.testing.assert_frame_equal(before, case_crossover_rows(more, **options))


def test_a_course_without_its_dose_after_the_event_cannot_matter():
    children = [("a", 0, 400, "lost")]
    events = [("a", 200, "gi_perforation")]
    for start, matters in ((150, True), (250, False)):
        courses = [("a", *ORAL, start, start + 5, np.nan, "per_kg_day")]
        cohort = make_cohort(children, courses, events)
        if matters:
            with pytest.raises(CohortError, match="dose"):
                case_crossover_rows(cohort)
        else:
            assert len(case_crossover_rows(cohort)) == 4


def test_windows_must_not_share_days_and_measures_must_fit_them():
    cohort = five_children()
    for windows in ([20], [60, 80], [90, 60], [], "60", [0]):
        with pytest.raises(UsageError, match="control_windows"):
            case_crossover_rows(cohort, control_windows=windows)
    with pytest.raises(
        UsageError, match=r"recent_pulse has lag_days=0.*window_days=14"
    ):
        case_crossover_rows(cohort, measures=[recent_pulse(window_days=14)])
    with pytest.raises(UsageError, match="lag_days"):
        case_crossover_rows(cohort, lag_days=-1)
    with pytest.raises(UsageError, match="called set"):
        case_crossover_rows(
            cohort, measures=[recent_pulse(window_days=30, lag_days=1, name="set")]
        )


def test_a_measure_that_looks_back_for_ever_is_allowed_and_told():
    measures = [cumulative_dose(lag_days=1), current_dose(lag_days=1)]
    rows = case_crossover_rows(five_children(), measures=measures, covariates=["nxp2"])
    assert (rows["nxp2"] == 1.0).all()
    notes = rows.attrs["jdm_stats"]["notes"]
    assert any("cumulative_dose_mg_kg" in note for note in notes)
    assert any("trend of exposure" in note for note in notes)


def test_a_cohort_without_a_case_gives_no_row():
    rows = case_crossover_rows(make_cohort([("a", 0, 90, "lost")]))
    assert len(rows) == 0 and "recent_pulse" in rows
    assert rows.attrs["jdm_stats"]["tally"]["children_without_event"] == 1
