"""Tables on single events, as a reader reads them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.report.ledger import events_of_a_fit_table, movements_reading


def movements(**changes) -> pd.DataFrame:
    row = {
        "term": "nxp2",
        "estimate": 7.8,
        "conf_low": 0.8,
        "conf_high": 1043.0,
        "least_estimate": 3.9,
        "greatest_estimate": 9.0,
        "label": "child 1, day 312",
        "without_estimate": 3.9,
        "without_low": 0.4,
        "without_high": 500.0,
        "events_without_estimate": (),
    }
    return pd.DataFrame([row | changes, row | {"term": "Intercept"}])


def test_events_are_written_with_whole_days_and_percentages():
    events = pd.DataFrame(
        {
            "patient": ["child 1", "child 2"],
            "time": [83.0, 91.5],
            "antibody": ["NXP2", "none"],
            "days_since_pulse": [42.0, np.nan],
            "at_risk": [487, 489],
            "at_risk_alike": [98, 96],
            "place": [0.894, 1.0],
            "share_of_information": [0.096, 0.1],
        }
    )
    before = events.copy()
    shown = events_of_a_fit_table(events)
    assert shown["Day"].tolist() == ["83", "91.50"]
    assert shown["Days since last pulse"].tolist() == ["42", "–"]
    assert shown["Antibody"].tolist() == ["NXP2", "none found"]
    assert shown["Information"].tolist() == ["10%", "10%"]
    pd.testing.assert_frame_equal(events, before)
    with pytest.raises(UsageError, match="place"):
        events_of_a_fit_table(events.drop(columns="place"))


def test_movements_are_read_as_ranges_without_the_intercept():
    shown = movements_reading(movements(), labels={"nxp2": "NXP2"})
    assert shown.iloc[0].tolist() == [
        "NXP2",
        "7.80 (0.80 to 1043)",
        "3.90 to 9.00",
        "child 1, day 312",
        "3.90 (0.40 to 500)",
    ]
    lost = movements(events_without_estimate=("child 4, day 9",))
    assert movements_reading(lost)["No estimate without"].tolist() == ["child 4, day 9"]
