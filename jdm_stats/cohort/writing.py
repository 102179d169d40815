"""Writing a cohort to its folder, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from pathlib import Path

from jdm_stats.cohort import tabular
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.folder import ABOUT
from jdm_stats.errors import UsageError
from jdm_stats.schema import SCHEMA_VERSION, TABLES

__all__ = ["write_cohort"]


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
    >>> import pandas as pd
    >>> from jdm_stats.cohort.files import read_cohort
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
