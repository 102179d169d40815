"""Run the recovery study and write its tables: ``python -m tests.recovery.study --out DIR``.

Each replicate has a seed of its own, spawned from that of its cell, so that neither the
number of workers nor that of replicates changes what a replicate draws.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.recovery.design import CELLS, Cell
from tests.recovery.fitting import records_of
from tests.recovery.measures import reasons_of, table_of

SEED = 20261129
# Refits without each child in turn are dear: these cells only, and fewer cohorts.
JACKKNIFE_CELLS = tuple(c for c in CELLS if c.world == "effects" and not c.sampled)
STUDIES = {"main": CELLS, "jackknife": JACKKNIFE_CELLS}
CHUNK = 20
HERE = Path(__file__).resolve().parent
TABLE, REASONS = "recovery.csv", "reasons.csv"


def replicates_of(study: str, cell: Cell) -> int:
    """Cohorts drawn: fewer where a cohort is dear and little is at stake."""
    if study == "jackknife":
        return 60
    settled = cell.world == "null" and cell.events > 12 and not cell.sampled
    return 500 if settled else 1000


def seeds_of(cell: Cell, replicates: int) -> list[np.random.SeedSequence]:
    """Seeds of the first replicates of a cell, the same in every study and run."""
    own = np.random.SeedSequence(SEED, spawn_key=(CELLS.index(cell),))
    return own.spawn(replicates)


def run_chunk(cell: Cell, study: str, first: int, last: int) -> list[dict[str, Any]]:
    """Records of the replicates first to last - 1."""
    seeds = seeds_of(cell, last)
    return [
        record
        for k in range(first, last)
        for record in records_of(cell, k, seeds[k], jackknife=study == "jackknife")
    ]


def run_cell(
    study: str, cell: Cell, pool: Executor, replicates: int | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run one cell of a study.

    Parameters
    ----------
    study : {"main", "jackknife"}
    cell : Cell
    pool : Executor
    replicates : int, optional
        Fewer than `replicates_of`, for a trial.

    Returns
    -------
    table, reasons : DataFrame
    """
    many = replicates or replicates_of(study, cell)
    bounds = [*range(0, many, CHUNK), many]
    parts = pool.map(
        run_chunk,
        *([one] * (len(bounds) - 1) for one in (cell, study)),
        bounds[:-1],
        bounds[1:],
    )
    records = pd.DataFrame([row for part in parts for row in part])
    return table_of(cell, study, records), reasons_of(cell, study, records)


def main() -> None:
    """Run everything; both CSV files are written anew after each cell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--replicates", type=int, help="fewer, for a trial")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    found = []
    with workers_of(asked.workers) as pool:
        for study, cell in ((s, c) for s, cells in STUDIES.items() for c in cells):
            begun = time.perf_counter()
            found.append(run_cell(study, cell, pool, asked.replicates))
            write(found, asked.out)
            spent = time.perf_counter() - begun
            sys.stderr.write(f"{study}: {cell.name}: {spent:.0f} s\n")


def workers_of(count: int) -> ProcessPoolExecutor:
    """Start workers anew, not as forks: the compiled code may have threads."""
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"))


def write(found: list[tuple[pd.DataFrame, pd.DataFrame]], out: Path) -> None:
    """Write the cells found so far."""
    for name, parts in zip((TABLE, REASONS), zip(*found, strict=True), strict=True):
        written = pd.concat(parts, ignore_index=True)
        written.to_csv(
            out / name, index=False, float_format="%.5g", lineterminator="\n"
        )


if __name__ == "__main__":
    main()
