"""Effects that change at a time: by hand, against R, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.intervals.audit import audit_intervals
from jdm_stats.intervals.changing_effects import split_at
from jdm_stats.models.cox import fit_cox

REFERENCE = Path(__file__).resolve().parents[1] / "reference"


@pytest.fixture(scope="module")
def survsplit() -> dict:
    return json.loads((REFERENCE / "changing_effects.json").read_text("utf-8"))


def three_children() -> pd.DataFrame:
    """Events of A on the day of the cut itself (before) and of B the day after (from)."""
    return pd.DataFrame(
        {
            "patient_id": ["A", "B", "C"],
            "start": [0, 0, 600],
            "stop": [540, 541, 700],
            "event": [1, 1, 0],
            "nxp2": [True, True, False],
            "dose": [0.5, 2.0, np.nan],
        }
    )


def test_three_children_by_hand():
    pieces = split_at(three_children(), 540, ["nxp2", "dose"])
    nan = np.nan
    expected = pd.DataFrame(
        [
            ("A", 0, 540, 1, True, 0.5, 1, 0, 0.5, 0.0),
            ("B", 0, 540, 0, True, 2.0, 1, 0, 2.0, 0.0),
            ("B", 540, 541, 1, True, 2.0, 0, 1, 0.0, 2.0),
            ("C", 600, 700, 0, False, nan, 0, 0, nan, nan),
        ],
        columns=[
            *("patient_id", "start", "stop", "event", "nxp2", "dose"),
            *("nxp2_before_540", "nxp2_from_540", "dose_before_540", "dose_from_540"),
        ],
    )
    pd.testing.assert_frame_equal(pieces, expected)
    told = pieces.attrs["jdm_stats"]["split_at"]
    assert (told["rows"], told["pieces"], told["days"]) == (3, 4, [540])
    assert told["periods"] == {
        "before_540": {
            "rows": 2,
            "time_at_risk": 1080.0,
            "events": 1,
            "patients": 2,
        },
        "from_540": {"rows": 2, "time_at_risk": 101.0, "events": 1, "patients": 2},
    }


def test_names_of_several_periods_and_names_of_ones_own():
    rows = three_children().drop(columns=["patient_id", "dose"])
    several = split_at(rows, [540, 0.5, -3, 540], "nxp2")
    assert several.columns[4:].tolist() == [
        "nxp2_before_minus_3",
        "nxp2_minus_3_to_0_5",
        "nxp2_0_5_to_540",
        "nxp2_from_540",
    ]
    assert several.filter(like="nxp2_").sum().tolist() == [0, 2, 2, 1]
    own = split_at(rows, [90, 540], "nxp2", names=["early", "later", "late"])
    assert own.columns[4:].tolist() == ["nxp2_early", "nxp2_later", "nxp2_late"]


def test_marks_and_daily_measures_go_along():
    rows = three_children().assign(days_since_pulse=[9.0, 4.0, 7.0])
    rows.attrs["jdm_stats"] = {
        "synthetic": True,
        "outcome": "gi_perforation",
        "daily_measures": ["days_since_pulse"],
    }
    before = rows.copy(deep=True)
    noted = split_at(rows, 540, "days_since_pulse").attrs["jdm_stats"]
    assert noted["outcome"] == "gi_perforation" and noted["synthetic"] is True
    assert noted["daily_measures"] == [
        "days_since_pulse",
        "days_since_pulse_before_540",
        "days_since_pulse_from_540",
    ]
    pd.testing.assert_frame_equal(rows, before)
    assert rows.attrs == before.attrs


@pytest.mark.parametrize("dtype", ["boolean", "Int64", "Float64"])
def test_nullable_columns_keep_what_is_missing(dtype):
    rows = three_children().assign(nxp2=pd.array([1, 0, None], dtype=dtype))
    pieces = split_at(rows, 540, "nxp2")
    assert pieces["nxp2_before_540"].isna().tolist() == [False, False, False, True]
    assert pieces["nxp2_from_540"].isna().tolist() == [False, False, False, True]
    assert pieces["nxp2_before_540"].sum() == 1 and pieces["nxp2_from_540"].sum() == 0


def test_what_is_refused_is_told_all_at_once():
    rows = three_children().assign(antibody="NXP2", nxp2_from_540=1)
    with pytest.raises(UsageError, match=r"0 and 1 for each class.*already"):
        split_at(rows, 540, ["antibody", "nxp2"])
    rows = three_children()
    with pytest.raises(UsageError, match=r"'antibody'.*it has patient_id"):
        split_at(rows, 540, "antibody")
    with pytest.raises(UsageError, match="at_days must be finite numbers"):
        split_at(rows, [np.nan], "nxp2")
    with pytest.raises(UsageError, match="at_days is empty"):
        split_at(rows, [], "nxp2")
    with pytest.raises(UsageError, match="covariates is empty"):
        split_at(rows, 540, [])
    with pytest.raises(UsageError, match="twice"):
        split_at(rows, 540, ["nxp2", "nxp2"])
    with pytest.raises(UsageError, match="the time of the rows"):
        split_at(rows, 540, "stop")
    for names in (["early"], ["a", "a"], ["a b", "c"], "ab"):
        with pytest.raises(UsageError, match="names must be 2 different words"):
            split_at(rows, 540, "nxp2", names=names)
    with pytest.raises(UsageError, match="no column 'child'"):
        split_at(rows, 540, "nxp2", patient_id="child")


def test_the_columns_add_up_and_the_pieces_obey_the_law(heart_rows):
    pieces = split_at(heart_rows, [30, 90.5, 400], ["age", "transplant"])
    assert audit_intervals(pieces, patient_id="id").ok
    for name in ("age", "transplant"):
        parts = pieces.filter(regex=f"^{name}_(before|from|[0-9])")
        assert parts.shape[1] == 4
        np.testing.assert_array_equal(parts.sum(axis=1), pieces[name])
        assert ((parts != 0).sum(axis=1) <= 1).all()
    cut = split_at(heart_rows, 90.5, "age")
    new = ["age_before_90_5", "age_from_90_5"]
    again = split_at(cut.drop(columns=new), 90.5, "age")
    pd.testing.assert_frame_equal(again, cut)


@pytest.fixture(scope="module")
def heart_rows() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "heart.csv")


def test_transplants_before_and_from_day_60_equal_survsplit(heart_rows, survsplit):
    pieces = split_at(heart_rows, 60, "transplant")
    assert len(pieces) == survsplit["heart_pieces"]
    formula = "age + transplant_before_60 + transplant_from_60"
    check(fit_cox(pieces, formula, patient_id="id"), survsplit["heart"])


def test_three_periods_and_two_covariates_equal_survsplit(survsplit):
    rows = pd.DataFrame(survsplit["pbc"])
    pieces = split_at(rows, survsplit["days"], ["edema", "logbili"])
    assert len(pieces) == survsplit["pieces"]
    periods = pieces.attrs["jdm_stats"]["split_at"]["periods"]
    assert [told["events"] for told in periods.values()] == survsplit["events"]
    columns = [
        f"{name}_{period}" for name in ("edema", "logbili") for period in periods
    ]
    check(fit_cox(pieces, " + ".join(["age", *columns])), survsplit["several"])


def check(fit, expected: dict) -> None:
    rows = fit.tidy()
    np.testing.assert_allclose(rows["estimate"], expected["coef"], rtol=1e-9)
    np.testing.assert_allclose(fit.covariance, expected["var"], rtol=1e-7)
    glance = fit.glance().iloc[0]
    assert glance["log_likelihood"] == pytest.approx(expected["loglik"][1], rel=1e-12)
