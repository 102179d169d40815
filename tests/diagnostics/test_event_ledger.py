"""The event ledger on paper, beside refits written out, and under changes that change nothing."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar

import jdm_stats as jdm
from jdm_stats.diagnostics.event_ledger import event_ledger
from jdm_stats.diagnostics.event_ledger.words import event_label
from jdm_stats.errors import JdmStatsWarning, UsageError
from jdm_stats.models.priors import NormalPrior


def four_children() -> pd.DataFrame:
    """Exposed A and C die on days 1 and 3, unexposed B on day 2; D, unexposed, lives."""
    return pd.DataFrame(
        {
            "patient_id": list("ABCD"),
            "start": 0,
            "stop": [1, 2, 3, 4],
            "event": [1, 1, 1, 0],
            "nxp2": [1, 0, 1, 0],
        }
    )


def many(seed: int = 7, n: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    start = 2 * rng.integers(0, 4, n)
    return pd.DataFrame(
        {
            "patient_id": [f"Z{k:02d}" for k in rng.permutation(n)],
            "start": start,
            "stop": start + 2 * rng.integers(1, 4, n),
            "event": (rng.random(n) < 0.2).astype(int),
            "x": rng.normal(size=n),
            "z": rng.integers(0, 2, n),
            "centre": rng.integers(0, 2, n),
            "w": rng.integers(1, 4, n),
            "o": 0.3 * rng.normal(size=n),
        }
    )


def test_four_children_on_paper():
    """With every event: 2b - 2 log(1+h) - log(h+2), h = exp b, information 2h/(1+h)^2 + 2h/(h+2)^2.

    Without A, symmetric under h -> 2/h, so h = sqrt 2, and without C the same; without B
    the penalised maximum solves 5/2 = 3h/(1+h), so h = 5.
    """
    frame = four_children()
    ledger = event_ledger(jdm.fit_cox(frame, "nxp2", penalty="firth"), frame)
    told = ledger.events
    assert told["patient"].tolist() == ["child 1", "child 2", "child 3"]
    assert told["time"].tolist() == [1, 2, 3]
    assert told["nxp2"].tolist() == [1, 0, 1]
    assert told["at_risk"].tolist() == [4, 3, 2]
    assert told["at_risk_alike"].tolist() == [2, 2, 1]
    assert told["tied"].tolist() == [1, 1, 1]
    assert told["place"].tolist() == pytest.approx([3 / 4, 1 / 3, 3 / 4])

    def information(h: float) -> list[float]:
        return [h / (1 + h) ** 2, 2 * h / (h + 2) ** 2, h / (1 + h) ** 2]

    def penalised(b: float) -> float:
        h = np.exp(b)
        plain = 2 * b - 2 * np.log(1 + h) - np.log(h + 2)
        return -(plain + 0.5 * np.log(sum(information(h))))

    whole = minimize_scalar(penalised, (0.0, 1.0), options={"xtol": 1e-12}).x
    rows = ledger.tidy(exponentiate=True)
    assert rows["whole_estimate"].tolist() == pytest.approx([np.exp(whole)] * 3)
    assert rows["estimate"].tolist() == pytest.approx(
        [np.sqrt(2), 5, np.sqrt(2)], rel=1e-9
    )
    parts = np.array(information(np.exp(whole)))
    shares = (parts / parts.sum()).tolist()
    assert rows["share_of_information"].tolist() == pytest.approx(shares, rel=1e-6)
    assert told["share_of_information"].tolist() == pytest.approx(shares, rel=1e-6)
    moved = ledger.movements(exponentiate=True).iloc[0]
    assert moved["least_estimate"] == pytest.approx(np.sqrt(2))
    assert moved["greatest_estimate"] == moved["without_estimate"] == pytest.approx(5)
    assert (moved["most_influential"], moved["label"]) == (2, "child 2, day 2")
    assert not moved["excludes_1"]


def test_an_estimate_that_exists_no_more_is_missing_with_its_reason_and_named():
    frame = four_children()
    ledger = event_ledger(jdm.fit_cox(frame, "nxp2"), frame)
    rows = ledger.tidy(exponentiate=True)
    assert rows["estimate"].isna().tolist() == [False, True, False]
    assert "runs to +infinity" in rows["reason"].iloc[1]
    assert rows["reason"].iloc[0] == ""
    assert ledger.movements()["events_without_estimate"].iloc[0] == ("child 2, day 2",)
    assert (
        "There is no estimate without the event of child 2 on day 2."
        in ledger.in_words()
    )
    assert "no other that leaves an estimate moves it further" in ledger.in_words()


def test_the_only_event_leaves_nothing():
    frame = four_children().assign(event=[1, 0, 0, 0])
    ledger = event_ledger(jdm.fit_cox(frame, "nxp2", penalty="firth"), frame)
    assert ledger.tidy()["estimate"].isna().all()
    assert ledger.tidy()["reason"].str.startswith("no event").all()
    assert ledger.in_words().startswith("Without its only event there is no estimate")


def test_a_two_by_two_table_on_paper():
    """Firth adds a half to each cell: OR 5 of (2.5/0.5)/(1.5/1.5); 3 and 15 without A and B."""
    frame = four_children()
    ledger = event_ledger(jdm.fit_logistic(frame, "nxp2", penalty="firth"), frame)
    rows = ledger.tidy(exponentiate=True)
    own = rows[rows["term"] == "nxp2"]
    assert own["whole_estimate"].tolist() == pytest.approx([5] * 3)
    assert own["estimate"].tolist() == pytest.approx([3, 15, 3])
    assert "time" not in ledger.events
    assert ledger.events["at_risk"].tolist() == [4, 4, 4]
    assert any("no risk sets" in note for note in ledger.notes)


OPTIONS = [
    {"penalty": "firth"},
    {"penalty": "firth", "ties": "breslow", "strata": "centre"},
    {"penalty": None, "weights": "w", "interval": "wald"},
    {"penalty": None, "offset": "o", "interval": "robust"},
    {"penalty": NormalPrior(sd=1.0), "strata": "centre", "weights": "w"},
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("leave_out", ["event", "patient"])
def test_every_row_is_an_explicit_refit(options, leave_out):
    frame = many()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JdmStatsWarning)
        ledger = event_ledger(
            jdm.fit_cox(frame, "x + z", **options),
            frame,
            leave_out=leave_out,
            names={i: i for i in frame["patient_id"]},
        )
        rows = ledger.tidy()
        assert rows["event"].nunique() == frame["event"].sum() >= 6
        for event, own in list(rows.groupby("event"))[::3]:
            dies = frame["patient_id"] == own["patient"].iloc[0]
            left = frame[~dies]
            if leave_out == "event":
                left = frame.assign(event=frame["event"].mask(dies, 0))
            again = jdm.fit_cox(left, "x + z", **options).tidy()
            for column in ("estimate", "conf_low", "conf_high"):
                np.testing.assert_allclose(
                    own[column], again[column], atol=2e-7, err_msg=f"{event} {column}"
                )
            assert own["interval"].tolist() == again["interval"].tolist()


@pytest.mark.parametrize("options", OPTIONS[:4])
def test_the_information_of_all_events_is_that_of_the_fit(options):
    frame = many()
    ledger = event_ledger(jdm.fit_cox(frame, "x + z", **options), frame)
    assert ledger.events["tied"].max() > 1
    assert ledger.events["share_of_information"].sum() == pytest.approx(1, abs=1e-9)
    by_term = ledger.tidy().groupby("term")["share_of_information"].sum()
    assert by_term.tolist() == pytest.approx([1, 1], abs=1e-9)


def test_what_a_prior_knows_is_no_events_share():
    frame = many()
    fit = jdm.fit_cox(frame, "x", penalty=NormalPrior(sd=1.0))
    ledger = event_ledger(fit, frame)
    # Inverse of (information + 1) times information; the prior's own share is the variance.
    known = 1 - fit.covariance.iloc[0, 0]
    assert ledger.events["share_of_information"].sum() == pytest.approx(known)
    assert any("priors'" in note for note in ledger.notes)


def test_the_order_of_rows_and_their_splitting_change_nothing():
    frame = many()
    whole = event_ledger(jdm.fit_cox(frame, "x + z", penalty="firth"), frame)
    mixed = frame.sample(frac=1.0, random_state=3)
    again = event_ledger(jdm.fit_cox(mixed, "x + z", penalty="firth"), mixed)
    pd.testing.assert_frame_equal(whole.events, again.events, rtol=1e-7)
    pd.testing.assert_frame_equal(whole.tidy(), again.tidy(), atol=1e-7)
    long = frame["stop"] - frame["start"] > 1
    first = frame[long].assign(stop=frame["start"] + 1, event=0)
    rest = frame.assign(start=frame["start"] + long)
    split = pd.concat([first, rest], ignore_index=True)
    parts = event_ledger(jdm.fit_cox(split, "x + z", penalty="firth"), split)
    pd.testing.assert_frame_equal(whole.tidy(), parts.tidy(), atol=1e-7)
    pd.testing.assert_frame_equal(whole.events, parts.events, rtol=1e-7)


def test_ids_of_real_children_stay_inside_unless_named():
    frame = many()
    fit = jdm.fit_cox(frame, "x + z", penalty="firth")
    ledger = event_ledger(fit, frame)
    told = " ".join(
        [
            ledger._repr_html_(),
            ledger.in_words(),
            repr(ledger),
            ledger.tidy().to_csv(),
            ledger.movements().to_csv(),
            ledger.events.to_csv(),
        ]
    )
    assert "child 1" in told
    assert not any(name in told for name in frame["patient_id"])
    assert any("study team" in note for note in ledger.notes)
    with pytest.raises(UsageError, match="names="):
        event_ledger(fit, frame, names={"Z01": "one"})
    marked = frame.copy()
    marked.attrs["jdm_stats"] = {"synthetic": True}
    shown = event_ledger(jdm.fit_cox(marked, "x + z", penalty="firth"), marked)
    assert set(shown.events["patient"]) <= set(frame["patient_id"])
    assert shown.tidy().attrs["jdm_stats"]["synthetic"]
    assert "SYNTHETIC" in shown._repr_html_()


def test_columns_of_steroids_and_antibody_are_found_and_others_asked_for():
    frame = four_children().assign(
        antibody=["NXP2", "none", "NXP2", "Mi2"], days_since_pulse=[3, 4, 5, 6], sex="f"
    )
    fit = jdm.fit_cox(frame, "nxp2", penalty="firth")
    found = event_ledger(fit, frame).events
    assert found["antibody"].tolist() == ["NXP2", "none", "NXP2"]
    assert found["days_since_pulse"].tolist() == [3, 4, 5]
    assert "nxp2" in found
    assert "sex" not in found
    assert "sex" in event_ledger(fit, frame, columns=["sex"]).events
    alone = event_ledger(fit).events
    assert alone["patient"].tolist() == ["child 1", "child 2", "child 3"]
    assert alone["nxp2"].tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda fit, frame: event_ledger(fit, frame.iloc[:3]), "not the one"),
        (lambda fit, frame: event_ledger(fit, frame, columns=["q"]), "'q'"),
        (lambda fit, frame: event_ledger(fit, frame, columns=["event"]), "'event'"),
        (lambda fit, frame: event_ledger(fit, frame, leave_out="row"), "leave_out"),
        (lambda fit, frame: event_ledger(fit, frame, exposure=["q"]), "no such terms"),
        (lambda fit, frame: event_ledger(fit, columns=["nxp2"]), "frame"),
        (lambda fit, frame: event_ledger(fit, frame).in_words("q"), "no such terms"),
        (lambda fit, frame: event_ledger(frame), "DataFrame"),
    ],
)
def test_a_wrong_call_is_refused(call, match):
    frame = four_children()
    with pytest.raises(UsageError, match=match):
        call(jdm.fit_cox(frame, "nxp2", penalty="firth"), frame)


def test_a_fit_without_estimate_or_children_is_refused():
    frame = four_children().assign(event=[1, 0, 1, 0])
    with pytest.warns(JdmStatsWarning):
        fit = jdm.fit_cox(frame, "nxp2")
    with pytest.raises(UsageError, match="no estimate"):
        event_ledger(fit, frame)
    nameless = four_children().drop(columns="patient_id")
    fit = jdm.fit_cox(nameless, "nxp2", penalty="firth")
    with pytest.raises(UsageError, match="no patients"):
        event_ledger(fit, nameless, leave_out="patient")
    assert event_ledger(fit, nameless).tidy()["label"].iloc[0] == "event 1, day 1"


def test_a_result_that_single_events_turn_is_told():
    """Limits that exclude 1 with every event and hold it without some."""
    frame = many(seed=11, n=60).assign(event=0)
    at = frame.index[(frame["z"] == 1) & (frame["stop"] > 5)][:5]
    frame.loc[at, "event"] = 1
    fit = jdm.fit_cox(frame, "z", penalty="firth")
    ledger = event_ledger(fit, frame)
    moved, rows = ledger.movements().iloc[0], ledger.tidy()
    before = fit.tidy()["conf_low"].iloc[0] > 0
    turned = rows.loc[(rows["conf_low"] > 0) != before, "label"]
    assert moved["excludes_1"] == before
    assert moved["events_that_change_this"] == tuple(turned)
    if len(turned):
        assert "rests on single events" in ledger.in_words()


def test_labels_name_what_is_known():
    assert event_label("S1", 12.0, 3) == "S1, day 12"
    assert event_label("S1", float("nan"), 3) == "S1"
    assert event_label(None, 0.5, 3) == "event 3, time 0.5"


def test_no_bar_is_drawn_into_a_pipe(capfd):
    frame = four_children()
    fit = jdm.fit_cox(frame, "nxp2", penalty="firth")
    event_ledger(fit, frame)
    assert capfd.readouterr() == ("", "")
    event_ledger(fit, frame, progress=True)
    assert "fits without each event" in capfd.readouterr().err
