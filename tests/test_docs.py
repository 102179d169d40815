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
from jdm_stats.simulation.presets import PRESETS
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


def shown(name: str) -> str:
    """The value of a field of the scenario, as the page writes it."""
    value = TERTIARY.values()[name]
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


def test_every_page_is_linked_from_the_index():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([^)#\s]+)", index))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert sorted(pages - {"README.md"} - linked) == []


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


def test_the_half_life_of_a_dose_is_that_of_the_evidence():
    evidence = parameters().loc["cumulative_dose_half_life_days"]
    assert evidence["value"] == hazards.WEIGHTED_HALF_LIFE_DAYS
    assert evidence["status"] == "assumed"


def status_in_code(name: str) -> str:
    told, known = DECLARED[name].metadata, parameters()["status"]
    if told["grade"] == "solved":
        return "solved"
    if told["kind"] in ("mix", "shares"):
        at_all = told["evidence"] or "nowhere"
        parts = {known[key] for key in known.index if key.startswith(at_all)}
        return "in part" if parts - {"assumed"} else "assumed"
    if told["evidence"]:
        return str(known[told["evidence"]])
    return "assumed" if told["grade"] == "C" else "calculated here"


def test_what_is_assumed_is_never_told_as_reported():
    words = {
        "reported: as printed, rounded at most": "published",
        "calculated from printed figures": "calculated here",
        "in part reported or calculated, in part assumed": "in part",
        "solved": "solved",
    }
    by_status: dict[str, set[str]] = {}
    for name in DECLARED:
        by_status.setdefault(status_in_code(name), set()).add(name)
    for told, status in words.items():
        assert set(names_in(STATUSES[told])) == by_status[status]
    assert STATUSES["assumed"] == f"the other {len(by_status['assumed'])}"


def test_each_target_and_the_constant_solved_for_it_are_told():
    assert {row["Figure"]: row["Target"] for row in SOLVED} == {
        figure: str(target) for figure, target in asdict(Targets()).items()
    }
    solved = {n for n, field in DECLARED.items() if field.metadata["grade"] == "solved"}
    assert {row["Solved by"] for row in SOLVED} == solved


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
    for preset, risk in (("population", "0.68%"), ("steroids_harmless", "1.25%")):
        assert risk in WORLD
        got = [
            expected_figures(PRESETS[preset], children=24_576, seed=seed)["value"][
                "risk"
            ]
            for seed in range(2, 7)
        ]
        assert f"{np.mean(got):.2%}" == risk


@pytest.mark.slow
def test_harmless_pulses_look_as_harmful_as_told():
    plan = AnalysisPlan()
    cohort = simulate_cohort(
        12_000, scenario="steroids_harmless", rng=99, n_index_pattern=0
    )
    fit = fit_cox(plan_intervals(plan, cohort), plan.cox_formula, interval="wald")
    row = fit.tidy(exponentiate=True).set_index("term").loc["recent_pulse"]
    low, high = row["conf_low"], row["conf_high"]
    told = f"{row['estimate']:.1f} (95% interval {low:.1f} to {high:.1f})"
    assert told in " ".join(WORLD.split())


def test_the_presets_differ_as_told():
    told = tables(WORLD, "In the code", *PRESETS)
    values = {name: world.values() for name, world in PRESETS.items()}
    differing = [f for f in DECLARED if len({str(v[f]) for v in values.values()}) > 1]
    assert [row["In the code"] for row in told] == differing
    for row in told:
        for preset in PRESETS:
            assert row[preset] == str(values[preset][row["In the code"]])


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
