"""Any plan on many twins: known answers, the package's own road, workers, files, words."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from jdm_stats.analysis.run import run_analysis
from jdm_stats.errors import DesignError, UsageError
from jdm_stats.operating.plan_rows import plan_rows
from jdm_stats.operating.run import operating_characteristics
from jdm_stats.plan import AnalysisPlan
from jdm_stats.replicates.runs import replicate_rng
from jdm_stats.simulation.scenario.presets import as_scenario
from jdm_stats.simulation.simulate import simulate_cohort
from tests.operating.plans import (
    SPREAD,
    TRUTH,
    draws,
    no_table,
    poor_table,
    seed_of,
    sometimes_fails,
)

PLAN = AnalysisPlan()
HARMLESS = as_scenario("steroids_harmless")


def of_draws(plan=draws, n=2, replicates=6, **more):
    settings = {"rng": 5, "large_sample": None, "truth": {"x": TRUTH}} | more
    return operating_characteristics(plan, "tertiary", n, replicates, **settings)


def twin(seed, replicate, n):
    """The twin of a replicate, drawn again by hand."""
    rng = replicate_rng(seed, replicate)
    return simulate_cohort(n, scenario=HARMLESS, rng=rng, n_index_pattern=0)


@pytest.fixture(scope="module")
def harmless():
    """The default plan on three twins of 250 children, where steroids do nothing."""
    return operating_characteristics(
        PLAN, HARMLESS, 250, 3, rng=7, large_sample=800, show=False
    )


def test_the_chain_from_seed_to_table_worked_by_hand():
    found = of_draws()
    by_hand = []
    for replicate in range(6):
        seed = int(replicate_rng(5, replicate).integers(0, 2**63 - 1))
        by_hand.append(TRUTH + SPREAD * np.random.default_rng(seed).normal(size=2)[0])
    own = found.estimates[found.estimates["model"] == "honest"]
    assert own["estimate"].tolist() == by_hand
    row = found.table.set_index("model").loc["honest"]
    assert row["bias_from_truth"] == pytest.approx(np.mean(by_hand) - TRUTH)
    assert row["empirical_se"] == pytest.approx(np.std(by_hand, ddof=1))
    assert row["model_se"] == pytest.approx(SPREAD)
    covered = np.abs(np.array(by_hand) - TRUTH) <= 1.96 * SPREAD
    assert row["coverage_of_truth"] == covered.mean()


def test_a_biased_plan_is_found_out():
    row = of_draws().table.set_index("model").loc["biased"]
    assert abs(row["bias_from_truth"] - 1.0) < 4 * SPREAD / math.sqrt(6)
    assert row["coverage_of_truth"] == 0.0 and row["coverage_bias_eliminated"] > 0.5
    assert row["rejected"] == 1.0 and row["rejected_means"].startswith("power")


def test_workers_change_nothing_for_an_analysis_plan(harmless):
    again = operating_characteristics(
        PLAN, HARMLESS, 250, 3, rng=7, n_jobs=2, large_sample=800
    )
    assert again == harmless
    assert again.estimates.equals(harmless.estimates)


def test_a_twin_is_the_same_in_a_longer_run_and_from_a_file(tmp_path):
    path = tmp_path / "run.jsonl"
    short, long = of_draws(replicates=3, path=path), of_draws(path=path)
    assert long == of_draws()
    first = long.estimates[long.estimates["replicate"] < 3].reset_index(drop=True)
    assert first.equals(short.estimates)


def test_the_large_cohort_is_kept_beside_the_twins(tmp_path, monkeypatch):
    path = tmp_path / "run.jsonl"
    settings = {"path": path, "large_sample": 3, "replicates": 2}
    first = of_draws(**settings)
    kept = path.with_name("run.jsonl.large_sample")
    assert kept.read_bytes().count(b"\n") == 2
    monkeypatch.setattr("jdm_stats.operating.large_sample.plan_rows", None)
    assert of_draws(**settings) == first
    assert first.table["large_sample"].notna().all()
    with pytest.raises(
        UsageError, match=r"about\.large_sample: the file has 3, this run 4"
    ):
        of_draws(**settings | {"large_sample": 4})


def test_a_plan_that_fails_on_the_large_cohort_is_told_before_any_twin(tmp_path):
    path = tmp_path / "run.jsonl"
    with pytest.raises(UsageError, match=r"to 3 children: .* lacks term, p_value"):
        of_draws(poor_table, large_sample=3, path=path)
    assert not path.exists()


def test_a_file_of_another_plan_is_refused(tmp_path):
    path, settings = tmp_path / "run.jsonl", {"models": ["Cox"], "large_sample": None}
    operating_characteristics(PLAN, HARMLESS, 100, 1, path=path, **settings)
    other = AnalysisPlan(dose_lag_days=0)
    said = r"about\.plan\.dose_lag_days: the file has 7, this run 0"
    with pytest.raises(UsageError, match=said):
        operating_characteristics(other, HARMLESS, 100, 1, path=path, **settings)
    with pytest.raises(
        UsageError, match=r"about\.scenario\.pulse_hr: .* 1\.0, this run"
    ):
        operating_characteristics(PLAN, "tertiary", 100, 1, path=path, **settings)


def test_each_twin_goes_the_packages_own_road(harmless):
    analysis = run_analysis(PLAN, twin(7, 2, 250)).estimates
    analysis = analysis[analysis["term"] != "Intercept"]
    own = harmless.estimates[harmless.estimates["replicate"] == 2]
    both = own.merge(analysis, on=["model", "term"], suffixes=("", "_road"))
    assert len(both) == len(analysis) >= 10
    for name in ("estimate", "std_error", "conf_low", "conf_high", "p_value", "events"):
        np.testing.assert_array_equal(both[name], both[f"{name}_road"])


def test_two_references_stand_side_by_side(harmless):
    table = harmless.table.set_index(["model", "term"])
    row = table.loc[("Firth Cox", "recent_pulse")]
    assert row["truth"] == 0.0 and "no effect" in row["truth_why"]
    large = plan_rows(
        PLAN,
        simulate_cohort(
            800, scenario=HARMLESS, rng=replicate_rng(7, 0, 1), n_index_pattern=0
        ),
        ("Cox",),
        interval="wald",
    ).set_index("term")
    assert row["large_sample"] == large.loc["recent_pulse", "estimate"]
    assert row["large_sample_se"] == large.loc["recent_pulse", "std_error"]
    assert row["confounding"] == row["large_sample"]
    total = row["small_sample_bias"] + row["confounding"]
    assert total == pytest.approx(row["bias_from_truth"])
    nxp2 = table.loc[("Firth Cox", "nxp2")]
    assert math.isnan(nxp2["truth"]) and "no single coefficient" in nxp2["truth_why"]
    assert (
        math.isnan(nxp2["coverage_of_truth"]) and nxp2["coverage_of_large_sample"] >= 0
    )


def test_every_replicate_has_a_row_for_every_term(harmless):
    sizes = harmless.estimates.groupby(["model", "term"]).size()
    assert set(sizes) == {3} and (harmless.table["replicates"] == 3).all()
    lacking = harmless.estimates[harmless.estimates["estimate"].isna()]
    assert len(lacking) and (lacking["reason"] != "").all()
    assert harmless.reasons["count"].sum() == len(lacking)


def test_a_world_without_events_says_so():
    never = HARMLESS.with_values(h0_mass=0.0)
    found = operating_characteristics(
        PLAN, never, 80, 2, models=["Cox", "Firth logistic"], large_sample=None
    )
    assert (found.table["not_estimable"] == 1.0).all()
    assert (found.table["mean_events"] == 0.0).all()
    assert found.reasons["reason"].str.startswith("no event").all()
    assert found.table["mean_estimate"].isna().all()
    assert "no event" in found._repr_html_()


def test_runs_that_raise_are_counted_and_shown():
    found = of_draws(sometimes_fails, replicates=8)
    failed = len(found.errors)
    assert 0 < failed < 8
    table = found.table.set_index("model")
    assert table.loc["honest", "not_estimable"] == failed / 8
    assert table.loc["biased", "not_estimable"] > failed / 8
    reasons = found.reasons.set_index(["model", "reason"])["count"]
    error = "the run raised an error: ZeroDivisionError: no child of that kind"
    assert reasons["honest", error] == failed == reasons["biased", error]
    assert ("biased", "this twin's model has no such term") in reasons.index
    assert f"{failed} of 8 runs raised an error" in " ".join(found.notes)


@pytest.mark.parametrize(
    ("plan", "said"),
    [(no_table, "must return a DataFrame"), (poor_table, "lacks term, p_value")],
)
def test_a_plan_that_never_answers_is_refused_with_its_error(plan, said):
    with pytest.raises(UsageError, match=said):
        of_draws(plan, replicates=2)


def test_a_wrong_formula_is_refused_before_any_twin(tmp_path):
    path = tmp_path / "run.jsonl"
    plan = AnalysisPlan(cox_formula="nxp2 + current_dosis")
    with pytest.raises(DesignError, match="current_dosis"):
        operating_characteristics(plan, HARMLESS, 600, 1000, path=path)
    assert not path.exists()


def test_a_wrong_run_is_refused_before_the_large_cohort_is_drawn(monkeypatch):
    monkeypatch.setattr("jdm_stats.operating.run.large_sample_rows", None)
    with pytest.raises(UsageError) as caught:
        operating_characteristics(PLAN, HARMLESS, 0, 0, rng=-1, n_jobs=0, level=10**400)
    for said in ("n must be", "replicates must be", "rng must be", "n_jobs must be"):
        assert said in str(caught.value)
    assert "level must lie" in str(caught.value)


def test_every_fault_of_a_call_is_told_at_once():
    with pytest.raises(UsageError) as caught:
        operating_characteristics(
            PLAN,
            None,
            0,
            5,
            null=math.nan,
            level=95,
            models=["cox"],
            large_sample=0,
            match_events=True,
        )
    for name in ("n must", "match_events", "null", "level", "models", "large_sample"):
        assert name in str(caught.value)


def test_the_level_reaches_the_limits():
    settings = {"models": ["Firth Cox"], "large_sample": None, "rng": 3}
    wide, narrow = (
        operating_characteristics(PLAN, None, 250, 1, level=level, **settings).estimates
        for level in (0.95, 0.5)
    )
    assert (wide["conf_low"] < narrow["conf_low"]).all()
    assert (wide["conf_high"] > narrow["conf_high"]).all()


def test_a_cohort_at_hand_has_twins_of_its_own():
    cohort = simulate_cohort(90, rng=2, n_index_pattern=3)
    found = of_draws(n=cohort, replicates=2)
    assert found.twin.n_patients == 87
    assert "Taken from the cohort at hand: children, antibody_mix" in str(found.ademp)
    assert seed_of(cohort) == 2


def test_models_of_a_function_are_chosen_by_name():
    assert set(of_draws(models=["honest"]).table["model"]) == {"honest"}


def test_a_truth_for_no_term_is_told():
    found = of_draws(truth={"x": TRUTH, "y": 1.0}, replicates=2)
    assert "truth was given for y, which no model has" in " ".join(found.notes)


def test_the_scheme_and_both_references_are_shown(harmless):
    headings = [
        "Aims",
        "Data-generating mechanism",
        "Estimands",
        "Methods",
        "Performance",
    ]
    assert list(harmless.ademp) == headings
    for page in (repr(harmless), harmless._repr_html_()):
        for text in (
            *headings,
            "SYNTHETIC",
            "never to be taken for one another",
            "Confounding: large sample − truth",
            "Coverage of truth",
            "Coverage of large sample",
            "10.1002/sim.8086",
            "false positives",
        ):
            assert text in page
    assert "nan" not in harmless._repr_html_()


def test_a_result_pickles_and_compares(harmless):
    assert pickle.loads(pickle.dumps(harmless)) == harmless
    assert harmless != of_draws()
    assert harmless.estimates.attrs["jdm_stats"]["synthetic"]


@pytest.mark.slow
def test_estimates_of_many_children_gather_around_the_large_sample_value():
    found = operating_characteristics(
        PLAN, HARMLESS, 5000, 16, models=["Cox"], large_sample=40_000, n_jobs=2
    )
    for _, row in found.table.iterrows():
        assert abs(row["small_sample_bias"]) < 3.5 * row["small_sample_bias_mcse"]
        assert abs(row["model_se_off_percent"]) < 4 * row["model_se_off_percent_mcse"]
    pulse = found.table.set_index("term").loc["recent_pulse"]
    assert pulse["confounding"] > 3 * pulse["confounding_mcse"]
    assert pulse["coverage_of_truth"] < 0.5 < pulse["coverage_of_large_sample"]
