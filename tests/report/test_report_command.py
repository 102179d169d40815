"""``jdm-stats report`` as a scheduler meets it, and the template that describes a cohort."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

import jdm_stats as jdm
from jdm_stats.cli import main
from jdm_stats.cohort.steroids import steroid_courses
from tests.report.small_notebooks import cell, write_notebook

HOSTILE = "<script>alert('registry')</script>"


def test_the_last_line_is_the_path_of_the_page(small_template, tmp_path, capsys):
    arguments = ["report", "--template", str(small_template), "--out", str(tmp_path)]
    assert main([*arguments, "-p", "word=seen", "-p", "count=7"]) == 0
    told = capsys.readouterr()
    assert told.out == f"{tmp_path.resolve() / 'report.html'}\n"
    assert told.err == ""
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "printed seen" in page and ">7\n" in page
    again = [*arguments, "-p", "word=seen", "-p", "count=7", "--if-changed"]
    assert main([*again, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "unchanged"
    assert main([*again, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_faulty_data_are_code_3_before_a_kernel_starts(tmp_path, capsys, monkeypatch):
    template = write_notebook(
        tmp_path / "reads.ipynb",
        cell("code", "params", 'data = ""', "parameters"),
        cell("code", "read", "open(data)"),
    )
    (tmp_path / "cohort").mkdir()
    (tmp_path / "cohort" / "patients.csv").write_text(
        "patient_id,antibody,entry_day,exit_day,exit_reason\nP1,x,0,1,lost\nP2,none,9,1,lost\n"
    )

    def fail(*_, **__):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr("jdm_stats.report.kernel.run_notebook", fail)
    given = [str(tmp_path / "cohort"), "--template", str(template)]
    assert main(["report", *given, "--out", str(tmp_path / "out")]) == 3
    told = capsys.readouterr().err
    assert "patient P1" in told and "patient P2" in told


def children_of(process: int) -> set[int]:
    tasks = Path(f"/proc/{process}/task")
    found = [path / "children" for path in tasks.iterdir()] if tasks.exists() else []
    return {int(child) for path in found for child in path.read_text().split()}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_a_signal_ends_the_run_and_leaves_nothing(
    small_template, tmp_path, number, code
):
    arguments = ["--template", str(small_template), "-p", "word=sleep"]
    command = [sys.executable, "-m", "jdm_stats", "report", "--out", str(tmp_path)]
    with subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        kernels: set[int] = set()
        deadline = time.monotonic() + 60
        while not kernels and time.monotonic() < deadline:
            time.sleep(0.1)
            kernels = children_of(running.pid)
        time.sleep(1.0)
        running.send_signal(number)
        out, err = running.communicate(timeout=60)
    assert running.returncode == code
    assert out == "" and err.startswith("jdm-stats: ") and "Traceback" not in err
    assert {path.name for path in tmp_path.iterdir()} == {".lock"}
    assert kernels
    for kernel in kernels:
        with pytest.raises(ProcessLookupError):
            os.kill(kernel, 0)


class Page(HTMLParser):
    """Start tags, and the words of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.words += data


@pytest.fixture(scope="module")
def cohort_report(tmp_path_factory) -> Path:
    """The cohort template on twenty simulated children whose names are hostile."""
    drawn = jdm.simulate_cohort(20, rng=5)
    patients = drawn.patients.assign(centre=HOSTILE)
    about = dict(drawn.metadata) | {
        "description": f"SYNTHETIC {HOSTILE}",
        "name": HOSTILE,
    }
    courses = drawn.courses
    oral = courses.index[courses["drug"] == "prednisone"]
    courses.loc[oral[:3], "dose_mg"] = pd.NA
    courses.loc[oral[2:4], "stop_day"] = pd.NA
    hostile = jdm.Cohort(
        patients, courses, drawn.events, drawn.assessments, metadata=about
    )
    folder = tmp_path_factory.mktemp("hostile")
    jdm.write_cohort(hostile, folder / "cohort")
    arguments = [str(folder / "cohort"), "--template", "cohort", "--quiet"]
    assert main(["report", *arguments, "--out", str(folder / "out")]) == 0
    return folder / "out"


def test_the_cohort_template_describes_a_cohort(cohort_report):
    page = Page((cohort_report / "report.html").read_text(encoding="utf-8"))
    assert "SYNTHETIC DATA" in page.words
    assert "20 children were followed" in page.words
    assert "Messages while this part was computed" not in page.words
    assert (
        page.tags.count("table")
        == len(list((cohort_report / "tables").iterdir()))
        >= 10
    )
    assert page.tags.count("caption") == page.tags.count("table")
    assert page.tags.count("img") == 1
    assert "nan" not in page.words.lower().replace("finance", "").split()


def test_courses_without_dose_or_end_are_counted_and_the_rest_summarised(cohort_report):
    tables = cohort_report / "tables"
    unknown = pd.read_csv(tables / "incomplete_courses.csv")
    assert unknown["Not known"].tolist() == ["dose", "last day of treatment"]
    assert unknown["Courses"].tolist() == [3, 2]
    whole = jdm.simulate_cohort(20, rng=5)
    usable = len(steroid_courses(whole)) - 4
    summary = pd.read_csv(tables / "steroids.csv")
    assert summary["Stretches at one dose"].sum() == usable


def test_hostile_names_stay_words(cohort_report):
    page = Page((cohort_report / "report.html").read_text(encoding="utf-8"))
    assert HOSTILE in page.words
    assert "script" not in page.tags
    for name in ("report.html", "report.ipynb", "manifest.json"):
        assert str(cohort_report.parent) not in (cohort_report / name).read_text()


def test_the_manifest_knows_every_file_of_the_cohort(cohort_report):
    manifest = json.loads((cohort_report / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["parameters"]["data"] == "cohort"
    assert "patients.csv" in manifest["inputs"]["data"]
    assert "tables/table_one.csv" in manifest["files"]
    assert "figures/flow.png" in manifest["files"]
