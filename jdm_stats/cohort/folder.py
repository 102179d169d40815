"""Reading a cohort's folder: which file is which table, and what cohort.json says.

Nothing is raised for bad data here; every fault is gathered, so that the folder's faults
and the tables' faults are told together.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from jdm_stats.cohort import tabular
from jdm_stats.errors import Fault, UsageError
from jdm_stats.schema import SCHEMA_VERSION, TABLES, nearest

__all__ = ["ABOUT", "RULES", "Folder", "read_folder"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        **tabular.RULES,
        "missing_table": "A cohort folder holds the table patients.",
        "two_files": "A table stands in one file, CSV or Parquet, not in both.",
        "unknown_file": "No table's file has a misspelt name.",
        "metadata_missing": "cohort.json says the cohort's name and if it is synthetic.",
        "malformed_json": "cohort.json holds one JSON object.",
        "schema_version": "cohort.json names a version of the schema known here.",
    }
)

ABOUT = "cohort.json"
_NEEDED = ("name", "synthetic")
_WRITE = (
    'write {"name": "My registry", "synthetic": false} for real children, with true in '
    "place of false for simulated ones"
)


@dataclass
class Folder:
    """What was read from a cohort's folder, before any rule of the schema."""

    frames: dict[str, pd.DataFrame | None] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    complete: bool = True


def read_folder(path: str | os.PathLike[str]) -> Folder:
    """Read what a cohort's folder holds; nothing is checked against the schema yet.

    Raises
    ------
    UsageError
        When there is no such folder.
    """
    place = Path(path)
    if not place.exists():
        raise UsageError(f"there is no folder {place}; give a cohort's folder")
    if not place.is_dir():
        raise UsageError(
            f"{place} is a file; give the folder that holds patients.csv and cohort.json"
        )
    folder = Folder()
    _read_tables(place, folder)
    _read_about(place, folder)
    return folder


def _read_tables(place: Path, folder: Folder) -> None:
    def report(table: str, rule: str, message: str, remedy: str) -> None:
        folder.faults.append(Fault(table, None, None, None, rule, message, remedy))

    for name, table in TABLES.items():
        files = {kind: place / f"{name}.{kind}" for kind in tabular.FORMATS}
        found = {kind: file for kind, file in files.items() if file.is_file()}
        if len(found) == 2:
            said = f"both {name}.csv and {name}.parquet are there"
            report(name, "two_files", said, "keep the one that is meant")
        if not found:
            folder.complete &= not _misspelt(place, name, report)
            if name == "patients":
                said = "there is no patients.csv and no patients.parquet"
                report(name, "missing_table", said, "add the table of the children")
                folder.complete = False
            continue
        for kind, file in found.items():
            frame, faults = tabular.READERS[kind](file, table)
            folder.faults += faults
            folder.frames[name] = frame
            folder.complete &= frame is not None


def _misspelt(place: Path, table: str, report: Any) -> bool:
    """Report table-like files whose names all but match a table that is absent."""
    known = {f"{name}.{kind}" for name in TABLES for kind in tabular.FORMATS}
    said = False
    for file in sorted(place.iterdir()):
        tabular_file = file.suffix.lower().lstrip(".") in tabular.FORMATS
        if not tabular_file or file.name in known:
            continue
        if nearest(file.stem, TABLES) == table:
            report(
                table,
                "unknown_file",
                f"{file.name} is not read, and there is no {table}.csv",
                f"rename it to {table}{file.suffix.lower()}, or move it elsewhere",
            )
            said = True
    return said


def _read_about(place: Path, folder: Folder) -> None:
    file = place / ABOUT
    if not file.is_file():
        _missing(folder, None, f"there is no {ABOUT}")
        return
    text, fault = tabular.read_utf8(file, "cohort")
    if text is None:
        folder.faults += [fault] if fault else []
        return
    try:
        said = json.loads(text, parse_constant=_refuse_constant)
        if not isinstance(said, dict):
            raise ValueError(f"it holds {type(said).__name__}, not an object")
    except (ValueError, RecursionError) as error:
        folder.faults.append(
            Fault(
                *("cohort", None, None, None, "malformed_json", f"{ABOUT}: {error}"),
                'write one object, such as {"name": "registry", "synthetic": false}',
            )
        )
        return
    version = said.pop("schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION or isinstance(version, bool):
        folder.faults.append(
            Fault(
                *("cohort", None, None, "schema_version", "schema_version"),
                f"schema_version is {version!r}, known is {SCHEMA_VERSION}",
                "install the jdm_stats that wrote the folder, or write it again",
            )
        )
    known = ("schema_version", *_NEEDED, "description", "provenance")
    meant = {nearest(key, known) for key in said if key not in known}
    for key in _NEEDED:  # a misspelt key is told as such
        if key not in said and key not in meant:
            _missing(folder, key, f"{ABOUT} does not say {key!r}")
    folder.metadata |= said


def _missing(folder: Folder, key: str | None, message: str) -> None:
    folder.faults.append(
        Fault("cohort", None, None, key, "metadata_missing", message, _WRITE)
    )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
