"""Interaction on both scales: two times two on paper, R, and what must not change it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.diagnostics.interaction import interaction
from jdm_stats.errors import SeparationWarning, UsageError
from jdm_stats.models.conditional_logistic import fit_conditional_logistic
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.logistic import fit_logistic
from tests.models.conftest import REFERENCE, read_json

CELLS = {(0, 0): 2, (1, 0): 4, (0, 1): 6, (1, 1): 12}


def two_by_two(cells=CELLS, size: int = 20) -> pd.DataFrame:
    """Twenty children in each combination, so many of them with the event."""
    return pd.DataFrame(
        [
            {"a": a, "b": b, "event": int(i < events)}
            for (a, b), events in cells.items()
            for i in range(size)
        ]
    )


def pbc() -> pd.DataFrame:
    frame = pd.read_csv(REFERENCE / "pbc.csv")
    frame["swollen"] = (frame["edema"] > 0).astype(int)
    frame["high"] = (frame["log_bili"] > 1).astype(int)
    return frame


def by_measure(found):
    return found.tidy().set_index("measure")


def test_two_by_two_on_paper():
    """Odds 2/18, 4/16, 6/14, 12/8; the variance of a log odds is 1/events + 1/the rest."""
    fit = fit_logistic(two_by_two(), "a * b", interval="wald")
    found = by_measure(interaction(fit, "a", "b", limits="delta"))
    u, v, w = 2.25, 27 / 7, 13.5
    expected = {
        "neither": 1.0,
        "first_alone": u,
        "second_alone": v,
        "both": w,
        "first_given_second": w / v,
        "second_given_first": w / u,
        "ratio_of_ratios": w / u / v,
        "RERI": w - u - v + 1,
        "AP": (w - u - v + 1) / w,
        "S": (w - 1) / (u + v - 2),
    }
    for name, value in expected.items():
        assert found.loc[name, "estimate"] == pytest.approx(value, rel=1e-8)
    none, a, b, both = (1 / e + 1 / (20 - e) for e in CELLS.values())
    variance = u**2 * a + v**2 * b + w**2 * both + (w - u - v) ** 2 * none
    assert found.loc["RERI", "std_error"] == pytest.approx(np.sqrt(variance), rel=1e-7)
    assert found.loc["both", "std_error"] == pytest.approx(np.sqrt(none + both))
    assert found.loc["first_given_second", "std_error"] == pytest.approx(
        np.sqrt(b + both)
    )


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_delta_numbers_are_those_of_r(ties):
    expected = read_json("engine_split.json")["reri"][ties]
    fit = fit_cox(pbc(), "swollen * high + age", ties=ties, interval="wald")
    found = by_measure(interaction(fit, "swollen", "high", limits="delta"))
    rows = {"RERI": "reri", "AP": "ap", "S": "synergy"}
    for name, theirs in rows.items():
        row = found.loc[name]
        error = "log_synergy_se" if name == "S" else f"{theirs}_se"
        own = [row[k] for k in ("estimate", "std_error", "conf_low", "conf_high")]
        said = [
            expected[k] for k in (theirs, error, f"{theirs}_lower", f"{theirs}_upper")
        ]
        assert own == pytest.approx(said, rel=1e-7)
    for name, theirs in (
        ("first_alone", "hr10"),
        ("second_alone", "hr01"),
        ("both", "hr11"),
    ):
        assert found.loc[name, "estimate"] == pytest.approx(expected[theirs], rel=1e-8)


@pytest.mark.parametrize("penalty", [None, "firth"])
def test_profile_rows_are_the_limits_and_tests_of_the_fit(penalty):
    fit = fit_cox(pbc(), "swollen * high + age", penalty=penalty)
    found = by_measure(interaction(fit, "swollen", "high"))
    own = fit.conf_int("profile")
    pairs = {
        "first_alone": "swollen",
        "second_alone": "high",
        "ratio_of_ratios": "swollen:high",
    }
    for name, term in pairs.items():
        row = found.loc[name]
        assert [row["conf_low"], row["conf_high"]] == pytest.approx(
            np.exp([own.loc[term, "conf_low"], own.loc[term, "conf_high"]]), rel=1e-7
        )
        test = fit.likelihood_ratio_test(term)
        assert row["p_value"] == pytest.approx(test["p_value"].iloc[0], rel=1e-6)
    assert set(found["interval"]) == {"reference", "profile", "delta"}
    assert found.loc["S", "interval"] == "delta"
    assert found.loc["RERI", "p_value"] == found.loc["AP", "p_value"]


def test_naming_them_the_other_way_round_swaps_the_two_and_leaves_the_rest():
    fit = fit_cox(pbc(), "swollen * high", penalty="firth")
    one = by_measure(interaction(fit, "swollen", "high"))
    other = by_measure(interaction(fit, "high", "swollen"))
    columns = ["estimate", "conf_low", "conf_high", "p_value"]
    same = ["both", "ratio_of_ratios", "RERI", "AP", "S"]
    np.testing.assert_allclose(
        one.loc[same, columns].to_numpy(float),
        other.loc[same, columns].to_numpy(float),
        rtol=1e-6,
    )
    np.testing.assert_allclose(
        one.loc[["first_alone"], columns].to_numpy(float),
        other.loc[["second_alone"], columns].to_numpy(float),
        rtol=1e-6,
    )


def test_near_separation_has_profile_limits_and_no_delta_ones():
    frame = two_by_two({**CELLS, (1, 0): 0})
    fit = fit_logistic(frame, "a * b", penalty="firth")
    assert fit.separated
    found = interaction(fit, "a", "b")
    rows = by_measure(found)
    assert np.isfinite(rows.loc[["both", "RERI", "AP"], ["conf_low", "conf_high"]]).all(
        axis=None
    )
    assert "a alone (0)" in found.notes[0]
    assert any("other way round" in note for note in found.notes)
    delta = by_measure(interaction(fit, "a", "b", limits="delta"))
    assert np.isnan(delta.loc["RERI", "conf_low"])
    assert "curvature that is not there" in delta.loc["RERI", "reason"]
    assert np.isfinite(delta.loc["RERI", "estimate"])


def test_a_plain_fit_under_separation_says_why_there_is_nothing():
    with pytest.warns(SeparationWarning):
        fit = fit_logistic(two_by_two({**CELLS, (1, 0): 0}), "a * b")
    found = interaction(fit, "a", "b")
    assert found.tidy()["estimate"].isna().all()
    assert found.tidy()["reason"].str.contains("monotone likelihood").all()
    assert "cannot be estimated" in found.in_words()
    assert "monotone" in found._repr_html_()


def test_a_product_that_cannot_be_told_from_its_parts_says_so():
    frame = two_by_two().query("a == 1 or b == 0")
    found = interaction(fit_logistic(frame, "a * b", penalty="firth"), "a", "b")
    assert found.tidy()["estimate"].isna().all()
    assert found.tidy()["reason"].str.startswith("a:b: does not vary").all()


def test_synergy_exists_only_where_both_sums_exceed_one():
    frame = two_by_two({(0, 0): 12, (1, 0): 6, (0, 1): 4, (1, 1): 2})
    row = by_measure(interaction(fit_logistic(frame, "a * b"), "a", "b")).loc["S"]
    assert np.isnan(row["estimate"])
    assert "exists only where" in row["reason"]


def test_words_and_page():
    found = interaction(fit_logistic(two_by_two(), "a * b"), "a", "b")
    said = found.in_words()
    assert "the odds ratio is 2.25 (95% profile limits" in said
    assert "the limits take in 1, a plain product" in said
    assert "(RERI) is 8.39" in said
    assert said.endswith("neither 2, a alone 4, b alone 6, both 12.")
    assert found.counts["rows"].tolist() == [20, 20, 20, 20]
    assert any("outcome is rare" in note for note in found.notes)
    page = found._repr_html_()
    assert "Ratio of ratios" in page
    assert "nan" not in page


def test_bootstrap_is_drawn_by_child_and_can_be_drawn_again():
    frame = two_by_two({(0, 0): 6, (1, 0): 8, (0, 1): 9, (1, 1): 13})
    frame["patient_id"] = range(len(frame))
    twice = pd.concat([frame, frame])
    fit = fit_logistic(frame, "a * b", penalty="firth")
    found = interaction(fit, "a", "b", limits="bootstrap", rng=7, draws=200)
    again = interaction(
        fit, "a", "b", limits="bootstrap", rng=np.random.default_rng(7), draws=200
    )
    pd.testing.assert_frame_equal(found.tidy(), again.tidy())
    assert any("200 refits to children" in note for note in found.notes)
    row = by_measure(found).loc["both"]
    assert row["conf_low"] < row["estimate"] < row["conf_high"]
    clustered = fit_logistic(twice, "a * b", penalty="firth", cluster="patient_id")
    doubled = interaction(clustered, "a", "b", limits="bootstrap", rng=7, draws=200)
    # Each child twice over: the spread of the estimates must not shrink by the root of 2.
    wide, narrow = (by_measure(f).loc["both", "std_error"] for f in (doubled, found))
    assert wide / narrow == pytest.approx(1.0, abs=0.15)


def test_draws_without_estimate_are_counted_and_take_the_limits_away():
    frame = two_by_two({(0, 0): 2, (1, 0): 1, (0, 1): 2, (1, 1): 3}, size=8)
    fit = fit_logistic(frame, "a * b", interval="wald")
    found = interaction(fit, "a", "b", limits="bootstrap", rng=1, draws=100)
    row = by_measure(found).loc["RERI"]
    assert np.isnan(row["conf_low"])
    assert "of 100 draws have no estimate of it" in row["reason"]
    assert any("draws have no estimate; penalty='firth'" in n for n in found.notes)


def test_clusters_have_robust_delta_limits_and_no_profile():
    frame = two_by_two().assign(ward=lambda f: np.arange(len(f)) % 16)
    fit = fit_logistic(frame, "a * b", cluster="ward")
    with pytest.raises(UsageError, match="limits='delta'"):
        interaction(fit, "a", "b")
    found = by_measure(interaction(fit, "a", "b", limits="delta"))
    own = fit.conf_int("robust").loc["a:b"]
    assert [found.loc["ratio_of_ratios", k] for k in ("conf_low", "conf_high")] == (
        pytest.approx(np.exp([own["conf_low"], own["conf_high"]]))
    )


def test_numbers_and_other_products_are_told():
    frame = pbc()
    fit = fit_cox(frame, "swollen * albumin + swollen:age + age", interval="wald")
    notes = interaction(fit, "swollen", "albumin", limits="delta").notes
    assert any("albumin is a number" in note for note in notes)
    assert any("swollen:age" in note for note in notes)


def test_what_is_refused():
    fit = fit_logistic(two_by_two(), "a + b", interval="wald")
    with pytest.raises(UsageError, match=r"no term 'a:b'.*Fit with 'a \* b'"):
        interaction(fit, "a", "b")
    with pytest.raises(UsageError, match="no term 'c'"):
        interaction(fit, "a", "c")
    fit = fit_logistic(two_by_two(), "a * b", interval="wald")
    with pytest.raises(UsageError, match="limits must be one of"):
        interaction(fit, "a", "b", limits="exact")
    with pytest.raises(UsageError, match="give rng="):
        interaction(fit, "a", "b", limits="bootstrap")
    with pytest.raises(UsageError, match="draws must be"):
        interaction(fit, "a", "b", limits="bootstrap", rng=1, draws=10)
    with pytest.raises(UsageError, match="conf_level"):
        interaction(fit, "a", "b", conf_level=95)


def test_matched_sets_have_both_scales_and_no_bootstrap():
    frame = pd.read_csv(REFERENCE / "infert.csv")
    frame["any_induced"] = (frame["induced"] > 0).astype(int)
    frame["any_spontaneous"] = (frame["spontaneous"] > 0).astype(int)
    fit = fit_conditional_logistic(
        frame, "any_induced * any_spontaneous", set_id="stratum", event="case"
    )
    found = interaction(fit, "any_induced", "any_spontaneous")
    rows = by_measure(found)
    row = fit.conf_int("profile").loc["any_induced"]
    own = np.exp([row["conf_low"], row["conf_high"]])
    ends = rows.loc["first_alone", ["conf_low", "conf_high"]].tolist()
    assert ends == pytest.approx(own, rel=1e-7)
    assert np.isfinite(rows.loc[["RERI", "AP"], ["conf_low", "conf_high"]]).all(
        axis=None
    )
    with pytest.raises(UsageError, match="the bootstrap draws"):
        interaction(fit, "any_induced", "any_spontaneous", limits="bootstrap", rng=1)
