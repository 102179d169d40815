"""Conditional logistic regression: by hand, against R's clogit, and its gate."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import DesignError, SeparationWarning, UsageError
from jdm_stats.exposure.case_crossover import case_crossover_rows
from jdm_stats.models.conditional_logistic import fit_conditional_logistic
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.priors import LogF

REFERENCE = Path(__file__).parents[1] / "reference"
R = json.loads((REFERENCE / "clogit.json").read_text(encoding="utf-8"))
MATCHED = {
    "infert": ("infert.csv", "stratum", "spontaneous + induced", None),
    "matched_1_m": ("matched.csv", "set", "x + z + dose", "1:m"),
    "matched_n_m": ("matched.csv", "set", "x + z + dose", "n:m"),
    "matched_all": ("matched.csv", "set", "x + z + dose", None),
    "matched_n_m_interaction": ("matched.csv", "set", "x * z + dose", "n:m"),
}


def fitted(name: str, **options):
    file, sets, formula, design = MATCHED[name]
    frame = pd.read_csv(REFERENCE / file)
    if design is not None:
        frame = frame[frame["design"] == design]
    return fit_conditional_logistic(
        frame, formula, set_id=sets, event="case", **options
    )


def in_order(fit, theirs) -> list[int]:
    """Places of R's terms among ours; R writes a product as x:z, too."""
    return [fit.terms.index(term) for term in theirs["terms"]]


@pytest.mark.parametrize("name", MATCHED)
@pytest.mark.parametrize("method", ["exact", "efron", "breslow"])
def test_agrees_with_r(name, method):
    fit, theirs = fitted(name, method=method), R[name][method]
    at = in_order(fit, theirs)
    np.testing.assert_allclose(
        fit.inference.coefficients[at], theirs["coef"], atol=1e-9
    )
    np.testing.assert_allclose(
        fit.covariance.to_numpy()[np.ix_(at, at)], theirs["var"], atol=1e-10
    )
    row = fit.glance().iloc[0]
    assert row["log_likelihood_null"] == pytest.approx(theirs["loglik"][0], abs=1e-9)
    assert row["log_likelihood"] == pytest.approx(theirs["loglik"][1], abs=1e-9)
    assert fit.kind == "conditional_logistic"


@pytest.mark.parametrize("name", ["infert", "matched_1_m", "matched_n_m"])
def test_profile_limits_agree_with_r(name):
    ends = fitted(name).conf_int()
    theirs = R[name]["profile_exact"]
    np.testing.assert_allclose(ends["conf_low"], theirs["lower"], atol=1e-7)
    np.testing.assert_allclose(ends["conf_high"], theirs["upper"], atol=1e-7)


@pytest.mark.parametrize(
    "name, method",
    [
        ("infert", "exact"),  # one case a set: R's efron is the exact likelihood
        ("matched_1_m", "exact"),
        ("matched_n_m", "efron"),
        ("matched_n_m", "breslow"),
    ],
)
def test_the_sandwich_agrees_with_r(name, method):
    fit = fitted(name, method=method, interval="robust")
    theirs = R[name][f"{'efron' if method == 'exact' else method}_cluster"]
    np.testing.assert_allclose(
        fit.robust_covariance(leverage=False), theirs["var"], atol=1e-10
    )


def test_a_tied_survival_set_is_a_matched_set():
    """R's coxph(ties = "exact"): children at risk in a month, those who die its cases."""
    lung = pd.read_csv(REFERENCE / "lung.csv")
    lung["month"] = np.ceil(lung["stop"] / 60.875).astype(int)
    # the risk set of each month with a death: all who are followed to it
    sets = [
        lung[lung["month"] >= month].assign(
            set=month, event=lambda f, m=month: f["event"] * (f["month"] == m)
        )
        for month in np.unique(lung.loc[lung["event"] == 1, "month"])
    ]
    fit = fit_conditional_logistic(
        pd.concat(sets, ignore_index=True)[["set", "event", "age", "sex", "ph_ecog"]],
        "age + sex + ph_ecog",
    )
    theirs = R["lung_months"]["exact"]
    np.testing.assert_allclose(fit.inference.coefficients, theirs["coef"], atol=1e-9)
    np.testing.assert_allclose(fit.covariance, theirs["var"], atol=1e-9)
    assert fit.glance()["log_likelihood"].iloc[0] == pytest.approx(
        theirs["loglik"][1], abs=1e-8
    )


