"""Speed and memory of reading a million rows of CSV, with all checks.

Run with ``python benchmarks/read_csv.py [ROWS]``. Prints a table; nothing passes or fails.
Each reading runs in an interpreter of its own, so that its memory is its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROWS = 1_000_000
CHILDREN = 20_000

# What one reading costs: processor seconds and the peak of memory beyond the imports.
MEASURED = """
import resource, sys, time
from jdm_stats.cohort import second_look, steroids
from jdm_stats.cohort.files import check_cohort, read_cohort
import pandas, pyarrow
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, began, wall = peak(), time.process_time(), time.perf_counter()
{work}
print(time.process_time() - began, time.perf_counter() - wall, peak() - before)
"""
WORKS = {
    "pandas.read_csv, no checks": "pandas.read_csv(sys.argv[2], dtype=str)",
    "read_cohort": "read_cohort(sys.argv[1])",
    "check_cohort": "assert not [f for f in check_cohort(sys.argv[1]) "
    "if f.severity == 'error']",
}


def write_patients(folder: Path) -> None:
    """Write the children, all followed for as long as anything is recorded."""
    rows = "".join(
        f"P{child},female,{child % 17}.5,20.0,110.0,none,0,36500,lost\n"
        for child in range(CHILDREN)
    )
    heading = (
        "patient_id,sex,age_at_diagnosis_years,weight_kg,height_cm,antibody,"
        "entry_day,exit_day,exit_reason\n"
    )
    (folder / "patients.csv").write_text(heading + rows)
    (folder / "cohort.json").write_text('{"name": "SYNTHETIC", "synthetic": true}')


def write_assessments(folder: Path, rows: int) -> Path:
    """Write measurements, no two of one child on one day."""
    rng = np.random.default_rng(1)
    value = rng.uniform(0, 52, rows).round(1)
    lines = "".join(
        f"P{row % CHILDREN},{row // CHILDREN * 7},cmas,{value[row]}\n"
        for row in range(rows)
    )
    file = folder / "assessments.csv"
    file.write_text("patient_id,day,measure,value\n" + lines)
    return file


def write_courses(folder: Path, rows: int) -> Path:
    """Write courses of a week, one after the other."""
    lines = "".join(
        f"P{row % CHILDREN},prednisone,oral,{row // CHILDREN * 7},"
        f"{row // CHILDREN * 7 + 6},{row % 40 + 1}.0,per_day,1,false\n"
        for row in range(rows)
    )
    heading = (
        "patient_id,drug,route,start_day,stop_day,dose_mg,dose_basis,every_n_days,"
        "as_needed\n"
    )
    file = folder / "courses.csv"
    file.write_text(heading + lines)
    return file


def measured(work: str, folder: Path, file: Path) -> tuple[float, float, float]:
    """Return processor seconds, wall seconds and MiB of one reading."""
    code = MEASURED.format(work=work)
    printed = subprocess.check_output([sys.executable, "-c", code, folder, file])
    cpu, wall, memory = map(float, printed.split())
    return cpu, wall, memory


def main() -> None:
    """Time each table and print the figures."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    for write in (write_assessments, write_courses):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            write_patients(folder)
            file = write(folder, rows)
            size = file.stat().st_size / 2**20
            print(
                f"\n{file.name}: {rows:,} rows, {size:.0f} MiB; {CHILDREN:,} children"
            )
            for name, work in WORKS.items():
                cpu, wall, memory = measured(work, folder, file)
                print(
                    f"  {name:<28}{cpu:7.1f} s CPU {wall:7.1f} s wall {memory:8.0f} MiB"
                )


if __name__ == "__main__":
    main()
