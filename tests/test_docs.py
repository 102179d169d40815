"""The pages of docs/ say what the code says, and the index leads to each of them."""

from __future__ import annotations

import re
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pytest

from jdm_stats.analysis.fits import plan_intervals
from jdm_stats.cohort.files import read_cohort
from jdm_stats.evidence.published import parameters
from jdm_stats.models.cox import fit_cox
from jdm_stats.plan import AnalysisPlan
from jdm_stats.simulation import hazards
from jdm_stats.simulation.calibration import Targets, expected_figures
from jdm_stats.simulation.index_case import index_case_pattern
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.presets import GROUPS, PRESETS, as_scenario
from jdm_stats.simulation.simulate import DEFAULT_SEED, simulate_cohort

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
WORLD = (DOCS / "world.md").read_text(encoding="utf-8")
TERTIARY = PRESETS["tertiary"]
DECLARED = {field.name: field for field in fields(TERTIARY)[1:]}
SOLVED_BY = "solved by jdm_stats.simulation.calibration.solve_baseline: "


def tables(text: str, *header: str) -> list[dict[str, str]]:
    """Return the rows of every table whose header starts with these columns."""
    rows: list[dict[str, str]] = []
    for block in re.findall(r"(?:^\|.*\|\n)+", text + "\n", re.MULTILINE):
        lines = [
            [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
            for line in block.splitlines()
        ]
        if lines[0][: len(header)] == list(header):
            rows += [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]
    return rows


def shown(name: str, world: Scenario = TERTIARY) -> str:
    """The value of a field of a scenario, as the page writes it."""
    value = world.values()[name]
    if isinstance(value, dict):
        return ", ".join(f"{label} {share}" for label, share in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def names_in(cell: str) -> list[str]:
    return re.findall(r"\w+", cell.replace("`", ""))


VALUES = tables(WORLD, "Symbol", "In the code") + tables(
    WORLD, "In the code", "Meaning"
)
STATUSES = {row["Status"]: row["Values"] for row in tables(WORLD, "Status", "Values")}
SOLVED = tables(WORLD, "Figure", "Target")
DIAL = tables(WORLD, "Dial")
CONSTANTS = [n for n, f in DECLARED.items() if f.metadata["grade"] == "solved"]


def test_every_page_is_linked_from_the_index():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([^)#\s]+)", index))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert sorted(pages - {"README.md"} - linked) == []


def test_every_picture_shown_is_there():
    for page in DOCS.rglob("*.md"):
        for name in re.findall(r"!\[.*?\]\((.*?)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / name).is_file(), f"{page.name}: {name}"


@pytest.mark.parametrize("row", VALUES, ids=lambda row: row["In the code"])
def test_a_value_of_the_world_is_the_one_in_the_code(row):
    name = row["In the code"]
    if name.isupper():
        assert row["Value"] == str(getattr(hazards, name))
        assert row["Grade"] == "C" and row["Source"].startswith("assumed")
        return
    declared = DECLARED[name].metadata
    assert row["Value"] == shown(name)
    assert row["Unit"] == declared["unit"]
    assert row["Grade"] == declared["grade"]
    assert row["Source"] == declared["source"].replace(SOLVED_BY, "solved: ")


def test_the_hazard_is_told_whole():
    told = [row["In the code"] for row in VALUES]
    assert len(told) == len(set(told)) > 40
    needed = {f"{name}_hr" for name in hazards.log_hazard_ratios(TERTIARY)}
    needed |= {"h0_mass", "h0_median_days", "h0_log_spread", "dose_scale_mg_kg"}
    needed |= {"no_gi_factor"} | {name for name in vars(hazards) if name.isupper()}
    needed -= {"DAYS_PER_YEAR"}  # a unit, no assumption
    assert {name for name in needed if not name.startswith("_")} <= set(told)
    assert set(DECLARED) <= set(told)  # and so is every other value


def test_the_half_life_of_a_dose_is_that_of_the_evidence():
    evidence = parameters().loc["cumulative_dose_half_life_days"]
    assert evidence["value"] == hazards.WEIGHTED_HALF_LIFE_DAYS
    assert evidence["status"] == "assumed"


def test_what_is_assumed_is_never_told_as_reported():
    """The statuses of the code are held to the evidence in test_scenario_told.py."""
    words = {
        "reported: as printed, rounded at most": "reported",
        "calculated from printed figures": "calculated",
        "in part reported or calculated, in part assumed": "in part assumed",
        "solved": "solved",
    }
    status = TERTIARY.parameters()["status"]
    assert set(status) == {*words.values(), "assumed"}
    for told, known in words.items():
        assert set(names_in(STATUSES[told])) == set(status.index[status == known])
    assert STATUSES["assumed"] == f"the other {(status == 'assumed').sum()}"


def test_each_target_and_the_constant_solved_for_it_are_told():
    assert {row["Figure"]: row["Target"] for row in SOLVED} == {
        figure: str(target) for figure, target in asdict(Targets()).items()
    }
    assert {row["Solved by"] for row in SOLVED} == set(CONSTANTS)


@pytest.mark.slow
def test_what_came_of_the_solved_constants_is_as_told():
    by_seed = [
        expected_figures(TERTIARY, children=24_576, seed=seed)["value"]
        for seed in range(1, 7)
    ]
    for row in SOLVED:
        first, *others = [figures[row["Figure"]] for figures in by_seed]
        mean, error = np.mean(others), np.std(others, ddof=1) / np.sqrt(len(others))
        decimals = len(row["Other children"].split(" ")[0].partition(".")[2])
        assert row["Other children"] == f"{mean:.{decimals}f} ({error:.{decimals}f})"
        assert row["Those children"] == f"{first:.{decimals}f}"


@pytest.mark.slow
def test_the_risks_told_of_the_other_presets_are_theirs():
    told = {"population": "0.68%", "steroids_harmless": "1.27%"}
    told |= {"dose_threshold": "1.70%", "steroids_harmful": "5.06%"}
    for preset, risk in told.items():
        assert risk in WORLD
        got = [
            expected_figures(PRESETS[preset], children=24_576, seed=seed)["value"][
                "risk"
            ]
            for seed in range(2, 7)
        ]
        assert f"{np.mean(got):.2%}" == risk


@pytest.mark.slow
@pytest.mark.parametrize("row", DIAL, ids=lambda row: row["Dial"])
def test_harmless_pulses_look_as_harmful_as_told(row):
    plan = AnalysisPlan()
    world = PRESETS["steroids_harmless"].with_values(confounding=float(row["Dial"]))
    cohort = simulate_cohort(12_000, scenario=world, rng=99, n_index_pattern=0)
    fit = fit_cox(plan_intervals(plan, cohort), plan.cox_formula, interval="wald")
    terms = fit.tidy(exponentiate=True).set_index("term")
    for name, column in (
        ("recent_pulse", "A recent pulse"),
        ("current_dose_mg_kg", "Oral dose, per mg/kg/day"),
    ):
        found = terms.loc[name]
        low, high = found["conf_low"], found["conf_high"]
        assert row[column] == f"{found['estimate']:.1f} ({low:.1f} to {high:.1f})"


def test_the_dial_tells_what_the_page_says_of_pulses():
    told = {row["Dial"]: row["A recent pulse"] for row in DIAL}
    assert list(told) == ["0", "1", "2"]
    said = told["1"].replace("(", "(95% interval ")
    assert f"a recent pulse a hazard ratio of {said}" in " ".join(WORLD.split())


def test_the_presets_differ_as_told():
    presets = [name for name in PRESETS if name != "western"]
    told = tables(WORLD, "In the code", "tertiary", "east_asia")
    values = {name: PRESETS[name].values() for name in presets}
    differing = {f for f in DECLARED if len({str(v[f]) for v in values.values()}) > 1}
    assert set(told[0]) == {"In the code", *presets}
    assert {row["In the code"] for row in told} == differing - set(CONSTANTS)
    for row in told:
        for preset in presets:
            assert row[preset] == shown(row["In the code"], PRESETS[preset])
    plain = PRESETS["western"].with_values(name="tertiary")
    assert plain == PRESETS["tertiary"]


def test_the_solved_constants_of_each_kind_are_as_told():
    told = tables(WORLD, "Solved for")
    assert len(told) == len(GROUPS["children"]) * len(GROUPS["risk"])
    for row in told:
        world = as_scenario(row["Solved for"])
        assert {name: row[name] for name in CONSTANTS} == {
            name: str(getattr(world, name)) for name in CONSTANTS
        }
    ranges = tables(WORLD, "Range for")
    assert len(ranges) == len(told)
    for row in ranges:
        table = as_scenario(row["Range for"]).parameters()
        for name in CONSTANTS:
            low, high = table.loc[name, ["low", "high"]]
            assert row[name] == f"{low:g} to {high:g}"
    for steroids in GROUPS["steroids"]:
        for row in told:
            joined = as_scenario(f"{row['Solved for']}+{steroids}")
            same = as_scenario(row["Solved for"])
            assert all(getattr(joined, n) == getattr(same, n) for n in CONSTANTS)


def test_the_file_shown_is_one_that_is_read(tmp_path):
    (shown_file,) = re.findall(r"```toml\n(.*?)```", WORLD, re.DOTALL)
    place = tmp_path / "world.toml"
    place.write_text(shown_file, encoding="utf-8")
    assert Scenario.from_toml(place) == as_scenario(
        "east_asia+steroids_harmless"
    ).with_values(confounding=2.0, pulse_hr=1.2)


def test_the_lines_shown_run(tmp_path, monkeypatch):
    from matplotlib import pyplot as plt

    plt.switch_backend("Agg")
    monkeypatch.chdir(tmp_path)
    (lines,) = re.findall(r"```python\n(.*?)```", WORLD, re.DOTALL)
    exec(lines, {})
    plt.close("all")
    assert (tmp_path / "world.toml").exists()


def test_the_steps_of_the_index_case_are_counted_as_told():
    counts = index_case_pattern()["status"].value_counts()
    assert f"{counts['reported']} reported, {counts['assumed']} assumed" in WORLD


def test_the_committed_cohort_is_as_told():
    cohort = read_cohort(ROOT / "data" / "synthetic")
    patients, events = cohort.patients, cohort.events
    perforations = events[events["event"] == "gi_perforation"]
    perforated = patients[patients["patient_id"].isin(perforations["patient_id"])]
    told = tables(WORLD, "In the committed cohort", "Count")
    assert {row["In the committed cohort"]: int(row["Count"]) for row in told} == {
        "children": cohort.n_patients,
        "children with a perforation": len(perforated),
        "of them drawn from the hazard": (perforated["pattern"] == "background").sum(),
        "of them with anti-NXP2": (perforated["antibody"] == "NXP2").sum(),
        "perforations": len(perforations),
        "deaths": (events["event"] == "death").sum(),
        "children not tested for antibodies": (
            patients["antibody"] == "untested"
        ).sum(),
    }
    assert f"seed {DEFAULT_SEED}" in WORLD


def test_the_loss_was_set_for_the_count_of_perforations_as_told():
    assert TERTIARY.losses_per_year == 0.04
    world = TERTIARY.with_values(losses_per_year=0.05)
    events = simulate_cohort(scenario=world).events
    perforations = events[events["event"] == "gi_perforation"]
    assert perforations["patient_id"].nunique() == 11
    assert "yearly loss of 5% this seed gives 11 children" in WORLD
