"""Cox fits with strata, weights, clusters and offsets equal coxph's, to the last digits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.models.cox import fit_cox
from tests.models.engine_reference import (
    TIES,
    assert_close,
    cox,
    matrix,
    names,
    order,
    record,
    rows_of,
    specs,
)

FITS = names("engine_coxph")


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", FITS)
def test_estimates_equal_coxph(name, ties):
    fit, expected = cox(name, ties), specs()[name][ties]
    at = order(fit, expected)
    assert_close(fit.summary["coef"].to_numpy()[at], expected["coef"], 1e-9)
    assert_close(matrix(fit.covariance, at), expected["naive_var"], 1e-9)
    glance = fit.glance().iloc[0]
    null, best = expected["loglik"]
    assert glance["log_likelihood_null"] == pytest.approx(null, rel=1e-12)
    assert glance["log_likelihood"] == pytest.approx(best, rel=1e-12)
    assert glance["lr_statistic"] == pytest.approx(2 * (best - null), rel=1e-9)
    assert (fit.n_rows, fit.n_events) == (expected["n"], expected["nevent"])


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", [n for n in FITS if specs()[n]["cluster"]])
def test_robust_variance_by_cluster_equals_coxph(name, ties):
    fit, expected = cox(name, ties), specs()[name][ties]
    found = matrix(fit.robust_covariance(leverage=False), order(fit, expected))
    assert expected["is_robust"]
    assert_close(found, expected["var"], 1e-8)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", [n for n in FITS if not specs()[n]["cluster"]])
def test_robust_variance_by_row_equals_crossproduct_of_dfbeta(name, ties):
    fit, expected = cox(name, ties), specs()[name][ties]
    found = matrix(fit.robust_covariance(leverage=False), order(fit, expected))
    assert_close(found, expected["robust_var_by_row"], 1e-8)


def test_leverage_widens_the_robust_variance():
    fit = cox("heart_cluster", "efron")
    with_leverage = np.diag(fit.robust_covariance(leverage=True))
    assert (with_leverage > np.diag(fit.robust_covariance(leverage=False))).all()


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", names("engine_firth"))
def test_firth_equals_the_modified_score_solved_in_r(name, ties):
    fit, expected = cox(name, ties, "firth"), record("engine_firth")[name][ties]
    at = order(fit, expected)
    assert_close(fit.summary["coef"].to_numpy()[at], expected["coef"], 1e-8)
    assert_close(matrix(fit.covariance, at), expected["var"], 1e-8)
    glance = fit.glance().iloc[0]
    for ours, theirs in (
        ("log_likelihood", "loglik"),
        ("penalised_log_likelihood", "penalised_loglik"),
        ("log_likelihood_null", "penalised_loglik_null"),
    ):
        assert glance[ours] == pytest.approx(expected[theirs], rel=1e-11)


@pytest.mark.parametrize("ties", TIES)
def test_strata_named_as_one_column_or_two_are_the_same(ties):
    rows = rows_of(specs()["pbc_strata"])
    rows["both"] = rows["stage_group"] + rows["male"].astype(str)
    one = fit_cox(
        rows, "age + log_bili + albumin", ties=ties, strata="both", interval="wald"
    )
    two = cox("pbc_strata", ties)
    pd.testing.assert_frame_equal(one.covariance, two.covariance, rtol=1e-12)


def jackknife(name: str, ties: str):
    expected = record("engine_jackknife")[name]
    spec = specs()[name.removesuffix("_60")]
    rows = rows_of(spec)
    if expected["rows"] == "first 60":
        rows = rows.iloc[:60]
    columns = {r: spec[r] for r in ("strata", "weights", "offset") if spec[r]}
    fit = fit_cox(
        rows,
        spec["formula"],
        ties=ties,
        interval="wald",
        cluster=expected["by"],
        **columns,
    )
    return fit, expected[ties]


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", names("engine_jackknife"))
def test_jackknife_equals_refits_by_coxph(name, ties):
    fit, expected = jackknife(name, ties)
    found = matrix(fit.jackknife_covariance(), order(fit, expected))
    assert_close(found, expected["centred"], 1e-8)


def test_under_breslow_a_frequency_weight_is_so_many_rows():
    """Under Efron it is not: R's weights share a tie's mean, replicated rows are more ties."""
    rows = rows_of(specs()["weighted_whole"])
    fit = fit_cox(
        rows,
        "x1 + x2 + group",
        ties="breslow",
        weights="w_whole",
        weight_kind="frequency",
        interval="wald",
    )
    many = cox("weighted_replicated", "breslow")
    pd.testing.assert_series_equal(
        fit.summary["coef"], many.summary["coef"], rtol=1e-10
    )
    pd.testing.assert_frame_equal(fit.covariance, many.covariance, rtol=1e-10)
    ours, theirs = fit.glance().iloc[0], many.glance().iloc[0]
    assert ours["log_likelihood"] == pytest.approx(theirs["log_likelihood"], rel=1e-12)
    assert fit.n_events == many.n_events
