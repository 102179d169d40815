"""The analysis plan: frozen, checked whole, read from TOML."""

from __future__ import annotations

import json
import pickle

import pytest
from pydantic import ValidationError

from jdm_stats.errors import PlanError
from jdm_stats.plan import AnalysisPlan, SteroidRules


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


def test_rules_for_steroids_are_a_section_of_the_plan(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(
        'dose_lag_days = 3\n[steroids]\nmissing_stop_day = 30\noverlapping = "refuse"\n'
        "cap_mg_per_dose = { methylprednisolone = 1000 }\n"
    )
    plan = AnalysisPlan.from_toml(path)
    assert plan.steroids == SteroidRules(
        missing_stop_day=30,
        overlapping="refuse",
        cap_mg_per_dose={"methylprednisolone": 1000},
    )
    said = dict(plan.in_words())
    assert said["Course without last day"] == "taken to last 30 days"
    assert said["Courses of one drug that overlap"] == "refused"
    assert said["Cap of a dose per kg"] == "methylprednisolone 1000 mg"
    assert dict(AnalysisPlan().in_words())["Course without last day"] == "refused"


def test_faults_of_the_plan_and_of_its_rules_are_told_together():
    with pytest.raises(PlanError) as caught:
        AnalysisPlan(
            ties="exact", steroids={"missing_stop_day": "guess", "depot": {"x": 1}}
        )
    lines = str(caught.value).splitlines()
    assert lines[0] == "the analysis plan is at fault:"
    told = [line.strip().split(":")[0] for line in lines[1:]]
    assert told == ["ties", "steroids.missing_stop_day", "steroids.depot"]


def test_a_plan_with_rules_pickles_and_hashes():
    plan = AnalysisPlan(steroids={"equivalents": {"deflazacort": 0.8}})
    again = pickle.loads(pickle.dumps(plan))
    assert again == plan
    assert hash(again) == hash(plan)
    assert json.loads(plan.model_dump_json())["steroids"]["equivalents"] == {
        "deflazacort": 0.8
    }


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"missing_stop_day": "next_course"}, "until the day before the next course"),
        ({"missing_stop_day": "exit"}, "until the end of follow-up"),
        ({"missing_stop_day": 1}, "taken to last 1 day"),
        ({"as_needed": "as_written"}, "taken as though given regularly"),
        ({"missing_dose": "leave_out"}, "left out"),
        ({"overlapping": "later_replaces"}, "the later one ends the earlier"),
        ({"weight_over_time": "interpolate"}, "on a line between the readings"),
        ({"weight_within_course": "readings"}, "cut where a new weight is recorded"),
        ({"height_over_time": "nearest"}, "recorded nearest in time"),
        ({"depot_days": {"triamcinolone": 21}}, "triamcinolone over 21 days"),
        ({"equivalents": {"deflazacort": 0.8}}, "deflazacort 0.8 (replaced)"),
        ({"pulse_mg_day": 500}, "500 mg/day"),
    ],
)
def test_every_rule_is_said_in_words(rules, said):
    told = " | ".join(choice for _, choice in SteroidRules(**rules).in_words())
    assert said in told
    assert said not in " | ".join(choice for _, choice in SteroidRules().in_words())
