"""The latest reading, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.measures import last_assessment


def _cohort() -> Cohort:
    patients = pd.DataFrame(
        {
            "patient_id": ["A", "B", "C"],
            "antibody": ["NXP2", "none", "none"],
            "entry_day": [0, 20, 0],
            "exit_day": [100, 60, 50],
            "exit_reason": "administrative",
        }
    )
    assessments = pd.DataFrame(
        {
            "patient_id": ["A", "A", "A", "B", "A"],
            "day": [10, 40, 40, -3, 70],
            "measure": ["cmas", "cmas", "cmas", "cmas", "mmt8"],
            "value": [30.0, 40.0, 44.0, 12.0, 60.0],
        }
    )
    return Cohort(patients, assessments=assessments)


def test_a_reading_on_day_d_is_known_from_the_day_after() -> None:
    """A: missing to day 10, 30 in (10, 40], then the mean of two readings on day 40."""
    rows = expand_intervals(
        _cohort(), measures=[last_assessment("cmas")], covariates=[]
    )
    shown = rows[["patient_id", "start", "stop", "latest_cmas"]]
    expected = pd.DataFrame(
        {
            "patient_id": ["A", "A", "A", "B", "C"],
            "start": [0, 10, 40, 20, 0],
            "stop": [10, 40, 100, 60, 50],
            "latest_cmas": [np.nan, 30.0, 42.0, 12.0, np.nan],
        }
    )
    pd.testing.assert_frame_equal(shown, expected, check_dtype=False)


def test_a_lag_moves_the_day_a_reading_counts() -> None:
    rows = expand_intervals(
        _cohort(), measures=[last_assessment("cmas", lag_days=5)], covariates=[]
    )
    assert rows.loc[rows["patient_id"] == "A", "start"].tolist() == [0, 15, 45]


def test_an_unknown_measure_is_refused() -> None:
    with pytest.raises(UsageError, match="cmas"):
        last_assessment("cams")
