"""The command line: one message, one exit code, nothing heavy before it is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
from pathlib import Path

import pandas as pd
import pytest

from jdm_stats import __version__
from jdm_stats.cli import main
from jdm_stats.errors import ConvergenceWarning, ReportError

PATIENTS = """\
patient_id,antibody,entry_day,exit_day,exit_reason
P1,NXP2,0,365,administrative
P2,none,0,730,lost
"""
ABOUT = '{"name": "two children", "synthetic": false}'


@pytest.fixture
def sound(tmp_path) -> Path:
    folder = tmp_path / "sound"
    folder.mkdir()
    (folder / "patients.csv").write_text(PATIENTS)
    (folder / "cohort.json").write_text(ABOUT)
    return folder


@pytest.fixture
def faulty(tmp_path) -> Path:
    folder = tmp_path / "faulty"
    folder.mkdir()
    broken = PATIENTS.replace("none", "unheard").replace("0,365", "400,365")
    (folder / "patients.csv").write_text(broken)
    (folder / "cohort.json").write_text(ABOUT)
    return folder


def imported_by(*arguments: str) -> tuple[subprocess.CompletedProcess, set[str]]:
    command = [sys.executable, "-X", "importtime", "-m", "jdm_stats", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    lines = [
        line for line in done.stderr.splitlines() if line.startswith("import time:")
    ]
    return done, {line.rpartition("|")[2].strip() for line in lines}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["report", "--help"]])
def test_help_and_version_answer_at_once(arguments):
    done, modules = imported_by(*arguments)
    assert done.returncode == 0
    assert __version__ in done.stdout or "usage: jdm-stats" in done.stdout
    assert not modules & {"numpy", "pandas", "matplotlib", "nbformat", "lifelines"}


def test_a_mistyped_parameter_is_refused_before_anything_heavy():
    done, modules = imported_by("report", "--template", "cohort", "-p", "x=1")
    assert done.returncode == 2
    assert "unknown parameter 'x'" in done.stderr
    assert not modules & {"numpy", "pandas", "matplotlib", "nbformat"}


@pytest.mark.parametrize(
    "arguments",
    [[], ["nothing"], ["check"], ["report", "--timeout", "soon"], ["simulate"]],
)
def test_a_wrong_command_line_is_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: jdm-stats" in capsys.readouterr().err


def test_check_says_that_a_cohort_is_sound(sound, capsys):
    assert main(["check", str(sound)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("sound: ") and told.out.count("\n") == 1
    assert "2 patients" in told.out
    assert main(["check", str(sound), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "status": "sound",
        "exit_code": 0,
        "patients": 2,
        "faults": [],
    }


def test_check_prints_every_fault_and_ends_with_code_3(faulty, capsys):
    assert main(["check", str(faulty)]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert "patient P1" in told.err and "patient P2" in told.err
    assert "Traceback" not in told.err
    assert main(["check", str(faulty), "--json"]) == 3
    faults = json.loads(capsys.readouterr().out)["faults"]
    assert {fault["patient_id"] for fault in faults} == {"P1", "P2"}
    assert set(faults[0]) == {
        "table",
        "row",
        "patient_id",
        "column",
        "rule",
        "message",
        "remedy",
        "severity",
        "source",
    }


def test_check_tells_a_cohort_that_no_report_can_use(sound, capsys):
    (sound / "courses.csv").write_text(
        "patient_id,drug,route,start_day,stop_day,dose_mg,dose_basis\n"
        "P1,prednisone,oral,3,,40,per_day\n"
        "P2,prednisone,oral,3,90,,\n"
    )
    assert main(["check", str(sound)]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert "is not usable for steroid exposure; it has 3 faults:" in told.err
    assert "[missing_stop_day]" in told.err and "[no_weight]" in told.err
    assert "patient P2, dose_mg [missing_dose]" in told.err
    assert main(["check", str(sound), "--json"]) == 3
    record = json.loads(capsys.readouterr().out)
    assert record["status"] == "not usable for steroid exposure"
    assert record["exit_code"] == 3 and len(record["faults"]) == 3


def test_check_prints_more_faults_than_an_error_message_does(tmp_path, capsys):
    rows = [f"P{place},unheard,0,10,lost" for place in range(70)]
    header = PATIENTS.partition("\n")[0]
    (tmp_path / "patients.csv").write_text("\n".join([header, *rows]) + "\n")
    assert main(["check", str(tmp_path)]) == 3
    assert capsys.readouterr().err.count("patient P") == 70


def test_a_cohort_that_is_not_there_is_a_wrong_call(tmp_path, capsys):
    assert main(["check", str(tmp_path / "gone")]) == 2
    assert main(["check", str(tmp_path / "gone"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["exit_code"] == 2


def test_simulate_writes_a_cohort_that_is_sound(tmp_path, capsys):
    target = str(tmp_path / "cohort")
    arguments = ["simulate", "--patients", "12", "--seed", "3", "--out", target]
    assert main(arguments) == 0
    assert capsys.readouterr().out.splitlines()[-1] == target
    assert main(["check", target]) == 0
    assert "SYNTHETIC" in capsys.readouterr().out
    before = (tmp_path / "cohort" / "patients.csv").read_bytes()
    assert main(arguments) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main([*arguments, "--overwrite"]) == 0
    assert (tmp_path / "cohort" / "patients.csv").read_bytes() == before


def test_simulate_refuses_a_world_it_does_not_know(tmp_path, capsys):
    target = str(tmp_path / "cohort")
    assert main(["simulate", "--preset", "flat", "--out", target]) == 2
    assert "flat" in capsys.readouterr().err


@pytest.fixture
def plan(monkeypatch, tmp_path) -> str:
    """A plan, and a stand-in for the road it takes, which is tested in its own place."""
    rows = pd.DataFrame({"model": ["Cox"], "estimate": [0.1]})

    def run(plan, cohort):
        found = rows.assign(n=cohort.n_patients, landmark=plan.landmark_days)
        return types.SimpleNamespace(estimates=found)

    monkeypatch.setattr("jdm_stats.analysis.run.run_analysis", run)
    path = tmp_path / "main.toml"
    path.write_text("landmark_days = 60\n")
    return str(path)


def test_fit_writes_the_estimates_of_a_plan(sound, plan, tmp_path, capsys):
    expected = "model,estimate,n,landmark\nCox,0.1,2,60\n"
    assert main(["fit", str(sound), "--plan", plan]) == 0
    assert capsys.readouterr().out == expected
    target = tmp_path / "new" / "estimates.csv"
    assert main(["fit", str(sound), "--plan", plan, "--out", str(target)]) == 0
    assert target.read_text() == expected
    assert capsys.readouterr().out == f"{target}\n"
    assert [path.name for path in target.parent.iterdir()] == ["estimates.csv"]


def test_a_plan_at_fault_is_code_2(sound, tmp_path, capsys):
    path = tmp_path / "wrong.toml"
    path.write_text("landmark_day = 60\n")
    assert main(["fit", str(sound), "--plan", str(path)]) == 2
    assert "landmark_day" in capsys.readouterr().err
    assert main(["fit", str(sound), "--plan", str(tmp_path / "gone.toml")]) == 2


def test_a_file_that_cannot_be_written_is_code_73(sound, plan, tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    target = str(tmp_path / "file" / "estimates.csv")
    assert main(["fit", str(sound), "--plan", plan, "--out", target]) == 73
    assert "jdm-stats: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ReportError("locked", 75), 75),
        (KeyboardInterrupt(), 130),
        (PermissionError(13, "Permission denied", "out"), 73),
        (FileNotFoundError(2, "No such file or directory", "/proc/out"), 73),
        (OSError(28, "No space left on device"), 73),
        (ZeroDivisionError("a fault of ours"), 1),
        (ConvergenceWarning("a warning made an error"), 1),
    ],
)
def test_whatever_goes_wrong_is_a_message_and_a_code(monkeypatch, capsys, error, code):
    def fail(*_, **__):
        raise error

    monkeypatch.delenv("JDM_STATS_DEBUG", raising=False)
    monkeypatch.setattr("jdm_stats.report.notebooks.render_report", fail)
    assert main(["report", "--template", "cohort"]) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("jdm-stats: ") and "Traceback" not in told.err
    assert main(["report", "--template", "cohort", "--json"]) == code
    line = capsys.readouterr().out
    assert line.count("\n") == 1 and json.loads(line)["exit_code"] == code


def test_the_origin_of_our_own_faults_can_be_seen(monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setenv("JDM_STATS_DEBUG", "1")
    monkeypatch.setattr("jdm_stats.report.notebooks.render_report", fail)
    with pytest.raises(ZeroDivisionError):
        main(["report", "--template", "cohort"])


def test_templates_are_listed_with_their_parameters(capsys):
    assert main(["templates"]) == 0
    told = capsys.readouterr().out
    assert "cohort" in told and "-p fewest_in_group=60" in told


def test_a_closed_pipe_is_no_fault():
    command = f"{sys.executable} -m jdm_stats templates | head -c 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        timeout=60,
    )
    assert done.returncode == 0
    assert done.stderr == ""