def pairs(yes_no: int, no_yes: int) -> pd.DataFrame:
    exposed = [1, 0] * yes_no + [0, 1] * no_yes
    n = yes_no + no_yes
    return pd.DataFrame(
        {"set": np.repeat(range(n), 2), "event": [1, 0] * n, "pulse": exposed}
    )


def test_pairs_by_hand():
    # ratio of discordant pairs; variance 1/6 + 1/2
    fit = fit_conditional_logistic(pairs(6, 2), "pulse")
    assert fit.inference.coefficients[0] == pytest.approx(np.log(3), abs=1e-10)
    assert fit.inference.std_errors[0] == pytest.approx(np.sqrt(1 / 6 + 1 / 2))


def test_all_pairs_one_way_are_refused_in_plain_and_estimated_by_firth():
    with pytest.warns(SeparationWarning, match="pulse"):
        plain = fit_conditional_logistic(pairs(5, 0), "pulse")
    assert plain.separated and np.isnan(plain.summary.loc["pulse", "coef"])
    assert "+infinity" in plain.summary.loc["pulse", "reason"]
    firth = fit_conditional_logistic(pairs(5, 0), "pulse", penalty="firth")
    # binomial 5 of 5 with Jeffreys' prior: (5 + 1/2) / (0 + 1/2) = 11
    assert firth.summary.loc["pulse", "exp(coef)"] == pytest.approx(11.0, abs=1e-7)
    # its profile: 5.5 log p + 0.5 log(1 - p), p the chance that the case is the exposed
    level = 5.5 * np.log(11 / 12) + 0.5 * np.log(1 / 12) - 3.841458820694124 / 2
    for end in firth.conf_int().loc["pulse", ["conf_low", "conf_high"]]:
        p = 1 / (1 + np.exp(-end))
        assert 5.5 * np.log(p) + 0.5 * np.log(1 - p) == pytest.approx(level, abs=1e-6)
    assert "odds ratio" in firth.in_words()


def test_a_log_f_prior_adds_half_an_event_to_either_side():
    # LogF(1): (5 + 1/2) / (0 + 1/2), the same as Firth's with one covariate in pairs
    fit = fit_conditional_logistic(pairs(5, 0), "pulse", penalty=LogF(1))
    assert fit.summary.loc["pulse", "exp(coef)"] == pytest.approx(11.0, abs=1e-7)
    assert any("prior" in note for note in fit.notes)


def test_firth_equals_firth_cox_on_sets_of_one_case():
    file = pd.read_csv(REFERENCE / "matched.csv")
    frame = file[file["design"] == "1:m"].reset_index(drop=True)
    mine = fit_conditional_logistic(
        frame, "x + z + dose", event="case", penalty="firth"
    )
    # each set a stretch of time of its own
    place = pd.factorize(frame["set"])[0]
    cox = fit_cox(
        frame.drop(columns="set").assign(start=place, stop=place + 1),
        "x + z + dose",
        event="case",
        penalty="firth",
        ties="breslow",
    )
    np.testing.assert_allclose(
        mine.inference.coefficients, cox.inference.coefficients, atol=1e-9
    )
    np.testing.assert_allclose(mine.covariance, cox.covariance, atol=1e-9)
    np.testing.assert_allclose(mine.summary["p"], cox.summary["p"], atol=1e-8)


