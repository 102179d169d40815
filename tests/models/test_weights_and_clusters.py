"""Weights, clusters, priors and what they forbid: by refits, by copies, in words."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import SeparationWarning, UsageError
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.logistic import fit_logistic
from jdm_stats.models.priors import LogF, NormalPrior

FOUR = "nxp2 + tif1g + mda5 + dose_mg_kg"


@pytest.fixture
def children() -> pd.DataFrame:
    """Thirty children, some with two rows, weights whole and not, centres of three."""
    rng = np.random.default_rng(7)
    n = 60
    stop = rng.integers(3, 20, n).astype(float)
    return pd.DataFrame(
        {
            "patient_id": [f"P{i:02d}" for i in range(n)],
            "start": np.floor(stop * rng.uniform(0, 0.5, n)),
            "stop": stop,
            "event": (rng.random(n) < 0.45).astype(int),
            "x": rng.normal(size=n).round(3),
            "z": rng.integers(0, 2, n),
            "antibody": rng.choice(["NXP2", "none", "TIF1g"], n),
            "centre": np.arange(n) // 3,
            "whole": rng.integers(1, 4, n),
            "inverse": rng.uniform(0.5, 4, n).round(3),
        }
    )


def test_leverage_gives_back_what_is_a_clusters_own(children):
    """One covariate: U / (1 - I_c / I), I_c the share of the information, by loops."""
    fit = fit_cox(children, "x", cluster="centre", ties="breslow")
    b = float(fit.summary["coef"].iloc[0])
    r = np.exp(children["x"] * b).to_numpy()
    own, score = np.zeros(20), np.zeros(20)
    for time in np.unique(children["stop"][children["event"] == 1]):
        at_risk = (children["start"] < time) & (time <= children["stop"])
        deaths = int(((children["stop"] == time) & (children["event"] == 1)).sum())
        mean = np.average(children["x"], weights=r * at_risk)
        hazard = deaths / (r * at_risk).sum()
        for i in np.flatnonzero(at_risk):
            centre, apart = children["centre"][i], children["x"][i] - mean
            dies = children["stop"][i] == time and children["event"][i] == 1
            score[centre] += apart * (float(dies) - r[i] * hazard)
            own[centre] += r[i] * hazard * apart**2
    total = own.sum()
    assert fit.covariance.iloc[0, 0] == pytest.approx(1 / total, rel=1e-9)
    expected = ((score / (1 - own / total)) ** 2).sum() / total**2
    assert fit.robust_covariance().iloc[0, 0] == pytest.approx(expected, rel=1e-9)
    plain = (score**2).sum() / total**2
    assert fit.robust_covariance(leverage=False).iloc[0, 0] == pytest.approx(plain)
    assert fit.summary["se(coef)"].iloc[0] == pytest.approx(expected**0.5)


def test_jackknife_is_refits_without_each_cluster(children):
    fit = fit_cox(children, "x + z", cluster="centre", interval="jackknife")
    left = np.array(
        [
            fit_cox(children[children["centre"] != c], "x + z").summary["coef"]
            for c in range(20)
        ]
    )
    apart = left - left.mean(axis=0)
    expected = 19 / 20 * apart.T @ apart
    np.testing.assert_allclose(fit.jackknife_covariance(), expected, rtol=1e-7)


def test_frequency_weights_are_copies(children):
    copies = children.loc[children.index.repeat(children["whole"])].copy()
    copies["patient_id"] = [f"C{i}" for i in range(len(copies))]
    weighted = fit_cox(
        children, "x + z", weights="whole", weight_kind="frequency", ties="breslow"
    )
    copied = fit_cox(copies, "x + z", ties="breslow")
    np.testing.assert_allclose(
        weighted.summary["coef"], copied.summary["coef"], rtol=1e-9
    )
    np.testing.assert_allclose(weighted.covariance, copied.covariance, rtol=1e-9)
    ends = ["conf_low", "conf_high"]
    np.testing.assert_allclose(
        weighted.conf_int()[ends], copied.conf_int()[ends], rtol=1e-7
    )
    for leverage in (True, False):
        np.testing.assert_allclose(
            weighted.robust_covariance(leverage=leverage),
            copied.robust_covariance(leverage=leverage),
            rtol=1e-9,
        )
    assert weighted.n_events == copied.n_events


@pytest.mark.parametrize("penalty", ["firth", LogF(1), NormalPrior(sd=1)])
def test_the_scale_of_sampling_weights_moves_no_penalised_estimate(children, penalty):
    found = [
        fit_cox(
            children.assign(w=children["inverse"] * scale),
            "x + z",
            weights="w",
            weight_kind="sampling",
            penalty=penalty,
        ).summary["coef"]
        for scale in (0.1, 1.0, 10.0)
    ]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-8)
    np.testing.assert_allclose(found[2], found[1], rtol=1e-8)


def test_what_a_cluster_forbids_whatever_limits_were_chosen(children):
    fit = fit_cox(children, "x + z", cluster="centre", interval="wald")
    with pytest.raises(UsageError, match=r"profile limits do not hold.*a cluster"):
        fit.conf_int("profile")
    with pytest.raises(UsageError, match="likelihood-ratio tests do not hold"):
        fit.likelihood_ratio_test()
    assert np.isnan(fit.glance()["lr_p_value"].iloc[0])
    assert any("Wald limits take every row as independent" in n for n in fit.notes)
    sampled = fit_cox(children, "x", weights="inverse", weight_kind="sampling")
    with pytest.raises(UsageError, match="Wald limits do not hold"):
        sampled.conf_int("wald")
    independent = fit_cox(children, "x + z", interval="robust")
    assert np.isfinite(independent.conf_int("profile")["conf_low"]).all()
    assert np.isfinite(independent.likelihood_ratio_test("x")["p_value"]).all()


def test_under_separation_no_curvature_is_read(five_events):
    fit = fit_cox(five_events, FOUR, penalty="firth", cluster="patient_id")
    assert fit.converged and fit.separated
    assert fit.summary["p"].isna().all()
    for covariance in (
        fit.robust_covariance(),
        fit.robust_covariance(leverage=False),
        fit.jackknife_covariance(),
    ):
        assert covariance.isna().all().all()
    words = fit.in_words("nxp2")
    assert "without limits" in words and "monotone likelihood" in words
    survival = fit.predict_survival(five_events.head(1), [365.0])
    assert survival["survival"].notna().all()
    assert survival[["std_error", "conf_low", "conf_high"]].isna().all().all()


def test_a_prior_on_one_term_leaves_the_others_open(five_events):
    with pytest.warns(SeparationWarning, match="give these terms a prior, too"):
        fit = fit_cox(five_events, FOUR, penalty={"nxp2": NormalPrior(sd=1.5)})
    assert not fit.converged
    # with nxp2 held, tif1g has its event against those of others; mda5 has none
    assert "(separation) in mda5;" in fit.failure_reason


def test_a_prior_holds_what_is_separated(five_events):
    priors = {"nxp2": LogF(1), "tif1g": LogF(1), "mda5": NormalPrior(sd=1.5)}
    fit = fit_cox(five_events, FOUR, penalty=priors)
    assert fit.converged and fit.separated
    assert fit.penalty == "log-F(1, 1), normal(mean 0, SD 1.5)"
    assert any("worth about 1.8 events" in note for note in fit.notes)
    assert any("No prior on dose_mg_kg" in note for note in fit.notes)


def test_a_log_f_prior_is_a_pair_of_made_up_rows():
    """Greenland and Mansournia: log-F(m, m) adds m/2 successes and failures, no intercept."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"x": rng.integers(0, 2, 30), "event": rng.integers(0, 2, 30)})
    fit = fit_logistic(frame, "x", penalty=LogF(2)).summary["coef"]
    b0, b1 = fit["Intercept"], fit["x"]
    residual = frame["event"] - 1 / (1 + np.exp(-b0 - b1 * frame["x"]))
    pull = 1.0 - 2.0 / (1 + np.exp(-b1))
    assert residual.sum() == pytest.approx(0, abs=1e-9)
    assert (residual * frame["x"]).sum() + pull == pytest.approx(0, abs=1e-9)


