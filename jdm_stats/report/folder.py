"""The folder a report is published into: locked, staged, replaced file by file, never half done.

Everything is written to ``DIR/.run-*`` on the same file system and moved into place by
``os.replace``, the manifest last. Files of a failed run are kept apart, readable by their owner
alone, because a traceback can show rows of patients; the next success removes them.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from jdm_stats.errors import ReportError
from jdm_stats.report.manifest import MANIFEST, file_hash

__all__ = ["RunFolder"]

CANNOT_WRITE, LOCKED = 73, 75
_FAILED = ("report.failed.html", "report.failed.ipynb", "report.failed.json")
_KINDS = ("tables", "figures")


class RunFolder:
    """A report folder held by this run; use it in a ``with`` statement.

    Parameters
    ----------
    path : Path
        The folder; made when it is not there.

    Raises
    ------
    ReportError
        On entry: with exit code 75 if another run holds the folder, 73 if it cannot be
        written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.staging = self.path
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> RunFolder:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = (self.path / ".lock").open("ab")
        except OSError as error:
            told = f"cannot write to {self.path}: {error.strerror}"
            raise ReportError(told, CANNOT_WRITE) from error
        if not _try_lock(self._lock):
            self._lock.close()
            raise ReportError(
                f"another run holds {self.path.name}; try again later", LOCKED
            )
        for stale in self.path.glob(".run-*"):
            shutil.rmtree(stale, ignore_errors=True)
        self.staging = Path(tempfile.mkdtemp(prefix=".run-", dir=self.path))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.staging, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()  # the lock goes with the descriptor

    def stage(self, name: str, text: str) -> None:
        """Write one file into the staging folder."""
        (self.staging / name).write_text(text, encoding="utf-8", newline="\n")

    def staged(self) -> list[Path]:
        """Files staged so far, sorted, relative to the staging folder."""
        files = (path for path in self.staging.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.staging) for path in files)

    def staged_hashes(self) -> dict[str, str]:
        """SHA-256 of every staged file, by its name in the report folder."""
        return {
            path.as_posix(): file_hash(self.staging / path) for path in self.staged()
        }

    def publish(self, manifest: dict[str, Any]) -> None:
        """Move everything staged into place, the manifest last, and tidy what is outdated."""
        names = self.staged()
        self.stage(MANIFEST, _json(manifest))
        for name in [*names, Path(MANIFEST)]:
            _sync(self.staging / name)
        outdated = self._published() - set(names)
        (self.path / MANIFEST).unlink(missing_ok=True)  # no manifest: not finished
        for name in names:
            (self.path / name).parent.mkdir(exist_ok=True)
            (self.staging / name).chmod(_public_mode())
            os.replace(self.staging / name, self.path / name)
        for name in [*outdated, *map(Path, _FAILED)]:
            (self.path / name).unlink(missing_ok=True)
        (self.staging / MANIFEST).chmod(_public_mode())
        os.replace(self.staging / MANIFEST, self.path / MANIFEST)

    def _published(self) -> set[Path]:
        """Tables and figures of the last report; a reader's own files are not touched."""
        try:
            manifest = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
            names = {Path(name) for name in manifest["files"]}
        except (OSError, ValueError, KeyError, TypeError):
            return set()
        return {
            name for name in names if len(name.parts) == 2 and name.parts[0] in _KINDS
        }

    def publish_failure(
        self, page: str, notebook: str, manifest: dict[str, Any]
    ) -> str:
        """Write the files of a failed run beside the last good report.

        Returns
        -------
        str
            Path of the failed page.
        """
        texts = dict(zip(_FAILED, (page, notebook, _json(manifest)), strict=True))
        for name, text in texts.items():
            staged = self.staging / name
            descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            os.replace(staged, self.path / name)
        return str(self.path / _FAILED[0])


def _try_lock(file: IO[bytes]) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _public_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
