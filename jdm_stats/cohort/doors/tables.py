"""One way in: whatever a registry hands over, as raw tables and the faults met."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import AUTO, Reading
from jdm_stats.errors import Fault

__all__ = ["read_tables"]


def read_tables(
    source: str | os.PathLike[str], *, reading: Reading | None = None
) -> tuple[dict[str, RawTable], list[Fault]]:
    """Read the tables of an export."""
    reading = reading or Reading()
    path = Path(source)
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    tables = {}
    for file in files:
        frame = pd.read_csv(
            file,
            sep="," if reading.delimiter == AUTO else reading.delimiter,
            encoding="utf-8-sig" if reading.encoding == AUTO else reading.encoding,
            dtype=object,
            keep_default_na=False,
            na_values=list(reading.missing),
        )
        frame = frame.astype(object).where(frame.notna(), None)
        lines = np.arange(2, len(frame) + 2, dtype=np.int64)
        decimal = "." if reading.decimal == AUTO else reading.decimal
        tables[file.stem] = RawTable(file.stem, file.name, frame, lines, decimal)
    return tables, []
