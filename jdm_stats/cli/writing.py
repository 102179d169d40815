"""Files that a command writes: whole or not at all, and never over what was read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from jdm_stats.errors import UsageError

__all__ = ["check_target", "staged_file", "write_whole"]

_LOOKED_AT = 4096


def check_target(target: Path, source: str | None, ours: Callable[[str], bool]) -> None:
    """Refuse to write over anything that such a command did not write before.

    Parameters
    ----------
    target : Path
        The file to be written.
    source : str or None
        What is read; never written over.
    ours : function of str
        Whether the beginning of a file that stands there shows that it may be replaced. Of
        a longer file the end is handed over too, after a line feed.

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
    if not ours(_ends(target)):
        raise UsageError(
            f"{target} is there already and was not written by this command; name another "
            "file, or move it away"
        )


def _ends(target: Path) -> str:
    with target.open("rb") as file:
        read = file.read(_LOOKED_AT)
        left = target.stat().st_size - len(read)
        if left > 0:
            file.seek(-min(left, _LOOKED_AT), os.SEEK_END)
            read += b"\n" + file.read()
    return read.decode("utf-8", "replace")


def write_whole(target: Path, text: str) -> None:
    """Write a file whole or not at all; its folder is made when it is not there."""
    with staged_file(target) as staged:
        staged.write_text(text, encoding="utf-8", newline="")


@contextmanager
def staged_file(target: Path) -> Iterator[Path]:
    """Hand out a hidden file to write; put it in place when all went well.

    Parameters
    ----------
    target : Path
        Where it will stand; its folder is made when it is not there.

    Yields
    ------
    Path
        The file to write, with the ending of ``target``.

    Raises
    ------
    OSError
        When it cannot be written, naming ``target``; what stood there still stands.
    """
    staged = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield staged
        os.replace(staged, target)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(target)) from error
    finally:
        with suppress(OSError):  # of a folder that is not there
            staged.unlink(missing_ok=True)
