"""Reading a cohort's folder: which file is which table, and what cohort.json says.

Nothing is raised for bad data here; every fault is gathered, so that the folder's faults
and the tables' faults are told together.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jdm_stats.cohort import tabular
from jdm_stats.cohort.doors.opening import existing, kind_of
from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.doors.refusal import Refusal
from jdm_stats.errors import Fault, UsageError
from jdm_stats.schema import SCHEMA_VERSION, TABLES, Table, nearest

if TYPE_CHECKING:
    from jdm_stats.cohort.mapping.assembly import Places

__all__ = [
    "ABOUT",
    "RULES",
    "Folder",
    "add_table",
    "read_about",
    "read_folder",
    "said_by_caller",
    "with_points",
]

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
_COMMA = r"^([+-]?[0-9]*),([0-9]+(?:[eE][+-]?[0-9]+)?)$"
_NEEDED = ("name", "synthetic")
_WRITE = (
    'write {"name": "My registry", "synthetic": false} for real children, with true in '
    "place of false for simulated ones"
)


@dataclass
class Folder:
    """What was read from a cohort's source, before any rule of the schema."""

    frames: dict[str, pd.DataFrame | None] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    raws: dict[str, RawTable] = field(default_factory=dict)
    places: Mapping[str, Places] | None = None
    silent: frozenset[tuple[str, int, str]] = frozenset()  # missing, and told elsewhere
    complete: bool = True

    def located(self, faults: Iterable[Fault]) -> list[Fault]:
        """Say where faults of rows stand in their source, if that is another place.

        In a CSV with headings on its first line, row 3 is line 4, and nothing is added.
        """
        plain = {name for name, raw in self.raws.items() if _is_plain(raw)}
        if self.places is not None:  # names of the export, not of our tables
            plain = set()
        return [
            fault
            if fault.source is not None or fault.row is None or fault.table in plain
            else self._placed(fault)
            for fault in faults
        ]

    def _placed(self, fault: Fault) -> Fault:
        row = (fault.row or 0) - 1
        if self.places is not None:
            places = self.places.get(fault.table)
            if places is None or row >= len(places):
                return fault
            return replace(fault, source=places.cell(row, fault.column))
        raw = self.raws.get(fault.table)
        if raw is None or row >= len(raw.frame):
            return fault
        return replace(fault, source=raw.place(row, fault.column))


def _is_plain(raw: RawTable) -> bool:
    if raw.lines is None:
        return raw.source.endswith(".parquet")
    in_order = np.array_equal(raw.lines, np.arange(len(raw.lines)) + 2)
    return in_order and raw.source.endswith(".csv")


