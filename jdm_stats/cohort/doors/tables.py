"""One way in: whatever a registry hands over, as raw tables and the faults met."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jdm_stats.cohort.doors import (
    database,
    decimals,
    dialect,
    headings,
    letters,
    opening,
    parquet,
    plain,
    records,
    workbook,
)
from jdm_stats.cohort.doors.delimited import read_delimited
from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.doors.refusal import Refusal
from jdm_stats.errors import Fault, UsageError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Engine

__all__ = ["RULES", "read_tables"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        **opening.RULES,
        **letters.RULES,
        **dialect.RULES,
        **records.RULES,
        **decimals.RULES,
        **headings.RULES,
        **plain.RULES,
        **parquet.RULES,
        **workbook.RULES,
        **database.RULES,
        "no_tables": "An export holds at least one table.",
        "two_tables": "No two files or sheets of an export have one name.",
    }
)

# files of a folder that hold tables, though no door reads them: told, not passed over
_TOLD = (".xls", ".xlsb", ".ods", ".sav", ".dta", ".gz")
_PROSE = (".txt", ".dat")  # as likely a README: read in a folder only when named
_GIVE = "give CSV files, workbooks (.xlsx) or Parquet files"

Result = tuple[dict[str, RawTable], list[Fault]]


def read_tables(
    source: str | os.PathLike[str] | URL | Engine, *, reading: Reading | None = None
) -> Result:
    r"""Read the tables of an export as they are.

    Parameters
    ----------
    source : path-like, str or SQLAlchemy Engine
        A text file (CSV and its kin), a workbook, a Parquet file, an SQLite file, a
        folder of such, or a database address. Nothing is ever written to it.
    reading : Reading, optional
        What is declared; what is not is settled from the files or refused.

    Returns
    -------
    tables : dict of str to RawTable
        By the file's stem, the sheet's or the table's name.
    faults : list of Fault
        Everything that kept a table from being read, or that asks for a second look;
        ``source`` names the file and line.

    Raises
    ------
    UsageError
        When there is nothing at the source.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "kinder.csv").write_text("PatNr;Gewicht\n007;20,5\n")
    ...     tables, faults = read_tables(folder)
    >>> tables["kinder"].notes[0], tables["kinder"].decimal, faults
    ("delimiter ';', sniffed", ',', [])
    """
    reading = Reading() if reading is None else reading
    if not isinstance(reading, Reading):
        raise UsageError(f"reading must be a Reading, not {type(reading).__name__}")
    if database.is_database(source):
        return _database(source, reading)
    path = existing_path(source)
    if path.is_dir():
        tables, faults = _folder(path, reading)
    else:
        tables, faults = _file(path, reading)
    if not tables and not faults:
        faults.append(_whole(path, "no_tables", f"{path.name} holds no table", _GIVE))
    return tables, faults


def existing_path(source: object) -> Path:
    """Return the path of a source that is there, or refuse the call."""
    if not isinstance(source, (str, os.PathLike)):
        raise UsageError(
            f"cannot read a {type(source).__name__}; give a file, a folder or a "
            "database address"
        )
    return opening.existing(source)


def _database(source: Any, reading: Reading) -> Result:
    label = database.label_of(source)
    try:
        tables, faults = database.read_database(source, reading)
    except Refusal as refusal:
        return {}, [refusal.fault("database", label)]
    if not tables and not faults:
        faults.append(
            Fault(
                *("database", None, None, None, "no_tables", f"{label} holds no table"),
                "name the tables, with their schema, under tables",
                source=label,
            )
        )
    return tables, faults


def _file(path: Path, reading: Reading) -> Result:
    try:
        kind = opening.kind_of(path)
    except Refusal as refusal:
        return {}, [refusal.fault(path.stem, path.name)]
    if kind == "sqlite":
        return _database(database.address_of(path), reading)
    if reading.queries:
        raise UsageError(f"{path.name} is no database, and queries need one")
    if kind == "workbook":
        return workbook.read_workbook(path, reading)
    if kind == "parquet":
        table, faults = parquet.read_parquet(path, reading)
    else:
        table, faults = read_delimited(path, reading)
    return ({} if table is None else {table.name: table}), faults


def _folder(folder: Path, reading: Reading) -> Result:
    """Read every file of a folder that holds tables; nothing below it."""
    tables: dict[str, RawTable] = {}
    faults: list[Fault] = []
    told: set[str] = set()
    for path in sorted(folder.iterdir()):
        if not _holds_tables(path, reading.tables or ()):
            continue
        book = path.suffix.lower() in (".xlsx", ".xlsm")
        if reading.tables is not None and not book and path.stem not in reading.tables:
            continue
        found, wrong = _file(path, _of_book(reading) if book else reading)
        faults += wrong
        told |= {fault.table for fault in wrong}
        for name, table in found.items():
            if reading.tables is not None and name not in reading.tables:
                continue
            if name in tables:
                said = f"{tables[name].source} and {table.source} are both {name!r}"
                faults.append(
                    _whole(path, "two_tables", said, "keep or rename one", name)
                )
            tables[name] = table
    for name in reading.tables or ():
        if name not in tables and name not in told:
            there = ", ".join(map(repr, tables)) or "none"
            said = f"{folder.name} has no table {name!r}"
            remedy = f"its tables are {there}"
            faults.append(_whole(folder, "unknown_table", said, remedy, name))
    return tables, faults


def _of_book(reading: Reading) -> Reading:
    """Read all sheets: those that are not named are left out by the folder."""
    return replace(reading, tables=None)


def _holds_tables(path: Path, named: tuple[str, ...]) -> bool:
    suffix = path.suffix.lower()
    if path.name.startswith((".", "~$")):  # hidden, or the lock of an open workbook
        return False
    if suffix in _PROSE:
        return path.stem in named
    return suffix in _TOLD or opening.KINDS.get(suffix, "sqlite") != "sqlite"


def _whole(
    path: Path, rule: str, message: str, remedy: str, table: str | None = None
) -> Fault:
    name = path.stem if table is None else table
    return Fault(name, None, None, None, rule, message, remedy, source=path.name)
