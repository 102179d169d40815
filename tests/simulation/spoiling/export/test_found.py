"""200 spoilt exports: every fault is found by file, line, column and child, and no other."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest

from jdm_stats.cohort.files import check_cohort
from jdm_stats.cohort.mapping.model import CohortMapping
from jdm_stats.errors import Fault
from jdm_stats.simulation.spoiling.export.corrupt import (
    CorruptedExport,
    corrupt_export,
    export_corruption_kinds,
)
from tests.simulation.spoiling.export.exports import LAYOUTS, STYLES, registry

EXPORTS = 200
Told = set[tuple[Any, ...]]


def spoilt(seed: int, folder: Path) -> CorruptedExport:
    """Spoil an export: each fifth has faults of its files, the others of cells and rows."""
    files = seed % 5 == 4
    return corrupt_export(
        *(registry(seed % 10), folder),
        style=STYLES[seed % 3],
        layout=LAYOUTS[seed // 3 % 3],
        rng=seed,
        kinds="files" if files else None,
        n=4 if files else 16,
    )


def told(faults: Iterable[Fault]) -> Told:
    return {(f.rule, f.severity, f.source, f.patient_id, f.column) for f in faults}


def injected(export: CorruptedExport) -> Told:
    rows = export.injected.astype(object).where(export.injected.notna(), None)
    return {
        (row.code, row.severity, row.source, row.patient_id, row.column)
        for row in rows.itertuples()
    }


def hashes(folder: Path) -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.iterdir())
    }


@pytest.mark.parametrize("seed", range(EXPORTS))
def test_every_fault_is_found_and_no_other(seed: int, tmp_path: Path) -> None:
    export = spoilt(seed, tmp_path / "export")
    placed.update(export.changes.drop_duplicates("injection")["kind"])
    before = hashes(export.folder)
    found = check_cohort(export.folder, mapping=CohortMapping.from_text(export.mapping))
    assert hashes(export.folder) == before
    assert told(found) == injected(export)


placed: Counter[str] = Counter()


@cache
def placed_anew() -> Counter[str]:
    """Count again where the tests above did not run in this process."""
    counts: Counter[str] = Counter()
    for seed in range(EXPORTS):
        with TemporaryDirectory() as folder:
            export = spoilt(seed, Path(folder) / "export")
            counts.update(export.changes.drop_duplicates("injection")["kind"])
    return counts


def test_the_exports_hold_every_kind() -> None:
    counts = placed if placed.total() > 2000 else placed_anew()
    kinds = export_corruption_kinds().query("stage != 'unseen'")["kind"]
    assert sorted(set(kinds) - set(counts)) == []


# --- what the exports showed: one fault is told once, and nothing that hangs on it ---------

KINDER = (
    "PatNr;Geburt;Diagnose;AK;zuletzt\nK1;{birth};{diagnosis};MSA neg.;01.02.2021\n"
)
MESSUNGEN = "PatNr;am;was;Wert;Einheit\n"
MAPPING = """
version = 1
[read]
delimiter = ";"
decimal = ","
[dates]
format = "DD.MM.YYYY"
diagnosis = "Diagnose"
birth = "Geburt"
[patients]
from = "kinder"
[patients.columns]
patient_id = "PatNr"
antibody = { column = "AK", read = "antibodies" }
entry_day = { value = 0 }
exit_day = { column = "zuletzt", date = true }
exit_reason = { value = "administrative" }
[assessments]
from = "messungen"
[assessments.columns]
patient_id = "PatNr"
day = { column = "am", date = true }
measure = { column = "was", values = { CK = "ck_u_l", Gewicht = "weight_kg" } }
value = { column = "Wert", unit = { column = "Einheit" } }
"""


def faults_by_hand(
    folder: Path,
    rows: str,
    *,
    birth: str = "01.02.2012",
    diagnosis: str = "01.02.2019",
) -> list[tuple[str, str | None]]:
    kinder = KINDER.format(birth=birth, diagnosis=diagnosis)
    (folder / "kinder.csv").write_text(kinder, encoding="utf-8")
    (folder / "messungen.csv").write_text(MESSUNGEN + rows, encoding="utf-8")
    found = check_cohort(folder, mapping=CohortMapping.from_text(MAPPING))
    return [(fault.rule, fault.source) for fault in found]


def test_a_measure_not_known_says_nothing_of_its_unit(tmp_path: Path) -> None:
    rows = "K1;03.04.2019;CKK;120;U/L\nK1;03.05.2019;CK;120;U/L\n"
    assert faults_by_hand(tmp_path, rows) == [
        ("value_not_mapped", "messungen.csv line 2, column 'was'")
    ]


def test_rows_whose_days_are_not_counted_are_no_repeats(tmp_path: Path) -> None:
    rows = "K1;03.04.2019;CK;120;U/L\nK1;03.05.2019;CK;120;U/L\n"
    assert faults_by_hand(tmp_path, rows, diagnosis="31.02.2019") == [
        ("date_impossible", "kinder.csv line 2, column 'Diagnose'")
    ]
    again = "K1;03.04.2019;CK;120;U/L\nK1;03.04.2019;CK;120;U/L\n"
    assert faults_by_hand(tmp_path, again) == [
        ("duplicate_row", "messungen.csv line 3")
    ]


def test_no_day_is_counted_from_a_diagnosis_before_birth(tmp_path: Path) -> None:
    rows = "K1;03.04.2019;Gewicht;23,5;kg\n"
    assert faults_by_hand(tmp_path, rows, diagnosis="01.02.2001") == [
        ("date_before_birth", "kinder.csv line 2, column 'Diagnose'")
    ]


def test_a_fault_of_the_schema_names_the_column_of_the_export(tmp_path: Path) -> None:
    rows = "K1;03.04.2019;Gewicht;2350;kg\n"
    assert faults_by_hand(tmp_path, rows) == [
        ("out_of_range", "messungen.csv line 2, column 'Wert'")
    ]


def test_a_high_dose_per_kg_is_told_in_heavy_children_too() -> None:
    """90 mg/kg/day at 58 kg is above 5 g, and per kg no slip of g and mg: a second look."""
    course = {"patient_id": ["P1"], "drug": "prednisone", "route": "oral"}
    course |= {"start_day": [0], "stop_day": [9], "dose_mg": [90.0]}
    course |= {"dose_basis": "per_kg_day"}
    child = {
        "patient_id": ["P1"],
        "antibody": "none",
        "entry_day": [0],
        "exit_day": [99],
    }
    child |= {"exit_reason": "lost", "weight_kg": [58.0]}
    tables = {"patients": pd.DataFrame(child), "courses": pd.DataFrame(course)}
    found = check_cohort(tables)
    assert [(f.rule, f.severity) for f in found] == [("high_daily_dose", "warning")]
