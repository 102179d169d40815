"""The linter reads rows after an event as meant where the table says so."""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.diagnostics.time_zero import lint_time_zero
from jdm_stats.errors import UsageError
from jdm_stats.intervals.recurrent import recurrent_rows


def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient_id": ["A", "A", "B"],
            "start": [0, 40, 0],
            "stop": [40, 90, 90],
            "event": [1, 1, 0],
            "nxp2": [1.0, 1.0, 0.0],
        }
    )


def test_rows_after_an_event_are_a_finding_unless_events_recur():
    assert "rows_after_event" in found(rows())
    for scheme in ("andersen_gill", "pwp_total"):
        assert "rows_after_event" not in found(recurrent_rows(rows(), scheme=scheme))


def test_time_since_the_event_before_is_no_time_since_diagnosis():
    with pytest.raises(UsageError, match="count time from the event before"):
        lint_time_zero(recurrent_rows(rows(), scheme="pwp_gap"))


def found(table: pd.DataFrame) -> set[str]:
    return {finding.code for finding in lint_time_zero(table).findings}
