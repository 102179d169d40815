"""Baseline hazards, survival of new rows and concordance equal R's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.models.engine_reference import (
    TIES,
    assert_close,
    cox,
    names,
    record,
    specs,
)

BASELINES = names("engine_baseline")


def stepped(times: np.ndarray, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Read a step function that starts at 0 and jumps at its times."""
    return np.append(0.0, values)[np.searchsorted(times, at, side="right")]


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", BASELINES)
def test_baseline_hazard_equals_basehaz(name, ties):
    expected = pd.DataFrame(
        {
            key: values
            for key, values in record("engine_baseline")[name][ties]["basehaz"].items()
            if values
        }
    )
    found = cox(name, ties).baseline_hazard()
    if specs()[name]["strata"] is None:
        expected["strata"] = "all"
        found["stratum"] = "all"
    blocks = expected.groupby("strata", sort=True)
    ours = found.groupby("stratum", sort=True)
    assert len(blocks) == len(ours)
    for (_, theirs), (_, block) in zip(blocks, ours, strict=True):
        read = stepped(
            block["time"].to_numpy(),
            block["cumulative_hazard"].to_numpy(),
            theirs["time"],
        )
        assert_close(read, theirs["hazard"], 1e-10)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", BASELINES)
def test_survival_of_new_rows_equals_survfit(name, ties):
    expected = record("engine_baseline")[name]
    new = pd.DataFrame(expected["newdata"])
    for i, theirs in enumerate(expected[ties]["survival"]):
        found = cox(name, ties).predict_survival(new.iloc[[i]], theirs["times"])
        assert_close(found["survival"], theirs["surv"], 1e-9)


@pytest.mark.parametrize("name", names("engine_concordance"))
def test_concordance_equals_r(name):
    expected = record("engine_concordance")[name]
    found = cox(name, "efron").concordance().iloc[0]
    assert found["concordance"] == pytest.approx(expected["concordance"], rel=1e-10)
    assert found["std_error"] == pytest.approx(expected["std_error"], rel=1e-8)
