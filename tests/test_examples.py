"""The two worked examples: drawn again byte for byte, read, and shown as pages.

Each is SYNTHETIC; what comes out of its files is compared with the simulated children
that went in.
"""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import jdm_stats as jdm
from jdm_stats.analysis import exports
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.doors.tables import read_tables
from jdm_stats.cohort.files import check_cohort, mapping_tally, read_cohort
from jdm_stats.cohort.mapping.propose import propose_mapping
from jdm_stats.errors import CohortError, UsageError
from jdm_stats.simulation.scenario.presets import as_scenario
from jdm_stats.simulation.simulate import simulate_cohort

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "data" / "examples"
GERMAN, REDCAP = EXAMPLES / "german", EXAMPLES / "redcap"
MENDED = {"german": GERMAN / "mended", "redcap": REDCAP}


def script(name: str):
    """Load a script of data/examples as a module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def simulated(name: str) -> Cohort:
    made = script(f"make_{name}")
    mix = {"antibody_mix": made.MIX} if name == "german" else {}
    world = as_scenario("tertiary").with_values(h0_mass=0.08, **mix)
    return simulate_cohort(
        made.CHILDREN, scenario=world, rng=made.SEED, n_index_pattern=0
    )


@pytest.fixture(scope="module", params=["german", "redcap"])
def example(request) -> tuple[Cohort, Cohort, str]:
    """Children as drawn, and as read back from the example's files."""
    name = request.param
    read = read_cohort(MENDED[name], mapping=EXAMPLES / name / "mapping.toml")
    return simulated(name), read, name


@pytest.mark.parametrize("name", ["german", "redcap"])
def test_the_files_are_written_again_byte_for_byte(name, tmp_path):
    script(f"make_{name}").write(tmp_path)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    for path in written:
        committed = EXAMPLES / name / path.relative_to(tmp_path)
        assert committed.read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("name", ["german", "redcap"])
def test_every_file_says_synthetic(name):
    for path in (EXAMPLES / name).rglob("*.csv"):
        if path.name != "dictionary.csv":
            assert b"SYNTHETIC" in path.read_bytes(), path.name
    assert "SYNTHETIC" in (EXAMPLES / name / "mapping.toml").read_text("utf-8")


class TestWhatIsReadIsWhatWasDrawn:
    def test_children(self, example):
        drawn, read, _ = example
        columns = ["sex", "weight_kg", "height_cm", "antibody", "antibody_test_day"]
        columns += ["entry_day", "exit_day", "exit_reason", "cmas", "ck_u_l"]
        columns += ["dysphagia", "calcinosis", "diagnosis_year"]
        assert read.synthetic
        for column in columns:
            pd.testing.assert_series_equal(
                read.patients[column], drawn.patients[column], check_names=False
            )
        age = "age_at_diagnosis_years"
        apart = (read.patients[age] - drawn.patients[age]).abs()
        assert apart.max() < 0.01

    def test_courses(self, example):
        drawn, read, name = example
        for column in ("drug", "route", "start_day", "stop_day", "every_n_days"):
            pd.testing.assert_series_equal(read.courses[column], drawn.courses[column])
        if name == "redcap":
            pd.testing.assert_frame_equal(
                read.courses[["dose_mg", "dose_basis"]],
                drawn.courses[["dose_mg", "dose_basis"]],
            )

    def test_doses_in_mg_and_g_are_those_per_kg(self):
        drawn = simulated("german")
        read = read_cohort(GERMAN / "mended", mapping=GERMAN / "mapping.toml")
        weight = drawn.patients.set_index("patient_id")["weight_kg"]
        heavy = weight.reindex(drawn.courses["patient_id"]).to_numpy(dtype=float)
        meant = drawn.courses["dose_mg"].to_numpy(dtype=float)
        changed = (read.courses["dose_basis"] != drawn.courses["dose_basis"]).to_numpy()
        got = read.courses["dose_mg"].to_numpy(dtype=float)
        assert changed.sum() > 100
        np.testing.assert_array_equal(got[~changed], meant[~changed])
        # a quarter tablet of 0.25 mg, or the third decimal of a gram
        np.testing.assert_allclose(got[changed], (meant * heavy)[changed], atol=0.51)

    def test_perforations_and_deaths(self, example):
        drawn, read, name = example
        events = ["gi_perforation", "death"]
        number = {f"SYN-{k:05d}": (f"SYN-{k:03d}", str(k)) for k in range(1, 200)}
        place = 0 if name == "german" else 1

        def listed(cohort, ids=lambda one: one):
            rows = cohort.events[cohort.events["event"].isin(events)]
            return sorted(
                zip(
                    rows["patient_id"].map(ids), rows["day"], rows["event"], strict=True
                )
            )

        assert listed(read) == listed(drawn, lambda one: number[one][place])

    def test_what_was_changed_is_told(self, example):
        _, read, _ = example
        tally = mapping_tally(read)
        assert len(tally) > 20
        shown = exports.changes_table(tally)
        assert shown["Cells"].sum() == tally["rows"].sum()


