"""Residuals row by row equal residuals.coxph."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.models.cox import fit_cox
from tests.models.engine_reference import (
    TIES,
    assert_close,
    cox,
    names,
    order,
    record,
    rows_of,
    specs,
)

FITS = names("engine_residuals")


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("kind", ["martingale", "deviance"])
def test_residuals_of_rows(name, ties, kind):
    found = cox(name, ties).residuals(kind)[kind]
    expected = record("engine_residuals")[name][ties][kind]
    assert_close(found, expected, 1e-9)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("kind", ["score", "dfbeta", "dfbetas"])
def test_residuals_of_rows_by_term(name, ties, kind):
    fit = cox(name, ties)
    expected = record("engine_residuals")[name][ties][kind]
    at = order(fit, specs()[name][ties])
    assert_close(fit.residuals(kind, weighted=False).to_numpy()[:, at], expected, 1e-9)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", FITS)
def test_residuals_of_events(name, ties):
    fit, expected = cox(name, ties), record("engine_residuals")[name][ties]
    at = order(fit, specs()[name][ties])
    rows = rows_of(specs()[name])
    event_row = np.array(expected["event_row"]) - 1
    assert rows["event"].to_numpy()[event_row].all()
    for ours, theirs in (
        ("schoenfeld", "schoenfeld"),
        ("scaled_schoenfeld", "scaledsch"),
    ):
        found = fit.residuals(ours)
        assert_close(found[list(fit.terms)].to_numpy()[:, at], expected[theirs], 1e-9)
        np.testing.assert_array_equal(found.index, rows.index[event_row])
        np.testing.assert_array_equal(found["time"], rows["stop"].iloc[event_row])


@pytest.mark.parametrize("ties", TIES)
def test_dfbeta_summed_by_cluster_gives_the_sandwich(ties):
    fit, spec = cox("weighted_all", ties), specs()["weighted_all"]
    rows = rows_of(spec)
    weighted = fit.residuals("dfbeta").to_numpy()
    by_hand = fit.residuals("dfbeta", weighted=False).to_numpy()
    by_hand *= rows[[spec["weights"]]].to_numpy()
    np.testing.assert_allclose(weighted, by_hand, rtol=1e-9)
    cluster = rows[spec["cluster"]].to_numpy()
    summed = np.array([weighted[cluster == g].sum(axis=0) for g in np.unique(cluster)])
    at = order(fit, spec[ties])
    expected = record("engine_residuals")["weighted_all"][ties]
    assert_close(summed[:, at], expected["dfbeta_weighted_collapsed"], 1e-9)
    assert_close(summed.T @ summed, fit.robust_covariance(leverage=False), 1e-10)


@pytest.mark.parametrize("ties", TIES)
def test_dfbeta_of_children_equals_collapse(ties):
    spec = specs()["heart_cluster"]
    fit = fit_cox(
        rows_of(spec), spec["formula"], ties=ties, patient_id="id", interval="wald"
    )
    found = fit.residuals("dfbeta", by_patient=True)
    expected = record("engine_residuals")["heart_cluster"][ties]
    assert_close(found, expected["dfbeta_weighted_collapsed"], 1e-9)


def test_deviance_of_an_event_that_nobody_expected_is_finite():
    """Expected events of 1e-20 are lost in one less them, not in themselves."""
    frame = pd.DataFrame({"start": 0, "stop": [1, 2, 3, 4, 5, 6]})
    frame["event"] = [1, 1, 1, 1, 0, 0]
    frame["dose"] = [1.0, 0.0, 0.0, 1.0, 1.0, 0.0]
    frame["known"] = [-46.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    fit = fit_cox(frame, "dose", offset="known", interval="wald")
    beta = fit.summary.loc["dose", "coef"]
    at_risk = np.exp(beta * frame["dose"] + frame["known"])
    expected = at_risk.iloc[0] / at_risk.sum()
    found = fit.residuals("deviance")["deviance"].iloc[0]
    assert expected < 1e-16
    assert found == pytest.approx(np.sqrt(-2.0 * (1.0 + np.log(expected))), rel=1e-9)
