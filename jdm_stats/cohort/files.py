"""A cohort as a folder: patients, courses, events and assessments beside cohort.json.

Each table is a CSV or a Parquet file; patients must be there, the others may be absent.
A folder is written whole or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from jdm_stats.cohort import tabular
from jdm_stats.cohort.checks import check_tables
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.faults import in_order
from jdm_stats.cohort.folder import ABOUT, Folder, read_folder
from jdm_stats.cohort.metadata import conform_metadata
from jdm_stats.cohort.steroids import steroid_courses
from jdm_stats.errors import CohortError, Fault, UsageError
from jdm_stats.schema import SCHEMA_VERSION, TABLES

__all__ = ["check_cohort", "read_cohort", "write_cohort"]


def read_cohort(path: str | os.PathLike[str]) -> Cohort:
    r"""Read a cohort from its folder.

    Parameters
    ----------
    path : path-like
        A folder with ``patients.csv`` or ``patients.parquet`` and, where there are
        any, ``courses``, ``events`` and ``assessments``; and ``cohort.json``, which
        must say the cohort's ``name`` and whether it is ``synthetic``, and may hold a
        ``description`` and its ``provenance``.

    Returns
    -------
    Cohort

    Raises
    ------
    CohortError
        When files cannot be read as tables or the tables break the schema; carries
        every fault found, at once.
    UsageError
        When there is no such folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "patients.csv").write_text(
    ...         "patient_id,antibody,entry_day,exit_day,exit_reason\n"
    ...         "007,none,0,365,administrative\n"
    ...     )
    ...     _ = (Path(folder) / "cohort.json").write_text(
    ...         '{"name": "My registry", "synthetic": false}'
    ...     )
    ...     cohort = read_cohort(folder)
    >>> cohort.patients[["patient_id", "antibody"]].values.tolist()
    [['007', 'none']]
    """
    folder = read_folder(path)
    heading = f"the cohort in {Path(path)} has"
    if folder.faults:
        raise CohortError(_faults_of(folder), heading)
    tables = {name: folder.frames.get(name) for name in TABLES}
    try:
        return Cohort(**tables, metadata=folder.metadata)  # type: ignore[arg-type]
    except CohortError as error:
        raise CohortError(error.faults, heading) from None


def check_cohort(
    source: str | os.PathLike[str] | Cohort | Mapping[str, pd.DataFrame | None],
    *,
    steroids: bool = True,
) -> tuple[Fault, ...]:
    """Return every fault of a cohort, without raising.

    Parameters
    ----------
    source : path-like, Cohort or mapping of str to DataFrame
        A cohort's folder, a cohort, or its tables by name. Tables alone do not say
        whether they are synthetic, and then nothing is asked of ``pattern``.
    steroids : bool, default True
        Whether to ask too, of a cohort that is otherwise sound, for all that
        `steroid_courses` needs: the dose, the last day and the weight. A cohort
        without them can be built, but steroid exposure cannot be had from it.

    Returns
    -------
    tuple of Fault
        Empty when the cohort is sound. `jdm_stats.cohort.faults.faults_table` lays
        them out as a data frame.

    Raises
    ------
    UsageError
        When there is no such folder, or the mapping names an unknown table.

    Examples
    --------
    >>> patients = pd.DataFrame(
    ...     {
    ...         "patient_id": ["P1"],
    ...         "antibody": ["NPX2"],
    ...         "entry_day": [0],
    ...         "exit_day": [30],
    ...         "exit_reason": ["lost"],
    ...     }
    ... )
    >>> for fault in check_cohort({"patients": patients}):
    ...     print(fault.rule, "|", fault.message)
    value_not_allowed | 'NPX2' is not a value of antibody
    """
    if isinstance(source, (str, os.PathLike)):
        folder = read_folder(source)
        tables, faults = folder.frames, _faults_of(folder)
    elif isinstance(source, Cohort):
        tables = {name: getattr(source, name) for name in TABLES}
        faults = check_tables(tables, synthetic=source.synthetic)[1]
    else:
        tables = _named(source)
        faults = check_tables(tables)[1]
    if steroids and not faults:
        faults = _steroid_faults(tables)
    return tuple(faults)


def _named(source: Any) -> dict[str, pd.DataFrame | None]:
    """Return the tables of a mapping, or refuse what is none."""
    if not isinstance(source, Mapping):
        raise UsageError(
            f"cannot check a {type(source).__name__}; pass a folder, a Cohort, or the "
            "tables as {'patients': frame, ...}"
        )
    for name in source:
        if name not in TABLES:
            raise UsageError(
                f"there is no table {name!r}; the tables are {', '.join(TABLES)}"
            )
    return dict(source)


def _steroid_faults(tables: Mapping[str, pd.DataFrame | None]) -> list[Fault]:
    # whether the children are real is no question of doses, and was asked before
    known = {name: tables.get(name) for name in TABLES}
    cohort = Cohort(**known, metadata={"synthetic": True})  # type: ignore[arg-type]
    try:
        steroid_courses(cohort)
    except CohortError as error:
        return list(error.faults)
    return []


def _faults_of(folder: Folder) -> list[Fault]:
    about, metadata_faults = conform_metadata(folder.metadata)
    said = "synthetic" in folder.metadata and not metadata_faults
    _, faults = check_tables(
        folder.frames,
        agree=folder.complete,
        synthetic=about["synthetic"] if said else None,
    )
    return in_order([*folder.faults, *metadata_faults, *faults])


def write_cohort(
    cohort: Cohort,
    path: str | os.PathLike[str],
    *,
    format: str = "csv",
    overwrite: bool = False,
) -> Path:
    """Write a cohort to a folder, whole or not at all.

    Parameters
    ----------
    cohort : Cohort
    path : path-like
        The folder; made with its parents when it is not there.
    format : {"csv", "parquet"}
        CSV is the same byte for byte for the same cohort: UTF-8, LF, numbers in their
        shortest exact form, ``true`` and ``false``, an empty cell where missing.
    overwrite : bool
        Whether to replace the cohort that stands there. Other files in the folder
        (a README, say) are kept; a folder that holds no cohort is never touched.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UsageError
        When the folder is not empty and may not be replaced, or the format is unknown.
    OSError
        When it cannot be written; what stood there still stands.

    Examples
    --------
    >>> import tempfile
    >>> patients = pd.DataFrame(
    ...     {
    ...         "patient_id": ["P1"],
    ...         "antibody": ["NXP2"],
    ...         "entry_day": [0],
    ...         "exit_day": [365],
    ...         "exit_reason": ["lost"],
    ...     }
    ... )
    >>> cohort = Cohort(patients, metadata={"name": "one child", "synthetic": True})
    >>> with tempfile.TemporaryDirectory() as place:
    ...     folder = write_cohort(cohort, Path(place) / "one")
    ...     read_cohort(folder) == cohort
    True
    """
    if format not in tabular.FORMATS:
        raise UsageError(
            f"format must be one of {', '.join(tabular.FORMATS)}, not {format!r}"
        )
    if not isinstance(cohort, Cohort):
        raise UsageError(f"write_cohort takes a Cohort, not {type(cohort).__name__}")
    target = Path(path)
    target = target.resolve() if target.is_symlink() else target.absolute()
    others = _what_stays(target, overwrite)
    mark = uuid.uuid4().hex[:12]
    new = target.with_name(f".{target.name}.{mark}.new")
    old = target.with_name(f".{target.name}.{mark}.old")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        new.mkdir()
        _fill(new, cohort, format)
        for other in others:
            _copy(other, new / other.name)
        _swap(target, new, old)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return target


def _what_stays(target: Path, overwrite: bool) -> list[Path]:
    """Return the files to carry over, or refuse to touch what stands there."""
    if not target.exists():
        return []
    if not target.is_dir():
        raise UsageError(f"{target} is a file; give a folder to write to")
    entries = sorted(target.iterdir())
    names = {f"{name}.{kind}" for name in TABLES for kind in tabular.FORMATS} | {ABOUT}
    if entries and not overwrite:
        raise UsageError(
            f"{target} is not empty; choose another folder, or pass overwrite=True to "
            "replace the cohort in it"
        )
    if entries and not any(entry.name in names for entry in entries):
        raise UsageError(
            f"{target} holds files but no cohort; choose an empty or a new folder"
        )
    return [entry for entry in entries if entry.name not in names]


def _fill(folder: Path, cohort: Cohort, format: str) -> None:
    for name, table in TABLES.items():
        file = folder / f"{name}.{format}"
        tabular.WRITERS[format](getattr(cohort, name), table, file)
    about = {"schema_version": SCHEMA_VERSION, **cohort.metadata}
    text = json.dumps(about, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / ABOUT).write_text(text + "\n", encoding="utf-8", newline="\n")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target, follow_symlinks=False)


def _swap(target: Path, new: Path, old: Path) -> None:
    """Put the new folder in the old one's place, or leave the old one standing."""
    if not target.exists():
        new.rename(target)
        return
    target.rename(old)
    try:
        new.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
