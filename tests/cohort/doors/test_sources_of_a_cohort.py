"""One cohort from every kind of source: the same children, faults in the source's rows."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.files import check_cohort, mapping_tally, read_cohort
from jdm_stats.cohort.writing import write_cohort
from jdm_stats.errors import CohortError, Fault, UsageError
from jdm_stats.schema import TABLES

ABOUT = {"name": "four children", "synthetic": True}
MAPPING = """
version = 1
[cohort]
name = "Register Musterstadt"
synthetic = true
[dates]
format = "DD.MM.YYYY"
diagnosis = "Diagnose"
[patients.columns]
patient_id = "PatNr"
weight_kg = { column = "Gewicht", unit = "kg" }
antibody = { column = "AK", values = { "MJ (p140) pos." = "NXP2", neg = "none" } }
entry_day = { column = "Aufnahme", date = true }
exit_day = { column = "Ende", date = true }
exit_reason = { value = "lost" }
"""
EXPORT = """PatNr;Diagnose;Gewicht;AK;Aufnahme;Ende
007;01.03.2019;20,5;MJ (p140) pos.;01.03.2019;01.03.2020
8;15.06.2018;30,5;neg;16.06.2018;15.06.2020
"""


def errors_of(source: Any, **how: Any) -> list[Fault]:
    with pytest.raises(CohortError) as caught:
        read_cohort(source, **how)
    told = [f for f in check_cohort(source, **how) if f.severity == "error"]
    assert list(caught.value.faults) == told
    return told


def same(first: Cohort, second: Cohort) -> bool:
    return all(getattr(first, name).equals(getattr(second, name)) for name in TABLES)


def as_workbook(cohort: Cohort, file: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Legende"
    book.active.append(["Was", "steht", "hier"])
    for name in TABLES:
        sheet = book.create_sheet(name)
        sheet.append(list(TABLES[name].names))
        for row in getattr(cohort, name).astype(object).itertuples(index=False):
            sheet.append([None if pd.isna(cell) else cell for cell in row])
    book.save(file)
    return file


def as_database(cohort: Cohort, file: Path) -> Path:
    made = sqlite3.connect(file)
    for name in TABLES:
        getattr(cohort, name).to_sql(name, made, index=False)
    made.close()
    return file


@pytest.mark.parametrize("mark", [";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_folder_in_another_dialect(
    place: Path, cohort: Cohort, mark: str, encoding: str
) -> None:
    for file in place.glob("*.csv"):
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
        numbers = [
            column
            for column in frame.columns
            if TABLES[file.stem][column].kind == "number"
        ]
        commas = frame.assign(**{n: frame[n].str.replace(".", ",") for n in numbers})
        text = commas.to_csv(index=False, sep=mark, lineterminator="\r\n")
        file.write_bytes(text.encode(encoding))
    before = {file: file.read_bytes() for file in place.iterdir()}
    again = read_cohort(place)
    assert same(again, cohort)
    notes = again.metadata["provenance"]["reading"]
    assert f"delimiter {mark!r}, sniffed" in notes["courses"]
    assert {file: file.read_bytes() for file in place.iterdir()} == before


def test_our_own_folder_comes_back_with_its_metadata_as_it_was(
    place: Path, cohort: Cohort
) -> None:
    assert read_cohort(place) == cohort
    assert "reading" not in read_cohort(place).metadata["provenance"]
    other = read_cohort(place, metadata={"name": "x", "synthetic": True})
    assert other.metadata["name"] == "x" and same(other, cohort)


def test_our_own_numbers_of_three_decimals_are_no_thousands(tmp_path: Path) -> None:
    patients = pd.DataFrame(
        {
            "patient_id": ["A"],
            "weight_kg": [12.125],
            "antibody": ["none"],
            "entry_day": [0],
            "exit_day": [1],
            "exit_reason": ["lost"],
        }
    )
    cohort = Cohort(patients, metadata={"name": "one", "synthetic": False})
    place = write_cohort(cohort, tmp_path / "one")
    assert read_cohort(place) == cohort
    text = (place / "patients.csv").read_text()
    (place / "patients.csv").write_text(text.replace(",", ";"))
    assert [fault.rule for fault in errors_of(place)] == ["decimal_unsettled"]
    declared = read_cohort(place, reading=Reading(decimal="."))
    assert declared.patients["weight_kg"].tolist() == [12.125]


def test_a_point_among_decimal_commas(place: Path) -> None:
    file = place / "assessments.csv"
    file.write_text(
        "patient_id;day;measure;value\nA;2;cmas;12,5\nB;50;weight_kg;31.5\n"
        "B;51;weight_kg;31,5\n"
    )
    [fault] = errors_of(place)
    assert (fault.rule, fault.row, fault.source) == (
        "decimal_mixed",
        2,
        "assessments.csv line 3, column 'value'",
    )
    told = errors_of(place, reading=Reading(decimal=","))  # of every file
    assert {fault.rule for fault in told} == {"decimal_mixed"}
    assert [fault.row for fault in told if fault.table == "assessments"] == [2]


def test_a_workbook(tmp_path: Path, cohort: Cohort) -> None:
    file = as_workbook(cohort, tmp_path / "register.xlsx")
    before = file.read_bytes()
    again = read_cohort(file, metadata=ABOUT)
    assert same(again, cohort) and again.metadata["name"] == "four children"
    assert [f.rule for f in errors_of(file)] == ["metadata_missing"] * 2
    book = openpyxl.load_workbook(file)
    book["courses"]["D3"] = -5  # starts before, and the dose is a word
    book["courses"]["F3"] = "viel"
    book["patients"]["A4"] = None
    book.save(file)
    told = {(f.rule, f.source) for f in errors_of(file, metadata=ABOUT)}
    assert (
        "wrong_type",
        "register.xlsx, sheet courses line 3, column 'dose_mg'",
    ) in told
    where = "register.xlsx, sheet patients line 4, column 'patient_id'"
    assert ("missing_value", where) in told
    assert before != file.read_bytes()


def test_a_database(tmp_path: Path, cohort: Cohort) -> None:
    file = as_database(cohort, tmp_path / "register.db")
    for source in (file, f"sqlite:///{file}"):
        assert same(read_cohort(source, metadata=ABOUT), cohort)
    changed = sqlite3.connect(file)
    changed.execute("update events set day = 'x' where event = 'remission'")
    changed.execute("alter table assessments rename to assessment")
    changed.commit()
    changed.close()
    told = errors_of(file, metadata=ABOUT)
    assert [(f.rule, f.source) for f in told] == [
        ("wrong_type", "register.db, table events row 3, column 'day'"),
        ("unknown_file", None),
    ]


def test_the_patients_alone(place: Path, tmp_path: Path, cohort: Cohort) -> None:
    alive = cohort.patients.iloc[1:]
    folder = write_cohort(Cohort(alive, metadata=ABOUT), tmp_path / "alive")
    for name in ("courses", "events", "assessments"):
        (folder / f"{name}.csv").unlink()
    file = folder / "patients.csv"
    assert read_cohort(file).n_patients == 3  # cohort.json stands beside it
    (folder / "cohort.json").unlink()
    assert [f.rule for f in errors_of(file)] == ["metadata_missing"] * 2
    assert read_cohort(file, metadata=ABOUT).n_patients == 3
    assert [f.rule for f in errors_of(file, metadata={"name": "x"})] == [
        "metadata_missing"
    ]


def test_a_registrys_own_columns_need_a_mapping(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text(EXPORT)
    book = openpyxl.Workbook()
    book.active.append(["PatNr"])
    book.save(tmp_path / "export.xlsx")
    made = sqlite3.connect(tmp_path / "export.db")
    made.execute("create table kinder (x)")
    made.close()
    for name in ("export.csv", "export.xlsx", "export.db"):
        for call in (read_cohort, check_cohort):
            with pytest.raises(UsageError, match="make a mapping with `jdm-stats map"):
                call(tmp_path / name)


def test_wrong_calls(cohort: Cohort, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has been read already"):
        check_cohort(cohort, metadata=ABOUT)
    with pytest.raises(UsageError, match="metadata must be a mapping"):
        read_cohort(tmp_path, metadata="synthetic")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="mapping must be the path"):
        read_cohort(tmp_path, mapping=3)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        read_cohort(tmp_path, mapping=tmp_path / "nowhere.toml")
    with pytest.raises(UsageError, match="cannot read a list"):
        read_cohort([1])  # type: ignore[arg-type]


# ---- with a mapping ------------------------------------------------------------------


@pytest.fixture
def export(tmp_path: Path) -> tuple[Path, Path]:
    pytest.importorskip("jdm_stats.cohort.mapping.apply")
    file, rules = tmp_path / "export.csv", tmp_path / "registry.toml"
    file.write_bytes(EXPORT.encode("cp1252"))
    rules.write_text(MAPPING)
    return file, rules


def test_an_export_by_its_mapping(export: tuple[Path, Path]) -> None:
    file, rules = export
    cohort = read_cohort(file, mapping=rules)
    assert cohort.patients["entry_day"].tolist() == [0, 1]
    assert cohort.patients["exit_day"].tolist() == [366, 731]
    assert cohort.patients["weight_kg"].tolist() == [20.5, 30.5]
    assert cohort.patients["antibody"].tolist() == ["NXP2", "none"]
    assert cohort.synthetic and cohort.metadata["name"] == "Register Musterstadt"
    used = cohort.metadata["provenance"]["mapping"]
    assert len(used["sha256"]) == 64 and used["tally"]
    tally = mapping_tally(cohort)
    assert {"table", "column", "what", "from", "to", "rows"} <= set(tally.columns)
    assert (
        "delimiter ';', sniffed" in cohort.metadata["provenance"]["reading"]["export"]
    )


def test_a_mapped_cohort_is_written_and_comes_back(
    export: tuple[Path, Path], tmp_path: Path
) -> None:
    cohort = read_cohort(export[0], mapping=export[1])
    assert read_cohort(write_cohort(cohort, tmp_path / "written")) == cohort


def test_faults_are_told_in_the_rows_of_the_export(export: tuple[Path, Path]) -> None:
    file, rules = export
    text = EXPORT.replace("01.03.2020", "01.03.2018").replace("30,5", "3050,5")
    file.write_text(text.replace("\n8;", "\n\n8;").replace("\n\n", "\n"))
    told = errors_of(file, mapping=rules)
    assert {(f.rule, f.row) for f in told} == {
        ("exit_before_entry", 1),
        ("out_of_range", 2),
    }
    for fault in told:
        assert f"export.csv line {(fault.row or 0) + 1}" in (fault.source or "")


def test_an_export_that_cannot_be_read_is_told_and_not_mapped(
    export: tuple[Path, Path],
) -> None:
    file, rules = export
    file.write_text(EXPORT + "9;01.01.2019\n")
    assert [f.rule for f in errors_of(file, mapping=rules)] == ["ragged_row"]


def test_the_reading_of_the_mapping_is_used_and_can_be_replaced(
    export: tuple[Path, Path],
) -> None:
    file, rules = export
    rules.write_text(MAPPING + '\n[read]\ndelimiter = ","\n')
    assert errors_of(file, mapping=rules)
    assert read_cohort(file, mapping=rules, reading=Reading()).n_patients == 2
