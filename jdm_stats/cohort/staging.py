"""A cohort's folder in the making: filled out of sight, then put in place at once.

The new folder stands beside the old one under a hidden name until it is whole. Whatever
stops the work, an error, a full disk or Ctrl-C, the old folder still stands as it was.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jdm_stats.cohort import tabular
from jdm_stats.cohort.folder import ABOUT
from jdm_stats.errors import UsageError
from jdm_stats.schema import SCHEMA_VERSION, TABLES

__all__ = [
    "TRUTH",
    "check_folder",
    "check_format",
    "staged_folder",
    "write_about",
]

# What simulated children were drawn with, beside their tables; never read as a table.
TRUTH = "truth"


def check_format(format: str) -> None:
    """Refuse a format no table is written in.

    Raises
    ------
    UsageError
        When it is neither csv nor parquet.

    Examples
    --------
    >>> check_format("parquet")
    """
    if format not in tabular.FORMATS:
        raise UsageError(
            f"format must be one of {', '.join(tabular.FORMATS)}, not {format!r}"
        )


def check_folder(
    path: str | os.PathLike[str], *, overwrite: bool = False, also: Sequence[str] = ()
) -> None:
    """Refuse a folder that may not be written to; nothing is touched.

    Parameters
    ----------
    path : path-like
        The folder of a cohort to be.
    overwrite : bool
        Whether the cohort that stands there may be replaced.
    also : sequence of str
        Names of files to be written beside the tables.

    Raises
    ------
    UsageError
        When it is a file, is not empty and may not be replaced, holds no cohort, or
        holds another's file where one of ``also`` would stand.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     check_folder(Path(place) / "new")
    """
    _what_stays(_settled(path), overwrite, also)


@contextmanager
def staged_folder(
    path: str | os.PathLike[str], *, overwrite: bool = False, also: Sequence[str] = ()
) -> Iterator[tuple[Path, Path]]:
    """Hand out an empty folder to fill; put it in place when all went well.

    Parameters
    ----------
    path : path-like
        The folder of the cohort; its parents are made when they are not there.
    overwrite : bool
        Whether to replace the cohort that stands there. Other files in the folder are
        kept; the truth of a simulated cohort goes with the cohort.
    also : sequence of str
        Names of files to be written beside the tables.

    Yields
    ------
    new, target : Path
        The folder to fill, and where it will stand.

    Raises
    ------
    UsageError
        When the folder may not be written to; see `check_folder`.
    OSError
        When it cannot be written; what stood there still stands.
    """
    target = _settled(path)
    others = _what_stays(target, overwrite, also)
    mark = uuid.uuid4().hex[:12]
    new = target.with_name(f".{target.name}.{mark}.new")
    old = target.with_name(f".{target.name}.{mark}.old")
    try:
        _make(new, target)
        yield new, target
        _carry_over(others, new)
        _swap(target, new, old)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _make(new: Path, target: Path) -> None:
    """Make the folder out of sight; what fails is told of the folder asked for."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        new.mkdir()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error


def write_about(folder: Path, metadata: Mapping[str, Any]) -> None:
    """Write cohort.json: the version of the schema and what the cohort says of itself."""
    about = {"schema_version": SCHEMA_VERSION, **metadata}
    text = json.dumps(about, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / ABOUT).write_text(text + "\n", encoding="utf-8", newline="\n")


def _settled(path: str | os.PathLike[str]) -> Path:
    target = Path(path)
    return target.resolve() if target.is_symlink() else target.absolute()


def _what_stays(target: Path, overwrite: bool, also: Sequence[str]) -> list[Path]:
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
    if _is_our_truth(target / f"{TRUTH}.json"):
        names |= {f"{TRUTH}.{kind}" for kind in ("json", *tabular.FORMATS)}
    others = [entry for entry in entries if entry.name not in names]
    for other in others:
        if other.name in also:
            raise UsageError(
                f"{other} was not written by this package and stands where a file of "
                "the cohort would; move it away"
            )
    return others


def _is_our_truth(file: Path) -> bool:
    """Tell the truth of a simulated cohort from a file that bears its name by chance."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(said, dict) and str(said.get("what")).startswith("SYNTHETIC")


def _carry_over(others: list[Path], new: Path) -> None:
    for other in others:
        if other.is_dir() and not other.is_symlink():
            shutil.copytree(other, new / other.name, symlinks=True)
        else:
            shutil.copy2(other, new / other.name, follow_symlinks=False)


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
