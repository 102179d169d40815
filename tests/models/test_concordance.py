"""Concordance of a fit: R's numbers to the last digits, and what must not change it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import SeparationWarning, UsageError
from jdm_stats.models.concordance import NO_PAIR, concordance
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.logistic import fit_logistic
from tests.models.engine_reference import cox, names, record, rows_of, specs


@pytest.mark.parametrize("name", names("engine_concordance"))
def test_concordance_is_that_of_r(name):
    expected = record("engine_concordance")[name]
    found = cox(name, "efron").concordance()
    counts = np.atleast_2d(expected["counts"])
    own = found.counts.drop(columns="stratum").to_numpy()
    np.testing.assert_allclose(own, counts, rtol=1e-9, atol=1e-9)
    assert found.estimate == pytest.approx(expected["concordance"], abs=1e-12)
    assert found.std_error == pytest.approx(expected["std_error"], rel=1e-9)


def test_four_children_on_paper(four_children):
    """A (exposed) dies first of four: two unexposed, one exposed; B loses to C, ties with D;
    C beats D.
    """
    found = fit_cox(four_children, "nxp2").concordance()
    beta = fit_cox(four_children, "nxp2").summary["coef"].iloc[0]
    assert beta > 0
    row = found.tidy().iloc[0]
    assert [row[k] for k in ("concordant", "discordant", "tied_x")] == [3.0, 1.0, 2.0]
    assert found.estimate == pytest.approx(4 / 6)


def test_a_logistic_fit_gives_the_area_under_its_curve(endometrial):
    fit = fit_logistic(endometrial, "PI + EH", event="HG", interval="wald")
    score = fit.predict(endometrial).to_numpy()
    case = endometrial["HG"].to_numpy() == 1
    apart = score[case][:, None] - score[~case][None, :]
    wins = (apart > 0) + 0.5 * (np.abs(apart) < 1e-12)
    found = concordance(fit)
    assert found.estimate == pytest.approx(wins.mean(), abs=1e-12)
    by_case, by_control = wins.mean(axis=1), wins.mean(axis=0)
    jackknife = by_case.var() / case.sum() + by_control.var() / (~case).sum()
    assert found.std_error == pytest.approx(np.sqrt(jackknife), rel=1e-9)


def test_splitting_and_shuffling_rows_changes_nothing(heart):
    formula = "age + surgery"
    whole = fit_cox(heart, formula, interval="wald").concordance()
    long = heart["stop"] - heart["start"] > 30
    first, second = heart.copy(), heart[long].copy()
    first.loc[long, "stop"] = first.loc[long, "start"] + 30
    first.loc[long, "event"] = 0
    second["start"] = second["start"] + 30
    split = pd.concat([first, second]).sample(frac=1.0, random_state=1)
    again = fit_cox(split, formula, interval="wald").concordance()
    assert again.estimate == pytest.approx(whole.estimate, abs=1e-12)
    assert again.std_error == pytest.approx(whole.std_error, rel=1e-9)


def test_limits_stay_between_nought_and_one_and_the_notes_warn(four_children):
    found = fit_cox(four_children, "nxp2").concordance()
    row = found.tidy().iloc[0]
    assert 0.0 < row["conf_low"] < row["estimate"] < row["conf_high"] < 1.0
    assert "too good" in found.notes[0]
    assert "by child" in found.notes[-1]
    assert "Concordance of Cox" in found._repr_html_()
    with pytest.raises(UsageError, match="conf_level"):
        found.tidy(conf_level=95)


def test_a_fit_without_estimate_has_no_concordance():
    frame = pd.DataFrame(
        {"start": 0, "stop": [1, 2, 3, 4], "event": [1, 1, 0, 0], "x": [1, 1, 0, 0]}
    )
    with pytest.warns(SeparationWarning):
        fit = fit_cox(frame, "x")
    with pytest.raises(UsageError, match="no estimate"):
        fit.concordance()
    firth = fit_cox(frame, "x", penalty="firth").concordance()
    assert firth.counts["concordant"].tolist() == [4.0]
    perfect = fit_cox(frame.assign(x=[4, 3, 2, 1]), "x", penalty="firth").concordance()
    row = perfect.tidy().iloc[0]
    assert row["estimate"] == 1.0
    assert np.isnan(row["conf_low"])
    assert row["reason"]


def test_nothing_to_compare_says_so():
    frame = pd.DataFrame({"start": 0, "stop": [5, 5], "event": [1, 1], "x": [0, 1]})
    fit = fit_cox(frame, "x", penalty="firth", ties="breslow")
    found = fit.concordance()
    assert np.isnan(found.estimate)
    assert found.reason == NO_PAIR


def test_a_frequency_weight_is_so_many_children():
    """Breslow's ties, under which a weight of two is the same as two rows."""
    frame = rows_of(specs()["weighted_whole"])
    frame = frame.drop(columns="id")
    long = frame.loc[frame.index.repeat(frame["w_whole"])].reset_index(drop=True)
    options = {"ties": "breslow", "interval": "wald"}
    heavy = fit_cox(
        frame, "x1 + x2", weights="w_whole", weight_kind="frequency", **options
    ).concordance()
    many = fit_cox(long, "x1 + x2", **options).concordance()
    assert heavy.estimate == pytest.approx(many.estimate, abs=1e-12)
    assert heavy.std_error == pytest.approx(many.std_error, rel=1e-9)