def read_folder(
    path: str | os.PathLike[str],
    *,
    reading: Reading | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Folder:
    """Read what a cohort's folder holds; nothing is checked against the schema yet.

    Raises
    ------
    UsageError
        When there is no such folder.
    """
    place = existing(path)
    if not place.is_dir():
        raise UsageError(
            f"{place} is a file; give the folder that holds patients.csv and cohort.json"
        )
    folder = Folder()
    _read_tables(place, folder, Reading() if reading is None else reading)
    if metadata is None:
        read_about(place, folder)
    else:
        said_by_caller(folder, metadata)
    return folder


def _read_tables(place: Path, folder: Folder, reading: Reading) -> None:
    def report(table: str, rule: str, message: str, remedy: str) -> None:
        folder.faults.append(Fault(table, None, None, None, rule, message, remedy))

    for name, table in TABLES.items():
        files = {kind: place / f"{name}.{kind}" for kind in tabular.FORMATS}
        found = {kind: file for kind, file in files.items() if os.path.lexists(file)}
        if len(found) == 2:
            said = f"both {name}.csv and {name}.parquet are there"
            report(name, "two_files", said, "keep the one that is meant")
        if not found:
            folder.complete &= not _misspelt(place, name, report)
            if name == "patients":
                said = "there is no patients.csv and no patients.parquet"
                remedy = (
                    "add the table of the children; if these are a registry's own "
                    "tables, make a mapping with `jdm-stats map`"
                )
                report(name, "missing_table", said, remedy)
                folder.complete = False
            continue
        for kind, file in found.items():
            raw, faults = _read(kind, file, table, reading)
            folder.faults += faults
            add_table(folder, name, raw, reading)


def _read(kind: str, file: Path, table: Table, reading: Reading) -> tabular.Read:
    try:
        kind_of(file)
    except Refusal as refusal:
        if refusal.rule != "wrong_kind" or kind != "parquet":
            return None, [refusal.fault(table.name, file.name)]
    return tabular.READERS[kind](file, table, reading)


def add_table(
    folder: Folder, name: str, raw: RawTable | None, reading: Reading
) -> None:
    """Take in a table as it came, its decimal commas turned into points."""
    folder.complete &= raw is not None
    folder.frames[name] = None
    if raw is None:
        return
    folder.raws[name] = raw
    told = {(fault.table, fault.row, fault.column) for fault in folder.faults}
    frame, faults = with_points(raw, TABLES[name])
    folder.frames[name] = frame
    folder.faults += [f for f in faults if (f.table, f.row, f.column) not in told]


def with_points(raw: RawTable, table: Table) -> tuple[pd.DataFrame, list[Fault]]:
    """Write the numbers of a table with decimal points, if its mark is the comma.

    Examples
    --------
    >>> cells = pd.DataFrame({"value": ["20,5", "7", "1.5"]}, dtype=object)
    >>> raw = RawTable("assessments", "assessments.csv", cells, decimal=",")
    >>> frame, faults = with_points(raw, TABLES["assessments"])
    >>> frame["value"].tolist(), [(fault.row, fault.rule) for fault in faults]
    (['20.5', '7', '1.5'], [(3, 'decimal_mixed')])
    """
    if raw.decimal != ",":
        return raw.frame, []
    frame, faults = raw.frame.copy(), []
    for place, name in enumerate(frame.columns):
        if name not in tabular.number_columns(table):
            continue
        cells = frame.iloc[:, place]
        words = cells.astype("string")
        for row in np.flatnonzero(words.str.contains(".", regex=False).fillna(False)):
            said = f"{cells.iloc[row]!r} has a decimal point, the file a decimal comma"
            faults.append(
                Fault(
                    *(table.name, int(row) + 1, None, str(name), "decimal_mixed", said),
                    "write all numbers with one mark, without marks of thousands",
                    source=raw.place(int(row), str(name)),
                )
            )
        pointed = words.str.replace(_COMMA, r"\1.\2", regex=True).astype(object)
        pointed[words.isna()] = None
        frame.isetitem(place, pointed.array)
    return frame, faults


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


def said_by_caller(folder: Folder, metadata: Mapping[str, Any] | None) -> None:
    """Take what the caller says of the cohort, who must say if it is synthetic."""
    if metadata is not None and not isinstance(metadata, Mapping):
        raise UsageError(
            f"metadata must be a mapping, not {type(metadata).__name__}; give at least "
            "name and synthetic"
        )
    for key in _NEEDED:
        if key not in (metadata or {}):
            said = f"nothing says {key!r}: there are no metadata"
            if metadata:
                said = f"the metadata do not say {key!r}"
            folder.faults.append(
                Fault(
                    *("cohort", None, None, key, "metadata_missing", said),
                    'pass metadata={"name": "My registry", "synthetic": False} for real '
                    "children, with True in place of False for simulated ones",
                )
            )
    folder.metadata |= dict(metadata or {})


def read_about(place: Path, folder: Folder) -> None:
    """Read what cohort.json says of the cohort in a folder."""
    file = place / ABOUT
    if not file.is_file():
        _missing(folder, None, f"there is no {ABOUT}")
        return
    try:
        text, fault = tabular.read_utf8(file, "cohort")
    except OSError as error:
        _missing(folder, None, f"{ABOUT} cannot be read ({error.strerror})")
        return
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