class TestTheDirtyExport:
    def found(self) -> set[tuple[str, int, str]]:
        faults = check_cohort(GERMAN / "export", mapping=GERMAN / "mapping.toml")
        places = [re.match(r"(\w+\.csv) line (\d+)", fault.source) for fault in faults]
        return {
            (place[1], int(place[2]), fault.rule)
            for place, fault in zip(places, faults, strict=True)
            if fault.severity == "error"
        }

    def test_every_listed_fault_is_found_and_no_other(self):
        listed = pd.read_csv(GERMAN / "faults.csv", dtype={"line": int})
        known = set(zip(listed["file"], listed["line"], listed["rule"], strict=True))
        assert len(known) == 17
        assert self.found() == known

    def test_it_is_not_read(self):
        with pytest.raises(CohortError):
            read_cohort(GERMAN / "export", mapping=GERMAN / "mapping.toml")

    def test_checking_leaves_the_files_alone(self):
        files = sorted((GERMAN / "export").glob("*.csv"))
        before = [path.read_bytes() for path in files]
        self.found()
        propose_mapping(GERMAN / "export")
        assert [path.read_bytes() for path in files] == before

    def test_mending_the_listed_cells_gives_the_mended_export(self):
        listed = pd.read_csv(GERMAN / "faults.csv", keep_default_na=False)
        for name in ("kinder", "medikation", "verlauf"):
            dirty, mended = (
                (GERMAN / folder / f"{name}.csv").read_bytes().decode("cp1252")
                for folder in ("export", "mended")
            )
            lines = [line.split(";") for line in dirty.split("\r\n")]
            again = set()
            for row in listed[listed["file"] == f"{name}.csv"].to_dict("records"):
                place = int(row["line"]) - 1
                if row["rule"] == "duplicate_patient":
                    again.add(place)
                    continue
                column = lines[0].index(row["column"])
                assert lines[place][column] == row["found"]
                lines[place][column] = row["meant"]
            kept = [";".join(x) for k, x in enumerate(lines) if k not in again]
            assert "\r\n".join(kept) == mended

    def test_the_mended_export_has_no_fault(self):
        assert check_cohort(GERMAN / "mended", mapping=GERMAN / "mapping.toml") == ()


def test_the_redcap_export_has_no_fault():
    assert check_cohort(REDCAP, mapping=REDCAP / "mapping.toml") == ()


def rules_of(text: str) -> list[str]:
    """Return the lines of a mapping that say something, comments left out."""
    lines = [line.split("  #")[0].rstrip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("name", ["german", "redcap"])
def test_a_proposal_is_all_but_the_mapping_written_by_hand(name):
    source = MENDED[name]
    proposed = rules_of(propose_mapping(source).toml)
    by_hand = rules_of((EXAMPLES / name / "mapping.toml").read_text("utf-8"))
    differing = [line for line in proposed if line not in by_hand]
    settled = [line for line in differing if '"?"' not in line]
    assert settled == {
        "german": [],
        "redcap": [
            '[read]',
            'decimal = "."',
            'antibody = { column = "msa", read = "antibodies" }',
        ],
    }[name]  # fmt: skip


@pytest.mark.parametrize("template", ["german_export", "redcap_export"])
def test_the_page_of_an_example(template, rendered_example):
    out = rendered_example(template)
    page = (out / "report.html").read_text(encoding="utf-8")
    words = re.sub(r"<[^>]+>", " ", re.sub(r"data:image[^\"']+", "", page))
    assert "SYNTHETIC DATA" in page
    assert not re.search(r"\b(nan|NaN|inf|Traceback|Warning)\b", words)
    assert str(ROOT) not in page
    tables = sorted((out / "tables").glob("*.csv"))
    assert {path.stem for path in tables} >= {
        *("questions", "changes", "flow", "intervals", "rates", "cox"),
    }
    for path in tables:
        table = pd.read_csv(path, dtype=str)
        if path.stem not in ("inputs", "versions", "dictionary"):
            assert set(table["data"]) == {"SYNTHETIC"}, path.name
    assert json.loads((out / "manifest.json").read_text("utf-8"))["status"] == "done"


@pytest.mark.parametrize("name", ["german", "redcap"])
def test_the_page_shows_the_fit_of_the_code(name, rendered_example):
    cohort = read_cohort(MENDED[name], mapping=EXAMPLES / name / "mapping.toml")
    intervals = jdm.expand_intervals(
        cohort, outcome="gi_perforation", competing="death"
    )
    assert jdm.audit_intervals(intervals).ok
    fit = jdm.fit_cox(intervals, "nxp2", penalty="firth")
    estimate = fit.tidy(exponentiate=True)["estimate"].iloc[0]
    shown = pd.read_csv(rendered_example(f"{name}_export") / "tables" / "cox.csv")
    first = shown["HR (95% CI)"].iloc[0].split(" ")[0]
    assert float(first) == pytest.approx(estimate, rel=0.01)


@pytest.fixture(scope="module")
def rendered_example(tmp_path_factory):
    """Render a page once, by the public function."""
    made: dict[str, Path] = {}

    def folder(template: str) -> Path:
        if template not in made:
            out = tmp_path_factory.mktemp(template)
            jdm.render_report(out=out, template=template)
            made[template] = out
        return made[template]

    return folder


def test_an_example_that_is_not_there():
    with pytest.raises(UsageError, match="known are german and redcap"):
        exports.example_path("french")


def test_the_examples_are_those_that_the_docs_name():
    tables, faults = read_tables(GERMAN / "mended")
    assert not faults
    assert set(tables) == {"kinder", "medikation", "verlauf"}


@pytest.mark.parametrize("page", ["german_export", "redcap", "omop"])
def test_the_code_of_the_docs_runs(page, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, object] = {}
    assert blocks
    for block in blocks:
        exec(compile(block, f"{page}.md", "exec"), names)
    assert capsys.readouterr().out