def test_sets_that_say_nothing_are_left_out_and_counted():
    more = pd.DataFrame(
        {
            "set": [90, 90, 91, 91, 92],
            "event": [0, 0, 1, 1, 0],
            "pulse": [1, 0, 1, 0, 1],
        }
    )
    frame = pd.concat([pairs(6, 2), more], ignore_index=True)
    fit = fit_conditional_logistic(frame, "pulse")
    assert fit.inference.coefficients[0] == pytest.approx(np.log(3), abs=1e-10)
    assert (fit.n_rows, fit.n_events) == (16, 8)
    notes = " ".join(fit.notes)
    assert "2 sets without a case (3 rows)" in notes
    assert "1 set without a control (2 rows)" in notes
    assert "8 sets with a case and a control (cases:controls) 1:1 (8)" in notes


def test_a_missing_value_may_cost_a_set_and_is_told_apart():
    frame = pairs(6, 2).astype({"pulse": float})
    frame.loc[0, "pulse"] = np.nan
    fit = fit_conditional_logistic(frame, "pulse")
    notes = " ".join(fit.notes)
    assert "Left out for missing values: 1 row with 1 event" in notes
    assert "1 set without a case (1 row)" in notes
    assert fit.inference.coefficients[0] == pytest.approx(np.log(5 / 2), abs=1e-10)


def test_what_was_matched_on_has_no_estimate_and_says_why():
    frame = pairs(6, 2).assign(age=lambda f: 1e6 + (f["set"] % 3) / 3)
    fit = fit_conditional_logistic(frame, "age + pulse")
    assert np.isnan(fit.summary.loc["age", "coef"])
    assert "matched on" in fit.summary.loc["age", "reason"]
    assert fit.summary.loc["pulse", "coef"] == pytest.approx(np.log(3), abs=1e-9)
    alone = fit_conditional_logistic(frame, "age")
    assert not alone.converged and "matched on" in alone.failure_reason


def test_no_informative_set_gives_reasons_not_numbers():
    frame = pairs(3, 1).assign(event=0)
    fit = fit_conditional_logistic(frame, "pulse")
    assert np.isnan(fit.summary["coef"]).all()
    assert "no set has both" in fit.failure_reason
    assert "SYNTHETIC" not in repr(fit)


def test_weights_count_sets_and_may_not_part_them():
    once, twice = (
        pairs(3, 1),
        pd.concat(
            [pairs(3, 1), pairs(3, 1).assign(set=lambda f: f["set"] + 50)],
            ignore_index=True,
        ),
    )
    weighted = fit_conditional_logistic(once.assign(w=2), "pulse", weights="w")
    plain = fit_conditional_logistic(twice, "pulse")
    np.testing.assert_allclose(weighted.covariance, plain.covariance, rtol=1e-9)
    with pytest.raises(UsageError, match="weights differ within 4 sets"):
        fit_conditional_logistic(once.assign(w=[1, 2] * 4), "pulse", weights="w")
    with pytest.raises(UsageError, match="cluster"):
        fit_conditional_logistic(once.assign(c=[1, 2] * 4), "pulse", cluster="c")


def test_an_offset_shifts_the_estimate():
    frame = pairs(6, 2).assign(o=lambda f: 0.7 * f["pulse"])
    fit = fit_conditional_logistic(frame, "pulse", offset="o")
    assert fit.inference.coefficients[0] == pytest.approx(np.log(3) - 0.7, abs=1e-10)


def test_order_of_rows_and_names_of_sets_do_not_matter():
    file = pd.read_csv(REFERENCE / "matched.csv")
    rng = np.random.default_rng(1)
    shuffled = file.sample(frac=1, random_state=3)
    names = {
        s: f"set {k}"
        for s, k in zip(file["set"].unique(), rng.permutation(999), strict=False)
    }
    shuffled["set"] = shuffled["set"].map(names)
    one = fit_conditional_logistic(file, "x + z", event="case", penalty="firth")
    two = fit_conditional_logistic(shuffled, "case ~ x + z", penalty="firth")
    np.testing.assert_allclose(
        one.inference.coefficients, two.inference.coefficients, atol=1e-9
    )


