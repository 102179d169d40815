"""Logistic fits with weights, offsets and clusters equal glm and brglm2."""

from __future__ import annotations

import numpy as np
import pytest

from tests.models.engine_reference import (
    assert_close,
    logistic,
    matrix,
    names,
    order,
    record,
)

FITS = names("engine_glm")


def check_profile(fit, at, expected, tolerance):
    """Compare the arithmetic of profile limits, where the fit refuses to show them too."""
    ends = fit.inference.solution.limits_95
    lower, upper = np.array([[end.value for end in pair] for pair in ends])[at].T
    assert_close(lower, expected["lower"], tolerance)
    assert_close(upper, expected["upper"], tolerance)
    if fit.interval == "profile":
        assert_close(fit.summary["coef lower 95%"].iloc[at], lower, 1e-12)
        assert_close(fit.summary["coef upper 95%"].iloc[at], upper, 1e-12)


@pytest.mark.parametrize("name", FITS)
def test_estimates_and_limits_equal_glm(name):
    fit, expected = logistic(name), record("engine_glm")[name]
    at = order(fit, expected)
    table = fit.summary.iloc[at]
    assert_close(table["coef"], expected["coef"], 1e-9)
    assert_close(matrix(fit.covariance, at), expected["var"], 1e-9)
    check_profile(fit, at, expected, 1e-8)
    glance = fit.glance().iloc[0]
    null, best = expected["loglik"]
    assert glance["log_likelihood_null"] == pytest.approx(null, rel=1e-12)
    assert glance["log_likelihood"] == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("name", FITS)
def test_firth_equals_brglm2(name):
    fit, expected = logistic(name, "firth"), record("engine_glm")[name]
    at, firth = order(fit, expected), expected["firth"]
    table = fit.summary.iloc[at]
    assert_close(table["coef"], firth["coef"], 1e-9)
    assert_close(table["coef"], firth["coef_brglm2"], 1e-9)
    assert_close(matrix(fit.covariance, at), firth["var"], 1e-9)
    check_profile(fit, at, firth, 1e-8)
    glance = fit.glance().iloc[0]
    assert glance["log_likelihood"] == pytest.approx(firth["loglik"], rel=1e-11)
    best = firth["penalised_loglik"]
    assert glance["penalised_log_likelihood"] == pytest.approx(best, rel=1e-11)


@pytest.mark.parametrize("name", FITS)
def test_robust_variance_equals_the_sandwich_written_out(name):
    fit, expected = logistic(name), record("engine_glm")[name]
    found = matrix(fit.robust_covariance(leverage=False), order(fit, expected))
    wanted = expected["robust_by_cluster"] or expected["robust_by_row"]
    assert_close(found, wanted, 1e-9)


@pytest.mark.parametrize(
    "name", [n for n in FITS if record("engine_glm")[n]["jackknife"]]
)
def test_jackknife_equals_refits_by_glm(name):
    fit, expected = logistic(name), record("engine_glm")[name]
    assert expected["jackknife"]["by"] == expected["cluster"]
    found = matrix(fit.jackknife_covariance(), order(fit, expected))
    assert_close(found, expected["jackknife"]["centred"], 1e-8)
