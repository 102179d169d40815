"""Writing a corrupted cohort to files, faults of the files included."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from jdm_stats.cohort.folder import ABOUT
from jdm_stats.errors import UsageError
from jdm_stats.schema import SCHEMA_VERSION
from jdm_stats.simulation.spoiling.cohort.corrupt import Corrupted

__all__ = ["write_corrupted"]


def write_corrupted(
    corrupted: Corrupted,
    path: str | os.PathLike[str],
    *,
    delimiter: str = ",",
    decimal: str = ".",
    encoding: str = "utf-8",
    line_end: str = "\n",
) -> Path:
    r"""Write a corrupted cohort as a folder of CSV files and cohort.json.

    Parameters
    ----------
    corrupted : Corrupted
        What `jdm_stats.simulation.spoiling.cohort.corrupt.corrupt` made.
    path : path-like
        A folder that is not there yet, or an empty one.
    delimiter, decimal, encoding, line_end : str
        The dialect of the tables. In another dialect than the default the folder is no
        cohort's folder any more but an export, to be read through a mapping; faults of
        files (stage ``files``) are made in the default dialect only.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UsageError
        When the folder is not empty, faults of files are to be written in another
        dialect, or a fault cannot stand in a file.

    Examples
    --------
    >>> import tempfile
    >>> import jdm_stats as jdm
    >>> from jdm_stats.cohort.files import check_cohort
    >>> from jdm_stats.simulation.spoiling.cohort.corrupt import corrupt
    >>> spoilt = corrupt(jdm.simulate_cohort(40, rng=3), rng=1, kinds="not_utf8")
    >>> with tempfile.TemporaryDirectory() as place:
    ...     folder = write_corrupted(spoilt, Path(place) / "export")
    ...     [fault.rule for fault in check_cohort(folder)]
    ['not_utf8']
    """
    plain = (delimiter, decimal, encoding, line_end) == (",", ".", "utf-8", "\n")
    if corrupted.files and not plain:
        raise UsageError(
            "faults of files are made in the default dialect; write the cohort in it, or "
            "leave out the kinds of the stages files and about"
        )
    if (corrupted.injected["code"] == "duplicate_column").any():
        raise UsageError(
            "duplicate_column is a fault of a data frame; in a file it is repeated_heading"
        )
    folder = Path(path)
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty; choose a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in corrupted.tables.items():
        with (folder / f"{name}.csv").open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file, delimiter=delimiter, lineterminator=line_end)
            writer.writerow(map(str, frame.columns))
            writer.writerows(_rows(frame, decimal))
    (folder / ABOUT).write_text(_about(corrupted.metadata), encoding="utf-8")
    for edit in corrupted.files:
        edit(folder)
    return folder


def _about(metadata: Mapping[str, Any]) -> str:
    said = {"schema_version": SCHEMA_VERSION, **metadata}
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def _rows(frame: pd.DataFrame, decimal: str) -> list[list[str]]:
    return [
        [_text(cell, decimal) for cell in row]
        for row in frame.to_numpy(dtype=object).tolist()
    ]


def _text(cell: Any, decimal: str) -> str:
    if cell is None or cell is pd.NA:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return repr(cell).replace(".", decimal)
    return str(cell)
