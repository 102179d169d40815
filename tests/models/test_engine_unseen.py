"""Data sets the engine was not built on: fits, residuals and tests equal R's to the last digits."""

from __future__ import annotations

import io
import warnings
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jdm_stats.diagnostics.proportional_hazards import proportional_hazards
from jdm_stats.models.conditional_logistic import fit_conditional_logistic
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.fine_gray import fit_fine_gray
from jdm_stats.models.fit import FitResult
from tests.models.conftest import read_json
from tests.models.engine_reference import TIES, assert_close, matrix, order

R = read_json("engine_unseen.json")
ROLES = ("strata", "weights", "cluster", "offset")
ENGINES = ("numpy", "compiled")


@cache
def rows(part: str, name: str) -> pd.DataFrame:
    """Rows of a data set, every digit of the times kept."""
    return pd.read_csv(io.StringIO(R[part][name]["rows"]), float_precision="round_trip")


@cache
def cox(name: str, ties: str, engine: str = "numpy") -> FitResult:
    spec = R["cox"][name]
    columns: dict[str, Any] = {role: spec[role] for role in ROLES if spec.get(role)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return fit_cox(
            rows("cox", name),
            spec["formula"],
            ties=ties,
            interval="wald",
            engine=engine,
            **columns,
        )


def by_unit(found: np.ndarray, expected: Any, tolerance: float) -> None:
    """Compare covariances in units of R's standard errors."""
    expected = np.atleast_2d(np.asarray(expected, dtype=float))
    unit = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    np.testing.assert_allclose(found / unit, expected / unit, rtol=0, atol=tolerance)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", list(R["cox"]))
def test_cox_fits(name, ties):
    fit, expected = cox(name, ties), R["cox"][name][ties]
    at = order(fit, expected)
    assert_close(fit.summary["coef"].to_numpy()[at], expected["coef"], 1e-9)
    glance = fit.glance().iloc[0]
    found = glance[["log_likelihood_null", "log_likelihood"]].to_numpy(float)
    np.testing.assert_allclose(found, expected["loglik"], rtol=1e-11)
    by_unit(matrix(fit.covariance, at), expected["naive"], 1e-8)
    by_unit(matrix(fit.robust_covariance(leverage=False), at), expected["robust"], 1e-8)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", list(R["cox"]))
def test_what_is_read_off_cox_fits(name, ties):
    fit, expected = cox(name, ties), R["cox"][name][ties]
    found = fit.concordance()
    assert found.estimate == pytest.approx(expected["concordance"][0], rel=1e-12)
    assert found.std_error**2 == pytest.approx(expected["concordance"][1], rel=1e-8)
    table = proportional_hazards(fit).table.set_index("term")["chisq"]
    np.testing.assert_allclose(
        table.loc[expected["zph_terms"]],
        expected["zph"],
        rtol=1e-7,
    )
    if "last_hazard" in expected:
        last = fit.baseline_hazard()["cumulative_hazard"].iloc[-1]
        assert last == pytest.approx(expected["last_hazard"], rel=1e-8)
    if ties == "efron":
        at = order(fit, expected)
        for kind in ("martingale", "deviance"):
            whole = np.ravel(expected[kind])
            assert_close(fit.residuals(kind)[kind], whole, 1e-8)
        dfbeta = fit.residuals("dfbeta", weighted=False).to_numpy()[:, at]
        theirs = np.reshape(expected["dfbeta"], dfbeta.shape)
        for ours, other in zip(dfbeta.T, theirs.T, strict=True):
            assert_close(ours, other, 1e-8)


@pytest.mark.parametrize("name", list(R["cox"]))
def test_both_engines_agree(name):
    one, other = (cox(name, "efron", engine) for engine in ENGINES)
    assert_close(one.summary["coef"], other.summary["coef"], 1e-10)
    assert_close(one.covariance, other.covariance, 1e-10)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", list(R["firth"]))
def test_firth_fits_and_limits_equal_brute_force(name, ties, engine):
    spec = R["firth"][name]
    fit = fit_cox(
        rows("firth", name),
        spec["formula"],
        ties=ties,
        penalty="firth",
        strata=spec.get("strata"),
        engine=engine,
    )
    expected = spec[ties]
    at = order(fit, expected)
    table = fit.tidy().iloc[at]
    best = fit.glance().loc[0, "penalised_log_likelihood"]
    assert best == pytest.approx(expected["penalised_loglik"], rel=1e-10)
    for ours, theirs in (
        ("estimate", "coef"),
        ("conf_low", "low"),
        ("conf_high", "high"),
    ):
        assert_close(table[ours], expected[theirs], 1e-6)


@pytest.mark.parametrize("cause", [1, 2])
@pytest.mark.parametrize("name", list(R["fine_gray"]))
def test_fine_gray_fits(name, cause):
    spec = R["fine_gray"][name]
    fit = fit_fine_gray(
        rows("fine_gray", name),
        spec["formula"],
        cause=cause,
        weights=spec.get("weights"),
        interval="wald",
    )
    expected = spec[f"cause{cause}"]
    at = order(fit, expected)
    assert_close(fit.summary["coef"].to_numpy()[at], expected["coef"], 1e-9)
    by_unit(matrix(fit.covariance, at), expected["naive"], 1e-8)
    by_unit(matrix(fit.robust_covariance(leverage=False), at), expected["robust"], 1e-8)
    best = fit.glance().loc[0, "log_likelihood"]
    assert best == pytest.approx(expected["loglik"][1], rel=1e-11)


@pytest.mark.parametrize("method", ["exact", "efron", "breslow"])
def test_conditional_logistic_fits(method):
    spec = R["clogit"]
    frame = pd.read_csv(io.StringIO(spec["rows"]))
    fit = fit_conditional_logistic(
        frame, "rx", set_id="litter", event="status", method=method
    )
    expected = spec["fits"][method]
    assert fit.summary.loc["rx", "coef"] == pytest.approx(expected["coef"], rel=1e-9)
    assert fit.covariance.iloc[0, 0] == pytest.approx(expected["var"], rel=1e-8)
