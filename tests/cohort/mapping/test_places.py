"""A fault found after the mapping names the column of the export, and is told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from jdm_stats.cohort.files import check_cohort, read_cohort
from jdm_stats.cohort.mapped import mapping_tally
from jdm_stats.errors import CohortError, Fault

KINDER = """\
Nr;Diagnose;geboren;AK;Jo1;Ro;Ende;CMAS;kg
1;01.01.2020;01.01.2012;NXP2 pos.;-;-;01.01.2021;60;20
2;01.01.2020;01.01.1990;MSA neg.;-;-;01.01.2019;20;21
2;01.01.2020;01.01.2012;MSA neg.;-;-;01.06.2021;20;22
"""
MEDIKATION = """\
Nr;Mittel;von;bis;Dosis;Einheit
1;Prednison;02.01.2020;01.02.2020;20;mg
9;Prednison;02.01.2020;01.02.2020;20;mg
1;Methylprednisolon;05.01.2020;07.01.2020;900000;mg
"""
VERLAUF = """\
Nr;Datum;CMAS;CK;kg
1;31.02.2020;30;100;20
9;01.02.2020;30;100;20
1;01.03.2020;77;100;20
"""
MAPPING = """\
version = 1
[cohort]
name = "Register"
synthetic = false
[read]
delimiter = ";"
decimal = ","
missing = ["", "k.A."]
[dates]
format = "DD.MM.YYYY"
diagnosis = "Diagnose"
birth = "geboren"
[patients]
from = "kinder"
[patients.columns]
patient_id = "Nr"
antibody = { column = "AK", read = "antibodies" }
entry_day = { value = 0 }
exit_day = { column = "Ende", date = true }
exit_reason = { value = "lost" }
cmas = "CMAS"
weight_kg = { column = "kg", unit = "kg" }
[[courses]]
from = "medikation"
[courses.columns]
patient_id = "Nr"
drug = "Mittel"
route = { value = "oral" }
start_day = { column = "von", date = true }
stop_day = { column = "bis", date = true }
dose_mg = { column = "Dosis", unit = { column = "Einheit" }, per = "day" }
"""
BLOCK = """
[[assessments]]
from = "verlauf"
skip_if_missing = ["value"]
[assessments.columns]
patient_id = "Nr"
day = {{ column = "Datum", date = true }}
measure = {{ value = "{measure}" }}
value = {{ column = "{column}", unit = "{unit}" }}
"""
BLOCKS = "".join(
    BLOCK.format(measure=measure, column=column, unit=unit)
    for measure, column, unit in (
        ("cmas", "CMAS", "points"),
        ("ck_u_l", "CK", "U/l"),
        ("weight_kg", "kg", "kg"),
    )
).replace(', unit = "points"', "")


def errors(folder: Path, mapping: str = MAPPING + BLOCKS, **tables: str) -> list[Fault]:
    given = {"kinder": KINDER, "medikation": MEDIKATION, "verlauf": VERLAUF, **tables}
    for name, text in given.items():
        (folder / f"{name}.csv").write_text(text)
    written = folder.parent / "mapping.toml"
    written.write_text(mapping)
    told = check_cohort(folder, mapping=written)
    return [fault for fault in told if fault.severity == "error"]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    (tmp_path / "export").mkdir()
    return tmp_path / "export"


def test_every_fault_after_the_mapping_names_its_column(export: Path) -> None:
    places = {(fault.rule, fault.source) for fault in errors(export)}
    assert places == {
        ("out_of_range", "kinder.csv line 2, column 'CMAS'"),
        ("out_of_range", "kinder.csv line 3, column 'geboren'"),
        ("exit_before_entry", "kinder.csv line 3, column 'Ende'"),
        ("duplicate_patient", "kinder.csv line 4, column 'Nr'"),
        ("unknown_patient", "medikation.csv line 3, column 'Nr'"),
        ("dose_implausible", "medikation.csv line 4, column 'Dosis'"),
        ("date_impossible", "verlauf.csv line 2, column 'Datum'"),
        ("unknown_patient", "verlauf.csv line 3, column 'Nr'"),
        ("out_of_range", "verlauf.csv line 4, column 'CMAS'"),
    }


def test_a_cell_read_by_three_blocks_is_told_once(export: Path) -> None:
    told = [fault for fault in errors(export) if "verlauf" in (fault.source or "")]
    assert [(fault.row, fault.message) for fault in told] == [
        *[
            (1, "there is no day '31.02.2020' (3 lines of the mapping read this cell)"),
            (2, "'9' has no row in patients (3 lines of the mapping read this cell)"),
            (3, "cmas 77 is out of range"),
        ],
    ]
    with pytest.raises(CohortError) as caught:
        read_cohort(export, mapping=export.parent / "mapping.toml")
    assert list(caught.value.faults) == errors(export)


def test_what_a_column_brings_names_that_column(export: Path) -> None:
    mapping = MAPPING.replace(', per = "day"', "")
    dose = "1;Prednison;02.01.2020;01.02.2020;20;mg/m2\n"
    head = MEDIKATION.partition("\n")[0]
    told = errors(
        export,
        mapping,
        kinder="\n".join(KINDER.splitlines()[:2]).replace(";60;", ";50;"),
        medikation=f"{head}\n{dose}",
    )
    assert [(f.rule, f.source) for f in told] == [
        ("no_height", "medikation.csv line 2, column 'Einheit'")
    ]


def test_constants_have_no_column(export: Path) -> None:
    mapping = MAPPING.replace('exit_reason = { value = "lost" }', "").replace(
        "cmas = ", 'exit_reason = { value = "death" }\ncmas = '
    )
    told = [f for f in errors(export, mapping) if f.rule == "death_without_event"]
    assert "kinder.csv line 2" in [fault.source for fault in told]


MERGED = MAPPING.partition("[[courses]]")[0].replace(
    'from = "kinder"', 'from = "kinder"\nrows = "merged"'
)


def test_merged_rows_name_the_row_a_cell_came_from(export: Path) -> None:
    rows = "1;01.01.2020;01.01.2012;NXP2 pos.;-;-;01.01.2021;;20\n" + (
        "1;01.01.2020;01.01.2012;;-;-;;60;\n"
    )
    told = errors(export, MERGED, kinder=KINDER.partition("\n")[0] + "\n" + rows)
    assert [(f.row, f.rule, f.source) for f in told] == [
        (1, "out_of_range", "kinder.csv line 3, column 'CMAS'")
    ]


def test_a_cell_refused_in_a_merged_row_is_told_though_another_row_fills_it(
    export: Path,
) -> None:
    rows = "1;01.01.2020;01.01.2012;NXP2 pos.;-;-;01.01.2021;viel;20\n" + (
        "1;01.01.2020;01.01.2012;;-;-;;{};\n"
    )
    head = KINDER.partition("\n")[0] + "\n"
    told = errors(export, MERGED, kinder=head + rows.format(30))
    assert [(f.row, f.rule, f.source) for f in told] == [
        (1, "number_not_understood", "kinder.csv line 2, column 'CMAS'")
    ]
    both = errors(export, MERGED, kinder=head + rows.format(60))
    assert [(f.rule, f.source) for f in both] == [
        ("number_not_understood", "kinder.csv line 2, column 'CMAS'"),
        ("out_of_range", "kinder.csv line 3, column 'CMAS'"),
    ]


def test_words_for_an_empty_cell_stand_in_the_tally(export: Path) -> None:
    rows = "1;01.01.2020;01.01.2012;NXP2 pos.;-;-;01.01.2021;k.A.;k.A.\n"
    told = errors(export, MERGED, kinder=KINDER.partition("\n")[0] + "\n" + rows)
    assert told == []
    tally = mapping_tally(read_cohort(export, mapping=export.parent / "mapping.toml"))
    emptied = tally[tally["from"] == "k.A."]
    assert emptied[["column", "rows"]].values.tolist() == [
        ["cmas", 1],
        ["weight_kg", 1],
    ]
