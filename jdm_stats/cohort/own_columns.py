"""Sources whose tables stand in the schema's own columns, wherever they are kept.

A folder, a workbook with sheets of the tables' names, a database with such tables, or one
table of the children alone. Nothing is raised for bad data; faults are gathered and told
where they stand in the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from jdm_stats.cohort.doors import database, opening, workbook
from jdm_stats.cohort.doors.delimited import read_delimited
from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.doors.refusal import Refusal
from jdm_stats.cohort.doors.tables import existing_path, read_tables
from jdm_stats.cohort.folder import (
    Folder,
    add_table,
    read_about,
    read_folder,
    said_by_caller,
)
from jdm_stats.cohort.tabular import number_columns
from jdm_stats.errors import Fault, UsageError
from jdm_stats.schema import TABLES, nearest

__all__ = ["read_own", "with_reading"]


def read_own(
    source: Any, *, reading: Reading | None = None, metadata: Any = None
) -> Folder:
    """Read a source whose tables have the schema's own columns.

    Parameters
    ----------
    source : path-like, database address or Engine
    reading : Reading, optional
    metadata : mapping, optional
        What the cohort says of itself, in place of cohort.json.

    Raises
    ------
    UsageError
        When there is no such source, or its tables are in a registry's own columns, so
        that it needs a mapping.

    Examples
    --------
    >>> read_own("/nowhere/at/all")
    Traceback (most recent call last):
    ...
    jdm_stats.errors.UsageError: there is no folder or file /nowhere/at/all; ...
    """
    reading = Reading() if reading is None else reading
    if database.is_database(source):
        return _of_names(source, reading, metadata, None)
    path = existing_path(source)
    if path.is_dir():
        return read_folder(path, reading=reading, metadata=metadata)
    try:
        kind = opening.kind_of(path)
    except Refusal as refusal:
        return Folder(faults=[refusal.fault("patients", path.name)], complete=False)
    if kind in ("workbook", "sqlite"):
        return _of_names(path, reading, metadata, path)
    return _of_one_table(path, kind, reading, metadata)


def _of_names(
    source: Any, reading: Reading, metadata: Any, path: Path | None
) -> Folder:
    """Read the sheets of a workbook or the tables of a database, by their names."""
    folder = Folder()
    address = source if path is None or _is_book(path) else database.address_of(path)
    try:
        there = (
            workbook.sheet_names(path)
            if path is not None and _is_book(path)
            else database.table_names(address)
        )
    except Refusal as refusal:
        where = database.label_of(source) if path is None else path.name
        folder.faults.append(refusal.fault("patients", where))
        folder.complete = False
        return folder
    wanted = tuple(name for name in there if name in TABLES)
    if not wanted:
        shown = ", ".join(map(repr, there[:20])) or "none"
        what = database.label_of(source) if path is None else path.name
        raise UsageError(
            f"{what} has no table patients, courses, events or assessments (its tables "
            f"are {shown}); {_needs_mapping(path)}"
        )
    raws, faults = read_tables(address, reading=replace(reading, tables=wanted))
    folder.faults += faults
    for name in wanted:
        add_table(folder, name, raws.get(name), reading)
    where = database.label_of(source) if path is None else path.name
    _absent(folder, there, where)
    _about(folder, path, metadata)
    return folder


def _is_book(path: Path) -> bool:
    return path.suffix.lower() in (".xlsx", ".xlsm")


def _absent(folder: Folder, there: Iterable[str], where: str) -> None:
    """Tell that the children are missing, and names that all but match a table's."""
    others = [name for name in there if name not in TABLES]
    for table in TABLES:
        if table in folder.frames:
            continue
        for name in others:
            if nearest(name, TABLES) == table:
                folder.complete = False
                folder.faults.append(
                    Fault(
                        *(table, None, None, None, "unknown_file"),
                        f"{name!r} is not read, and {where} has no {table!r}",
                        f"rename it to {table!r}, or give it a name of its own",
                    )
                )
    if "patients" not in folder.frames:
        folder.complete = False
        folder.faults.append(
            Fault(
                *("patients", None, None, None, "missing_table"),
                f"{where} has no table 'patients'",
                "add the table of the children",
            )
        )


def _of_one_table(path: Path, kind: str, reading: Reading, metadata: Any) -> Folder:
    """Read the table of the children from one file, if it is that."""
    folder = Folder()
    if kind == "text":
        raw, faults = read_delimited(
            path, reading, name="patients", numbers=number_columns(TABLES["patients"])
        )
    else:
        raws, faults = read_tables(path, reading=reading)
        raw = next(iter(raws.values()), None)
    folder.faults += faults
    if raw is not None and not _in_own_columns(raw):
        shown = ", ".join(map(repr, list(raw.frame.columns)[:8]))
        raise UsageError(
            f"{path} is one file, with the columns {shown} ..., not a cohort's folder "
            f"with patients.csv and cohort.json; {_needs_mapping(path)}"
        )
    add_table(folder, "patients", raw, reading)
    _about(folder, path, metadata)
    return folder


def _in_own_columns(raw: RawTable) -> bool:
    """Say if a table is meant to be that of the children; a misspelt column may be."""
    headings = [str(name) for name in raw.frame.columns]
    known = sum(name in TABLES["patients"].names for name in headings)
    return "patient_id" in headings and 2 * known >= len(headings)


def _needs_mapping(path: Path | None) -> str:
    return (
        f"make a mapping with `jdm-stats map {path or 'ADDRESS'}` and pass it as "
        "mapping='registry.toml'"
    )


def _about(folder: Folder, path: Path | None, metadata: Any) -> None:
    """Take metadata from the caller, or from a cohort.json that belongs to the file."""
    if metadata is not None or path is None:
        said_by_caller(folder, metadata)
    else:
        others = ("patients.csv", "patients.parquet")
        alone = not any(
            (path.parent / name).exists() and (path.parent / name) != path
            for name in others
        )
        if alone and (path.parent / "cohort.json").is_file():
            read_about(path.parent, folder)
        else:
            said_by_caller(folder, None)


def with_reading(folder: Folder) -> dict[str, Any]:
    """Return the metadata, with what was sniffed of each table that is no plain CSV.

    Examples
    --------
    >>> import pandas as pd
    >>> raw = RawTable("events", "events.csv", pd.DataFrame(), notes=("delimiter ';'",))
    >>> with_reading(Folder(metadata={"name": "x"}, raws={"events": raw}))
    {'name': 'x', 'provenance': {'reading': {'events': ["delimiter ';'"]}}}
    """
    notes = {name: list(raw.notes) for name, raw in folder.raws.items() if raw.notes}
    provenance = folder.metadata.get("provenance", {})
    if not notes or not isinstance(provenance, Mapping):
        return folder.metadata
    return {**folder.metadata, "provenance": {**provenance, "reading": notes}}
