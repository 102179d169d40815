"""jdm-stats check: for a reader, a program, a browser and a table."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from jdm_stats.cli import main
from jdm_stats.diagnostics.faults.catalogue import fault_catalogue

HEADER = "patient_id,antibody,antibody_test_day,entry_day,exit_day,exit_reason\n"
ABOUT = '{"name": "a registry", "synthetic": false}'
MAPPING = """\
version = 1
[cohort]
name = "Register"
synthetic = false
[patients]
from = "kinder"
[patients.columns]
patient_id = "Nr"
antibody = { column = "AK", values = { MJ = "NXP2", neg = "none" } }
entry_day = { value = 0 }
exit_day = { column = "Ende", days = true }
exit_reason = { value = "lost" }
"""
KINDER = "Nr;AK;Ende\n1;MJ;400\n2;fraglich;300\n3;neg;x\n"


def folder(path: Path, rows: str, about: str = ABOUT) -> Path:
    path.mkdir()
    (path / "patients.csv").write_text(HEADER + rows)
    (path / "cohort.json").write_text(about)
    return path


@pytest.fixture
def doubtful(tmp_path: Path) -> Path:
    return folder(tmp_path / "doubtful", "P1,NXP2,500,0,400,lost\n")


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    rows = "P1,NXP2,500,0,400,lost\nP2,=1+1,3,0,30,lost\nP3,none,,60,30,lost\n"
    return folder(tmp_path / "faulty", rows)


@pytest.fixture
def export(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "kinder.csv").write_text(KINDER)
    (tmp_path / "m.toml").write_text(MAPPING)
    return tmp_path / "kinder.csv", tmp_path / "m.toml"


def hashes(place: Path) -> dict[str, str]:
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    return {
        str(file): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if file.is_file()
    }


def test_warnings_alone_end_with_code_0_and_say_so(doubtful: Path, capsys) -> None:
    assert main(["check", str(doubtful)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("sound: ") and told.out.count("\n") == 1
    assert "has 1 warning:" in told.err
    assert "[warning antibody_after_exit]" in told.err
    assert "keep nothing from being used: code 0" in told.err
    assert main(["check", str(doubtful), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["status"] == "sound" and record["patients"] == 1
    assert [fault["severity"] for fault in record["faults"]] == ["warning"]


def test_errors_and_warnings_are_counted_apart(faulty: Path, capsys) -> None:
    assert main(["check", str(faulty)]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert "has 2 faults and 1 warning:" in told.err
    assert "--explain CODE" in told.err


def test_thousands_of_faults_are_summed_up_and_none_is_lost(
    tmp_path: Path, capsys
) -> None:
    rows = "".join(f"P{n},{'odd' if n % 3 else 'NXP2'},,0,x,lost\n" for n in range(900))
    place = folder(tmp_path / "many", rows)
    assert main(["check", str(place)]) == 3
    told = capsys.readouterr().err
    assert re.search(r"^ +900  wrong_type +patients row 1: 'x' is not", told, re.M)
    assert re.search(r"^ +600  value_not_allowed ", told, re.M)
    assert told.count("patient P") == 200
    assert "... and 1,300 more: --all prints them" in told
    assert main(["check", str(place), "--all"]) == 3
    assert capsys.readouterr().err.count("patient P") == 1500
    assert main(["check", str(place), "--json"]) == 3
    assert len(json.loads(capsys.readouterr().out)["faults"]) == 1500


def test_the_table_of_faults_gives_back_what_was_received(faulty: Path, capsys) -> None:
    table = faulty.parent / "new" / "faults.csv"
    before = hashes(faulty)
    assert main(["check", str(faulty), "--export-faults", str(table)]) == 3
    assert "3 faults written to" in capsys.readouterr().err
    assert hashes(faulty) == before
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["code"], row["severity"]) for row in rows] == [
        ("value_not_allowed", "error"),
        ("exit_before_entry", "error"),
        ("antibody_after_exit", "warning"),
    ]
    first = rows[0]
    assert (first["file"], first["line"], first["column"]) == (
        *("patients.csv", "3", "antibody"),
    )
    assert first["patient_id"] == "P2" and first["value"] == "'=1+1"
    assert first["message"].startswith("'") and first["remedy"]
    assert rows[1]["value"] == "30" and rows[2]["value"] == "500"
    assert [path.name for path in table.parent.iterdir()] == ["faults.csv"]


def test_files_of_a_check_are_written_again_and_no_other_is(
    faulty: Path, tmp_path: Path, capsys
) -> None:
    table, page = tmp_path / "f.csv", tmp_path / "p.html"
    command = ["check", str(faulty), "--export-faults", str(table), "--html", str(page)]
    assert main(command) == 3 and main(command) == 3
    before = hashes(faulty)
    for option in ("--export-faults", "--html"):
        target = faulty / "patients.csv"
        assert main(["check", str(faulty), option, str(target)]) == 2
        assert "was not written by this command" in capsys.readouterr().err
        assert main(["check", str(faulty), option, str(faulty)]) == 2
        assert "is a folder" in capsys.readouterr().err
    assert hashes(faulty) == before


def test_the_page_shows_every_fault_and_the_mark(tmp_path: Path) -> None:
    about = ABOUT.replace("false", "true")
    place = folder(tmp_path / "made up", "P1,<b>,3,0,30,lost\n", about)
    assert main(["check", str(place), "--html", str(tmp_path / "p.html")]) == 3
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "SYNTHETIC" in page and "&lt;b&gt;" in page and "<b>" not in page
    assert "Faults of made up" in page and str(tmp_path) not in page
    assert "patients.csv, line 2, column antibody" in page


def test_an_export_is_checked_in_its_own_words(export, tmp_path: Path, capsys) -> None:
    source, mapping = export
    before = hashes(source)
    table = tmp_path / "out" / "f.csv"
    command = ["check", str(source), "--mapping", str(mapping)]
    assert main([*command, "--export-faults", str(table)]) == 3
    told = capsys.readouterr().err
    assert "kinder.csv line 3, column 'AK'" in told
    rows = pd.read_csv(table, dtype=str)
    assert rows[["file", "line", "column", "value"]].values.tolist() == [
        ["kinder.csv", "3", "AK", "fraglich"],
        ["kinder.csv", "4", "Ende", "x"],
    ]
    assert hashes(source) == before
    assert main([*command, "--export-faults", str(tmp_path / "f.csv")]) == 3
    among = ["check", str(tmp_path), "--mapping", str(mapping)]
    assert main([*among, "--export-faults", str(tmp_path / "g.csv")]) == 2
    assert "read as a table of the export" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["sqlite", "xlsx", "parquet"])
def test_workbooks_databases_and_parquet_are_checked_too(
    tmp_path: Path, capsys, kind: str
) -> None:
    frame = pd.DataFrame({"Nr": ["1", "2"], "AK": ["MJ", "?"], "Ende": [400, 300]})
    (tmp_path / "m.toml").write_text(MAPPING)
    source = str(tmp_path / f"kinder.{kind}")
    if kind == "sqlite":
        with sqlite3.connect(source) as connection:
            frame.to_sql("kinder", connection, index=False)
        connection.close()
        source = f"sqlite:///{source}"
    elif kind == "xlsx":
        frame.to_excel(source, sheet_name="kinder", index=False)
    else:
        frame.to_parquet(source)
    command = ["check", source, "--mapping", str(tmp_path / "m.toml")]
    assert main([*command, "--export-faults", str(tmp_path / "o.csv")]) == 3
    assert "'?' has no meaning" in capsys.readouterr().err
    [row] = pd.read_csv(tmp_path / "o.csv", dtype=str).to_dict("records")
    assert row["column"] == "AK" and row["value"] == "?"


def test_a_password_is_not_repeated(tmp_path: Path, capsys) -> None:
    (tmp_path / "m.toml").write_text(MAPPING)
    source = "postgresql+pg8000://ann:secret@127.0.0.1:1/register"
    command = ["check", source, "--mapping", str(tmp_path / "m.toml")]
    assert main([*command, "--html", str(tmp_path / "p.html")]) != 0
    told = capsys.readouterr()
    assert "secret" not in told.out + told.err
    page = tmp_path / "p.html"
    assert not page.exists() or "secret" not in page.read_text(encoding="utf-8")


def test_a_mapping_at_fault_is_code_2(export, capsys) -> None:
    source, mapping = export
    mapping.write_text(MAPPING.replace('"Nr"', '"?"'))
    assert main(["check", str(source), "--mapping", str(mapping)]) == 2
    assert "patient_id" in capsys.readouterr().err


def test_a_code_is_explained_without_any_data(capsys) -> None:
    assert main(["check", "--explain", "dose_implausible"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("dose_implausible (error; courses)")
    assert "what to do: Check g, mg" in told
    assert main(["check", "--explain", "dose_implausable"]) == 2
    assert "did you mean 'dose_implausible'" in capsys.readouterr().err
    assert main(["check", "--explain", "all"]) == 0
    told = capsys.readouterr().out
    assert all(f"\n{code} (" in f"\n{told}" for code in fault_catalogue()["code"])
    assert main(["check", "--explain", "two_deaths", "--json"]) == 0
    [kind] = json.loads(capsys.readouterr().out)["codes"]
    assert kind["law"] == "A child dies once."


def test_a_terminal_that_knows_no_umlaut_stops_nothing(
    tmp_path: Path, monkeypatch, capsysbinary
) -> None:
    import io
    import sys

    place = folder(tmp_path / "a", "P1,Müller 漢,3,0,30,lost\n")
    for name in ("stdout", "stderr"):
        stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        monkeypatch.setattr(sys, name, stream)
    assert main(["check", str(place), "--json"]) == 3
    assert main(["check", str(place)]) == 3
    line = sys.stdout.buffer.getvalue().decode("ascii")  # type: ignore[attr-defined]
    assert "Müller 漢" in json.loads(line)["faults"][0]["message"]
    told = sys.stderr.buffer.getvalue()  # type: ignore[attr-defined]
    assert b"M\\xfcller \\u6f22" in told


def test_a_faulty_cohort_is_asked_for_doses_too(tmp_path: Path, capsys) -> None:
    place = folder(tmp_path / "both", "P1,NXP2,3,60,30,lost\n")
    (place / "courses.csv").write_text(
        "patient_id,drug,route,start_day,stop_day,dose_mg,dose_basis\n"
        "P1,prednisone,oral,3,,40,per_kg_day\n"
    )
    assert main(["check", str(place)]) == 3
    told = capsys.readouterr().err
    assert "[exit_before_entry]" in told and "[missing_stop_day]" in told
    assert "1 of the 2 faults matters to steroid exposure alone" in told
    assert main(["check", str(place), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["status"] == "faulty"


def test_a_cell_that_several_blocks_read_is_told_once_everywhere(
    tmp_path: Path, capsys
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "kinder.csv").write_text("Nr;AK;Ende;A;B\n1;MJ;400;x;7\n")
    block = (
        '[[events]]\nfrom = "kinder"\n[events.columns]\npatient_id = "Nr"\n'
        'event = { value = "%s" }\nday = { column = "A", days = true }\n'
    )
    mapping = tmp_path / "m.toml"
    mapping.write_text(MAPPING + block % "surgery" + block % "remission")
    page, table = tmp_path / "p.html", tmp_path / "t.csv"
    call = ["check", str(tmp_path / "in"), "--mapping", str(mapping), "--json"]
    assert main([*call, "--html", str(page), "--export-faults", str(table)]) == 3
    [record] = json.loads(capsys.readouterr().out)["faults"]
    assert "(2 lines of the mapping read this cell)" in record["message"]
    assert record["source"] == "kinder.csv line 2, column 'A'"
    [row] = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    assert (row["column"], row["value"]) == ("A", "x")
    assert page.read_text(encoding="utf-8").count('data-label="Place"') == 1
