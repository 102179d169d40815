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
# survfit takes the robust variance where coxph has one; ours is the model's.
OF_THE_MODEL = [n for n in BASELINES if not specs()[n]["efron"]["is_robust"]]


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
        assert_close(found["cumulative_hazard"], theirs["cumhaz"], 1e-9)
        assert_close(found["survival"], theirs["surv"], 1e-9)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", OF_THE_MODEL)
def test_limits_of_survival_equal_survfit(name, ties):
    expected = record("engine_baseline")[name]
    new = pd.DataFrame(expected["newdata"])
    for i, theirs in enumerate(expected[ties]["survival"]):
        for scale, kind in (("log", "log"), ("log-log", "loglog")):
            found = cox(name, ties).predict_survival(
                new.iloc[[i]], theirs["times"], scale=scale
            )
            assert_close(found["std_error"], theirs["std_chaz"], 1e-8)
            std_err = found["std_error"] * found["survival"]
            assert_close(std_err, theirs["std_err"], 1e-8)
            for ours, side in (("conf_low", "lower"), ("conf_high", "upper")):
                # R leaves out log-log limits before the first event; ours are 1.
                limit = np.array(theirs[f"{side}_{kind}"], dtype=float)
                assert_close(found[ours], np.where(np.isnan(limit), 1.0, limit), 1e-8)


@pytest.mark.parametrize("name", names("engine_concordance"))
def test_concordance_equals_r(name):
    expected = record("engine_concordance")[name]
    found = cox(name, "efron").concordance()
    assert found.estimate == pytest.approx(expected["concordance"], rel=1e-10)
    assert found.std_error == pytest.approx(expected["std_error"], rel=1e-8)
