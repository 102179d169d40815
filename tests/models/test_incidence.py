"""Cumulative incidence and Kaplan-Meier: on paper, against R, and read at any day."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import IntervalError, UsageError
from jdm_stats.models.incidence import cumulative_incidence, kaplan_meier


def rows(*given: tuple) -> pd.DataFrame:
    return pd.DataFrame(given, columns=["patient_id", "start", "stop", "event"])


# Six children. Day 2: one outcome and one death among six. Day 3: F enters as another has the
# outcome (not at risk then). Day 5: a death among 3 (C, E, F), D censored on day 4.
SIX = rows(
    ("A", 0, 2, 1),
    ("B", 0, 2, 2),
    ("C", 0, 5, 2),
    ("D", 0, 4, 0),
    ("E", 0, 6, 0),
    ("G", 0, 3, 1),
    ("F", 3, 6, 0),
)


def test_six_children_on_paper():
    """Day 2: 1/6 each, S = 4/6. Day 3: 4/6 1/4. Day 5: S = 1/2 among C, E and F."""
    found = cumulative_incidence(SIX).at([1, 2, 3, 4, 5, 6])
    outcome = found[found["cause"] == 1]
    death = found[found["cause"] == 2]
    first, second = 1 / 6, 1 / 6 + 4 / 6 / 4
    np.testing.assert_allclose(
        outcome["estimate"], [0, first, second, second, second, second], rtol=1e-14
    )
    last = 1 / 6 + 1 / 2 / 3
    np.testing.assert_allclose(
        death["estimate"], [0, 1 / 6, 1 / 6, 1 / 6, last, last], rtol=1e-14
    )
    assert outcome["n_at_risk"].tolist() == [6, 6, 4, 4, 3, 2]
    assert outcome["n_events"].tolist() == [0, 1, 2, 2, 2, 2]
    assert death["n_events"].tolist() == [0, 1, 1, 1, 2, 2]
    assert outcome["n_censored"].tolist() == [0, 0, 0, 1, 1, 3]


def test_one_minus_kaplan_meier_counts_the_dead_as_still_at_risk_of_the_outcome():
    """Day 2: 5/6. Day 3: 3/4. The dead are censored, so it ends above the risk."""
    curve = kaplan_meier(SIX)
    np.testing.assert_allclose(
        curve.at([1, 2, 3, 6])["estimate"], [1, 5 / 6, 5 / 8, 5 / 8], rtol=1e-14
    )
    assert any("not a risk" in note for note in curve.notes)
    risk = cumulative_incidence(SIX).at(6).query("cause == 1")["estimate"].iloc[0]
    assert risk < 1 - 5 / 8


def test_variance_without_competing_events_or_ties_is_greenwoods():
    frame = SIX.assign(event=(SIX["event"] == 1).astype(int))
    one = cumulative_incidence(frame).tidy()
    other = kaplan_meier(frame).tidy()
    np.testing.assert_allclose(one["estimate"], 1 - other["estimate"], atol=1e-15)
    np.testing.assert_allclose(one["std_error"], other["std_error"], atol=1e-15)
    # Greenwood on day 2: (5/6)^2 / (6 5)
    day2 = other.loc[other["time_days"] == 2, "std_error"].iloc[0]
    assert day2 == pytest.approx(5 / 6 / np.sqrt(30), rel=1e-14)


def test_first_row_and_rows_where_nothing_changes():
    table = cumulative_incidence(SIX).tidy()
    table = table[table["cause"] == 1]
    assert table["time_days"].tolist() == [0, 2, 3, 4, 5, 6]
    assert table["n_at_risk"].tolist() == [6, 6, 4, 4, 3, 2]
    assert table["conf_low"].isna().tolist() == [
        True,
        False,
        False,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("cause", [1, 2])
def test_competing_rows_equal_survfit_and_etm(competing, curves, cause):
    ours = cumulative_incidence(competing)
    survfit, etm = curves["survfit"], curves["etm"]
    found = ours.at(survfit["time"]).query("cause == @cause")
    np.testing.assert_allclose(
        found["estimate"], survfit[f"estimate_{cause}"], rtol=1e-9
    )
    assert found["n_at_risk"].tolist() == survfit["n_at_risk"]
    # survfit's errors are an infinitesimal jackknife, close but another estimator
    np.testing.assert_allclose(found["std_error"], survfit[f"se_{cause}"], rtol=0.025)
    found = ours.at(etm["time"]).query("cause == @cause")
    np.testing.assert_allclose(found["estimate"], etm[f"estimate_{cause}"], rtol=1e-12)
    np.testing.assert_allclose(found["std_error"], etm[f"se_{cause}"], rtol=1e-11)


def test_log_log_limits_equal_etm(competing, curves):
    etm = curves["etm"]
    found = cumulative_incidence(competing).at(etm["time_ci"]).query("cause == 1")
    inner = found["estimate"] > 0
    np.testing.assert_allclose(
        found["conf_low"][inner], np.array(etm["lower_1"], float)[inner], rtol=1e-10
    )
    np.testing.assert_allclose(
        found["conf_high"][inner], np.array(etm["upper_1"], float)[inner], rtol=1e-10
    )


def test_without_delayed_entry_cuminc_agrees_and_its_variance_is_another(
    competing, curves
):
    """Cmprsk's variance is of Aalen's type: the same to a few percent while many remain."""
    moved = competing.assign(stop=competing["stop"] - competing["start"], start=0)
    expected = curves["cuminc_undelayed"]
    found = cumulative_incidence(moved).at(expected["time"]).query("cause == 1")
    np.testing.assert_allclose(found["estimate"], expected["estimate_1"], rtol=1e-9)
    inner = (found["estimate"] > 0) & (found["n_at_risk"] > 10)
    ratio = found["std_error"][inner] / np.array(expected["se_1"])[inner]
    assert ratio.between(0.97, 1.0).all()


def test_groups_are_fitted_apart(competing, curves):
    expected = curves["survfit_a"]
    ours = cumulative_incidence(competing, by="group")
    found = ours.at(expected["time"]).query("group == 'a' and cause == 2")
    np.testing.assert_allclose(found["estimate"], expected["estimate_2"], rtol=1e-9)
    alone = cumulative_incidence(competing[competing["group"] == "b"]).tidy()
    together = ours.tidy().query("group == 'b'").reset_index(drop=True)
    pd.testing.assert_frame_equal(
        together.drop(columns="group"), alone.drop(columns="group")
    )


def test_kaplan_meier_equals_survfit_with_delayed_entry(competing, curves):
    expected = curves["kaplan_meier"]
    found = kaplan_meier(competing).at(expected["time"])
    for ours, theirs in (
        ("estimate", "estimate"),
        ("std_error", "se"),
        ("conf_low", "lower"),
        ("conf_high", "upper"),
    ):
        given = np.array(expected[theirs], dtype=float)
        known = np.isfinite(given) & (np.array(expected["estimate"]) < 1)
        np.testing.assert_allclose(found[ours][known], given[known], rtol=1e-9)
    assert found["n_at_risk"].tolist() == expected["n_at_risk"]


def test_lower_level_is_narrower(competing):
    wide = cumulative_incidence(competing).tidy()
    narrow = cumulative_incidence(competing, conf_level=0.8).tidy()
    inner = wide["conf_low"].notna()
    assert (narrow["conf_low"] > wide["conf_low"])[inner].all()
    assert (narrow["conf_high"] < wide["conf_high"])[inner].all()
    with pytest.raises(UsageError, match="between 0 and 1"):
        cumulative_incidence(competing, conf_level=95)


def test_reading_before_between_and_beyond():
    """First entry on day 3: nothing is known before it, nor after the last day."""
    late = rows(("A", 3, 8, 1), ("B", 5, 10, 0))
    for curve, start in ((cumulative_incidence, 0.0), (kaplan_meier, 1.0)):
        found = curve(late).at([1, 3, 4, 5, 6, 8, 9, 10, 11])
        assert found["estimate"].isna().tolist() == [True] + [False] * 7 + [True]
        assert found["estimate"].iloc[1:5].tolist() == [start] * 4
        assert found["estimate"].iloc[5:8].tolist() == [0.5] * 3
        # (3, 8] and (5, 10]: one after day 3, two after day 5, one after day 8
        assert found["n_at_risk"].tolist() == [0, 1, 1, 1, 2, 2, 1, 1, 0]
        assert found["n_events"].tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1]
        assert found["n_censored"].tolist() == [0, 0, 0, 0, 0, 0, 0, 1, 1]
        assert found["time_days"].tolist() == [1, 3, 4, 5, 6, 8, 9, 10, 11]


def test_a_gap_in_follow_up_is_not_time_at_risk():
    """A is away in (2, 5]; the number at risk falls and rises, and no one is censored."""
    gap = rows(("A", 0, 2, 0), ("A", 5, 8, 1), ("B", 0, 8, 0))
    for curve in (cumulative_incidence, kaplan_meier):
        found = curve(gap).at([1, 2, 3, 5, 6, 8])
        assert found["n_at_risk"].tolist() == [2, 2, 1, 1, 2, 2]
        assert found["n_censored"].tolist() == [0, 0, 0, 0, 0, 1]
        assert found["estimate"].iloc[-1] == 0.5


def test_a_thin_start_that_reaches_nought_before_others_enter():
    """The only child at risk on day 1 has the event; S is 0 for good, as in R."""
    thin = rows(("A", 0, 1, 1), ("B", 2, 8, 1), ("C", 2, 9, 0))
    assert kaplan_meier(thin).at([1, 5, 9])["estimate"].tolist() == [0, 0, 0]
    found = cumulative_incidence(thin).at([1, 5, 9])
    assert found["estimate"].tolist() == [1, 1, 1]
    assert found["n_at_risk"].tolist() == [1, 2, 1]


def test_no_event_is_a_curve_without_limits():
    none = rows(("A", 0, 4, 0), ("B", 0, 6, 0))
    table = cumulative_incidence(none).tidy()
    assert table["cause"].unique().tolist() == [1]
    assert (table["estimate"] == 0).all()
    assert table[["conf_low", "conf_high"]].isna().all(axis=None)
    assert (kaplan_meier(none).tidy()["estimate"] == 1).all()


def test_children_without_a_group_are_left_out_and_counted(competing):
    part = competing.assign(group=competing["group"].where(competing.index >= 4))
    lost = part[part["group"].isna()]
    for curve in (cumulative_incidence, kaplan_meier):
        found = curve(part, by="group")
        said = (
            f"4 children with {(lost['event'] == 1).sum()} events left out: "
            "group is missing."
        )
        assert said in found.notes
        alone = curve(part.dropna(subset="group"), by="group")
        assert found == alone


def test_a_group_that_changes_within_a_child_is_refused():
    changing = rows(("A", 0, 2, 0), ("A", 2, 5, 1), ("B", 0, 5, 0))
    for values in (["x", "y", "x"], ["x", None, "x"], [1.0, np.nan, 1.0]):
        with pytest.raises(
            UsageError, match=r"changes within 1 children, such as \['A'\]"
        ):
            cumulative_incidence(changing.assign(g=values), by="g")


def test_wrong_calls(competing):
    with pytest.raises(UsageError, match="no column 'antibody' to group by"):
        kaplan_meier(competing, by="antibody")
    with pytest.raises(UsageError, match="no row has a value"):
        kaplan_meier(competing.assign(g=np.nan), by="g")
    with pytest.raises(UsageError, match="no rows"):
        kaplan_meier(competing.iloc[:0])
    overlapping = rows(("A", 0, 5, 0), ("A", 3, 9, 1))
    with pytest.raises(IntervalError, match="overlap"):
        cumulative_incidence(overlapping)


def test_result_is_frozen_and_shows_well(competing):
    for curve, word in (
        (cumulative_incidence, "incidence"),
        (kaplan_meier, "survival"),
    ):
        found = curve(competing, by="group")
        with pytest.raises(dataclasses.FrozenInstanceError):
            found.table = None
        found.tidy()["estimate"] = 99.0
        assert (found.tidy()["estimate"] <= 1).all()
        assert pickle.loads(pickle.dumps(found)) == found
        assert found != curve(competing)
        assert repr(found) == f"<{found.kind} curves: a, b>"
        assert word in found.kind
        shown = found._repr_html_()
        assert "<caption>" in shown
        assert "months" in shown
    rare = rows(*((f"S{i}", 0, 400 if i else 100, int(i == 0)) for i in range(250)))
    assert "0.0040" in cumulative_incidence(rare)._repr_html_()
    hostile = competing.assign(group="<script>")
    assert "<script>" not in cumulative_incidence(hostile, by="group")._repr_html_()


def test_columns_of_the_contract(competing):
    common = [
        "time_days",
        "estimate",
        "std_error",
        "conf_low",
        "conf_high",
        "n_at_risk",
        "n_events",
        "n_censored",
    ]
    assert list(kaplan_meier(competing).tidy().columns) == ["group", *common]
    found = cumulative_incidence(competing)
    assert list(found.tidy().columns) == ["group", "cause", *common]
    assert list(found.at(5).columns) == ["group", "cause", *common]


def test_lifelines_on_rows_without_ties(competing):
    """Lifelines moves ties at random; without ties and late entry it is the same curve."""
    from lifelines import AalenJohansenFitter

    frame = competing.assign(
        start=0.0, stop=competing["stop"] + np.arange(len(competing)) / 1000
    )
    theirs = AalenJohansenFitter(calculate_variance=False).fit(
        frame["stop"], frame["event"], event_of_interest=1
    )
    ours = cumulative_incidence(frame).at(theirs.cumulative_density_.index[1:])
    np.testing.assert_allclose(
        ours.query("cause == 1")["estimate"],
        theirs.cumulative_density_.iloc[1:, 0],
        atol=1e-12,
    )
