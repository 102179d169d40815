"""A scenario as TOML: what is read, what is refused, and that nothing is lost on the way."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jdm_stats.errors import PlanError
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.mixes import FEATURES
from jdm_stats.simulation.scenario.presets import GROUPS, as_scenario
from jdm_stats.simulation.scenario.toml import SECTIONS

DECLARED = {field.name: field.metadata for field in fields(Scenario)[1:]}
KINDS = {
    "share": st.floats(0, 1),
    "rate": st.floats(0, 1e30),
    "positive": st.floats(1e-30, 1e30),
    "real": st.floats(-500, 500),
}


@pytest.fixture
def read(tmp_path):
    def reading(text):
        place = tmp_path / "scenario.toml"
        place.write_text(text, encoding="utf-8")
        return Scenario.from_toml(place)

    return reading


def test_a_file_changes_what_it_names_and_leaves_the_rest_to_the_preset(read):
    world = read(
        """
        preset = "east_asia+steroids_harmless"
        confounding = 2            # flat, and a whole number
        [registry]
        follow_up_days = 1096.0    # a count, written with decimals
        centre_pulse_offsets = [-1, 0, 0, 1]
        [treatment]
        taper = [[0, 1], [90.0, 0.5], [180, 0]]
        [hazards.site_mix]
        duodenum = 0.75
        "small bowel" = 0.25
        """
    )
    assert world == as_scenario("east_asia+steroids_harmless").with_values(
        confounding=2.0,
        follow_up_days=1096,
        centre_pulse_offsets=(-1.0, 0.0, 0.0, 1.0),
        taper=((0, 1.0), (90, 0.5), (180, 0.0)),
        site_mix={"duodenum": 0.75, "small bowel": 0.25},
    )
    assert world.name == "east_asia+steroids_harmless, changed"
    assert [type(v) for v in world.centre_pulse_offsets] == [float] * 4
    assert isinstance(world.follow_up_days, int)


def test_an_empty_file_is_tertiary_and_a_preset_alone_is_itself(read):
    assert read("") == as_scenario("tertiary")
    assert read('preset = ["population", "east_asia"]') == as_scenario(
        "east_asia+population"
    )
    assert read('name = "ours"\npulse_hr = 1.5').name == "ours"
    assert read("pulse_hr = 1.5") == as_scenario("tertiary")


def test_a_file_as_windows_saves_it_is_read(tmp_path):
    place = tmp_path / "world.toml"
    place.write_bytes(b"\xef\xbb\xbfpulse_hr = 2\r\n[hazards]\r\njak_hr = 2\r\n")
    world = Scenario.from_toml(place)
    assert (world.pulse_hr, world.jak_hr) == (2.0, 2.0)


FAULTY = """
preset = "east_asia+tertary"
name = ""
puls_hr = 2
female_share = 1.4
severity = 3
[hazard]
jak_hr = 2
[hazards]
pulse_hr = true
female_share = 0.4
dose_hr = "strong"
[treatment]
taper = [[0, 1.0], [60, 2.0]]
antibody_mix = {NXP2 = 0.5}
"""


def test_all_faults_are_told_at_once_each_with_its_name(read):
    with pytest.raises(PlanError) as told:
        read(FAULTY)
    lines = [line.strip() for line in str(told.value).splitlines()[1:]]
    for said in (
        "preset: no preset is named 'tertary'; did you mean 'tertiary'?",
        "name must be one line of text, not ''",
        "puls_hr is no value of a scenario; did you mean 'pulse_hr'?",
        "female_share must be a share between 0 and 1, not 1.4",
        "severity is a heading: write [severity] on a line of its own",
        "hazard is no value of a scenario; did you mean 'hazards'?",
        "pulse_hr must be a finite number above 0, not True",
        "female_share is given twice, the second time as hazards.female_share",
        "dose_hr must be a finite number above 0, not 'strong'",
        "taper must never rise",
        "antibody_mix must sum to 1",
    ):
        assert sum(line.startswith(said) for line in lines) == 1, said
    assert len(lines) == 11
    assert "scenario.toml is at fault" in str(told.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("preset = 3", "preset: must be text"),
        ('preset = "east_asia+western"', "presets east_asia and western cannot be"),
        ("[hazards]\nname = 'x'", "hazards.name is no value"),
        ("first_year = 2009-01-01", "first_year must be a whole number"),
        ("pulse_hr = 1" + "0" * 400, "pulse_hr must be a finite number above 0"),
        ("pulse_hr = nan", "pulse_hr must be a finite number above 0, not nan"),
        ("follow_up_days = 900.5", "follow_up_days must be a whole number"),
        ("taper = [[0, 1.0], 3]", "taper must list pairs"),
        ("centre_pulse_offsets = [0.0]", "must name the same 1 to 26 centres"),
        ("first_year = 2030", "first_year, last_year and lock_year must rise"),
        ("pulse_hr == 2", "is not TOML"),
    ],
)
def test_what_cannot_be_is_refused(read, text, said):
    with pytest.raises(PlanError, match=said.replace("+", r"\+")):
        read(text)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(PlanError, match="cannot be read"):
        Scenario.from_toml(tmp_path / "none.toml")


@pytest.mark.parametrize("name", [name for said in GROUPS.values() for name in said])
def test_what_is_written_reads_back_equal(tmp_path, name):
    world, place = as_scenario(name), tmp_path / "world.toml"
    text = world.to_toml(place)
    assert place.read_bytes() == text.encode("utf-8")
    assert Scenario.from_toml(place) == world
    assert Scenario.from_toml(place).to_toml() == text


def test_every_value_is_written_under_one_line_that_explains_it():
    lines = Scenario().with_values(jak_hr=9.0).to_toml().splitlines()
    for names in SECTIONS.values():
        for name in names:
            at = [i for i, line in enumerate(lines) if line.startswith(f"{name} = ")]
            assert len(at) == 1
            comment = lines[at[0] - 1]
            assert comment.startswith(f"# {DECLARED[name]['unit']}; ")
            assert "grade" in comment or "solved" in comment
    assert sorted(n for names in SECTIONS.values() for n in names) == sorted(DECLARED)
    at = lines.index("jak_hr = 9.0")
    assert lines[at - 1] == (
        "# hazard ratio; plausible 0.5 to 3; OUTSIDE what is plausible; grade C, "
        "set by the user"
    )


@st.composite
def changes(draw):
    """A few values of the simple kinds, and a name with marks that must be escaped."""
    simple = [name for name, told in DECLARED.items() if told["kind"] in KINDS]
    chosen = draw(st.lists(st.sampled_from(simple), max_size=8, unique=True))
    found = {name: draw(KINDS[DECLARED[name]["kind"]]) for name in chosen}
    words = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1)
    shares = {name: draw(st.floats(0, 1)) for name, _ in FEATURES}
    sites = draw(st.lists(words, min_size=1, max_size=4, unique=True))
    offsets = draw(st.lists(st.floats(-9, 9), min_size=4, max_size=4))
    return found | {
        "name": draw(words),
        "feature_shares": shares,
        "site_mix": {site: 1 / len(sites) for site in sites},
        "centre_pulse_offsets": tuple(offsets),
    }


@given(changed=changes())
def test_any_scenario_reads_back_equal(tmp_path_factory, changed):
    world = as_scenario("population").with_values(**changed)
    place = tmp_path_factory.mktemp("toml") / "world.toml"
    world.to_toml(place)
    assert Scenario.from_toml(place) == world
