"""jdm-stats map and import, and analyses that read an export through its mapping."""

from __future__ import annotations

import hashlib
import json
import types
from pathlib import Path

import pandas as pd
import pytest

import jdm_stats as jdm
from jdm_stats.cli import main
from jdm_stats.cohort.files import read_cohort

KINDER = """\
PatNr;Geschlecht;Myositis-AK;Diagnosedatum;Letzter Kontakt;Gewicht
1;w;NXP2 pos.;01.02.2015;01.02.2018;20,5
2;m;negativ;13.04.2016;01.05.2018;31,0
"""
MAPPING = """\
version = 1
[cohort]
name = "Register"
synthetic = false
[read]
decimal = ","
[dates]
format = "DD.MM.YYYY"
diagnosis = "Diagnosedatum"
[patients]
from = "kinder"
[patients.columns]
patient_id = "PatNr"
sex = { column = "Geschlecht", values = { w = "female", m = "male" } }
antibody = { column = "Myositis-AK", read = "antibodies" }
weight_kg = { column = "Gewicht", unit = "kg" }
entry_day = { value = 0 }
exit_day = { column = "Letzter Kontakt", date = true }
exit_reason = { value = "administrative" }
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "kinder.csv").write_text(KINDER, encoding="utf-8")
    return tmp_path / "kinder.csv"


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    (tmp_path / "m.toml").write_text(MAPPING, encoding="utf-8")
    return tmp_path / "m.toml"


def test_map_proposes_and_asks_and_overwrites_nothing(
    source: Path, tmp_path: Path, capsys
) -> None:
    target = tmp_path / "proposed.toml"
    before = source.read_bytes()
    assert main(["map", str(source), "--out", str(target)]) == 0
    told = capsys.readouterr()
    assert told.out == f"{target}\n"
    assert "Proposal for kinder.csv" in told.err and "answer every '?'" in told.err
    proposed = target.read_text(encoding="utf-8")
    assert 'patient_id = "PatNr"' in proposed and 'format = "DD.MM.YYYY"' in proposed
    assert main(["map", str(source)]) == 0
    assert capsys.readouterr().out == proposed
    target.write_text("# my answers\n")
    assert main(["map", str(source), "--out", str(target)]) == 2
    assert "pass --overwrite" in capsys.readouterr().err
    assert target.read_text() == "# my answers\n"
    assert main(["map", str(source), "--out", str(target), "--overwrite"]) == 0
    assert target.read_text(encoding="utf-8") == proposed
    assert main(["map", str(source), "--out", str(source), "--overwrite"]) == 2
    assert source.read_bytes() == before


def test_map_of_what_cannot_be_read_is_no_traceback(tmp_path: Path, capsys) -> None:
    (tmp_path / "a.csv").write_bytes(b"PK\x03\x04 no archive")
    assert main(["map", str(tmp_path / "a.csv")]) == 3
    assert main(["map", str(tmp_path / "gone.csv")]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_import_writes_a_cohort_and_tells_what_it_did(
    source: Path, mapping: Path, tmp_path: Path, capsys
) -> None:
    target = tmp_path / "cohort"
    command = ["import", str(source), "--mapping", str(mapping), "--out", str(target)]
    assert main(command) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == str(target) and "2 patients" in told[-2]
    assert any("recoded (w -> female)" in line and " 1  " in line for line in told)
    cohort = read_cohort(target)
    assert cohort.patients["exit_day"].tolist() == [1096, 748]
    assert cohort.patients["weight_kg"].tolist() == [20.5, 31.0]
    assert cohort.metadata["provenance"]["mapping"]["sha256"]
    assert main(command) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0


def test_an_export_at_fault_writes_nothing(
    source: Path, mapping: Path, tmp_path: Path, capsys
) -> None:
    source.write_text(KINDER.replace("01.05.2018", "31.02.2018"), encoding="utf-8")
    target = tmp_path / "cohort"
    command = ["import", str(source), "--mapping", str(mapping), "--out", str(target)]
    assert main(command) == 3
    assert "31.02.2018" in capsys.readouterr().err and not target.exists()


def test_fit_reads_an_export_through_its_mapping(
    source: Path, mapping: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    def run(plan, cohort):
        rows = pd.DataFrame({"model": ["Cox"], "n": [cohort.n_patients]})
        return types.SimpleNamespace(estimates=rows)

    monkeypatch.setattr("jdm_stats.analysis.run.run_analysis", run)
    (tmp_path / "plan.toml").write_text("landmark_days = 60\n")
    command = ["fit", str(source), "--plan", str(tmp_path / "plan.toml")]
    assert main([*command, "--mapping", str(mapping)]) == 0
    assert capsys.readouterr().out == "model,n\nCox,2\n"


def test_report_renders_an_export_and_its_hash_depends_on_both(
    source: Path, mapping: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    seen = []

    def render(data, out, **more):
        more["check"](Path(data))
        seen.append(json.loads((Path(data) / "cohort.json").read_text("utf-8")))
        return types.SimpleNamespace(
            *(), status="done", html="p", manifest="m", seconds=1.0, exit_code=0
        )

    monkeypatch.setattr("jdm_stats.report.notebooks.render_report", render)
    command = ["report", str(source), "--template", "cohort", "--mapping", str(mapping)]
    assert main(command) == 0
    mapping.write_text(MAPPING + "# a remark\n", encoding="utf-8")
    assert main(command) == 0
    one, two = (about["provenance"]["mapping"]["sha256"] for about in seen)
    assert one != two and seen[0]["name"] == "Register"
    assert main(["report", "--template", "cohort", "--mapping", str(mapping)]) == 2
    assert "--mapping needs DATA" in capsys.readouterr().err


def test_a_report_of_an_export_knows_the_hash_of_every_file(
    source: Path, mapping: Path
) -> None:
    cohort = jdm.read_cohort(source, mapping=mapping)
    files = cohort.metadata["provenance"]["files"]
    assert files == {source.name: hashlib.sha256(source.read_bytes()).hexdigest()}


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    patients = pd.DataFrame(
        {
            "patient_id": ["A", "B"],
            "antibody": ["NXP2", "none"],
            "entry_day": [0, 0],
            "exit_day": [100, 90],
            "exit_reason": "lost",
        }
    )
    path = tmp_path / "book.xlsx"
    patients.to_excel(path, sheet_name="patients", index=False)
    return path


def test_a_workbook_is_described_by_the_call(workbook: Path, tmp_path: Path, capsys):
    assert main(["check", str(workbook)]) != 0
    capsys.readouterr()
    about = ["--name", "Book", "--real"]
    assert main(["check", str(workbook), *about]) == 0
    assert "sound: Cohort('Book': 2 patients" in capsys.readouterr().out
    out = tmp_path / "cohort"
    assert main(["import", str(workbook), *about, "--out", str(out)]) == 0
    assert jdm.read_cohort(out).metadata["name"] == "Book"
    assert main(["check", str(workbook), "--real"]) == 2
    assert "--name together with" in capsys.readouterr().err


def test_a_file_is_read_as_the_call_says(tmp_path: Path, capsys) -> None:
    path = tmp_path / "patients.csv"
    path.write_bytes(
        "patient_id;antibody;entry_day;exit_day;exit_reason;centre\n"
        "A;NXP2;0;100;lost;Dvo\u0159\u00e1k\n".encode("cp1250")
    )
    about = ["--name", "One file", "--real"]
    assert main(["check", str(path), *about]) == 3
    assert "encoding_unsettled" in capsys.readouterr().err
    assert main(["check", str(path), *about, "--encoding", "cp1250"]) == 0
    out = tmp_path / "cohort"
    how = ["--encoding", "cp1250", "--delimiter", ";", "--out", str(out)]
    assert main(["import", str(path), *about, *how]) == 0
    assert jdm.read_cohort(out).patients["centre"].tolist() == ["Dvo\u0159\u00e1k"]


def test_what_a_mapping_says_is_not_said_again(source: Path, mapping: Path, capsys):
    command = ["check", str(source), "--mapping", str(mapping), "--decimal", ","]
    assert main(command) == 2
    assert "[read]" in capsys.readouterr().err


def test_lint_tells_proofs_by_its_code(tmp_path: Path, capsys) -> None:
    cohort = jdm.simulate_cohort(80, rng=3)
    folder = jdm.write_cohort(cohort, tmp_path / "cohort")
    assert main(["lint", str(folder)]) == 0
    assert "SYNTHETIC" in capsys.readouterr().out
    assert main(["lint", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
