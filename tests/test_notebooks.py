"""Every template runs through the public command, and its page says what the code says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import jdm_stats as jdm

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = (
    *("cohort", "known_truth", "perforation_risk", "published_evidence"),
    "study_size",
)
WITHOUT_DATA = ("published_evidence", "study_size")


@pytest.fixture(params=TEMPLATES)
def report(request, rendered) -> Path:
    """Folder of a report made by the public command."""
    return rendered(request.param)


def test_the_page_stands_by_itself(report):
    page = (report / "report.html").read_text(encoding="utf-8")
    assert "Content-Security-Policy" in page
    assert not re.search(r"<(script|iframe|object|link)\b", page)
    assert not re.search(r"""\bsrc=["'](?!data:)""", page)
    assert not re.search(r"url\(", page)
    words = re.sub(r"<[^>]+>", " ", re.sub(r"data:image[^\"']+", "", page))
    assert not re.search(r"\b(nan|NaN|inf)\b", words)
    assert not re.search(r">None</td>", page)
    assert "Traceback" not in words
    assert "Warning" not in words


def test_synthetic_data_say_so(report):
    page = (report / "report.html").read_text(encoding="utf-8")
    manifest = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    if manifest["template"]["name"] in WITHOUT_DATA:
        assert re.search("nothing on this page is simulated", page, re.IGNORECASE)
        assert manifest["synthetic"] is None
    else:
        assert "SYNTHETIC DATA" in page
        assert manifest["synthetic"] is True
        if manifest["template"]["name"] == "known_truth":
            return  # it draws its children itself
        assert {Path(name).name for name in manifest["inputs"]["data"]} >= {
            "patients.csv",
            "cohort.json",
        }


# What shows no data: what was asked, what was read, with which software.
NO_DATA = ("inputs", "plan", "software", "versions")


def test_every_table_that_leaves_the_page_says_whether_it_is_synthetic(report):
    manifest = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    page = (report / "report.html").read_text(encoding="utf-8")
    tables = [path for path in (report / "tables").glob("*.csv")]
    assert len(tables) >= 5
    marked = 0
    for path in tables:
        table = pd.read_csv(path, dtype=str)
        says = table.columns[0] == "data" and set(table["data"]) == {"SYNTHETIC"}
        marked += says
        if path.stem not in NO_DATA:
            assert says == bool(manifest["synthetic"]), path.name
    assert page.count("<caption><strong") == marked


def test_the_manifest_lists_every_file(report):
    manifest = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    files = {
        path.relative_to(report).as_posix()
        for path in report.rglob("*")
        if path.is_file() and path.name not in ("manifest.json", ".lock")
    }
    assert set(manifest["files"]) == files
    assert manifest["status"] == "done"
    assert any(name.startswith("tables/") for name in files)


def test_the_risk_report_shows_the_numbers_of_run_analysis(report):
    if not (report / "tables" / "cox.csv").exists():
        pytest.skip("another template")
    cohort = jdm.read_cohort(ROOT / "data" / "synthetic")
    analysis = jdm.run_analysis(jdm.AnalysisPlan(), cohort)
    shown = pd.read_csv(report / "tables" / "cox.csv")
    told = analysis.fits["Firth Cox"].tidy(exponentiate=True)
    ratios = shown.loc[shown["Model"] == "Firth Cox", "HR (95% CI)"].tolist()
    written = [
        jdm_ratio(row)
        for row in told[["estimate", "conf_low", "conf_high"]].to_numpy().tolist()
    ]
    assert ratios == written
    rates = pd.read_csv(report / "tables" / "rates.csv")
    assert rates["Events"].tolist() == analysis.rates["events"].tolist()


def jdm_ratio(row: list[float]) -> str:
    from jdm_stats.html import format_ratio

    return format_ratio(*row)


def test_the_risk_report_shows_single_events_and_second_engines(rendered):
    folder = rendered("perforation_risk")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Two other engines agree on the coefficients" in page
    assert "DISAGREE" not in page
    told = pd.read_csv(folder / "tables" / "event_ledger.csv")
    cox = pd.read_csv(folder / "tables" / "cox.csv")
    assert len(told) == int(cox["Events / n"].iloc[0].split(" / ")[0])
    moved = pd.read_csv(folder / "tables" / "event_movements.csv")
    own = cox[cox["Model"] == "Firth Cox"]
    assert moved["Term"].tolist() == own["Term"].tolist()
    ratios = moved["HR (95% CI) with every event"].tolist()
    assert ratios == own["HR (95% CI)"].tolist()
    assert (folder / "figures" / "event_ledger.png").exists()


def test_the_plan_of_a_study_shows_the_numbers_of_the_functions(rendered):
    from jdm_stats.power.needed import children_needed
    from jdm_stats.power.study_design import StudyDesign

    folder = rendered("study_size")
    design = StudyDesign(
        follow_up_years=2, loss_per_year=0.04, deaths_per_1000_years=2.2
    )
    needed = children_needed(design, hazard_ratio=8, power=0.8)
    told = pd.read_csv(folder / "tables" / "needs.csv")
    assert told.loc[0, "Question"] == "Anti-NXP2, HR 8"
    assert str(told.loc[0, "Children"]) == f"{needed.value:,.0f}"
    inputs = pd.read_csv(folder / "tables" / "inputs.csv")
    assert set(inputs.loc[inputs["Status"] == "assumed", "Grade"]) == {"C"}
    pulse = inputs.set_index("Input").loc["Exposed to a pulse in the last 30 days"]
    assert pulse["Unit"] == "share at an average perforation"
    assert (folder / "figures" / "detectable_pulse.png").exists()


def test_the_known_truth_stands_beside_crude_and_adjusted_answers(rendered):
    folder = rendered("known_truth")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "the true hazard ratio is 1.00" in page
    assert "some visits are missed" in page and "taken: nothing is missing" not in page
    assert "adjusted away" not in page
    told = pd.read_csv(folder / "tables" / "answers_steroids_harmless.csv")
    steps = told["Adjusted for"].tolist()
    assert steps[0] == "Crude"
    assert steps[-1] == "Truth"
    pulse = told["Pulse in the last 30 days"]
    crude, full = (float(cell.split(" ")[0]) for cell in pulse.iloc[[0, -2]])
    low = float(pulse.iloc[0].split("(")[1].split(" ")[0])
    assert low > 1.5
    assert abs(np.log(full)) < np.log(crude)
    assert pulse.iloc[-1] == "1.00"
    risks = pd.read_csv(folder / "tables" / "strategies.csv").set_index("World")
    assert risks.loc["Steroids harmless", "Difference, points"] == "0.00 (0.00)"
    assert float(risks.loc["Steroids harmful", "Risk ratio"]) > 1.3
    for name in ("causal_order", "answers_pulse", "answers_dose", "small_registries"):
        assert (folder / "figures" / f"{name}.png").exists()