def test_a_whole_factor_is_tested_by_its_name(children):
    fit = fit_cox(children, "x + C(antibody)")
    found = fit.likelihood_ratio_test("C(antibody)").iloc[0]
    without = fit_cox(children, "x").glance()["log_likelihood"].iloc[0]
    expected = 2 * (fit.glance()["log_likelihood"].iloc[0] - without)
    assert found["statistic"] == pytest.approx(expected, rel=1e-9)
    assert found["degrees_of_freedom"] == 2


def test_terms_left_out_are_named_and_not_counted(children):
    fit = fit_cox(children.assign(k=1.0, q=2 * children["x"]), "x + k + q")
    assert any(n.startswith("Left out, not estimated: k, q") for n in fit.notes)
    assert fit.glance()["parameters"].iloc[0] == 1


def test_rows_of_weight_nought_are_left_out_and_counted(children):
    weights = children["whole"].astype(float)
    weights.iloc[:5] = 0.0
    fit = fit_cox(children, "x", weights=weights)
    same = fit_cox(children.iloc[5:], "x", weights=weights.iloc[5:])
    pd.testing.assert_series_equal(fit.summary["coef"], same.summary["coef"])
    assert any("weight of zero: 5 rows" in note for note in fit.notes)


def test_few_clusters_are_told(children):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = fit_cox(children, "x", cluster=children["centre"] // 5)
    assert fit.interval == "robust"
    assert any("Fewer than 10 clusters have an event" in note for note in fit.notes)


def test_the_rarer_outcome_counts_the_clusters_of_a_logistic_fit(children):
    common = children.assign(event=(children.index % 10 != 0).astype(int))
    fit = fit_logistic(common, "x", cluster="patient_id")
    assert any("6 clusters with an event" in note for note in fit.notes)
