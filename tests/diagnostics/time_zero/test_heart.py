"""Stanford heart transplants: coded by day the linter is silent, coded "ever" it is not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from jdm_stats.diagnostics.time_zero import lint_time_zero
from jdm_stats.models.cox import fit_cox

HEART = pd.read_csv(Path(__file__).parents[2] / "reference" / "heart.csv")
EVER = HEART.groupby("id")["transplant"].transform("max")


def one_row_each() -> pd.DataFrame:
    patients = HEART.assign(transplant=EVER).groupby("id")
    first, last = patients.first(), patients.last()
    return first.assign(stop=last["stop"], event=last["event"]).reset_index()[
        ["id", "start", "stop", "event", "age", "year", "surgery", "transplant"]
    ]


def test_coded_by_day_it_is_clean():
    assert lint_time_zero(HEART, patient_id="id").ok
    formula = "transplant + age + year + surgery"
    assert lint_time_zero(HEART, patient_id="id", formula=formula).ok


def test_ever_beside_the_day_is_proven():
    rows = HEART.assign(ever_transplant=EVER)
    report = lint_time_zero(rows, patient_id="id")
    proof = report.proofs[0]
    assert proof.code == "ever_exposed"
    assert proof.columns == ("ever_transplant", "transplant")
    assert proof.children == HEART.loc[HEART["transplant"] == 1, "id"].nunique() == 69
    waiting = HEART[(HEART["transplant"] == 0) & (EVER == 1)]
    days = (waiting["stop"] - waiting["start"]).sum()
    assert f"{days:,.0f} days" in proof.sentence


@pytest.mark.parametrize("columns", [[], ["age_tx", "surg_tx"]])
def test_ever_in_cut_rows_is_a_suspicion(columns):
    rows = HEART.assign(transplant=EVER).drop(columns=columns)
    report = lint_time_zero(rows, patient_id="id")
    assert "ever_exposed" in report.codes and not report.proofs


def test_one_row_each_says_that_it_cannot_be_seen():
    report = lint_time_zero(one_row_each(), patient_id="id")
    assert report.ok
    assert any("one row per child" in note for note in report.not_judged)
    assert len(lint_time_zero(HEART, patient_id="id").not_judged) == 1


def test_a_formula_without_the_column_leaves_it_alone():
    rows = one_row_each()
    assert lint_time_zero(rows, patient_id="id", formula="age + surgery").ok


def test_the_bias_it_warns_of():
    right = fit_cox(HEART, "transplant + age + year + surgery", interval="wald")
    wrong = fit_cox(
        one_row_each(), "transplant + age + year + surgery", interval="wald"
    )
    ratios = [
        fit.tidy(exponentiate=True).set_index("term").loc["transplant", "estimate"]
        for fit in (right, wrong)
    ]
    assert ratios[0] == pytest.approx(0.99, abs=0.005)  # R: exp(-0.01025)
    assert ratios[1] < 0.25
