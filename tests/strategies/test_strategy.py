"""The strategy record: frozen, checked whole, read from TOML, said in words."""

from __future__ import annotations

import pickle

import pytest
from pydantic import ValidationError

from jdm_stats.errors import PlanError
from jdm_stats.strategies import Strategy


def faults_of(**fields):
    with pytest.raises(PlanError) as caught:
        Strategy(**fields)
    return str(caught.value)


def test_every_fault_is_listed_at_once():
    said = faults_of(
        oral_at_most=-1, pulses="some", grace_days="7", dose=2, start="now"
    )
    for field in ("oral_at_most", "pulses", "grace_days", "dose", "start"):
        assert f"\n  {field}: " in said


def test_a_rising_taper_is_refused_with_its_field_and_day():
    points = [(0, 1.0), (14, 0.5), (28, 0.75)]
    said = faults_of(taper=points)
    assert "\n  taper: a taper may not rise" in said
    assert "from 0.5 to 0.75 mg/kg/day on day 28" in said
    assert Strategy(schedule=points).steps() == tuple(points)


@pytest.mark.parametrize(
    ("points", "told"),
    [
        ([], "first day must be 0"),
        ([(1, 1.0)], "first day must be 0"),
        ([(0, 1.0), (0, 0.5)], "must increase"),
        ([(0, 1.0), (7, -0.5)], "schedule.1.1"),
        ([(0, float("nan"))], "schedule.0.1"),
    ],
)
def test_points_at_fault(points, told):
    assert told in faults_of(schedule=points)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"oral_at_least": 2.0, "oral_at_most": 0.5}, "oral_at_least: must not exceed"),
        ({"taper": [(0, 1.0)], "oral_at_most": 1.0}, "taper: give either"),
        ({"taper": [(0, 1.0)], "schedule": [(0, 1.0)]}, "taper: give either"),
        ({"fall_share_per_week": 0.5}, "fall_share_per_week: only with"),
        (
            {"oral_at_least": 1.0, "fall_share_per_week": 0.5},
            "fall_share_per_week: only with",
        ),
        ({"pulses": "given"}, "pulse_mg_kg: needed"),
        ({"pulses": "given"}, "pulse_days: needed"),
        ({"pulse_days": 3}, "pulse_days: only with"),
        (
            {"pulses": "given", "pulse_mg_kg": 20, "pulse_days": 3, "sustain_days": 2},
            "pulse_days: must not exceed sustain_days",
        ),
    ],
)
def test_rules_that_disagree(fields, told):
    assert told in faults_of(**fields)


def test_a_strategy_cannot_be_changed_and_pickles():
    strategy = Strategy.high_dose()
    with pytest.raises(ValidationError):
        strategy.grace_days = 60
    assert pickle.loads(pickle.dumps(strategy)) == strategy


def test_strategies_of_another_name_have_the_same_rules():
    one, other = Strategy(name="a", oral_at_most=1), Strategy(name="b", oral_at_most=1)
    assert one != other and one.rules() == other.rules()


def test_a_strategy_is_read_from_toml(tmp_path):
    path = tmp_path / "strategy.toml"
    path.write_text('name = "slow"\ntaper = [[0, 2.0], [28, 1]]\ngrace_days = 3\n')
    expected = Strategy(name="slow", taper=[(0, 2.0), (28, 1.0)], grace_days=3)
    assert Strategy.from_toml(path) == expected
    path.write_text(path.read_text(), encoding="utf-8-sig")  # as Windows saves it
    assert Strategy.from_toml(path) == expected


@pytest.mark.parametrize(
    ("content", "told"),
    [("grace_days = ", "not TOML"), ("taper = [[1, 2.0]]", "taper")],
)
def test_a_bad_file_is_told(tmp_path, content, told):
    path = tmp_path / "strategy.toml"
    path.write_text(content)
    with pytest.raises(PlanError, match=told):
        Strategy.from_toml(path)
    with pytest.raises(PlanError, match="cannot be read"):
        Strategy.from_toml(tmp_path / "none.toml")


def test_the_words_follow_the_rules():
    high, low = (
        dict(Strategy.high_dose().in_words()),
        dict(Strategy.low_dose().in_words()),
    )
    assert high["Oral dose"].startswith("at least 2 mg/kg/day")
    assert high["Pulses"].startswith("methylprednisolone 20 mg/kg on 3 days")
    assert low["Pulses"] == "none"
    assert low["Fall of a higher dose"] == "by at most 50% per week"
    assert low["Sustained"] == "90 days, then the natural course"
    natural = dict(Strategy.natural().in_words())
    assert (natural["Oral dose"], natural["Pulses"]) == ("as it comes", "as they come")
    assert natural["Start"] == "on the day of time zero"
