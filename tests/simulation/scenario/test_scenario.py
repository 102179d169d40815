"""What a scenario accepts, refuses and says of itself."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import PlanError
from jdm_stats.evidence.published import parameters
from jdm_stats.simulation.hazards import log_hazard_ratios
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.mixes import EAST_ASIAN_MIX
from jdm_stats.simulation.scenario.presets import PRESETS, as_scenario

FIELDS = dataclasses.fields(Scenario)[1:]
CITED = [
    declared
    for declared in FIELDS
    if declared.metadata["evidence"]
    and declared.metadata["kind"] not in ("mix", "schedule")
]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"female_share": 1.2}, "female_share must be a share"),
        ({"losses_per_year": -0.1}, "losses_per_year must be a finite number"),
        ({"severity_hr": 0.0}, "severity_hr must be a finite number above 0"),
        ({"severity_hr": float("nan")}, "severity_hr"),
        ({"age_shape": "wide"}, "age_shape"),
        ({"visit_every_days": 90.5}, "visit_every_days must be a whole number"),
        ({"visit_every_days": 5}, "visit_every_days must be 30 or more"),
        ({"follow_up_days": 100}, "follow_up_days must be 365 or more"),
        ({"antibody_mix": {"NXP2": 0.5, "none": 0.4}}, "antibody_mix must sum to 1"),
        ({"antibody_mix": {"NXP9": 1.0}}, "antibody_mix names unknown"),
        ({"antibody_mix": {"untested": 1.0}}, "antibody_mix names unknown"),
        ({"antibody_mix": {"NXP2": 1.5, "none": -0.5}}, "antibody_mix must map"),
        ({"antibody_mix": 3}, "antibody_mix must map"),
        (
            {"site_mix": (("colon", 0.5), ("colon", 0.5))},
            "site_mix names a label twice",
        ),
        ({"pulse_mix": {"5": 1.0}}, "pulse_mix must name doses"),
        ({"regimen_mix": {"ideal": 1.0}}, "regimen_mix must name"),
        ({"feature_shares": {"oedema": 1.2}}, "feature_shares must map"),
        ({"centre_pulse_offsets": ()}, "centre_pulse_offsets must be"),
        ({"centre_start_offsets": (0.0,)}, "must name the same 1 to 26 centres"),
        (
            {"taper": ((0, 1.0), (60, 2.0))},
            "taper must never rise, but goes from 1 on day 0",
        ),
        ({"taper": ((0, 2.0), (60, -1.0))}, "taper must begin above 0"),
        ({"taper": ((5, 2.0),)}, "taper must begin on day 0"),
        ({"taper": ((0, 2.0), (0, 1.0))}, "its days must rise"),
        ({"taper": ((0.5, 2.0),)}, "taper must count in whole days"),
        ({"taper": 3}, "taper must list pairs"),
        ({"confounding": -1.0}, "confounding must be a finite number of 0 or more"),
        ({"lock_year": 2000}, "first_year, last_year and lock_year"),
        ({"first_year": 1850}, "first_year and last_year must lie between 1900 and"),
        ({"lock_year": 10**400}, "lock_year must lie between 0 and 9999"),
        ({"follow_up_days": 10**9}, "follow_up_days must lie between"),
        ({"severity_hr": 1e300}, "severity_hr must lie between 1e-30 and 1e\\+30"),
        ({"pulse_start_log_odds": -1e308}, "pulse_start_log_odds must lie between"),
        ({"centre_pulse_offsets": (1e300,)}, "centre_pulse_offsets must lie between"),
        ({"taper": ((0, 400.0),)}, "taper must begin at 100 mg/kg/day or less"),
        ({"taper": ((0, 1.0), (10**400, 0.5))}, "taper must end by day 36600"),
        ({"pulse_mix": {"²": 1.0}}, "pulse_mix must name doses"),
        ({"pulse_mix": {"20": 0.5, "020": 0.5}}, "pulse_mix must name doses"),
        ({"feature_shares": {"ulcer": 0.1}}, "feature_shares must name dysphagia"),
    ],
)
def test_impossible_values_are_refused_by_name(wrong, said):
    with pytest.raises(PlanError, match=said):
        Scenario(**wrong)


def test_all_faults_are_told_at_once():
    with pytest.raises(PlanError) as told:
        Scenario(female_share=2.0, losses_per_year=-1.0)
    assert "female_share" in str(told.value)
    assert "losses_per_year" in str(told.value)


def test_values_at_odds_with_others_are_told_beside_those_at_fault_alone():
    with pytest.raises(PlanError) as told:
        Scenario(female_share=2.0, follow_up_days=10, lock_year=2000, pulse_mix=3)
    for name in ("female_share", "follow_up_days", "lock_year", "pulse_mix"):
        assert str(told.value).count(name) == 1


def test_unknown_names_are_told_beside_impossible_values():
    with pytest.raises(
        PlanError, match=r"(?s)named dose_hrr.*pulse_hr must be"
    ) as told:
        Scenario().with_values(dose_hrr=2.0, pulse_hr=-1.0)
    assert "did you mean 'dose_hr'?" in str(told.value)


@pytest.mark.parametrize("given", [5, [], {"tertiary": 1}, ("east_asia", "population")])
def test_what_is_no_scenario_is_refused(given):
    with pytest.raises(PlanError, match="must be a Scenario or text"):
        as_scenario(given)
    with pytest.raises(PlanError, match="named by text"):
        Scenario.preset("tertiary", given)


def test_an_unknown_name_is_refused_with_the_near_one():
    with pytest.raises(PlanError, match="did you mean 'pulse_hr'"):
        Scenario().with_values(puls_hr=1.0)


def test_a_changed_scenario_says_so():
    changed = PRESETS["tertiary"].with_values(dose_hr=2.0)
    assert changed.name == "tertiary, changed"
    assert changed.with_values(dose_hr=1.0).name == "tertiary, changed"
    table = changed.parameters()
    assert table.loc["dose_hr", "source"] == "set for this scenario"
    assert table.loc["dose_hr", "grade"] == "C"
    assert table.loc["pulse_hr", "source"] != "set for this scenario"


def test_a_scenario_is_frozen_hashable_and_json():
    scenario = Scenario(antibody_mix=dict(EAST_ASIAN_MIX))
    assert scenario == Scenario(antibody_mix=EAST_ASIAN_MIX)
    assert hash(scenario) == hash(Scenario(antibody_mix=EAST_ASIAN_MIX))
    with pytest.raises(dataclasses.FrozenInstanceError):
        scenario.name = "other"  # type: ignore[misc]
    told = json.loads(json.dumps(scenario.values(), allow_nan=False))
    assert Scenario(**told) == scenario


def test_every_value_has_unit_grade_and_source():
    table = Scenario().parameters()
    assert len(table) == len(FIELDS)
    assert table["grade"].isin(["A", "B", "C", "solved"]).all()
    assert (table["unit"].str.len() > 0).all()
    assert (table["source"].str.len() > 0).all()
    assumed = table["source"].str.startswith(("assumed", "set for", "fit to"))
    assert set(table.loc[assumed, "grade"]) == {"C"}


@pytest.mark.parametrize("declared", CITED, ids=lambda declared: declared.name)
def test_a_cited_value_is_the_one_of_the_evidence_tables(declared):
    published = parameters().loc[declared.metadata["evidence"]]
    assert declared.default == published["value"]
    assert declared.metadata["grade"] == published["grade"]
    for end in ("low", "high"):
        if published[end] == published[end]:
            assert declared.metadata[end] == published[end]


@pytest.mark.parametrize(
    ("field", "keys"),
    [
        (
            "antibody_mix",
            {
                "NXP2": "antibody_share_western_nxp2",
                "TIF1g": "antibody_share_western_tif1g",
                "MDA5": "antibody_share_western_mda5",
                "ARS": "antibody_share_western_ars",
                "Mi2": "antibody_share_western_mi2",
                "SRP": "antibody_share_western_srp",
                "HMGCR": "antibody_share_western_hmgcr",
            },
        ),
        (
            "regimen_mix",
            {"ideal": "taper_ideal_share", "major change": "taper_major_change_share"},
        ),
        (
            "site_mix",
            {
                "duodenum": "perforation_site_share_duodenum",
                "colon": "perforation_site_share_colon",
                "small bowel": "perforation_site_share_small_bowel",
                "stomach": "perforation_site_share_stomach",
                "oesophagus": "perforation_site_share_oesophagus",
                "unknown": "perforation_site_share_unknown",
            },
        ),
        (
            "pulse_mix",
            {
                "30": "pulse_share_30_mg_kg_day",
                "20": "pulse_share_20_mg_kg_day",
                "10": "pulse_share_10_mg_kg_day",
            },
        ),
    ],
)
def test_cited_mixes_are_those_of_the_evidence_tables(field, keys):
    mix, published = dict(getattr(Scenario(), field)), parameters()["value"]
    assert {label: mix[label] for label in keys} == pytest.approx(
        {label: published[key] for label, key in keys.items()}
    )


def test_presets_that_differ_only_in_steroid_effects_share_the_baseline():
    harmless, tertiary = PRESETS["steroids_harmless"], PRESETS["tertiary"]
    changed = {
        declared.name
        for declared in FIELDS
        if getattr(harmless, declared.name) != getattr(tertiary, declared.name)
    }
    assert changed == {"dose_hr", "pulse_hr", "cumulative_hr"}
    truth = log_hazard_ratios(harmless)
    assert truth["dose"] == truth["pulse"] == truth["cumulative"] == 0.0
    assert truth["severity"] == log_hazard_ratios(tertiary)["severity"] > 0


def test_presets_by_name():
    assert as_scenario(None) is as_scenario("tertiary") is PRESETS["tertiary"]
    own = Scenario()
    assert as_scenario(own) is own
    with pytest.raises(PlanError, match="no preset is named"):
        as_scenario("rosy")


def test_numbers_of_numpy_are_held_as_plain_ones() -> None:
    """A value taken from an array or a table is a number like any other."""
    world = Scenario(
        pulse_hr=np.int64(2),
        female_share=np.float32(0.5),
        follow_up_days=np.int64(730),
        antibody_mix={"NXP2": np.float64(0.25), "none": np.float32(0.75)},
        taper=[(np.int64(0), np.float32(2.0)), (np.int64(90), np.float64(0.5))],
    )
    plain = Scenario(
        pulse_hr=2,
        female_share=0.5,
        follow_up_days=730,
        antibody_mix={"NXP2": 0.25, "none": 0.75},
        taper=[(0, 2.0), (90, 0.5)],
    )
    assert world == plain and "np." not in str(world.values())
    assert json.dumps(world.values()) == json.dumps(plain.values())
    for wrong in (np.float64("nan"), np.bool_(True), np.complex128(2)):
        with pytest.raises(PlanError, match="pulse_hr must be a finite number"):
            Scenario(pulse_hr=wrong)


def test_a_series_is_a_mix_and_an_array_a_taper():
    mix = pd.Series({"NXP2": 0.25, "none": 0.75})
    taper = np.array([[0, 2.0], [60, 1.0], [730, 0.0]])
    world = Scenario(antibody_mix=mix, taper=taper)
    assert world.antibody_mix == (("NXP2", 0.25), ("none", 0.75))
    assert world.taper == ((0, 2.0), (60, 1.0), (730, 0.0))
    assert all(isinstance(day, int) for day, _ in world.taper)
    with pytest.raises(PlanError, match="whole days"):
        Scenario(taper=np.array([[0, 2.0], [60.5, 1.0]]))
