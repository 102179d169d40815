"""Files that a command writes: whole or not at all, and never over what was read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from jdm_stats.errors import UsageError

__all__ = ["check_target", "write_whole"]


def check_target(target: Path, source: str | None, ours: Callable[[str], bool]) -> None:
    """Refuse to write over anything that such a command did not write before.

    Parameters
    ----------
    target : Path
        The file to be written.
    source : str or None
        What is read; never written over.
    ours : function of str
        Whether the beginning of a file that stands there shows that it may be replaced.

    Raises
    ------
    UsageError
        When the file may not be replaced.
    """
    if target.is_dir():
        raise UsageError(f"{target} is a folder; name a file to write")
    if not target.exists():
        return
    if source is not None and Path(source).exists() and target.samefile(source):
        raise UsageError(f"{target} is what is read; name another file to write")
    with target.open("rb") as file:
        beginning = file.read(4096).decode("utf-8", "replace")
    if not ours(beginning):
        raise UsageError(
            f"{target} is there already and was not written by this command; name another "
            "file, or move it away"
        )


def write_whole(target: Path, text: str) -> None:
    """Write a file whole or not at all; its folder is made when it is not there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        staged.write_text(text, encoding="utf-8", newline="")
        os.replace(staged, target)
    finally:
        staged.unlink(missing_ok=True)
