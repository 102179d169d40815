"""A cohort's folder: what comes back is what went in, and bad files are told apart."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jdm_stats.cohort import folder, tabular
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.faults import faults_table
from jdm_stats.cohort.files import check_cohort, read_cohort, write_cohort
from jdm_stats.errors import CohortError, Fault, UsageError

Frames = dict[str, pd.DataFrame]

ABOUT = {
    "name": "four children",
    "synthetic": True,
    "description": "José & 漢",
    "provenance": {"seed": 1, "days": [1, 2.5, None]},
}


def errors_in(source: object, **how: object) -> tuple[Fault, ...]:
    told = check_cohort(source, **how)  # type: ignore[arg-type]
    errors = tuple(fault for fault in told if fault.severity == "error")
    assert told[: len(errors)] == errors  # warnings come after
    return errors


def rules_of(place: Path) -> set[tuple[str, str, int | None]]:
    with pytest.raises(CohortError) as caught:
        read_cohort(place)
    assert tuple(caught.value.faults) == errors_in(place)
    assert str(place) in str(caught.value)
    return {(fault.table, fault.rule, fault.row) for fault in caught.value.faults}


@pytest.mark.parametrize("format", tabular.FORMATS)
def test_round_trip(tmp_path: Path, cohort: Cohort, format: str) -> None:
    written = write_cohort(cohort, tmp_path / "a" / "b", format=format)
    assert written == tmp_path / "a" / "b"
    again = read_cohort(written)
    assert again == cohort
    assert again.metadata == ABOUT
    assert again.patients["centre"].tolist() == ["007", "NA", "north, west", None]
    assert again.patients["antibody"].tolist() == ["NXP2", "TIF1g", "none", "untested"]


def test_the_csv_by_hand(place: Path) -> None:
    assert (place / "events.csv").read_bytes() == (
        b"patient_id,day,event,site,definite\n"
        b"A,50,gi_perforation,ileum,true\n"
        b"A,100,death,,true\n"
        b"B,200,remission,,true\n"
        b"C,-2,gi_involvement,colon,true\n"
    )
    assert (place / "courses.csv").read_bytes() == (
        b"patient_id,drug,route,start_day,stop_day,dose_mg,dose_basis,every_n_days,"
        b"as_needed\n"
        b"A,methylprednisolone,iv,1,3,30.0,per_kg_day,1,false\n"
        b"A,prednisone,oral,4,60,40.0,per_day,1,false\n"
        b"B,methotrexate,sc,10,,,,1,false\n"
        b"C,prednisolone,oral,-5,50,1.0,per_kg_day,1,false\n"
    )
    [line] = [
        line
        for line in (place / "patients.csv").read_text(encoding="utf-8").splitlines()
        if line.startswith("C,")
    ]
    assert line == (
        'C,female,17.99,2012,52.5,160.0,none,40,,"north, west",30,400,lost,30.0,,,,,,,,'
    )
    about = json.loads((place / "cohort.json").read_text(encoding="utf-8"))
    assert about == {"schema_version": 1, **ABOUT}


def test_writing_twice_gives_the_same_bytes(
    tmp_path: Path, place: Path, cohort: Cohort
) -> None:
    again = write_cohort(read_cohort(place), tmp_path / "again")
    for file in sorted(place.iterdir()):
        assert (again / file.name).read_bytes() == file.read_bytes()
        assert b"\r" not in file.read_bytes()


def test_without_cohort_json_nobody_knows_if_the_children_are_real(
    place: Path,
) -> None:
    (place / "cohort.json").unlink()
    assert rules_of(place) == {("cohort", "metadata_missing", None)}
    [fault] = errors_in(place)
    assert fault.message == "there is no cohort.json"
    written = re.search(r"\{.*?\}", fault.remedy)
    assert written is not None
    (place / "cohort.json").write_text(written[0])
    assert not read_cohort(str(place)).synthetic  # what the remedy says is enough
    assert read_cohort(place).metadata["name"] == "My registry"


@pytest.mark.parametrize(
    ("content", "missing"),
    [
        ({}, ["name", "synthetic"]),
        ({"synthetic": True}, ["name"]),
        ({"name": "x", "description": "y"}, ["synthetic"]),
    ],
)
def test_cohort_json_must_say_name_and_synthetic(
    place: Path, content: dict, missing: list[str]
) -> None:
    (place / "cohort.json").write_text(json.dumps(content), encoding="utf-8")
    assert rules_of(place) == {("cohort", "metadata_missing", None)}
    assert [fault.column for fault in errors_in(place)] == missing


def test_a_synthetic_folder_that_loses_its_mark_is_refused(place: Path) -> None:
    spoil(place / "patients.csv", ",transfer,,,,,,,,,", ",transfer,,,,,,,,,background")
    assert read_cohort(place).synthetic
    spoil(place / "cohort.json", '"synthetic": true', '"synthetic": false')
    assert rules_of(place) == {("patients", "pattern_not_synthetic", None)}


def test_only_patients_must_be_there(tmp_path: Path, frames: Frames) -> None:
    alive = Cohort(frames["patients"].iloc[1:], metadata={"name": "x"})
    place = write_cohort(alive, tmp_path / "x")
    for name in ("courses", "events", "assessments"):
        (place / f"{name}.csv").unlink()
    assert read_cohort(place) == alive


def test_a_mark_at_the_head_and_crlf_are_read(place: Path, cohort: Cohort) -> None:
    for file in place.iterdir():
        text = file.read_bytes().replace(b"\n", b"\r\n")
        file.write_bytes(b"\xef\xbb\xbf" + text + b"\r\n\r\n")
    assert read_cohort(place) == cohort


def test_csv_and_parquet_may_stand_beside_each_other(
    tmp_path: Path, place: Path, cohort: Cohort
) -> None:
    other = write_cohort(cohort, tmp_path / "other", format="parquet")
    (place / "courses.csv").unlink()
    (other / "courses.parquet").rename(place / "courses.parquet")
    assert read_cohort(place) == cohort


# ---- files at fault -----------------------------------------------------------------


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8", newline="")


def test_ragged_rows_are_told_not_padded_or_cut(place: Path) -> None:
    spoil(place / "events.csv", "A,100,death,,true", "A,100,death")
    spoil(place / "events.csv", "B,200,remission,,true", "B,200,remission,,true,1")
    spoil(place / "courses.csv", "B,methotrexate", "\nB,methotrexate")
    assert rules_of(place) == {
        ("events", "ragged_row", 2),
        ("events", "ragged_row", 3),
        ("courses", "ragged_row", 3),
    }
    told = [str(fault) for fault in errors_in(place)]
    assert "line 4 is blank; remove the line" in told[0]
    assert "patient A [ragged_row]: line 3 has 3 cells, the heading has 5" in told[1]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "has no heading"),
        ('patient_id,day,event\nA,1,"surgery\n', "unexpected end of data"),
        ('patient_id,day,event\nA,1,"sur"gery\n', "expected after"),
        ("patient_id,day,event\nA,1,surgery\0x\n", "NUL"),
    ],
)
def test_a_malformed_csv(place: Path, content: str, says: str) -> None:
    (place / "events.csv").write_text(content, encoding="utf-8")
    assert rules_of(place) == {("events", "malformed_csv", None)}
    assert says in str(errors_in(place)[0])


def test_a_quoted_nul_is_not_silently_cut(place: Path) -> None:
    # pandas' C parser ends the cell at the NUL and says nothing
    spoil(place / "patients.csv", '"north, west"', '"north\0west"')
    assert rules_of(place) == {("patients", "malformed_csv", None)}


def test_another_encoding(place: Path) -> None:
    text = (place / "patients.csv").read_text(encoding="utf-8")
    text = text.replace("007", "Besançon")
    (place / "patients.csv").write_bytes(text.encode("latin-1"))
    assert rules_of(place) == {("patients", "encoding_unsettled", None)}
    [fault] = errors_in(place)
    assert "patients.csv line 2 holds the byte 0xe7" in fault.message
    assert "'Besançon' (cp1252)" in fault.message
    declared = read_cohort(place, reading=Reading(encoding="latin-1"))
    assert declared.patients["centre"][0] == "Besançon"
    (place / "patients.csv").write_bytes(text.encode("utf-16"))
    assert read_cohort(place).patients["centre"][0] == "Besançon"


def test_a_heading_that_stands_twice(place: Path) -> None:
    spoil(
        place / "events.csv", "patient_id,day,event,site,", "patient_id,day,event,day,"
    )
    assert rules_of(place) == {("events", "repeated_heading", None)}


def test_both_files_of_one_table(place: Path, cohort: Cohort, tmp_path: Path) -> None:
    other = write_cohort(cohort, tmp_path / "other", format="parquet")
    (other / "events.parquet").rename(place / "events.parquet")
    assert rules_of(place) == {("events", "two_files", None)}


def test_a_missing_and_a_misspelt_table(place: Path) -> None:
    (place / "patients.csv").rename(place / "Patient.csv")
    (place / "events.csv").rename(place / "event.CSV")
    (place / "truth.csv").write_text("anything\n")
    assert rules_of(place) == {
        ("patients", "missing_table", None),
        ("patients", "unknown_file", None),
        ("events", "unknown_file", None),
    }


def test_a_folder_with_nothing_in_it(tmp_path: Path) -> None:
    assert rules_of(tmp_path) == {
        ("cohort", "metadata_missing", None),
        ("patients", "missing_table", None),
    }


def test_a_malformed_parquet(place: Path) -> None:
    (place / "events.csv").unlink()
    (place / "events.parquet").write_bytes(b"PAR1 not a table")
    assert rules_of(place) == {("events", "malformed_parquet", None)}


def test_parquet_of_other_types_is_read_or_told(place: Path) -> None:
    (place / "events.csv").unlink()
    table = {
        "patient_id": ["A", "A"],
        "day": pa.array([50, 100], pa.int8()),
        "event": pa.array(["gi_perforation", "death"]).dictionary_encode(),
        "definite": pa.array([None, True]),
    }
    pq.write_table(pa.table(table), place / "events.parquet")
    assert read_cohort(place).events["definite"].tolist() == [True, True]
    table["day"] = pa.array([0, 1], pa.timestamp("ns"))
    table["definite"] = pa.array([[True], None])
    pq.write_table(pa.table(table), place / "events.parquet")
    assert rules_of(place) == {
        ("events", "wrong_type", 1),
        ("events", "wrong_type", 2),
    }
    told = "\n".join(map(str, errors_in(place)))
    assert "give days counted from diagnosis, which is day 0, not dates" in told


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", '"x"', '{"name": NaN}', "[" * 100_000]
)
def test_a_malformed_cohort_json(place: Path, content: str) -> None:
    (place / "cohort.json").write_text(content, encoding="utf-8")
    assert rules_of(place) == {("cohort", "malformed_json", None)}


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        ({"schema_version": 2}, "schema_version"),
        ({"schema_version": True}, "schema_version"),
        ({"schema_version": None}, "schema_version"),
        ({"synthetic": 1}, "metadata_wrong_type"),
        ({"name": None}, "metadata_wrong_type"),
        ({"description": ["x"]}, "metadata_wrong_type"),
        ({"provenance": "x"}, "metadata_wrong_type"),
        ({"Synthetic": True}, "metadata_unknown_key"),
    ],
)
def test_wrong_entries_of_cohort_json(place: Path, entry: dict, rule: str) -> None:
    about = {"name": "x", "synthetic": True} | entry
    if "Synthetic" in entry:  # misspelt, and told once
        del about["synthetic"]
    (place / "cohort.json").write_text(json.dumps(about), encoding="utf-8")
    assert rules_of(place) == {("cohort", rule, None)}


def test_cohort_json_in_another_encoding(place: Path) -> None:
    (place / "cohort.json").write_bytes(b'{"name": "\xe7"}')
    assert rules_of(place) == {("cohort", "not_utf8", None)}


def test_faults_of_files_and_of_tables_are_told_together(place: Path) -> None:
    spoil(place / "patients.csv", "A,female,6.5", 'A,female,"6,5"')
    spoil(place / "courses.csv", "B,methotrexate", "E,methotrexate")
    (place / "events.csv").write_bytes(b"\xff")
    (place / "cohort.json").write_text('{"name": "x", "synthetic": "no"}')
    # without events nothing can be said of deaths; without agreement, not of child E
    assert rules_of(place) == {
        ("cohort", "metadata_wrong_type", None),
        ("patients", "wrong_type", 1),
        ("events", "encoding_unsettled", None),
    }
    assert "write a decimal point: 6.5" in str(errors_in(place)[1])


def test_every_rule_of_files_is_broken_above() -> None:
    broken = {
        *("not_utf8", "two_files", "missing_table", "unknown_file"),
        *("malformed_json", "schema_version", "metadata_missing"),
    }
    assert set(folder.RULES) == broken


def test_a_folder_that_is_not_there_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        read_cohort(tmp_path / "nowhere")
    file = tmp_path / "patients.csv"
    file.write_text("x")
    with pytest.raises(UsageError, match="make a mapping with `jdm-stats map"):
        check_cohort(file)


# ---- check_cohort and faults_table ---------------------------------------------------


def test_check_takes_a_cohort_frames_or_a_folder(
    place: Path, cohort: Cohort, frames: Frames
) -> None:
    assert errors_in(place) == errors_in(cohort) == errors_in(frames) == ()
    frames["patients"].loc[1, "cmas"] = 60.0
    [fault] = errors_in({"patients": frames["patients"].iloc[1:]})
    assert (fault.row, fault.patient_id) == (1, "B")
    with pytest.raises(UsageError, match="there is no table 'event'"):
        check_cohort({"event": frames["events"]})
    with pytest.raises(UsageError, match="cannot check a DataFrame"):
        check_cohort(frames["patients"])  # type: ignore[arg-type]


def test_check_asks_for_what_steroid_exposure_needs(
    place: Path, frames: Frames
) -> None:
    frames["courses"] = frames["courses"].astype(object)
    frames["courses"].loc[1, ["stop_day", "dose_mg"]] = None
    frames["courses"].loc[3, "dose_basis"] = "per_day"
    frames["patients"].loc[2, "weight_kg"] = None
    cohort = Cohort(**frames, metadata=ABOUT)  # it can be built
    write_cohort(cohort, place, overwrite=True)
    assert read_cohort(place) == cohort
    for source in (place, cohort, frames):
        assert [(fault.row, fault.rule) for fault in errors_in(source)] == [
            (2, "missing_stop_day"),
            (2, "missing_dose"),
            (4, "no_weight"),
        ]
        assert errors_in(source, steroids=False) == ()


def test_check_of_a_cohort_and_of_bare_tables_with_a_pattern(frames: Frames) -> None:
    frames["patients"]["pattern"] = "background"
    assert errors_in(Cohort(**frames, metadata=ABOUT)) == ()
    assert errors_in(frames) == ()  # tables do not say whether they are synthetic


def test_faults_as_a_table(frames: Frames) -> None:
    frames["patients"].loc[1, "cmas"] = 60.0
    frames["events"] = frames["events"].drop(columns="day")
    table = faults_table(errors_in(frames))
    assert table["row"].tolist() == [2, pd.NA]
    assert table["rule"].tolist() == ["out_of_range", "missing_column"]
    assert table["patient_id"].tolist() == ["B", None]
    assert faults_table([]).shape == (0, 9)
