"""The analysis plan: frozen, checked whole, read from TOML."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from jdm_stats.errors import PlanError
from jdm_stats.plan import AnalysisPlan


def test_every_fault_is_listed_at_once():
    with pytest.raises(PlanError) as caught:
        AnalysisPlan(landmark_days=-1, ties="exact", horizon="730", outcome="death")
    for field in ("landmark_days", "ties", "horizon", "outcome"):
        assert field in str(caught.value)


def test_a_number_of_days_is_not_read_from_text():
    with pytest.raises(PlanError, match="landmark_days"):
        AnalysisPlan(landmark_days="90")


def test_a_plan_cannot_be_changed():
    plan = AnalysisPlan()
    with pytest.raises(ValidationError):
        plan.landmark_days = 60
    assert plan == AnalysisPlan()


def test_a_plan_is_read_from_toml(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text('landmark_days = 60\nrisk_months = [3, 6]\nties = "breslow"\n')
    plan = AnalysisPlan.from_toml(path)
    assert (plan.landmark_days, plan.risk_months, plan.ties) == (60, (3, 6), "breslow")


@pytest.mark.parametrize(
    ("content", "told"), [("landmark_days = ", "not TOML"), ("foo = 1", "foo")]
)
def test_a_bad_file_is_told(tmp_path, content, told):
    path = tmp_path / "plan.toml"
    path.write_text(content)
    with pytest.raises(PlanError, match=told):
        AnalysisPlan.from_toml(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(PlanError, match="cannot be read"):
        AnalysisPlan.from_toml(tmp_path / "none.toml")


def test_the_plan_in_words_follows_its_values():
    said = dict(AnalysisPlan(pulse_window_days=14, landmark_days=45).in_words())
    assert said["Outcome"] == "first GI perforation after entry"
    assert "last 14 days, acting from 1 day after it" in said["Recent pulse"]
    assert "at day 45" in said["Logistic model"]