def test_jackknife_leaves_out_sets():
    fit = fit_conditional_logistic(pairs(6, 2), "pulse", interval="jackknife")
    # without one of six pairs log(5/2), without one of two log(6/1)
    values = np.array([np.log(5 / 2)] * 6 + [np.log(6)] * 2)
    wanted = 7 / 8 * ((values - values.mean()) ** 2).sum()
    assert fit.jackknife_covariance().iloc[0, 0] == pytest.approx(wanted, rel=1e-7)


@pytest.mark.parametrize(
    "options, error, said",
    [
        ({"set_id": "trio"}, UsageError, "set_id="),
        ({"method": "approximate"}, UsageError, "method"),
        ({"event": "case"}, UsageError, "case"),
        ({"penalty": "ridge"}, UsageError, "penalty"),
    ],
)
def test_wrong_calls(options, error, said):
    with pytest.raises(error, match=said):
        fit_conditional_logistic(pairs(3, 1), "pulse", **options)


def test_a_row_without_set_is_named():
    frame = pairs(3, 1).astype({"set": object})
    frame.loc[[1, 4], "set"] = None
    with pytest.raises(DesignError, match="rows 2, 5"):
        fit_conditional_logistic(frame, "pulse")


def test_notes_of_the_table_stand_in_the_fit():
    frame = pairs(6, 2)
    frame.attrs["jdm_stats"] = {"notes": ["Windows of 30 days."], "synthetic": True}
    fit = fit_conditional_logistic(frame, "pulse")
    assert "Windows of 30 days." in fit.notes and fit.synthetic


def test_what_only_a_cox_fit_has_is_refused():
    for method in ("exact", "efron"):
        fit = fit_conditional_logistic(pairs(6, 2), "pulse", method=method)
        with pytest.raises(UsageError, match="Cox fit"):
            fit.baseline_hazard()


def test_a_cluster_of_whole_sets_goes_into_the_sandwich():
    frame = pairs(6, 2).assign(centre=lambda f: f["set"] // 2)
    fit = fit_conditional_logistic(frame, "pulse", cluster="centre")
    assert fit.interval == "robust"
    # scores of pairs: 1/4 where the case was exposed, -3/4 where the control was
    score = np.array([2 / 4] * 3 + [-6 / 4])
    bread = 1 / (8 * 3 / 16)
    plain = fit.robust_covariance(leverage=False).iloc[0, 0]
    assert plain == pytest.approx(bread**2 * (score @ score), rel=1e-9)
    # each centre has a quarter of the information: its score is divided by 3/4
    assert fit.robust_covariance().iloc[0, 0] == pytest.approx(
        plain / (3 / 4) ** 2, rel=1e-9
    )
    assert any("by centre; 4 clusters" in note for note in fit.notes)


def test_case_crossover_rows_go_straight_in():
    children = pd.DataFrame({"patient_id": list("abcd"), "antibody": "NXP2"}).assign(
        entry_day=0, exit_day=400, exit_reason="lost"
    )
    pulses = {"a": 190, "b": 150, "c": 185, "d": 180}  # b in the gap: none
    courses = pd.DataFrame(
        {"patient_id": pulses.keys(), "start_day": pulses.values()}
    ).assign(
        drug="methylprednisolone",
        route="iv",
        stop_day=lambda f: f["start_day"],
        dose_mg=24.0,
        dose_basis="per_kg_day",
    )
    events = pd.DataFrame({"patient_id": list("abcd"), "day": 200}).assign(
        event="gi_perforation"
    )
    rows = case_crossover_rows(Cohort(children, courses, events), control_windows=[60])
    fit = fit_conditional_logistic(rows, "recent_pulse", penalty="firth")
    # three discordant pairs of one kind: (3 + 1/2) / (1/2) = 7
    assert fit.summary.loc["recent_pulse", "exp(coef)"] == pytest.approx(7, abs=1e-6)
    assert any("trend of exposure" in note for note in fit.notes)
    assert fit.n_patients == 4
