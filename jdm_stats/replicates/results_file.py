"""A file of replicates, one JSON line each, that a killed run leaves whole.

The first line says what is being run. A file of another run is refused with what
differs; a last line that was half written when the run was killed is dropped, and its
replicate runs again. Numbers are written so that they are read back exactly; NaN and
infinite values stand as ``NaN``, ``Infinity`` and ``-Infinity``, as Python's own reader
takes them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from jdm_stats.errors import UsageError

__all__ = ["ResultsFile", "plain"]

FORMAT = 1
_KIND = "jdm_stats replicates"


def plain(value: Any) -> Any:
    """Turn numpy and pandas values into what JSON holds: numbers, text, None, lists.

    Raises
    ------
    TypeError
        For a value that has no such form, naming its type.

    Examples
    --------
    >>> import numpy as np
    >>> plain({"n": np.int64(3), "low": float("-inf"), "ends": (1, 2)})
    {'n': 3, 'low': -inf, 'ends': [1, 2]}
    """
    return json.loads(json.dumps(value, default=_plain_one))


def _plain_one(value: Any) -> Any:
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(
        f"a value of type {type(value).__name__} cannot be kept in a file of replicates; "
        "give numbers, text, truth values or None"
    )


class ResultsFile:
    """The open file of one run; a context manager that locks it against a second run.

    Parameters
    ----------
    path : str or path
        Made, with its first line, when it is not there.
    seed : int
    version : str
        Version of jdm_stats: another one may compute otherwise.
    about : mapping
        What is being run, as JSON values.

    Raises
    ------
    UsageError
        On entering, when the file is of another run (naming every difference), is no
        file of replicates, is broken before its last line, or is being written by
        another process.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "coins.jsonl"
    >>> with ResultsFile(path, 7, "0.1", {"coin": "fair"}) as file:
    ...     file.write({"replicate": 0, "rows": [{"heads": 1}]})
    >>> with ResultsFile(path, 7, "0.1", {"coin": "fair"}) as file:
    ...     file.done
    {0: {'replicate': 0, 'rows': [{'heads': 1}]}}
    >>> ResultsFile(path, 8, "0.1", {"coin": "bent"}).__enter__()
    Traceback (most recent call last):
    ...
    jdm_stats.errors.UsageError: coins.jsonl holds another run:
      seed: the file has 7, this run 8
      about.coin: the file has 'fair', this run 'bent'
    give another path, or remove the file to start anew
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        seed: int,
        version: str,
        about: Mapping[str, Any],
    ) -> None:
        self.path = Path(path)
        self.done: dict[int, dict[str, Any]] = {}
        self._header = {
            "kind": _KIND,
            "format": FORMAT,
            "version": version,
            "seed": seed,
            "about": plain(dict(about)),
        }
        self._file: IO[bytes] | None = None

    def __enter__(self) -> ResultsFile:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self.path, "a+b")
        except OSError as error:
            raise UsageError(
                f"{self.path.name} cannot be written ({error.strerror}); give another path"
            ) from None
        try:
            if not _locked(self._file):
                raise UsageError(
                    f"another process is writing {self.path.name}; wait for it, or give "
                    "another path"
                )
            self._take_up()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()  # the lock goes with it
            self._file = None

    def write(self, record: Mapping[str, Any]) -> None:
        """Add the line of one replicate and hand it to the operating system at once."""
        assert self._file is not None, "open the file with a with statement"
        self._file.write(_line(record))
        self._file.flush()

    def _take_up(self) -> None:
        """Read what is there, drop a torn end, and stand ready to write on."""
        assert self._file is not None
        self._file.seek(0)
        content = self._file.read()
        own = _line(self._header)
        if own.startswith(content):  # nothing there, or killed within the first line
            self._file.truncate(0)
            self._file.write(own)
            self._file.flush()
            return
        whole = content.rfind(b"\n") + 1
        lines = content[:whole].split(b"\n")[:-1]
        self._check_header(lines[0] if lines else content)
        sound = len(lines[0]) + 1
        for place, line in enumerate(lines[1:], start=2):
            record = _record(line)
            if record is None and place == len(lines):
                break  # the disk kept a last line that is no line
            if record is None:
                raise UsageError(
                    f"line {place} of {self.path.name} is broken, and it is not the last "
                    "one; remove that line: its replicate runs again"
                )
            self.done[record["replicate"]] = record
            sound += len(line) + 1
        if sound < len(content):
            self._file.truncate(sound)

    def _check_header(self, line: bytes) -> None:
        found = _json(line)
        if not isinstance(found, dict) or found.get("kind") != _KIND:
            raise UsageError(
                f"{self.path.name} is no file of replicates; give another path"
            )
        differences = list(_differences(found, self._header))
        if differences:
            told = "\n  ".join(differences)
            raise UsageError(
                f"{self.path.name} holds another run:\n  {told}\n"
                "give another path, or remove the file to start anew"
            )


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8") + b"\n"


def _json(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _record(line: bytes) -> dict[str, Any] | None:
    """Read the line of a replicate; None when it is none."""
    found = _json(line)
    if not isinstance(found, dict) or not isinstance(found.get("replicate"), int):
        return None
    return found if ("rows" in found) != ("error" in found) else None


_ABSENT = object()


def _differences(found: Any, wanted: Any, name: str = "") -> Iterator[str]:
    """Name every value that two headers do not share; two NaN are the same."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in dict.fromkeys([*wanted, *found]):
            pair = found.get(key, _ABSENT), wanted.get(key, _ABSENT)
            yield from _differences(*pair, f"{name}.{key}" if name else key)
    elif json.dumps(found, default=str) != json.dumps(wanted, default=str):
        yield f"{name}: the file has {_told(found)}, this run {_told(wanted)}"


def _told(value: Any) -> str:
    return "nothing" if value is _ABSENT else repr(value)


def _locked(file: IO[bytes]) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows lets two runs in; each line is still written whole
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
